"""What people mean for an organisation's page: the rules of setting it meets or does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext as _

from branches.access import above, may
from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt.lib.registry import Panel
from members.branchrules import findings
from members.enums import TransferState
from members.models import HomeTransfer

if TYPE_CHECKING:
    from members.models import Member, User


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
