"""Records on their pages: who states, who verifies, both texts side by side, several at once."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dualmgmt.lib.denied import ActionDenied
from dualmgmt.models import Notice
from members.models import Member
from projects import todo
from projects.actions import claims, records
from projects.enums import RecordState
from projects.models import Claim, ServiceRecord
from tests.factories import ProjectFactory, RegistrationFactory
from tests.world import World

TODAY = timezone.localdate


@pytest.fixture
def claim(world: World) -> Claim:
    RegistrationFactory(member=world.members["li"], organisation=world.community)
    project = ProjectFactory(organisation=world.community, places=5)
    return claims.claim_as_member(project=project, member=world.members["li"], by=world.users["member"])


def stated(world: World, claim: Claim, hours: str = "2", member: Member | None = None) -> ServiceRecord:
    return records.state(
        claim=claim,
        member=member or world.members["li"],
        service_date=TODAY(),
        hours=Decimal(hours),
        people_served=4,
        content="巡逻两小时",
        by=world.users["member"],
    )


def form(**changes: Any) -> dict[str, Any]:
    return {"service_date": TODAY().isoformat(), "hours": "1.5", "people_served": "6", "content": "清理楼道", **changes}


def test_the_member_states_and_the_community_is_told(
    world: World, client: Client, claim: Claim, django_capture_on_commit_callbacks: Any
) -> None:
    client.force_login(world.users["member"])
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(reverse("record_new", args=[claim.pk]), form()).status_code == 302
    record = ServiceRecord.objects.get()
    assert (record.member, record.hours, record.people_served, record.content, record.state) == (
        world.members["li"],
        Decimal("1.5"),
        6,
        "清理楼道",
        RecordState.STATED,
    )
    told = Notice.objects.filter(kind="record.stated").values_list("user__username", flat=True)
    assert sorted(told) == ["community_clerk", "community_secretary"]
    assert [item.count for item in todo.records_to_verify(world.users["community_clerk"])] == [1]
    assert [item.count for item in todo.records_to_verify(world.users["other_community_secretary"])] == [0]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"service_date": (TODAY() + dt.timedelta(days=1)).isoformat()}, "service_date"),
        ({"service_date": "2020-01-01"}, "service_date"),
        ({"hours": "0"}, "hours"),
        ({"hours": "12.5"}, "hours"),
        ({"hours": ""}, "hours"),
        ({"content": ""}, "content"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(
    world: World, client: Client, claim: Claim, changes: dict[str, Any], field: str
) -> None:
    client.force_login(world.users["member"])
    answer = client.post(reverse("record_new", args=[claim.pk]), form(**changes))
    assert list(answer.context["form"].errors) == [field]
    assert 'value="6"' in answer.content.decode()
    assert not ServiceRecord.objects.exists()


def test_a_participant_of_a_branchs_claim_states_others_do_not(world: World, client: Client, claim: Claim) -> None:
    branch = claims.claim_as_branch(
        project=claim.project, branch=world.branch_b, places=2, by=world.users["unit_secretary"]
    )
    url = reverse("record_new", args=[branch.pk])
    client.force_login(world.users["other_member"])
    assert client.get(url).status_code == 404
    claims.name_participants(claim=branch, members=[world.members["wang"]], by=world.users["unit_secretary"])
    assert client.post(url, form()).status_code == 302
    assert ServiceRecord.objects.get().member == world.members["wang"]
    client.force_login(world.users["member"])
    assert client.get(url).status_code == 404


def test_who_has_stated_a_record_stays_a_participant(world: World, claim: Claim) -> None:
    branch = claims.claim_as_branch(
        project=claim.project, branch=world.branch_a, places=1, by=world.users["home_secretary"]
    )
    claims.name_participants(claim=branch, members=[world.members["li"]], by=world.users["home_secretary"])
    stated(world, branch)
    claims.name_participants(claim=branch, members=[], by=world.users["home_secretary"])
    assert [row.member for row in branch.participants.all()] == [world.members["li"]]


def test_both_texts_are_shown_to_the_member(world: World, client: Client, claim: Claim) -> None:
    record = stated(world, claim)
    client.force_login(world.users["community_clerk"])
    correction = {"hours": "1.5", "people": "4", "content": "实际一个半小时", "reason": "见签到表"}
    client.post(reverse("record_verify", args=[record.pk]), correction)
    client.force_login(world.users["member"])
    page = client.get(reverse("record_detail", args=[record.pk])).content.decode()
    for words in ("巡逻两小时", "实际一个半小时", "见签到表"):
        assert words in page


def test_the_verifiers_own_record_offers_no_button(world: World, client: Client, claim: Claim) -> None:
    record = stated(world, claim)
    ServiceRecord.objects.filter(pk=record.pk).update(stated_by=world.users["community_clerk"])
    client.force_login(world.users["community_clerk"])
    context = client.get(reverse("record_detail", args=[record.pk])).context
    assert (context["may_verify"], context["somebody_else"]) == (False, True)
    client.post(reverse("record_verify", args=[record.pk]), {"hours": "2", "people": "4"})
    record.refresh_from_db()
    assert record.state == RecordState.STATED


def test_corrections_cannot_lift_a_day_over_its_bound(world: World, claim: Claim) -> None:
    """Eight and four hours stated fill the day; the community may lower them, not raise their sum."""
    long, short = stated(world, claim, "8"), stated(world, claim, "4")
    clerk = world.users["community_clerk"]
    with pytest.raises(ActionDenied) as denied:
        records.verify(record=short, by=clerk, hours=Decimal("4.5"), reason="签到表")
    assert denied.value.code == "day_is_full"
    records.verify(record=long, by=clerk, hours=Decimal(6), reason="签到表")
    records.verify(record=short, by=clerk, hours=Decimal(6), reason="签到表")
    assert set(ServiceRecord.objects.values_list("verified_hours", flat=True)) == {Decimal(6)}


def test_a_returned_record_no_longer_fills_the_day(world: World, client: Client, claim: Claim) -> None:
    record = stated(world, claim, "12")
    client.force_login(world.users["community_clerk"])
    client.post(reverse("record_return", args=[record.pk]), {"return-reason": "日期有误"})
    record.refresh_from_db()
    assert (record.state, record.remark) == (RecordState.RETURNED, "日期有误")
    assert stated(world, claim, "12").state == RecordState.STATED


def test_several_at_once_leaves_out_ones_own_and_says_so(world: World, client: Client, claim: Claim) -> None:
    theirs, own = stated(world, claim), stated(world, claim)
    ServiceRecord.objects.filter(pk=own.pk).update(stated_by=world.users["community_clerk"])
    client.force_login(world.users["community_clerk"])
    assert client.get(reverse("record_list")).context["verifiable"] == {theirs.pk}
    data = {"record": [theirs.pk, own.pk, "x", 999999]}
    answer = client.post(reverse("record_verify_many"), data, follow=True)
    assert [m.level_tag for m in answer.context["messages"]] == ["error", "success"]
    states = dict(ServiceRecord.objects.values_list("pk", "state"))
    assert states == {theirs.pk: RecordState.VERIFIED, own.pk: RecordState.STATED}


def test_who_sees_which_records(world: World, claim: Claim) -> None:
    """One's own; the publisher's side; the home branch and above. Nobody else."""
    mine = stated(world, claim)
    RegistrationFactory(member=world.members["zhao"], organisation=world.community3)
    elsewhere = claims.claim_as_member(
        project=ProjectFactory(organisation=world.community3),
        member=world.members["zhao"],
        by=world.users["other_community_secretary"],
    )
    other = stated(world, elsewhere, member=world.members["zhao"])
    seen = {
        name: set(ServiceRecord.objects.visible_to(user).values_list("pk", flat=True))
        for name, user in world.users.items()
    }
    both, li, zhao, nothing = {mine.pk, other.pk}, {mine.pk}, {other.pk}, set()
    assert seen == {
        "member": li, "other_member": nothing, "stranger": nothing,
        "home_secretary": li, "unit_secretary": li, "other_secretary": zhao,
        "community_secretary": li, "community_clerk": li, "street_officer": li, "other_community_secretary": zhao,
        "department_officer": nothing, "system_admin": nothing, "security_admin": nothing, "auditor": nothing,
    }  # fmt: skip
    assert both == set(ServiceRecord.objects.values_list("pk", flat=True))


def test_who_sees_which_claims(world: World, claim: Claim) -> None:
    """The claimant, the publisher's side, a branch's own officers; not the claimant's home branch."""
    branch = claims.claim_as_branch(
        project=claim.project, branch=world.branch_c, places=1, by=world.users["other_secretary"]
    )
    seen = {
        name: set(Claim.objects.visible_to(user).values_list("pk", flat=True)) for name, user in world.users.items()
    }
    publisher = {claim.pk, branch.pk}
    expected: dict[str, set[int]] = {name: set() for name in world.users}
    expected |= {"community_secretary": publisher, "community_clerk": publisher, "street_officer": publisher}
    expected |= {"member": {claim.pk}, "other_secretary": {branch.pk}}
    assert seen == expected
    claims.name_participants(claim=branch, members=[world.members["zhao"]], by=world.users["other_secretary"])
    assert [row.member.name for row in branch.participants.all()] == ["赵海"]


def test_the_panels_show_only_what_the_reader_may_see(world: World, client: Client, claim: Claim) -> None:
    record = stated(world, claim)
    records.verify(record=record, by=world.users["community_clerk"])
    client.force_login(world.users["member"])
    assert claim.project.title in client.get(reverse("my_page")).content.decode()
    client.force_login(world.users["home_secretary"])
    page = client.get(reverse("member_detail", args=[world.members["li"].pk]))
    assert claim.project.title in page.content.decode()
