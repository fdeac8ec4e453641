"""Every action in every state: it moves where the table says so, otherwise it says no and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from branches.enums import OrganisationState
from branches.models import Organisation
from dualmgmt.lib.clock import today
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.models import AuditEvent, Outbox
from members.actions import leaving, letters, registrations
from members.enums import CloseReason, LetterState, MembershipStatus, Side
from members.enums import RegistrationState as S
from members.models import ActivityRegistration, IntroductionLetter, Member
from tests.members.helpers import refused
from tests.scene import ask
from tests.world import World

Act = Callable[[World, ActivityRegistration], Any]

ACTIONS: dict[str, tuple[Act, dict[S, S]]] = {
    "edit": (
        lambda world, row: registrations.edit(
            registration=row, form={"wishes": "巡逻"}, reason="residence", pledge="", by=world.users["member"]
        ),
        {S.DRAFT: S.DRAFT, S.RETURNED: S.RETURNED},
    ),
    "submit": (
        lambda world, row: registrations.submit(registration=row, by=world.users["member"]),
        {S.DRAFT: S.PENDING_LETTER, S.RETURNED: S.PENDING_LETTER},
    ),
    "withdraw": (
        lambda world, row: registrations.withdraw(registration=row, by=world.users["member"]),
        dict.fromkeys((S.DRAFT, S.PENDING_LETTER, S.ISSUED, S.RETURNED, S.EXPIRED), S.WITHDRAWN),
    ),
    "send_back": (
        lambda world, row: registrations.send_back(registration=row, reason="不符", by=world.users["home_secretary"]),
        {S.PENDING_LETTER: S.RETURNED, S.PENDING_ACCEPTANCE: S.RETURNED},
    ),
    "issue": (
        lambda world, row: letters.issue(registration=row, valid_days=30, by=world.users["home_secretary"]),
        {S.PENDING_LETTER: S.PENDING_ACCEPTANCE},
    ),
    "issue on paper": (
        lambda world, row: letters.issue(registration=row, valid_days=30, paper=True, by=world.users["home_secretary"]),
        {S.PENDING_LETTER: S.ISSUED},
    ),
    "void": (
        lambda world, row: letters.void(letter=row.letters.get(), reason="遗失", by=world.users["home_secretary"]),
        {S.ISSUED: S.PENDING_LETTER},
    ),
    "reissue": (
        lambda world, row: letters.reissue(
            letter=row.letters.get(), valid_days=30, reason="遗失", by=world.users["home_secretary"]
        ),
        {S.ISSUED: S.PENDING_ACCEPTANCE, S.EXPIRED: S.PENDING_ACCEPTANCE},
    ),
    "reissue on paper": (
        lambda world, row: letters.reissue(
            letter=row.letters.get(), valid_days=30, reason="遗失", paper=True, by=world.users["home_secretary"]
        ),
        {S.EXPIRED: S.ISSUED, S.ISSUED: S.ISSUED},
    ),
    "hand_in": (
        lambda world, row: letters.hand_in(letter=row.letters.get(), by=world.users["community_secretary"]),
        {S.ISSUED: S.PENDING_ACCEPTANCE},
    ),
    "accept": (
        lambda world, row: letters.accept(
            registration=row, placement=world.themed, by=world.users["community_secretary"]
        ),
        {S.PENDING_ACCEPTANCE: S.ACTIVE},
    ),
    "decline": (
        lambda world, row: letters.decline(
            registration=row, decline_reason="other", remark="不符", by=world.users["community_secretary"]
        ),
        {S.PENDING_ACCEPTANCE: S.DECLINED},
    ),
    "ask to leave": (
        lambda world, row: leaving.ask(
            registration=row, side=Side.MEMBER, reason=CloseReason.MOVED_RESIDENCE, remark="", by=world.users["member"]
        ),
        {S.ACTIVE: S.LEAVING},
    ),
    "take leaving back": (
        lambda world, row: leaving.cancel(registration=row, side=Side.MEMBER, by=world.users["member"]),
        {S.LEAVING: S.ACTIVE},
    ),
    "close": (
        lambda world, row: leaving.close(
            registration=row, final_facts="服务三次。", by=world.users["community_secretary"]
        ),
        {S.LEAVING: S.CLOSED},
    ),
}
OF_A_LETTER = ("hand_in", "void", "reissue", "reissue on paper")
WITHOUT_LETTER = (S.DRAFT, S.PENDING_LETTER, S.RETURNED)


def in_state(world: World, state: S) -> ActivityRegistration:
    registration = ask(world, "li", "community")
    if state not in WITHOUT_LETTER or state == S.RETURNED:
        letter_state = LetterState.VALID if state in (S.ISSUED, S.PENDING_ACCEPTANCE) else LetterState.VOID
        IntroductionLetter.objects.create(
            registration=registration,
            issuer=world.branch_a,
            number="测〔2026〕1号",
            code="TESTCODE22",
            state=letter_state,
            issued_by=world.users["home_secretary"],
            issued_on=today(),
            valid_until=today(),
        )
    accepted = today() if state in (S.ACTIVE, S.LEAVING, S.CLOSED) else None
    asked = {"leave_side": Side.MEMBER, "leave_at": timezone.now(), "leave_due_on": accepted, "close_reason": "other"}
    closed = {"closed_on": accepted, "close_reason": CloseReason.OTHER}
    ActivityRegistration.objects.filter(pk=registration.pk).update(
        state=state,
        accepted_on=accepted,
        **(closed if state == S.CLOSED else asked if state == S.LEAVING else {}),
    )
    registration.refresh_from_db()
    return registration


def everything() -> tuple[Any, ...]:
    return (
        list(ActivityRegistration.objects.order_by("pk").values()),
        list(IntroductionLetter.objects.order_by("pk").values()),
        AuditEvent.objects.count(),
        Outbox.objects.count(),
    )


@pytest.mark.parametrize("state", S)
@pytest.mark.parametrize("name", ACTIONS)
def test_every_action_in_every_state(world: World, name: str, state: S) -> None:
    act, moves = ACTIONS[name]
    if name in OF_A_LETTER and state in (S.DRAFT, S.PENDING_LETTER):
        pytest.skip("there is no letter")
    registration = in_state(world, state)
    before = everything()
    if state in moves:
        act(world, registration)
        registration.refresh_from_db()
        assert registration.state == moves[state]
        assert AuditEvent.objects.count() == before[2] + 1
        return
    with pytest.raises(ActionDenied) as caught, transaction.atomic():
        act(world, registration)
    assert caught.value.code in ("wrong_state", "not_editable", "letter_not_valid", "letter_handed_in")
    assert everything() == before


@pytest.mark.parametrize("name", ACTIONS)
def test_every_action_on_what_somebody_else_has_just_changed(world: World, name: str) -> None:
    """The row was read in a state that allowed the action, and moved on in the meantime."""
    act, moves = ACTIONS[name]
    registration = in_state(world, next(iter(moves)))
    ActivityRegistration.objects.filter(pk=registration.pk).update(state=S.WITHDRAWN)
    IntroductionLetter.objects.filter(registration=registration).update(state=LetterState.VOID)
    before = everything()
    with pytest.raises(ActionDenied) as caught, transaction.atomic():
        act(world, registration)
    assert caught.value.code in ("stale", "letter_not_valid")
    assert everything() == before


def test_a_double_tap_on_accept_is_told_so(world: World) -> None:
    registration = in_state(world, S.PENDING_ACCEPTANCE)
    ACTIONS["accept"][0](world, registration)
    again = ActivityRegistration.objects.get(pk=registration.pk)
    by = world.users["community_secretary"]
    refused("wrong_state", letters.accept, registration=again, placement=world.themed, by=by)


@pytest.mark.parametrize("days", [0, -1, 91])
def test_validity_within_the_range(world: World, days: int) -> None:
    registration = ask(world, "li", "community")
    by = world.users["home_secretary"]
    refused("validity_range", letters.issue, registration=registration, valid_days=days, by=by)


@pytest.mark.parametrize("place", ["community2", "street", "branch_a"])
def test_placement_below_the_receiver_only(world: World, place: str) -> None:
    registration = in_state(world, S.PENDING_ACCEPTANCE)
    by = world.users["community_secretary"]
    refused("wrong_placement", letters.accept, registration=registration, placement=world.organisations[place], by=by)


def test_a_dissolved_branch_takes_nobody(world: World) -> None:
    registration = in_state(world, S.PENDING_ACCEPTANCE)
    Organisation.objects.filter(pk=world.themed.pk).update(state=OrganisationState.DISSOLVED, ended_on=today())
    placement = Organisation.objects.get(pk=world.themed.pk)
    by = world.users["community_secretary"]
    refused("wrong_placement", letters.accept, registration=registration, placement=placement, by=by)


def test_a_receiver_that_has_closed_gets_no_more_letters(world: World) -> None:
    registration = ask(world, "li", "community")
    Organisation.objects.filter(pk=world.community.pk).update(accepts_registrations=False)
    fresh = ActivityRegistration.objects.get(pk=registration.pk)
    by = world.users["home_secretary"]
    refused("not_receiving", letters.issue, registration=fresh, valid_days=30, by=by)


def test_only_members_in_good_standing_report_in(world: World) -> None:
    Member.objects.filter(pk=world.members["li"].pk).update(status=MembershipStatus.SUSPENDED)
    refused(
        "not_a_member",
        registrations.start,
        member=Member.objects.get(pk=world.members["li"].pk),
        organisation=world.community,
        reason="residence",
        form={},
        pledge="",
        by=world.users["member"],
    )


def test_who_has_moved_home_since_the_draft_gets_the_letter_from_there(world: World) -> None:
    registration = in_state(world, S.DRAFT)
    membership = world.members["li"].home_memberships.get()
    membership.organisation = world.branch_b
    membership.save()
    registrations.submit(registration=registration, by=world.users["member"])
    registration.refresh_from_db()
    assert registration.home_branch == world.branch_b


@pytest.mark.parametrize("reason", ["", "   "])
def test_no_reason_no_refusal(world: World, reason: str) -> None:
    registration = in_state(world, S.PENDING_ACCEPTANCE)
    by = world.users["community_secretary"]
    refused("reason_missing", registrations.send_back, registration=registration, reason=reason, by=by)
    refused("reason_missing", letters.decline, registration=registration, decline_reason="other", remark=reason, by=by)
