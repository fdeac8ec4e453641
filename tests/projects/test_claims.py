"""Claiming: one tap, the places, who may, stepping back, deciding, the branch's participants."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dualmgmt.lib.denied import ActionDenied
from dualmgmt.models import AuditEvent, Notice
from projects import rules
from projects.actions import claims, projects
from projects.enums import ClaimState, ProjectKind, ProjectState
from projects.models import Claim, ServiceProject
from tests.factories import MemberFactory, ProjectFactory, RegistrationFactory
from tests.world import World


@pytest.fixture
def project(world: World) -> ServiceProject:
    RegistrationFactory(member=world.members["li"], organisation=world.community)
    return ProjectFactory(organisation=world.community, places=3, author=world.users["community_clerk"])


def claim(world: World, project: ServiceProject, name: str = "li") -> Claim:
    member = world.members[name]
    return claims.claim_as_member(project=project, member=member, by=member.user or world.users["community_clerk"])


def refusal(world: World, project: ServiceProject, name: str = "li") -> str:
    with pytest.raises(ActionDenied) as denied:
        claim(world, project, name)
    assert str(denied.value)
    return denied.value.code


def held_places(project: ServiceProject) -> int:
    return Claim.objects.holding().filter(project=project).aggregate(total=Sum("places"))["total"] or 0


def test_one_tap_takes_one_place_and_tells_the_community(
    world: World, client: Client, project: ServiceProject, django_capture_on_commit_callbacks: Any
) -> None:
    client.force_login(world.users["member"])
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(reverse("project_claim", args=[project.pk]))
    assert answer.status_code == 302
    made = Claim.objects.get()
    assert (made.member, made.places, made.state, made.ordinal, made.claimed_by) == (
        world.members["li"],
        1,
        ClaimState.CONFIRMED,
        1,
        world.users["member"],
    )
    assert made.number == f"{project.number}-01"
    project.refresh_from_db()
    assert (project.taken, project.last_claim) == (1, 1)
    assert list(AuditEvent.objects.filter(event="claim.made").values_list("subject_id", flat=True)) == [str(made.pk)]
    told = Notice.objects.filter(kind="claim.made").values_list("user__username", flat=True)
    assert sorted(told) == ["community_clerk", "community_secretary"]


def test_a_double_tap_finds_the_same_place_held(world: World, client: Client, project: ServiceProject) -> None:
    client.force_login(world.users["member"])
    client.post(reverse("project_claim", args=[project.pk]), follow=True)
    answer = client.post(reverse("project_claim", args=[project.pk]), follow=True)
    assert [(str(m), m.level_tag) for m in answer.context["messages"]] == [(rules.ALREADY_HELD, "info")]
    assert Claim.objects.count() == 1
    project.refresh_from_db()
    assert project.taken == 1
    assert refusal(world, project) == "already_held"


def test_a_tap_that_read_before_the_other_committed_is_undone_with_its_place(
    world: World, project: ServiceProject
) -> None:
    """Two taps past the question "do I hold it?": the unique key stops the second and gives its place back."""
    claim(world, project)
    with pytest.raises(ActionDenied) as denied, transaction.atomic():
        claims._take(project=project, member=world.members["li"], branch=None, places=1, by=world.users["member"])
    assert denied.value.code == "already_held"
    project.refresh_from_db()
    assert (project.taken, held_places(project)) == (1, 1)


def test_the_database_itself_holds_the_places(world: World, project: ServiceProject) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ServiceProject.objects.filter(pk=project.pk).update(taken=4)
    with pytest.raises(IntegrityError), transaction.atomic():
        ServiceProject.objects.filter(pk=project.pk).update(taken=-1)


def test_full_is_full(world: World, project: ServiceProject) -> None:
    for name in ("a", "b", "c", "d"):
        world.members[name] = MemberFactory(home=world.branch_b)
        RegistrationFactory(member=world.members[name], organisation=world.community)
    for name in ("a", "b", "c"):
        claim(world, project, name)
    assert refusal(world, project, "d") == "full"
    project.refresh_from_db()
    assert (project.taken, held_places(project)) == (3, 3)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"state": ProjectState.DRAFT}, "not_published"),
        ({"state": ProjectState.SUSPENDED}, "not_published"),
        ({"claims_close_at": timezone.now() - dt.timedelta(minutes=1)}, "closed"),
        ({"claims_open_at": timezone.now() + dt.timedelta(days=1)}, "not_yet_open"),
        ({"open_to_members": False}, "no_members"),
        ({"taken": 3}, "full"),
    ],
)
def test_why_not(world: World, project: ServiceProject, fields: dict[str, Any], code: str) -> None:
    ServiceProject.objects.filter(pk=project.pk).update(**fields)
    project.refresh_from_db()
    assert refusal(world, project) == code
    assert Claim.objects.count() == 0


def test_a_page_opened_before_the_suspension_takes_nothing(world: World, project: ServiceProject) -> None:
    """The project as the page read it says "published"; the statement asks the database."""
    ServiceProject.objects.filter(pk=project.pk).update(state=ProjectState.SUSPENDED)
    assert refusal(world, project) == "not_published"


def test_the_cap_of_open_claims_leaves_standing_posts_out(world: World, project: ServiceProject) -> None:
    for _number in range(3):
        claim(world, ProjectFactory(organisation=world.community))
    assert refusal(world, project) == "cap_reached"
    standing = ProjectFactory(organisation=world.community, kind=ProjectKind.STANDING)
    assert claim(world, standing).state == ClaimState.CONFIRMED
    claims.finish(claim=Claim.objects.order_by("pk")[0], by=world.users["community_clerk"])
    assert claim(world, project).state == ClaimState.CONFIRMED


def test_withdrawing_frees_the_place_and_the_next_claim_gets_a_new_number(
    world: World, client: Client, project: ServiceProject
) -> None:
    first = claim(world, project)
    client.force_login(world.users["member"])
    client.post(reverse("claim_withdraw", args=[first.pk]), {"reason": "出差"})
    first.refresh_from_db()
    project.refresh_from_db()
    assert (first.state, first.remark, project.taken) == (ClaimState.WITHDRAWN, "出差", 0)
    second = claim(world, project)
    assert (second.ordinal, second.pk != first.pk) == (2, True)
    # A second click on the old button changes nothing.
    client.post(reverse("claim_withdraw", args=[first.pk]), {"reason": ""})
    project.refresh_from_db()
    assert project.taken == held_places(project) == 1


def test_the_community_confirms_or_declines_where_it_asked_to(world: World, client: Client) -> None:
    RegistrationFactory(member=world.members["li"], organisation=world.community)
    RegistrationFactory(member=world.members["wang"], organisation=world.community)
    project = ProjectFactory(organisation=world.community, confirm_claims=True)
    first, second = claim(world, project, "li"), claim(world, project, "wang")
    assert first.state == second.state == ClaimState.APPLIED
    client.force_login(world.users["community_clerk"])
    client.post(reverse("claim_confirm", args=[first.pk]))
    client.post(reverse("claim_decline", args=[second.pk]), {"reason": "当天人手已够"})
    first.refresh_from_db()
    second.refresh_from_db()
    project.refresh_from_db()
    assert (first.state, second.state, second.remark) == (ClaimState.CONFIRMED, ClaimState.DECLINED, "当天人手已够")
    assert project.taken == held_places(project) == 1


def test_declining_asks_for_a_reason(world: World, client: Client) -> None:
    RegistrationFactory(member=world.members["li"], organisation=world.community)
    waiting = claim(world, ProjectFactory(organisation=world.community, confirm_claims=True))
    client.force_login(world.users["community_clerk"])
    client.post(reverse("claim_decline", args=[waiting.pk]), {"reason": "  "})
    waiting.refresh_from_db()
    assert waiting.state == ClaimState.APPLIED


def test_cancelling_ends_open_claims_and_frees_their_places(
    world: World, project: ServiceProject, django_capture_on_commit_callbacks: Any
) -> None:
    mine = claim(world, project)
    branch = claims.claim_as_branch(project=project, branch=world.branch_a, places=2, by=world.users["home_secretary"])
    project.refresh_from_db()
    with django_capture_on_commit_callbacks(execute=True):
        projects.cancel(project=project, reason="台风", by=world.users["community_secretary"])
    for row in (mine, branch, project):
        row.refresh_from_db()
    assert (mine.state, branch.state, project.state, project.taken) == ("withdrawn", "withdrawn", "cancelled", 0)
    told = Notice.objects.filter(kind="claim.ended").values_list("user__username", flat=True)
    assert sorted(told) == ["home_secretary", "member"]


class TestBranch:
    def test_takes_several_places_and_never_more_than_are_left(
        self, world: World, client: Client, project: ServiceProject
    ) -> None:
        claim(world, project)
        client.force_login(world.users["home_secretary"])
        url = reverse("project_claim_as_branch", args=[project.pk])
        client.post(url, {"branch": world.branch_a.pk, "places": 3}, follow=True)
        assert Claim.objects.filter(branch=world.branch_a).count() == 0
        client.post(url, {"branch": world.branch_a.pk, "places": 2}, follow=True)
        project.refresh_from_db()
        assert project.taken == held_places(project) == 3
        answer = client.post(url, {"branch": world.branch_a.pk, "places": 1}, follow=True)
        assert [m.level_tag for m in answer.context["messages"]] == ["info"]
        assert Claim.objects.filter(branch=world.branch_a).count() == 1

    def test_a_forged_branch_is_an_ordinary_error(self, world: World, client: Client, project: ServiceProject) -> None:
        client.force_login(world.users["home_secretary"])
        url = reverse("project_claim_as_branch", args=[project.pk])
        client.post(url, {"branch": world.branch_c.pk, "places": 1})
        assert Claim.objects.count() == 0

    @pytest.mark.parametrize("places", [0, -2])
    def test_no_places_are_no_claim(self, world: World, project: ServiceProject, places: int) -> None:
        with pytest.raises(ActionDenied) as denied:
            claims.claim_as_branch(
                project=project, branch=world.branch_a, places=places, by=world.users["home_secretary"]
            )
        assert denied.value.code == "at_least_one_place"

    def test_a_project_for_members_refuses_branches(self, world: World) -> None:
        project = ProjectFactory(organisation=world.community, open_to_branches=False)
        with pytest.raises(ActionDenied) as denied:
            claims.claim_as_branch(project=project, branch=world.branch_a, places=1, by=world.users["home_secretary"])
        assert denied.value.code == "no_branches"

    def test_names_its_own_members_and_no_more_than_its_places(
        self, world: World, client: Client, project: ServiceProject
    ) -> None:
        held = claims.claim_as_branch(
            project=project, branch=world.branch_a, places=1, by=world.users["home_secretary"]
        )
        second = MemberFactory(name="周明", home=world.branch_a)
        client.force_login(world.users["home_secretary"])
        url = reverse("claim_participants", args=[held.pk])
        choices = client.get(url).context["form"].fields["members"].queryset
        assert set(choices) == {world.members["li"], second}

        assert client.post(url, {"members": [world.members["zhao"].pk]}).status_code == 200  # forged: of another branch
        assert client.post(url, {"members": [world.members["li"].pk, second.pk]}).status_code == 200  # one too many
        assert held.participants.count() == 0
        assert client.post(url, {"members": [second.pk]}).status_code == 302
        assert client.post(url, {"members": [world.members["li"].pk]}).status_code == 302
        assert [row.member for row in held.participants.all()] == [world.members["li"]]

    def test_an_activity_branch_may_name_who_is_placed_in_it(self, world: World, project: ServiceProject) -> None:
        RegistrationFactory(member=world.members["zhao"], organisation=world.community, placement=world.themed)
        assert list(claims.eligible_participants(world.themed)) == [world.members["zhao"]]  # type: ignore[call-overload]
