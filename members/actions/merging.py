"""Two rows that are one person become one; two people who look like one are noted as two."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from dualmgmt.lib import audit, registry
from dualmgmt.lib.actors import account
from dualmgmt.lib.clock import today
from dualmgmt.lib.denied import ActionDenied
from members import lifecycle, rules
from members.actions import batches, skills
from members.enums import OPEN_REGISTRATION_STATES, CardEnd, CardState
from members.models import DistinctPair, HomeMembership, Member
from members.plans import MergePlan

if TYPE_CHECKING:
    from dualmgmt.lib.actors import Actor


def check(plan: MergePlan) -> list[registry.Effect]:
    """What merging would do, as sentences. Raises :class:`ActionDenied` where the two cannot be merged at all."""
    if plan.keep.pk == plan.lose.pk:
        raise ActionDenied(rules.MERGE_ITSELF, "merge_itself")
    if plan.keep.merged_into_id or plan.lose.merged_into_id:
        raise ActionDenied(rules.MERGE_GONE, "merge_gone")
    return registry.merging.preview(plan)


@transaction.atomic
def merge(*, keep: Member, lose: Member, by: Actor) -> None:
    """Give everything of *lose* to *keep* and close *lose*; its home memberships and number stay as its history.

    Raises :class:`ActionDenied` while something has to be settled first.
    """
    held = {row.pk: row for row in Member.objects.select_for_update().filter(pk__in=[keep.pk, lose.pk]).order_by("pk")}
    plan = MergePlan(held[keep.pk], held[lose.pk])
    if any(effect.must_settle for effect in check(plan)):
        raise ActionDenied(rules.MERGE_UNSETTLED, "merge_unsettled")
    home = plan.lose.home_branch()
    registry.merging.apply(plan, by)
    audit.record("member.merged", plan.keep, by=by, organisation=plan.keep.home_branch(), number=str(lose.pk))
    audit.record("member.merged_away", plan.lose, by=by, organisation=home, number=str(keep.pk))


def move_own(plan: MergePlan, by: Actor) -> None:
    """What the members app itself keeps about a person."""
    keep, lose = plan.keep, plan.lose
    HomeMembership.objects.open().filter(member=lose).update(ended_on=today())
    lose.registrations.update(member=keep)
    lose.transfers.update(member=keep)
    lose.corrections.update(member=keep)
    for disclosure in lose.disclosures.all():
        disclosure.members.add(keep)
        disclosure.members.remove(lose)
    batches.follow_merge(keep=keep, lose=lose)
    kept_card = keep.cards.filter(state=CardState.ACTIVE).exists()
    for card in lose.cards.filter(state=CardState.ACTIVE):
        if kept_card:
            # Two cards of one person: the number on the closed row's card is nobody's any more.
            lifecycle.card.move(
                card,
                CardState.REVOKED,
                ended_on=today(),
                end_reason=CardEnd.DETAILS_CHANGED,
                ended_by=account(by),
            )
    lose.cards.update(member=keep)
    skills.join(keep=keep, lose=lose)
    user = lose.user
    lose.user, lose.merged_into = None, keep
    lose.save(update_fields=["user", "merged_into"])
    if user is not None and keep.user_id is None:
        keep.user = user
        keep.save(update_fields=["user"])
    elif user is not None and not user.appointments.in_force().exists():
        user.is_active = False
        user.save(update_fields=["is_active"])
        audit.record("account.disabled", user, by=by, reason=str(rules.MERGE_GONE))


@transaction.atomic
def are_two(*, one: Member, other: Member, by: Actor) -> None:
    """They are two people: not shown as duplicates again."""
    if one.pk == other.pk:
        raise ActionDenied(rules.MERGE_ITSELF, "merge_itself")
    first, second = sorted([one, other], key=lambda member: member.pk)
    DistinctPair.objects.get_or_create(first=first, second=second, defaults={"decided_by": account(by)})
    audit.record("member.told_apart", first, by=by, organisation=first.home_branch(), number=str(second.pk))


def conflicting_registrations(plan: MergePlan) -> list[str]:
    """Names of receivers at which both rows have an open registration."""
    open_rows = plan.lose.registrations.filter(state__in=OPEN_REGISTRATION_STATES)
    theirs = plan.keep.registrations.filter(state__in=OPEN_REGISTRATION_STATES).values("organisation_id")
    return list(open_rows.filter(organisation_id__in=theirs).values_list("organisation__name", flat=True))
