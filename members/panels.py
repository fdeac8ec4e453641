"""What people mean for an organisation's page: the rules of setting it meets or does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from branches.access import above, may
from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt.lib.registry import Panel
from members.branchrules import findings
from members.enums import REGISTERED_STATES, TransferState
from members.models import HomeTransfer
from members.queries import placed, placements, seen_as

if TYPE_CHECKING:
    from members.models import ActivityRegistration, Member, User

SHOWN = 10


def transfers_of_member(user: User, member: Member) -> Panel | None:
    """Where the relation went and goes, and the button to send it, for who may."""
    transfers = HomeTransfer.objects.visible_to(user).filter(Q(member=member) | Q(member__merged_into=member))
    home = member.home_branch()
    may_send = home is not None and not home.external and may(user, Permission.RELATION_TRANSFER, home)
    rows = list(transfers.select_related("source", "target")[:20])
    if not rows and not may_send:
        return None
    may_send = may_send and not any(row.state == TransferState.SENT for row in rows)
    context = {"transfers": rows, "member": member, "may_send": may_send}
    return Panel(_("Transfers of the organisational relation"), "members/_transfers_panel.html", context, order=40)


def placements_of_registration(user: User, registration: ActivityRegistration) -> Panel | None:
    """Where the member was placed over time, and the small form to move them, for the receiver."""
    rows = list(registration.placements.select_related("organisation"))
    registered = registration.state in REGISTERED_STATES
    may_move = registered and may(user, Permission.REGISTRATION_ACCEPT, registration.organisation)
    if not rows and not may_move:
        return None
    context = {
        "placements": rows,
        "registration": registration,
        "seen": seen_as(registration),
        "targets": placements(registration.organisation).exclude(pk=registration.placement_id) if may_move else [],
    }
    return Panel(_("Placed in"), "members/_placements_panel.html", context, order=20)


def activity_members(user: User, organisation: Organisation) -> Panel | None:
    """Who takes part here: of a receiver its branches and how many are in each, of a branch its members."""
    receives = organisation.accepts_registrations
    may_found = receives and organisation.covers_below() and may(user, Permission.ORGANISATION_CHANGE, organisation)
    sees = may(user, Permission.REGISTRATION_VIEW, organisation)
    rows = placed(organisation)
    if not may_found and not (sees and (receives or rows.exists())):
        return None
    counted = rows.order_by().values("placement__code", "placement__name").annotate(count=Count("pk"))
    context = {
        "organisation": organisation,
        "sees": sees,
        "may_found": may_found,
        "branches": counted.order_by("placement__path") if receives else [],
        "members": [] if receives or not sees else rows[:SHOWN],
        "count": rows.count(),
    }
    return Panel(_("Registered members"), "members/_activity_panel.html", context, order=5)


def setting_of_organisation(user: User, organisation: Organisation) -> Panel | None:
    """Warnings with their source, and exceptions approved; for those who manage the organisation."""
    if not may(user, Permission.ORGANISATION_MANAGE, organisation):
        return None
    found = findings(Organisation.objects.filter(pk=organisation.pk))
    if not found:
        return None
    context = {
        "findings": found,
        "organisation": organisation,
        "may_except": may(user, Permission.ORGANISATION_CHANGE, above(organisation)),
    }
    return Panel(_("Setting and rules"), "members/_rules_panel.html", context, order=10)
