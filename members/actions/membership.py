"""The legal status of being a member 党籍, and what ends with it in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dualmgmt.lib import audit, registry
from dualmgmt.lib.clock import today
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.registry import Effect
from members import rules
from members.actions import cards, homes, transfers
from members.enums import OPEN_REGISTRATION_STATES, REGISTERED_STATES, CardEnd, CardState, MembershipStatus
from members.models import Member
from members.plans import StatusPlan

if TYPE_CHECKING:
    from dualmgmt.lib.actors import Actor


@transaction.atomic
def change_status(*, member: Member, status: MembershipStatus, basis: str, by: Actor) -> None:
    """Set the status of *member*, resting on *basis*: a decision, a notification.

    Away from normal every open registration closes, what was not accepted is
    taken back, open claims end and their places are free. Back to normal opens
    nothing: who returns reports in anew.
    """
    rules.check_basis(basis)
    # As in claiming and closing: nothing is claimed beside it.
    held = Member.objects.select_for_update().get(pk=member.pk)
    if held.status == status:
        raise ActionDenied(rules.SAME_STATUS, "same_status")
    plan = StatusPlan(held, status)
    before = held.get_status_display()
    held.status = member.status = status
    held.save(update_fields=["status"])
    audit.record(
        "member.status_changed",
        held,
        by=by,
        organisation=held.home_branch(),
        before=str(before),
        after=str(held.get_status_display()),
        document=audit.masked(basis.strip()),
    )
    registry.status_effects.apply(plan, by)


def end_registrations(plan: StatusPlan, by: Actor) -> None:
    """What the members app itself ends: registrations, transfers under way, cards."""
    if not plan.ends:
        return
    rows = plan.member.registrations.filter(state__in=OPEN_REGISTRATION_STATES)
    for registration in rows.select_related("organisation", "home_branch").order_by("pk"):
        homes.end_registration(registration=registration, reason=plan.reason, on=today(), by=by)
    for transfer in plan.member.transfers.open():  # type: ignore[attr-defined]
        transfers.withdraw(transfer=transfer, by=by)
    cards.revoke_all(members=[plan.member.pk], reason=CardEnd.MEMBERSHIP_ENDED, by=by)


def preview(plan: StatusPlan) -> Iterable[Effect]:
    """What :func:`end_registrations` would do, as sentences."""
    if not plan.ends:
        yield Effect(_("Nothing is opened again: registrations and claims are made anew."))
        return
    rows = plan.member.registrations.select_related("organisation")
    for registration in rows.filter(state__in=REGISTERED_STATES):
        yield Effect(_("The registration at %(receiver)s is closed.") % {"receiver": registration.organisation.name})
    waiting = rows.filter(state__in=OPEN_REGISTRATION_STATES).exclude(state__in=REGISTERED_STATES).count()
    if waiting:
        words = ngettext(
            "%(count)s registration that is not accepted yet ends; its letter becomes void.",
            "%(count)s registrations that are not accepted yet end; their letters become void.",
            waiting,
        )
        yield Effect(words % {"count": waiting})
    if plan.member.transfers.open().exists():  # type: ignore[attr-defined]
        yield Effect(_("The transfer of the organisational relation that is under way is withdrawn."))
    if plan.member.cards.filter(state__in=[CardState.ACTIVE, CardState.LOST]).exists():
        yield Effect(_("The member card is revoked."))
