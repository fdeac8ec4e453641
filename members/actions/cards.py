"""The member card 党员卡: issued, reported lost, replaced, revoked."""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from dualmgmt.lib import audit, numbers, outbox
from dualmgmt.lib.actors import account
from dualmgmt.lib.clock import today
from dualmgmt.lib.denied import ActionDenied
from members import lifecycle, rules
from members.enums import CardEnd, CardState
from members.models import Member, MemberCard

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dualmgmt.lib.actors import Actor

# What each reason makes of the card.
ENDS = {
    CardEnd.LOST: CardState.LOST,
    CardEnd.DAMAGED: CardState.REPLACED,
    CardEnd.DETAILS_CHANGED: CardState.REPLACED,
    CardEnd.TRANSFERRED: CardState.REVOKED,
    CardEnd.MEMBERSHIP_ENDED: CardState.REVOKED,
}
EVENTS = {CardState.LOST: "card.lost", CardState.REPLACED: "card.replaced", CardState.REVOKED: "card.revoked"}


@transaction.atomic
def issue(*, member: Member, by: Actor) -> MemberCard:
    """Issue the member's card, in place of a lost one; one valid card per member, held by the database."""
    member = Member.objects.select_for_update().get(pk=member.pk)
    rules.check_may_hold_card(member)
    home = member.home_branch()
    if home is None:
        raise ActionDenied(rules.NO_HOME, "no_home")
    for old in member.cards.filter(state=CardState.LOST):
        lifecycle.card.move(old, CardState.REPLACED)
    year = today().year
    running = numbers.take(f"card:{home.pk}", year)
    try:
        with transaction.atomic():
            card = MemberCard.objects.create(
                member=member,
                number=f"{home.number_prefix()}-{year}-{running:04d}",
                token=secrets.token_urlsafe(24),
                issuer=home,
                issued_by=account(by),
            )
    except IntegrityError:
        raise ActionDenied(rules.CARD_EXISTS, "card_exists") from None
    audit.record("card.issued", card, by=by, organisation=home, number=card.number)
    return card


@transaction.atomic
def issue_many(*, members: Iterable[Member], by: Actor) -> tuple[list[MemberCard], list[tuple[Member, str]]]:
    """Cards for all of *members*; what was not possible comes back with the sentence that says why."""
    made: list[MemberCard] = []
    refused: list[tuple[Member, str]] = []
    for member in members:
        try:
            made.append(issue(member=member, by=by))
        except ActionDenied as denied:
            refused.append((member, str(denied)))
    return made, refused


@transaction.atomic
def end(*, card: MemberCard, reason: CardEnd, by: Actor) -> MemberCard | None:
    """End the card for *reason*: its codes are worth nothing from now on.

    A damaged card and one whose details changed are replaced at once; the new
    card is returned.
    """
    # Whoever issues holds the member too: a card is not issued while its predecessor is being lost.
    Member.objects.select_for_update().get(pk=card.member_id)
    state = ENDS[reason]
    if state == CardState.REPLACED:
        # A lost card is replaced by issuing a new one, not by calling it damaged.
        rules.check_card_valid(card)
    lifecycle.card.move(card, state, ended_on=today(), end_reason=reason, ended_by=account(by))
    audit.record(
        EVENTS[state],
        card,
        by=by,
        organisation=card.issuer,
        number=card.number,
        reason=str(card.get_end_reason_display()),
    )
    outbox.put("members.tell_card_ended", card.pk)
    return issue(member=card.member, by=by) if state == CardState.REPLACED else None


def revoke_all(*, members: Iterable[int], reason: CardEnd, by: Actor) -> None:
    """Inside the caller's transaction: what *members* (keys) still hold ends with what happened to them."""
    held = MemberCard.objects.filter(member__in=list(members), state__in=[CardState.ACTIVE, CardState.LOST])
    for card in held.select_related("issuer", "member").order_by("member_id", "pk"):
        with suppress(ActionDenied):  # ended by somebody else a moment ago
            end(card=card, reason=reason, by=by)
