"""Needs, projects, claims and records: what happens, who may, and what is refused."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from branches.enums import Role
from dualmgmt.lib.actors import SYSTEM
from dualmgmt.lib.denied import ActionDenied
from projects.actions import claims, needs, projects, records
from projects.enums import ClaimState, NeedState, OpenTo, ProjectState, RecordState
from projects.models import Claim, Need, ServiceProject, ServiceRecord
from projects.queries import hall_lines
from projects.rules import Claimant
from tests.factories import (
    AppointmentFactory,
    CategoryFactory,
    MemberFactory,
    NeedFactory,
    ProjectFactory,
    RegistrationFactory,
    SkillFactory,
)
from tests.members.test_reporting_in import refused, sign_in
from tests.world import World


@pytest.fixture
def li(world: World) -> Any:
    """The member li, registered with the community."""
    RegistrationFactory(member=world.members["li"], organisation=world.community)
    return world.members["li"]


def published(world: World, **fields: Any) -> ServiceProject:
    return ProjectFactory(**{"organisation": world.community, "author": world.users["community_clerk"], **fields})


# Needs


def test_a_resident_reports_and_follows_a_need(world: World) -> None:
    client = Client()
    form = {"organisation": world.community.pk, "text": "楼道灯坏了", "contact_phone": "13912345678"}
    page = client.post(reverse("need_new"), form, follow=True)
    need = Need.objects.get()
    assert need.tracking_code in page.content.decode()
    needs.close(need=need, state=NeedState.ANSWERED, answer="已更换。", by=world.users["community_secretary"])
    shown = client.post(reverse("need_track"), {"code": need.tracking_code.lower()}).content.decode()
    assert "已更换。" in shown
    assert "13912345678" not in shown


def test_a_wrong_code_says_nothing(world: World) -> None:
    NeedFactory(organisation=world.community, tracking_code="ABCDEFGH")
    page = Client().post(reverse("need_track"), {"code": "ABCDEFG2"})
    assert page.context["need"] is None
    assert list(page.context["form"].errors) == ["code"]


def test_programs_and_floods_are_kept_out(world: World) -> None:
    form = {"organisation": world.community.pk, "text": "广告"}
    Client().post(reverse("need_new"), {**form, "website": "http://x"})
    assert not Need.objects.exists()
    for _number in range(12):
        page = Client().post(reverse("need_new"), form)
    assert Need.objects.count() == 10
    assert page.context["form"].non_field_errors()


def test_a_need_is_closed_with_words_only(world: World) -> None:
    need = NeedFactory(organisation=world.community)
    refused("answer_missing", needs.close, need=need, state=NeedState.REJECTED, answer=" ", by=SYSTEM)
    with pytest.raises(IntegrityError), transaction.atomic():
        Need.objects.filter(pk=need.pk).update(state=NeedState.REJECTED)


# Projects


def test_a_need_becomes_a_project(world: World) -> None:
    need = NeedFactory(organisation=world.community)
    project = projects.draft(
        organisation=world.community,
        need=need,
        by=world.users["community_clerk"],
        title="修灯",
        category=CategoryFactory(),
        description="换灯泡",
        place="三号楼",
        places=2,
    )
    assert (need.state, list(project.needs.all())) == (NeedState.CONVERTED, [need])
    assert project.number == f"COMMUNITY项〔{timezone.localdate().year}〕1号"


def test_the_author_publishes_what_is_harmless(world: World) -> None:
    project = published(world, state=ProjectState.DRAFT, author=world.users["community_secretary"], published_at=None)
    projects.publish(project=project, by=world.users["community_secretary"])
    assert project.state == ProjectState.PUBLISHED


@pytest.mark.parametrize("reason", ["involves_minors", "involves_money", "committee"])
def test_a_second_person_publishes_what_is_not(world: World, reason: str) -> None:
    fields = {} if reason == "committee" else {reason: True}
    if reason == "committee":
        world.street.publish_needs_second_key = True
        world.street.save()
    author = world.users["community_secretary"]
    project = published(world, state=ProjectState.IN_REVIEW, author=author, published_at=None, **fields)
    refused("second_person", projects.publish, project=project, by=author)
    projects.publish(project=project, by=world.users["street_officer"])
    assert project.published_by == world.users["street_officer"]


def test_the_database_holds_the_second_key_for_minors(world: World) -> None:
    author = world.users["community_secretary"]
    project = published(world, author=author, involves_minors=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        ServiceProject.objects.filter(pk=project.pk).update(published_by=author)


def test_cancelling_frees_the_places_and_keeps_the_hours(world: World, li: Any) -> None:
    project = published(world)
    claim = claims.claim_as_member(project=project, member=li, by=world.users["member"])
    record = state(world, claim)
    projects.cancel(project=project, reason="天气原因", by=world.users["community_clerk"])
    project.refresh_from_db()
    claim.refresh_from_db()
    assert (project.state, project.taken, claim.state) == (ProjectState.CANCELLED, 0, ClaimState.WITHDRAWN)
    assert ServiceRecord.objects.get() == record


# Claims


def test_a_double_tap_finds_the_place_held(world: World, li: Any) -> None:
    project = published(world)
    client = sign_in(world, "member")
    url = reverse("project_claim", args=[project.pk])
    first, second = client.post(url, follow=True), client.post(url, follow=True)
    assert "认领成功。" in first.content.decode()
    assert "您已认领该项目。" in second.content.decode()
    project.refresh_from_db()
    assert (Claim.objects.count(), project.taken) == (1, 1)


def test_why_not(world: World, li: Any) -> None:
    """One project for each reason; the hall says the same as the action."""
    soon = timezone.now() + dt.timedelta(days=1)
    past = timezone.now() - dt.timedelta(days=1)
    cases = {
        "not_published": published(world, state=ProjectState.SUSPENDED),
        "not_yet_open": published(world, claims_open_at=soon),
        "closed": published(world, claims_close_at=past),
        "no_members": published(world, open_to_members=False),
        "full": published(world, places=1, taken=1),
        "not_of_this_area": published(world, organisation=world.community3),
    }
    codes = {}
    for code, project in cases.items():
        refused(code, claims.claim_as_member, project=project, member=li, by=SYSTEM)
        refusal = Claimant(li).why_not(project)
        codes[code] = refusal[1] if refusal else None
    assert codes == {code: code for code in cases}
    assert all(not line.claimable for line in hall_lines(cases.values(), Claimant(li)))


def test_open_to_the_street_and_the_district(world: World, li: Any) -> None:
    """li is registered in the first street; community2 is in it, community3 is not."""
    near = published(world, organisation=world.community2, open_to=OpenTo.STREET)
    far = published(world, organisation=world.community3, open_to=OpenTo.STREET)
    wide = published(world, organisation=world.community3, open_to=OpenTo.DISTRICT)
    assert [line.claimable for line in hall_lines([near, far, wide], Claimant(li))] == [True, False, True]


def test_the_cap_leaves_standing_posts_out(world: World, li: Any, settings: Any) -> None:
    settings.CLAIM_OPEN_CAP = 2
    for kind in ("standing", "one_off", "one_off"):
        claims.claim_as_member(project=published(world, kind=kind), member=li, by=SYSTEM)
    refused("cap_reached", claims.claim_as_member, project=published(world), member=li, by=SYSTEM)
    claims.claim_as_member(project=published(world, kind="standing"), member=li, by=SYSTEM)


def test_the_hall_says_why_it_offers_a_project(world: World, li: Any) -> None:
    law = SkillFactory(name="法律")
    li.skills.add(law)
    fitting, other = published(world), published(world)
    fitting.skills.add(law)
    page = sign_in(world, "member").get(reverse("project_list"))
    assert {line.project: line.why for line in page.context["lines"]} == {
        fitting: "因为您的专长：法律（基础）",
        other: "您在此处登记或组织关系在此",
    }


def test_a_branch_claims_places_and_names_people_later(world: World) -> None:
    project = published(world, places=3)
    claim = claims.claim_as_branch(project=project, branch=world.branch_a, places=2, by=world.users["home_secretary"])
    refused(
        "not_enough_places",
        claims.claim_as_branch,
        project=project,
        branch=world.branch_c,
        places=2,
        by=world.users["other_secretary"],
    )
    secretary = world.users["home_secretary"]
    stranger = [world.members["zhao"]]
    refused("not_of_the_branch", claims.name_participants, claim=claim, members=stranger, by=secretary)
    colleagues = [world.members["li"], MemberFactory(home=world.branch_a)]
    claims.name_participants(claim=claim, members=colleagues, by=secretary)
    more = [*colleagues, MemberFactory(home=world.branch_a)]
    refused("too_many_participants", claims.name_participants, claim=claim, members=more, by=secretary)
    assert set(claim.participants.values_list("member", flat=True)) == {member.pk for member in colleagues}


def test_withdrawing_gives_the_place_back(world: World, li: Any) -> None:
    project = published(world, places=1)
    claim = claims.claim_as_member(project=project, member=li, by=SYSTEM)
    claims.withdraw(claim=claim, reason="出差", by=world.users["member"])
    again = claims.claim_as_member(project=ServiceProject.objects.get(pk=project.pk), member=li, by=SYSTEM)
    assert (again.number, Claim.objects.holding().count()) == (f"{project.number}-02", 1)


def test_the_database_refuses_too_many_places(world: World) -> None:
    project = published(world, places=2)
    with pytest.raises(IntegrityError), transaction.atomic():
        ServiceProject.objects.filter(pk=project.pk).update(taken=3)


def test_a_forged_branch_is_an_ordinary_error(world: World) -> None:
    project = published(world)
    url = reverse("project_claim_as_branch", args=[project.pk])
    sign_in(world, "home_secretary").post(url, {"branch": world.branch_c.pk, "places": 1})
    assert not Claim.objects.exists()


def test_a_forged_publisher_is_an_ordinary_error(world: World) -> None:
    form = {"organisation": world.community3.pk, "title": "巡逻", "category": CategoryFactory().pk}
    page = sign_in(world, "community_clerk").post(reverse("project_new"), form)
    assert "organisation" in page.context["form"].errors
    page = sign_in(world, "community_clerk").post(reverse("need_enter"), form)
    assert "organisation" in page.context["form"].errors


# Records


def state(world: World, claim: Claim, **fields: Any) -> ServiceRecord:
    values = {"service_date": timezone.localdate(), "hours": Decimal(2), "people_served": 4, "content": "巡逻两小时"}
    assert claim.member is not None
    return records.state(claim=claim, member=claim.member, by=world.users["member"], **{**values, **fields})


@pytest.fixture
def claim(world: World, li: Any) -> Claim:
    return claims.claim_as_member(project=published(world), member=li, by=world.users["member"])


def test_both_texts_are_kept(world: World, claim: Claim) -> None:
    record = state(world, claim)
    clerk = world.users["community_clerk"]
    refused("correction_reason", records.verify, record=record, by=clerk, hours=Decimal("1.5"))
    records.verify(record=record, by=clerk, hours=Decimal("1.5"), content="签到一个半小时", reason="签到表")
    record.refresh_from_db()
    assert (record.hours, record.verified_hours) == (Decimal(2), Decimal("1.5"))
    assert (record.content, record.verified_content) == ("巡逻两小时", "签到一个半小时")


def test_nobody_verifies_their_own(world: World, claim: Claim) -> None:
    record = state(world, claim)
    AppointmentFactory(user=world.users["member"], organisation=world.community, role=Role.CLERK)
    refused("own_record", records.verify, record=record, by=world.users["member"])
    with pytest.raises(IntegrityError), transaction.atomic():
        ServiceRecord.objects.filter(pk=record.pk).update(verified_by=world.users["member"])


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"service_date": dt.date(2099, 1, 1)}, "date_in_future"),
        ({"service_date": dt.date(2020, 1, 1)}, "date_before_claim"),
        ({"hours": Decimal(0)}, "hours_range"),
        ({"hours": Decimal("12.5")}, "hours_range"),
    ],
)
def test_impossible_statements(world: World, claim: Claim, fields: Any, code: str) -> None:
    with pytest.raises(ActionDenied) as caught:
        state(world, claim, **fields)
    assert caught.value.code == code
    assert not ServiceRecord.objects.exists()


def test_a_day_has_twelve_hours(world: World, claim: Claim) -> None:
    state(world, claim, hours=Decimal(8))
    with pytest.raises(ActionDenied) as caught:
        state(world, claim, hours=Decimal("4.5"))
    assert caught.value.code == "day_is_full"
    state(world, claim, hours=Decimal(4))


def test_a_returned_record_stays_and_a_new_one_is_stated(world: World, claim: Claim) -> None:
    record = state(world, claim)
    records.send_back(record=record, reason="日期不对", by=world.users["community_clerk"])
    state(world, claim)
    states = list(ServiceRecord.objects.order_by("pk").values_list("state", flat=True))
    assert states == [RecordState.RETURNED, RecordState.STATED]


def test_many_are_verified_at_once_but_not_out_of_scope(world: World, claim: Claim) -> None:
    mine = state(world, claim)
    RegistrationFactory(member=world.members["zhao"], organisation=world.community3)
    foreign_claim = claims.claim_as_member(
        project=published(world, organisation=world.community3), member=world.members["zhao"], by=SYSTEM
    )
    foreign = records.state(
        claim=foreign_claim, member=world.members["zhao"], service_date=timezone.localdate(), hours=Decimal(1),
        people_served=0, content="x", by=SYSTEM,
    )  # fmt: skip
    sign_in(world, "community_clerk").post(reverse("record_verify_many"), {"record": [mine.pk, foreign.pk]})
    assert {row.pk: row.state for row in ServiceRecord.objects.all()} == {
        mine.pk: RecordState.VERIFIED,
        foreign.pk: RecordState.STATED,
    }


@pytest.mark.parametrize(
    ("url", "persona", "literal"),
    [
        ("project_list", "member", 17),
        ("project_desk", "community_clerk", 6),
        ("need_list", "community_clerk", 7),
        ("claim_list", "community_clerk", 6),
        ("record_list", "community_clerk", 8),
    ],
)
def test_list_pages_cost_the_same_with_one_and_three_rows(
    world: World, li: Any, url: str, persona: str, literal: int, django_assert_max_num_queries: Any
) -> None:
    def add() -> None:
        NeedFactory(organisation=world.community)
        project = published(world, organisation=world.community, open_to=OpenTo.STREET)
        state(world, claims.claim_as_member(project=project, member=li, by=SYSTEM))

    client = sign_in(world, persona)
    add()
    client.get(reverse(url))
    with django_assert_max_num_queries(literal):
        client.get(reverse(url))
    add()
    add()
    with django_assert_max_num_queries(literal):
        client.get(reverse(url))
