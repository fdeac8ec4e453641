"""Projects: drafted, reviewed by a second person where asked for, published, ended."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from branches.models import Organisation
from dualmgmt.lib.clock import today
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.models import Notice
from members.models import Skill
from projects import todo
from projects.actions import claims, projects
from projects.enums import ClaimState, ProjectState
from projects.models import Category, ServiceProject
from tests.factories import CategoryFactory, ProjectFactory, RegistrationFactory
from tests.world import World


def form_data(world: World, **changes: Any) -> dict[str, Any]:
    return {
        "organisation": world.community.pk, "title": "上门理发", "category": CategoryFactory().pk, "kind": "one_off",
        "description": "每月一次", "place": "5号楼", "places": 2, "open_to": "receiver", "open_to_members": "on",
        **changes,
    }  # fmt: skip


def step(client: Client, project: ServiceProject, name: str, **data: Any) -> str:
    assert client.post(reverse("project_move", args=[project.pk, name]), data).status_code == 302
    project.refresh_from_db()
    return project.state


def draft(world: World, **fields: Any) -> ServiceProject:
    """A draft by the community's secretary, who may publish."""
    return ProjectFactory(
        organisation=world.community,
        state=ProjectState.DRAFT,
        author=world.users["community_secretary"],
        published_at=None,
        **fields,
    )


def waiting_for(world: World, persona: str) -> int:
    return sum(item.count for item in todo.projects_to_publish(world.users[persona]))


def test_numbers_run_per_publisher_and_year(world: World) -> None:
    def make(organisation: Organisation) -> str:
        fields = {"title": "义诊", "category": CategoryFactory(), "description": "量血压", "place": "广场"}
        return projects.draft(organisation=organisation, by=world.users["community_clerk"], **fields).number

    numbers = [make(world.community), make(world.community), make(world.community3)]
    year = today().year
    assert numbers == [
        f"COMMUNITY项〔{year}〕1号",
        f"COMMUNITY项〔{year}〕2号",
        f"COMMUNITY3项〔{year}〕1号",
    ]


class TestForm:
    def test_makes_a_draft_with_its_author(self, world: World, client: Client) -> None:
        client.force_login(world.users["community_clerk"])
        client.post(reverse("project_new"), form_data(world))
        project = ServiceProject.objects.get()
        assert (project.state, project.author, project.places) == ("draft", world.users["community_clerk"], 2)

    def test_a_forged_publisher_is_an_ordinary_error(self, world: World, client: Client) -> None:
        client.force_login(world.users["community_clerk"])
        answer = client.post(reverse("project_new"), form_data(world, organisation=world.community3.pk))
        assert list(answer.context["form"].errors) == ["organisation"]
        assert ServiceProject.objects.count() == 0

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"places": 0}, "places"),
            ({"places": 501}, "places"),
            ({"open_to_members": ""}, "open_to_members"),
            ({"starts_at": "2026-12-01T10:00", "ends_at": "2026-12-01T09:00"}, "ends_at"),
            ({"title": ""}, "title"),
        ],
    )
    def test_says_what_is_wrong_at_the_field(
        self, world: World, client: Client, changes: dict[str, Any], field: str
    ) -> None:
        client.force_login(world.users["community_clerk"])
        answer = client.post(reverse("project_new"), form_data(world, **changes))
        assert list(answer.context["form"].errors) == [field]

    def test_a_draft_can_be_edited_a_published_project_not(self, world: World, client: Client) -> None:
        project = draft(world)
        client.force_login(world.users["community_clerk"])
        url = reverse("project_edit", args=[project.pk])
        assert client.get(url).status_code == 200
        client.post(url, form_data(world, title="改过的标题"))
        project.refresh_from_db()
        # Who edits last is the author, so that the second key is another person.
        assert (project.title, project.author) == ("改过的标题", world.users["community_clerk"])
        ServiceProject.objects.filter(pk=project.pk).update(state=ProjectState.PUBLISHED)
        assert client.post(url, form_data(world, title="再改")).status_code == 302
        project.refresh_from_db()
        assert project.title == "改过的标题"

    def test_an_edit_that_comes_after_the_publication_changes_nothing(self, world: World) -> None:
        read_before = draft(world)
        ServiceProject.objects.filter(pk=read_before.pk).update(state=ProjectState.PUBLISHED)
        with pytest.raises(ActionDenied) as denied:
            projects.edit(project=read_before, changes={"places": 1}, skills=[], by=world.users["community_clerk"])
        assert denied.value.code == "wrong_state"
        assert ServiceProject.objects.get().places == 3


