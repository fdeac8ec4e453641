"""Leaving a receiver: who asks, what is settled, who closes, what the home branch gets."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from dualmgmt.lib.clock import add_working_days, today
from dualmgmt.models import AuditEvent, Notice
from members.actions import leaving, registrations
from members.enums import CloseReason, Side
from members.enums import RegistrationState as S
from members.models import ActivityRegistration
from projects.actions import claims, records
from projects.enums import ClaimState
from projects.models import Claim
from tests.factories import ProjectFactory, RegistrationFactory
from tests.members.helpers import refused
from tests.members.leaving import claimed, close, leave
from tests.scene import register
from tests.world import World


@pytest.fixture
def active(world: World) -> ActivityRegistration:
    return register(world, "li", "community", issuer="home_secretary", accepter="community_secretary")


@pytest.mark.parametrize("side", Side)
def test_each_side_may_ask_and_the_due_day_counts_working_days(
    world: World, active: ActivityRegistration, settings: Any, side: Side
) -> None:
    settings.LEAVING_WORKING_DAYS = 7
    leave(world, active, side, reason=CloseReason.OTHER, remark="照顾家人")
    active.refresh_from_db()
    assert (active.state, active.leave_side, active.close_reason, active.leave_remark) == (
        S.LEAVING,
        side,
        CloseReason.OTHER,
        "照顾家人",
    )
    assert active.leave_due_on == add_working_days(today(), 7)
    assert (active.closed_on, active.closing_receipt) == (None, None)


@pytest.mark.parametrize("reason", [CloseReason.DECEASED, CloseReason.MEMBERSHIP_ENDED, "nonsense", ""])
def test_what_an_event_decides_cannot_be_asked_for(world: World, active: ActivityRegistration, reason: str) -> None:
    given = {"registration": active, "side": Side.MEMBER, "remark": "x", "by": world.users["member"]}
    refused("leaving_reason", leaving.ask, reason=reason, **given)
    refused("remark_for_other", leaving.ask, **{**given, "reason": CloseReason.OTHER, "remark": "  "})


def test_only_the_side_that_asked_takes_it_back(world: World, active: ActivityRegistration) -> None:
    leave(world, active)
    for side, persona in ((Side.RECEIVER, "community_secretary"), (Side.HOME, "home_secretary")):
        refused("not_who_asked", leaving.cancel, registration=active, side=side, by=world.users[persona])
    leaving.cancel(registration=active, side=Side.MEMBER, by=world.users["member"])
    active.refresh_from_db()
    assert (active.state, active.leave_side, active.leave_due_on, active.close_reason) == (S.ACTIVE, "", None, "")


def test_the_database_asks_who_asked(active: ActivityRegistration) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ActivityRegistration.objects.filter(pk=active.pk).update(state=S.LEAVING)


def test_closing_issues_a_numbered_receipt_ends_the_placement_and_tells_both(
    world: World, active: ActivityRegistration, django_capture_on_commit_callbacks: Any
) -> None:
    leave(world, active)
    with django_capture_on_commit_callbacks(execute=True):
        close(world, active)
    active.refresh_from_db()
    assert (active.state, active.closed_on, active.closed_by) == (S.CLOSED, today(), world.users["community_secretary"])
    assert active.closing_receipt == f"COMMUNITY销〔{today().year}〕1号"
    assert active.final_facts == "巡逻两次。"
    assert list(active.placements.values_list("ended_on", flat=True)) == [today()]
    told = Notice.objects.filter(kind="registration.left").values_list("user__username", flat=True)
    assert sorted(told) == ["home_secretary", "member"]
    event = AuditEvent.objects.get(event="registration.closed")
    assert (event.organisation_id, event.details["number"]) == (world.community.pk, active.closing_receipt)


def test_receipts_count_per_receiver(world: World, active: ActivityRegistration) -> None:
    second = register(world, "wang", "community", issuer="unit_secretary", accepter="community_secretary")
    elsewhere = register(world, "zhao", "community3", issuer="other_secretary", accepter="other_community_secretary")
    for row in (active, second, elsewhere):
        side = Side.RECEIVER
        leaving.ask(
            registration=row, side=side, reason=CloseReason.CHANGED_UNIT, remark="", by=world.users["street_officer"]
        )
        leaving.close(registration=row, final_facts="无", by=world.users["street_officer"])
    assert [row.closing_receipt for row in (active, second, elsewhere)] == [
        f"COMMUNITY销〔{today().year}〕1号",
        f"COMMUNITY销〔{today().year}〕2号",
        f"COMMUNITY3销〔{today().year}〕1号",
    ]


def test_without_final_facts_nothing_is_closed(world: World, active: ActivityRegistration) -> None:
    leave(world, active)
    by = world.users["community_secretary"]
    refused("final_facts_missing", leaving.close, registration=active, final_facts=" \n", by=by)


@pytest.mark.parametrize("place", ["community", "themed"])
def test_open_claims_at_the_receiver_or_below_stop_the_closing(
    world: World, active: ActivityRegistration, place: str
) -> None:
    claim = claimed(world, open_to="receiver") if place == "community" else _below(world)
    elsewhere = _at_home(world)
    leave(world, active)
    refused("unsettled", leaving.close, registration=active, final_facts="无", by=world.users["community_secretary"])
    claims.finish(claim=claim, by=world.users["community_clerk"])
    close(world, active)
    elsewhere.refresh_from_db()
    assert elsewhere.state == ClaimState.CONFIRMED


def _below(world: World) -> Claim:
    """On a project of the themed branch; claims of its own members reach it through the street."""
    project = ProjectFactory(organisation=world.themed, open_to="street")
    return claims.claim_as_member(project=project, member=world.members["li"], by=world.users["member"])


def _at_home(world: World) -> Claim:
    project = ProjectFactory(organisation=world.branch_a)
    return claims.claim_as_member(project=project, member=world.members["li"], by=world.users["member"])


def test_who_leaves_claims_nothing_more_there_but_serves_out_what_is_claimed(
    world: World, active: ActivityRegistration
) -> None:
    held = claimed(world)
    leave(world, active)
    fresh = ProjectFactory(organisation=world.community)
    given = {"member": world.members["li"], "by": world.users["member"]}
    refused("leaving", claims.claim_as_member, project=fresh, **given)
    record = records.state(claim=held, service_date=today(), hours=Decimal(2), people_served=3, content="巡逻", **given)
    assert record.pk
    leaving.cancel(registration=active, side=Side.MEMBER, by=world.users["member"])
    assert claims.claim_as_member(project=fresh, **given).state == ClaimState.CONFIRMED


def test_closing_one_of_two_registrations_leaves_the_other_untouched(
    world: World, active: ActivityRegistration
) -> None:
    RegistrationFactory(
        member=world.members["li"], organisation=world.community2, placement=world.community2, accepted_on=today()
    )
    other = ActivityRegistration.objects.filter(organisation=world.community2).values().get()
    there = claimed(world, "community2")
    leave(world, active)
    close(world, active)
    assert ActivityRegistration.objects.filter(organisation=world.community2).values().get() == other
    there.refresh_from_db()
    assert there.state == ClaimState.CONFIRMED
    assert world.members["li"].registrations.registered().count() == 1
    again = ProjectFactory(organisation=world.community2)
    claims.claim_as_member(project=again, member=world.members["li"], by=world.users["member"])


def test_who_comes_back_reports_in_anew(world: World, active: ActivityRegistration) -> None:
    leave(world, active)
    close(world, active)
    before = ActivityRegistration.objects.filter(pk=active.pk).values().get()
    again = register(world, "li", "community", issuer="home_secretary", accepter="community_secretary")
    assert again.pk != active.pk
    assert again.leave_at is None
    assert ActivityRegistration.objects.filter(pk=active.pk).values().get() == before


def test_a_member_with_a_form_of_another_receiver_keeps_it(world: World, active: ActivityRegistration) -> None:
    draft = registrations.start(
        member=world.members["li"],
        organisation=world.community2,
        reason="residence",
        form={},
        pledge="",
        by=world.users["member"],
    )
    leave(world, active)
    close(world, active)
    draft.refresh_from_db()
    assert draft.state == S.DRAFT
