"""Transfers of the organisational relation: the sender is responsible until it is accepted, everything open follows."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from branches.actions import changes
from branches.enums import ChangeKind, Setting
from branches.models import Organisation
from branches.plans import ChangePlan
from dualmgmt.lib import registry
from dualmgmt.lib.clock import today
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.models import AuditEvent, Notice, Outbox
from members import homenotices
from members.actions import cards, letters, transfers
from members.enums import CardState, MembershipStatus, TransferReason, TransferState
from members.enums import RegistrationState as S
from members.models import ActivityRegistration, HomeMembership, HomeTransfer, Member
from members.plans import MergePlan
from projects.actions import claims
from tests.factories import AppointmentFactory, OrganisationFactory, ProjectFactory, UserFactory
from tests.members.helpers import refused, sign_in
from tests.scene import ask, register
from tests.world import World


def sent(world: World, target: Organisation | None = None, *, member: str = "li", **changes: Any) -> HomeTransfer:
    fields: dict[str, Any] = {"reason": TransferReason.NEW_UNIT, "valid_days": 30, "by": world.users["home_secretary"]}
    return transfers.send(member=world.members[member], target=target or world.branch_c, **{**fields, **changes})


def run_out(transfer: HomeTransfer, days: int = 1) -> HomeTransfer:
    HomeTransfer.objects.filter(pk=transfer.pk).update(
        sent_at=timezone.now() - dt.timedelta(days=90), valid_until=today() - dt.timedelta(days=days)
    )
    transfer.refresh_from_db()
    return transfer


# The whole way


def test_sent_from_the_members_page_accepted_at_the_other_branch(
    world: World, django_capture_on_commit_callbacks: Any
) -> None:
    li = world.members["li"]
    home, other = sign_in(world, "home_secretary"), sign_in(world, "other_secretary")
    assert reverse("transfer_new", args=[li.pk]) in home.get(reverse("member_detail", args=[li.pk])).content.decode()
    fields = {"target": "毓璜顶医院第一党支部", "reason": "new_unit", "letter_number": "", "valid_days": 30}
    with django_capture_on_commit_callbacks(execute=True):
        answer = home.post(reverse("transfer_new", args=[li.pk]), fields)
    transfer = HomeTransfer.objects.get()
    assert answer["Location"] == reverse("transfer_detail", args=[transfer.pk])
    assert transfer.letter_number == f"BRANCH_A转〔{today().year}〕1号"
    assert li.home_branch() == world.branch_a, "the sender stays responsible"
    assert dict(Notice.objects.values_list("user__username", "kind")) == {
        "other_secretary": "transfer.sent", "member": "transfer.under_way"
    }  # fmt: skip
    assert "接收组织关系" in other.get(reverse("todo")).content.decode()
    assert world.branch_c.name in sign_in(world, "member").get(reverse("my_page")).content.decode()
    page = other.get(reverse("transfer_detail", args=[transfer.pk])).content.decode()
    assert li.masked_id_number in page
    assert li.id_number not in page
    with django_capture_on_commit_callbacks(execute=True):
        other.post(reverse("transfer_accept", args=[transfer.pk]))
    transfer.refresh_from_db()
    assert (transfer.state, transfer.decided_by) == (TransferState.ACCEPTED, world.users["other_secretary"])
    assert li.home_branch() == world.branch_c
    rows = list(li.home_memberships.order_by("pk").values_list("organisation", "started_on", "ended_on", "basis"))
    assert rows == [
        (world.branch_a.pk, dt.date(2015, 1, 1), today(), ""),
        (world.branch_c.pk, today(), None, transfer.letter_number),
    ]
    told = Notice.objects.filter(kind="transfer.accepted").values_list("user__username", flat=True)
    assert set(told) == {"home_secretary", "other_secretary", "member"}
    assert other.get(reverse("member_detail", args=[li.pk])).status_code == 200
    assert home.get(reverse("member_detail", args=[li.pk])).status_code == 404
    assert (
        "没有需要" in home.get(reverse("todo")).content.decode()
        or li.name not in home.get(reverse("member_list")).content.decode()
    )


def test_what_is_open_follows_the_member(world: World) -> None:
    li = world.members["li"]
    registration = register(world, "li", "community", issuer="home_secretary", accepter="community_secretary")
    waiting = ask(world, "li", "community2")
    project = ProjectFactory(organisation=world.community, author=world.users["community_clerk"])
    claim = claims.claim_as_member(project=project, member=li, by=world.users["member"])
    card = cards.issue(member=li, by=world.users["home_secretary"])
    transfers.accept(transfer=sent(world), by=world.users["other_secretary"])
    for row in (registration, waiting, claim, card):
        row.refresh_from_db()
    assert (registration.state, registration.home_branch) == (S.ACTIVE, world.branch_c)
    assert (waiting.state, waiting.home_branch) == (S.PENDING_LETTER, world.branch_c)
    assert claim.state == "confirmed"
    # The card names the former home branch.
    assert (card.state, card.end_reason) == (CardState.REVOKED, "transferred")
    assert li.name in sign_in(world, "other_secretary").get(reverse("registration_list")).content.decode()
    letters.issue(registration=waiting, valid_days=30, by=world.users["other_secretary"])


def test_a_registration_at_what_becomes_the_home_ends(world: World) -> None:
    branch = Organisation.objects.create(
        parent=world.community, code="T-own", name="友谊街社区第一党支部", kind="branch", short_code="OWN"
    )
    registration = register(world, "li", "community", issuer="home_secretary", accepter="community_secretary")
    elsewhere = register(world, "li", "community2", issuer="home_secretary", accepter="street_officer")
    transfers.accept(transfer=sent(world, branch), by=world.users["community_secretary"])
    registration.refresh_from_db()
    elsewhere.refresh_from_db()
    assert (registration.state, registration.close_reason, registration.closed_on) == (
        S.CLOSED, "changed_unit", today()
    )  # fmt: skip
    assert not registration.placements.filter(ended_on=None).exists()
    assert (elsewhere.state, elsewhere.home_branch) == (S.ACTIVE, branch)


def test_refused_it_stays_where_it_was(world: World, django_capture_on_commit_callbacks: Any) -> None:
    transfer = sent(world)
    other = sign_in(world, "other_secretary")
    answer = other.post(reverse("transfer_refuse", args=[transfer.pk]), {"refuse-reason": ""})
    assert answer.status_code == 200
    assert answer.context["refuse_form"].errors
    with django_capture_on_commit_callbacks(execute=True):
        other.post(reverse("transfer_refuse", args=[transfer.pk]), {"refuse-reason": "未在本单位工作"})
    transfer.refresh_from_db()
    assert (transfer.state, transfer.remark) == (TransferState.REFUSED, "未在本单位工作")
    assert world.members["li"].home_branch() == world.branch_a
    assert Notice.objects.filter(kind="transfer.refused", user=world.users["home_secretary"]).exists()
    sent(world, world.branch_b)  # and may be sent elsewhere


def test_only_one_at_a_time(world: World) -> None:
    transfer = sent(world)
    refused("transfer_open", sent, world=world, target=world.branch_b)
    second = HomeTransfer(
        member=transfer.member, source=world.branch_a, target=world.branch_b, letter_number="二号", reason="other",
        valid_until=today(),
    )  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        second.save()
    page = sign_in(world, "home_secretary").get(reverse("member_detail", args=[transfer.member_id])).content.decode()
    assert reverse("transfer_new", args=[transfer.member_id]) not in page
    transfers.withdraw(transfer=transfer, by=world.users["home_secretary"])
    sent(world, world.branch_b)


# Every action in every state

ACTIONS: dict[str, tuple[Any, TransferState]] = {
    "accept": (
        lambda world, row: transfers.accept(transfer=row, by=world.users["other_secretary"]),
        TransferState.ACCEPTED,
    ),
    "refuse": (
        lambda world, row: transfers.refuse(transfer=row, remark="不符", by=world.users["other_secretary"]),
        TransferState.REFUSED,
    ),
    "withdraw": (
        lambda world, row: transfers.withdraw(transfer=row, by=world.users["home_secretary"]),
        TransferState.WITHDRAWN,
    ),
}


def everything() -> tuple[Any, ...]:
    return (
        list(HomeTransfer.objects.order_by("pk").values()),
        list(HomeMembership.objects.order_by("pk").values()),
        AuditEvent.objects.count(),
        Outbox.objects.count(),
    )


@pytest.mark.parametrize("state", TransferState)
@pytest.mark.parametrize("name", ACTIONS)
def test_every_action_in_every_state(world: World, name: str, state: TransferState) -> None:
    act, goal = ACTIONS[name]
    transfer = sent(world)
    if state != TransferState.SENT:
        HomeTransfer.objects.filter(pk=transfer.pk).update(state=state, decided_at=timezone.now(), remark="前")
        transfer.refresh_from_db()
    before = everything()
    if state == TransferState.SENT:
        act(world, transfer)
        transfer.refresh_from_db()
        assert transfer.state == goal
        assert AuditEvent.objects.count() > before[2]
        return
    with pytest.raises(ActionDenied) as caught, transaction.atomic():
        act(world, transfer)
    assert caught.value.code == "wrong_state"
    assert everything() == before


@pytest.mark.parametrize("name", ACTIONS)
def test_every_action_on_what_somebody_else_has_just_changed(world: World, name: str) -> None:
    act, _goal = ACTIONS[name]
    transfer = sent(world)
    HomeTransfer.objects.filter(pk=transfer.pk).update(state=TransferState.WITHDRAWN, decided_at=timezone.now())
    before = everything()
    with pytest.raises(ActionDenied) as caught, transaction.atomic():
        act(world, transfer)
    assert caught.value.code == "stale"
    assert everything() == before


def test_a_member_who_has_left_the_source_meanwhile_is_not_moved(world: World) -> None:
    transfer = sent(world)
    HomeMembership.objects.filter(member=transfer.member).update(organisation=world.branch_b)
    before = everything()
    with pytest.raises(ActionDenied) as caught, transaction.atomic():
        transfers.accept(transfer=transfer, by=world.users["other_secretary"])
    assert caught.value.code == "stale"
    assert everything() == before


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"target": "branch_a"}, "transfer_same"),
        ({"target": "themed"}, "not_a_home_branch"),
        ({"target": "bureau"}, "not_a_home_branch"),
        ({"valid_days": 0}, "validity_range"),
        ({"valid_days": 91}, "validity_range"),
    ],
)
def test_where_nothing_can_be_sent(world: World, change: dict[str, Any], code: str) -> None:
    target = world.organisations[change.pop("target", "branch_c")]
    refused(code, sent, world=world, target=target, **change)


@pytest.mark.parametrize("status", [status for status in MembershipStatus if status != MembershipStatus.NORMAL])
def test_only_the_relation_of_members_in_good_standing(world: World, status: MembershipStatus) -> None:
    Member.objects.filter(pk=world.members["li"].pk).update(status=status)
    refused("not_a_member", sent, world=world)


def test_a_branch_that_has_become_a_themed_one_takes_no_relation(world: World) -> None:
    empty = OrganisationFactory(parent=world.hospital)
    transfer = sent(world, empty)
    Organisation.objects.filter(pk=empty.pk).update(setting=Setting.THEMED)
    refused("not_a_home_branch", transfers.accept, transfer=transfer, by=world.users["other_secretary"])
    assert HomeTransfer.objects.get().state == TransferState.SENT


# Past the last day


def test_past_its_last_day_it_is_reminded_and_escalated_once_each(world: World) -> None:
    transfer = sent(world, valid_days=4)
    homenotices.remind_of_transfers()
    homenotices.remind_of_transfers()
    assert list(Notice.objects.values_list("kind", "user__username")) == [("transfer.ends_soon", "other_secretary")]
    run_out(transfer)
    refused("transfer_ran_out", transfers.accept, transfer=transfer, by=world.users["other_secretary"])
    homenotices.remind_of_transfers()
    assert set(Notice.objects.filter(kind="transfer.ran_out").values_list("user__username", flat=True)) == {
        "home_secretary"
    }
    assert not Notice.objects.filter(kind="transfer.escalated").exists()
    home = sign_in(world, "home_secretary")
    assert "逾期未获答复的组织关系转接" in home.get(reverse("todo")).content.decode()
    assert "接收组织关系" not in sign_in(world, "other_secretary").get(reverse("todo")).content.decode()
    run_out(transfer, days=20)
    homenotices.remind_of_transfers()
    homenotices.remind_of_transfers()
    assert list(Notice.objects.filter(kind="transfer.escalated").values_list("user__username", flat=True)) == [
        "unit_secretary"
    ]
    todo = sign_in(world, "unit_secretary").get(reverse("todo")).content.decode()
    assert "下级党支部长期未获答复的组织关系转接" in todo
    assert "下级党支部长期" not in sign_in(world, "other_secretary").get(reverse("todo")).content.decode()
    assert world.members["li"].home_branch() == world.branch_a
    transfers.withdraw(transfer=transfer, by=world.users["home_secretary"])
    assert sent(world).letter_number.endswith("2号")


@pytest.mark.parametrize("box", ["to_accept", "receipt_awaited", "ran_out", "escalated", "nonsense"])
def test_the_boxes_of_the_list_open(world: World, box: str) -> None:
    sent(world)
    answer = sign_in(world, "other_secretary").get(reverse("transfer_list"), {"box": box})
    assert answer.status_code == 200
    assert len(answer.context["page"].object_list) == (1 if box in ("to_accept", "nonsense") else 0)


# When the tree changes, and when two rows are one person


@pytest.mark.parametrize("end", ["branch_a", "branch_c"])
def test_neither_end_is_dissolved_while_it_is_on_its_way(world: World, end: str) -> None:
    transfer = sent(world)
    plan = ChangePlan(
        kind=ChangeKind.MERGED, organisation=world.organisations[end], effect_on=today(), document_number="一号",
        heir=world.branch_b,
    )  # fmt: skip
    refused("settle_first", changes.carry_out, plan=plan, by=world.users["district_secretary"])
    transfers.withdraw(transfer=transfer, by=world.users["home_secretary"])
    changes.carry_out(plan=plan, by=world.users["district_secretary"])


def test_a_split_waits_for_the_transfers_of_those_who_go(world: World) -> None:
    transfer = sent(world)
    fields: dict[str, Any] = {
        "kind": ChangeKind.SPLIT, "organisation": world.branch_a, "effect_on": today(), "document_number": "一号",
        "name": "新支部", "code": "T-new",
    }  # fmt: skip
    goes = ChangePlan(member_ids=frozenset([transfer.member_id]), **fields)
    assert [effect for effect in changes.preview(goes) if effect.must_settle]


def test_two_rows_of_one_person_are_not_merged_while_one_is_on_its_way(world: World) -> None:
    transfer = sent(world)
    plan = MergePlan(keep=world.members["wang"], lose=world.members["li"])
    assert [effect for effect in registry.merging.preview(plan) if effect.must_settle]
    transfers.withdraw(transfer=transfer, by=world.users["home_secretary"])
    assert not [effect for effect in registry.merging.preview(plan) if effect.must_settle and "转接" in effect.sentence]


@pytest.fixture(autouse=True)
def district_secretary(world: World) -> None:
    world.users["district_secretary"] = UserFactory(username="district_secretary")
    AppointmentFactory(user=world.users["district_secretary"], organisation=world.district)


def test_what_was_registered_stays_as_it_was_written(world: World) -> None:
    registration = register(world, "li", "community", issuer="home_secretary", accepter="community_secretary")
    transfers.accept(transfer=sent(world), by=world.users["other_secretary"])
    assert ActivityRegistration.objects.get(pk=registration.pk).letters.get().issuer == world.branch_a