class TestTwoKeys:
    def test_the_author_may_publish_where_no_second_key_is_asked_for(self, world: World, client: Client) -> None:
        project = draft(world)
        client.force_login(world.users["community_secretary"])
        assert step(client, project, "publish") == "published"
        assert project.published_by == world.users["community_secretary"]
        assert project.published_at is not None

    @pytest.mark.parametrize("sensitive", ["involves_minors", "involves_money", "setting", "setting above"])
    def test_minors_money_or_the_committee_ask_for_another_person(
        self, world: World, client: Client, sensitive: str, django_capture_on_commit_callbacks: Any
    ) -> None:
        if sensitive.startswith("setting"):
            asker = world.district if sensitive == "setting above" else world.community
            Organisation.objects.filter(pk=asker.pk).update(publish_needs_second_key=True)
            project = draft(world)
        else:
            project = draft(world, **{sensitive: True})
        client.force_login(world.users["community_secretary"])
        assert step(client, project, "publish") == "draft"
        with django_capture_on_commit_callbacks(execute=True):
            assert step(client, project, "submit") == "in_review"
        assert step(client, project, "publish") == "in_review"
        # It waits at the organisation above at once, not with its author, and nowhere else.
        assert [waiting_for(world, name) for name in ("street_officer", "community_secretary")] == [1, 0]
        assert [waiting_for(world, name) for name in ("other_community_secretary", "community_clerk")] == [0, 0]
        told = Notice.objects.filter(kind="project.waits").values_list("user__username", flat=True)
        assert list(told) == ["street_officer"]
        client.force_login(world.users["street_officer"])
        assert step(client, project, "publish") == "published"

    def test_the_database_refuses_a_sensitive_project_published_by_its_author(self, world: World) -> None:
        project = draft(world, involves_minors=True)
        with pytest.raises(IntegrityError), transaction.atomic():
            ServiceProject.objects.filter(pk=project.pk).update(published_by=project.author)

    def test_a_clerk_cannot_publish(self, world: World, client: Client) -> None:
        project = draft(world)
        client.force_login(world.users["community_clerk"])
        assert client.post(reverse("project_move", args=[project.pk, "publish"])).status_code == 403

    def test_comes_back_with_a_reason(
        self, world: World, client: Client, django_capture_on_commit_callbacks: Any
    ) -> None:
        project = draft(world, involves_money=True)
        client.force_login(world.users["community_secretary"])
        step(client, project, "submit")
        client.force_login(world.users["street_officer"])
        assert step(client, project, "return", reason="") == "in_review"
        with django_capture_on_commit_callbacks(execute=True):
            assert step(client, project, "return", reason="请写明经费来源") == "returned"
        assert project.remark == "请写明经费来源"
        told = Notice.objects.filter(kind="project.returned").values_list("user__username", flat=True)
        assert list(told) == ["community_secretary"]
        assert [item.count for item in todo.projects_returned(world.users["community_secretary"])] == [1]


class TestEnd:
    @pytest.fixture
    def project(self, world: World) -> ServiceProject:
        RegistrationFactory(member=world.members["li"], organisation=world.community)
        return ProjectFactory(organisation=world.community)

    def test_suspended_and_resumed(self, world: World, client: Client, project: ServiceProject) -> None:
        client.force_login(world.users["community_clerk"])
        assert step(client, project, "suspend") == "published"  # a reason is asked for
        assert step(client, project, "suspend", reason="场地维修") == "suspended"
        assert step(client, project, "resume") == "published"

    def test_completing_finishes_the_confirmed_claims(
        self, world: World, client: Client, project: ServiceProject
    ) -> None:
        claim = claims.claim_as_member(project=project, member=world.members["li"], by=world.users["member"])
        client.force_login(world.users["community_clerk"])
        assert step(client, project, "complete") == "completed"
        claim.refresh_from_db()
        assert (claim.state, project.taken) == (ClaimState.FINISHED, 1)

    def test_completing_waits_for_claims_that_are_not_decided(self, world: World, client: Client) -> None:
        RegistrationFactory(member=world.members["li"], organisation=world.community)
        project = ProjectFactory(organisation=world.community, confirm_claims=True)
        claims.claim_as_member(project=project, member=world.members["li"], by=world.users["member"])
        client.force_login(world.users["community_clerk"])
        assert step(client, project, "complete") == "published"

    def test_closes_as_unclaimed_only_without_claims(
        self, world: World, client: Client, project: ServiceProject
    ) -> None:
        claim = claims.claim_as_member(project=project, member=world.members["li"], by=world.users["member"])
        client.force_login(world.users["community_clerk"])
        assert step(client, project, "unclaimed") == "published"
        claims.withdraw(claim=claim, reason="", by=world.users["member"])
        assert step(client, project, "unclaimed") == "unclaimed"


def test_the_desk_shows_all_states_of_ones_own_projects_only(world: World, client: Client) -> None:
    mine = [ProjectFactory(organisation=world.community, state=state) for state in ("draft", "published", "cancelled")]
    ProjectFactory(organisation=world.community3, state="draft")
    client.force_login(world.users["community_clerk"])
    assert list(client.get(reverse("project_desk")).context["page"]) == mine[::-1]
    assert list(client.get(reverse("project_desk"), {"state": "draft"}).context["page"]) == mine[:1]


def test_a_draft_is_for_its_publisher_only(world: World, client: Client) -> None:
    project = draft(world)
    for persona, status in [
        ("community_clerk", 200),
        ("street_officer", 200),
        ("member", 404),
        ("home_secretary", 404),
    ]:
        client.force_login(world.users[persona])
        assert client.get(reverse("project_detail", args=[project.pk])).status_code == status


@pytest.mark.parametrize("claims_close_at", [None, timezone.now() + dt.timedelta(days=1)])
def test_open_for_claims(world: World, claims_close_at: dt.datetime | None) -> None:
    found = ProjectFactory(organisation=world.community, claims_close_at=claims_close_at)
    ProjectFactory(organisation=world.community, claims_close_at=timezone.now() - dt.timedelta(days=1))
    ProjectFactory(organisation=world.community, places=1, taken=1)
    ProjectFactory(organisation=world.community, state="suspended")
    assert list(ServiceProject.objects.open_for_claims()) == [found]


@pytest.mark.django_db
def test_reference_data_can_be_loaded_again_without_touching_what_the_office_edited() -> None:
    call_command("load_reference_data", verbosity=0)
    assert Category.objects.count() == 10
    skills = Skill.objects.count()
    assert skills
    Category.objects.filter(code="CARE").update(name="一老一小")
    call_command("load_reference_data", verbosity=0)
    assert (Category.objects.count(), Skill.objects.count()) == (10, skills)
    assert Category.objects.get(code="CARE").name == "一老一小"
