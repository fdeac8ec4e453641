"""The project hall: what I can claim and why not; the set-based twin agrees with the rule."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from projects import rules
from projects.actions import claims
from projects.enums import OpenTo, ProjectKind, ProjectState
from projects.models import ServiceProject
from tests.factories import ProjectFactory, RegistrationFactory, SkillFactory
from tests.world import World

# Session, account, appointments, notices; the member's home, registrations, claims, leading committees, near
# publishers, skills; the choices of two filters; count, page and its skills.
HALL_QUERIES = 15


def titles(client: Client, **query: Any) -> list[str]:
    page = client.get(reverse("project_list"), query)
    assert page.status_code == 200
    return [line.project.title for line in page.context["lines"]]


def every_kind_of_project(world: World) -> None:
    now = timezone.now()
    later, earlier = now + dt.timedelta(days=2), now - dt.timedelta(days=2)
    for name in ("community", "community2", "community3", "street", "street2", "district", "bureau"):
        for open_to in OpenTo.values:
            ProjectFactory(organisation=world.organisations[name], open_to=open_to, title=f"{name} {open_to}")
    here: dict[str, Any] = {"organisation": world.community}
    ProjectFactory(**here, kind=ProjectKind.STANDING, title="standing")
    ProjectFactory(**here, open_to_members=False, title="branches only")
    ProjectFactory(**here, claims_open_at=later, title="not yet")
    ProjectFactory(**here, claims_close_at=earlier, title="over")
    ProjectFactory(**here, claims_open_at=earlier, claims_close_at=later, title="in its window")
    ProjectFactory(**here, places=2, taken=2, title="full")
    for state in ProjectState.values:
        ProjectFactory(**here, state=state, title=f"state {state}")


def both_ways(world: World, name: str) -> tuple[set[str], set[str]]:
    """Titles by the rule, row by row, and by the set-based twin."""
    claimant = rules.Claimant(world.members[name])
    every = list(ServiceProject.objects.select_related("organisation__leads"))
    areas = rules.areas_of(every)
    one_by_one = {row.title for row in every if claimant.why_not(row, areas[row.pk]) is None}
    return one_by_one, {row.title for row in claimant.claimable(ServiceProject.objects.all())}


def test_rule_and_set_agree(world: World) -> None:
    RegistrationFactory(member=world.members["li"], organisation=world.community)
    every_kind_of_project(world)
    for name in ("li", "wang", "zhao"):
        one_by_one, by_set = both_ways(world, name)
        assert one_by_one == by_set
        assert by_set  # everybody reaches something, so the comparison means something
    assert both_ways(world, "li")[1] == {
        # registered with the community, in the street and district of its publisher
        "community receiver", "community street", "community district", "standing", "in its window",
        "state published", "community2 street", "community2 district",
        "street receiver", "street street", "street district",
        "community3 district", "street2 district",
        "district receiver", "district street", "district district",
        # at home in the bureau, which leads no division and lies below the district
        "bureau receiver", "bureau street", "bureau district",
    }  # fmt: skip


def test_rule_and_set_agree_at_the_cap_and_on_what_is_held(world: World) -> None:
    RegistrationFactory(member=world.members["li"], organisation=world.community)
    every_kind_of_project(world)
    for title in ("community receiver", "community street", "community district"):
        claims.claim_as_member(
            project=ServiceProject.objects.get(title=title), member=world.members["li"], by=world.users["member"]
        )
    one_by_one, by_set = both_ways(world, "li")
    assert one_by_one == by_set == {"standing"}


def test_what_i_can_claim_comes_first_with_the_reason_and_the_rest_says_why_not(world: World, client: Client) -> None:
    RegistrationFactory(member=world.members["li"], organisation=world.community)
    law = SkillFactory(name="法律")
    world.members["li"].skills.add(law)
    fitting = ProjectFactory(organisation=world.community, title="普法")
    fitting.skills.add(law)
    ProjectFactory(organisation=world.community, title="巡逻")
    ProjectFactory(organisation=world.community3, title="别处")
    ProjectFactory(organisation=world.community, title="满员", places=1, taken=1)
    ProjectFactory(organisation=world.community, title="草稿", state=ProjectState.DRAFT)
    client.force_login(world.users["member"])
    lines = client.get(reverse("project_list")).context["lines"]
    assert [(line.project.title, line.claimable) for line in lines] == [
        ("巡逻", True), ("普法", True), ("满员", False), ("别处", False),
    ]  # fmt: skip
    assert "法律" in lines[1].why
    assert lines[2].refusal == rules.FULL
    assert lines[3].refusal == rules.NOT_REGISTERED_HERE


def test_the_reason_names_the_street_or_district_where_that_is_why(world: World, client: Client) -> None:
    RegistrationFactory(member=world.members["li"], organisation=world.community)
    ProjectFactory(organisation=world.community, open_to=OpenTo.DISTRICT, title="here")
    ProjectFactory(organisation=world.community2, open_to=OpenTo.STREET, title="street")
    ProjectFactory(organisation=world.community3, open_to=OpenTo.DISTRICT, title="district")
    client.force_login(world.users["member"])
    lines = client.get(reverse("project_list")).context["lines"]
    assert {line.project.title: line.why for line in lines} == {
        "here": "您在此处登记或组织关系在此",
        "street": "面向您所在街道的党员",
        "district": "面向您所在区的党员",
    }


def test_claimable_projects_come_first_over_all_pages(world: World, client: Client) -> None:
    RegistrationFactory(member=world.members["li"], organisation=world.community)
    mine = ProjectFactory(organisation=world.community, published_at=timezone.now() - dt.timedelta(days=90))
    for _number in range(25):
        ProjectFactory(organisation=world.community3)
    client.force_login(world.users["member"])
    assert titles(client)[0] == mine.title


def test_filters(world: World, client: Client) -> None:
    now = timezone.now()
    soon = ProjectFactory(organisation=world.community, title="本周义诊", starts_at=now + dt.timedelta(days=3))
    ProjectFactory(organisation=world.community3, title="下月普法", starts_at=now + dt.timedelta(days=20))
    post = ProjectFactory(organisation=world.community3, title="导医岗", kind=ProjectKind.STANDING, places=1, taken=1)
    ProjectFactory(organisation=world.community, title="已过", starts_at=now - dt.timedelta(days=3))
    client.force_login(world.users["member"])
    assert titles(client, q="义诊") == ["本周义诊"]
    assert titles(client, category=soon.category_id) == ["本周义诊"]
    assert titles(client, kind="standing") == ["导医岗"]
    assert sorted(titles(client, publisher=world.community3.pk)) == ["下月普法", "导医岗"]
    assert sorted(titles(client, within="7")) == ["导医岗", "本周义诊"]
    assert sorted(titles(client, within="30")) == ["下月普法", "导医岗", "本周义诊"]
    assert post.title not in titles(client, show="open")


@pytest.mark.parametrize("rows", [1, 3])
def test_the_hall_costs_the_same_for_one_row_and_three(
    world: World, client: Client, rows: int, django_assert_max_num_queries: Any
) -> None:
    RegistrationFactory(member=world.members["li"], organisation=world.community)
    for number in range(rows):
        project = ProjectFactory(organisation=[world.community, world.community2, world.community3][number])
        project.skills.add(SkillFactory())
    client.force_login(world.users["member"])
    client.get(reverse("project_list"))
    with django_assert_max_num_queries(HALL_QUERIES):
        client.get(reverse("project_list"))
