"""A stand-in is asked, and takes the place only by accepting it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dualmgmt.lib.denied import ActionDenied
from dualmgmt.models import Notice
from members.actions import cards
from members.enums import RegistrationState, Side
from members.models import Member
from projects.actions import claims, handover, projects, records
from projects.enums import ClaimState, ProjectState
from projects.models import Claim, ServiceProject
from tests.factories import MemberFactory, ProjectFactory, RegistrationFactory, UserFactory
from tests.world import World


@pytest.fixture
def project(world: World) -> ServiceProject:
    """A project with one place, full, its time for claims over: handing over must still be possible."""
    for name in ("li", "wang"):
        RegistrationFactory(member=world.members[name], organisation=world.community, placement=world.community)
    return ProjectFactory(organisation=world.community, places=1, author=world.users["community_clerk"])


@pytest.fixture
def claim(world: World, project: ServiceProject) -> Claim:
    made = claims.claim_as_member(project=project, member=world.members["li"], by=world.users["member"])
    ServiceProject.objects.filter(pk=project.pk).update(claims_close_at=timezone.now() - dt.timedelta(hours=1))
    return Claim.objects.select_related("project__organisation", "member__user").get(pk=made.pk)


def offer(world: World, claim: Claim, name: str = "wang", by: str = "member") -> Claim:
    return handover.offer(claim=claim, stand_in=world.members[name], by=world.users[by])


def refusal(act: Any, **given: Any) -> str:
    with pytest.raises(ActionDenied) as denied:
        act(**given)
    assert str(denied.value)
    return denied.value.code


def leave(world: World, name: str = "li") -> None:
    world.members[name].registrations.filter(organisation=world.community).update(
        state=RegistrationState.LEAVING,
        leave_side=Side.MEMBER,
        leave_at=timezone.now(),
        leave_due_on=timezone.localdate() + dt.timedelta(days=20),
    )


def taken(project: ServiceProject) -> int:
    project.refresh_from_db()
    return project.taken


def test_until_the_answer_the_original_holds_the_place(
    world: World, project: ServiceProject, claim: Claim, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        offered = offer(world, claim)
    claim.refresh_from_db()
    assert (claim.state, offered.state, offered.stands_in_for) == (ClaimState.CONFIRMED, ClaimState.OFFERED, claim)
    assert taken(project) == 1
    assert list(Claim.objects.holding()) == [claim]
    [notice] = Notice.objects.filter(kind="claim.offered")
    assert (notice.user, notice.url) == (world.users["other_member"], reverse("claim_detail", args=[offered.pk]))


def test_accepting_moves_both_and_no_place(
    world: World, project: ServiceProject, claim: Claim, django_capture_on_commit_callbacks: Any
) -> None:
    offered = offer(world, claim)
    with django_capture_on_commit_callbacks(execute=True):
        handover.take_over(offered=offered, by=world.users["other_member"])
    claim.refresh_from_db()
    offered.refresh_from_db()
    assert (claim.state, offered.state, taken(project)) == (ClaimState.HANDED_OVER, ClaimState.CONFIRMED, 1)
    assert claim.ended_at is not None
    assert offered.claimed_by == world.users["other_member"]
    told = Notice.objects.filter(kind="claim.taken_over").values_list("user__username", flat=True)
    assert sorted(told) == ["community_clerk", "community_secretary", "member"]
    record = records.state(
        claim=offered,
        member=world.members["wang"],
        service_date=timezone.localdate(),
        hours=Decimal(1),
        people_served=1,
        content="巡逻",
        by=world.users["other_member"],
    )
    assert record.pk


def test_saying_no_changes_nothing_and_somebody_else_may_be_asked(
    world: World, project: ServiceProject, claim: Claim, django_capture_on_commit_callbacks: Any
) -> None:
    world.members["new"] = MemberFactory(home=world.branch_b, user=UserFactory())
    RegistrationFactory(member=world.members["new"], organisation=world.community)
    offered = offer(world, claim)
    assert refusal(offer, world=world, claim=claim, name="new") == "offer_open"
    with django_capture_on_commit_callbacks(execute=True):
        handover.decline_offer(offered=offered, reason="当天出差", by=world.users["other_member"])
    claim.refresh_from_db()
    assert (claim.state, taken(project)) == (ClaimState.CONFIRMED, 1)
    assert Notice.objects.filter(kind="claim.offer_declined", user=world.users["member"]).count() == 1
    assert offer(world, claim, "new").state == ClaimState.OFFERED


def test_the_database_holds_one_open_request_per_claim(world: World, claim: Claim) -> None:
    offered = offer(world, claim)
    with pytest.raises(IntegrityError), transaction.atomic():
        Claim.objects.create(
            project=claim.project, ordinal=99, member=world.members["zhao"], state="offered", stands_in_for=claim
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        Claim.objects.filter(pk=offered.pk).update(stands_in_for=None)


def test_who_asked_takes_it_back(world: World, project: ServiceProject, claim: Claim) -> None:
    offered = offer(world, claim)
    handover.withdraw_offer(claim=claim, by=world.users["member"])
    offered.refresh_from_db()
    assert offered.state == ClaimState.WITHDRAWN
    assert taken(project) == 1
    assert refusal(handover.take_over, offered=offered, by=world.users["other_member"]) == "wrong_state"
    assert refusal(handover.withdraw_offer, claim=claim, by=world.users["member"]) == "not_an_offer"


def _out_of_area(world: World) -> Member:
    return MemberFactory(home=world.branch_c, user=UserFactory())


def _leaving(world: World) -> Member:
    leave(world, "wang")
    return world.members["wang"]


def _without_account(world: World) -> Member:
    member = MemberFactory(home=world.branch_c)
    RegistrationFactory(member=member, organisation=world.community)
    return member


def _suspended(world: World) -> Member:
    Member.objects.filter(pk=world.members["wang"].pk).update(status="suspended")
    return Member.objects.get(pk=world.members["wang"].pk)


def _at_the_cap(world: World) -> Member:
    for _number in range(3):
        other = ProjectFactory(organisation=world.community)
        claims.claim_as_member(project=other, member=world.members["wang"], by=world.users["other_member"])
    return world.members["wang"]


@pytest.mark.parametrize(
    ("stand_in", "code"),
    [
        (_out_of_area, "not_of_this_area"),
        (_leaving, "leaving"),
        (_without_account, "no_account"),
        (_suspended, "not_a_member"),
        (_at_the_cap, "cap_reached"),
        (lambda world: world.members["li"], "claimant_himself"),
    ],
)
def test_who_could_not_claim_cannot_stand_in(world: World, claim: Claim, stand_in: Any, code: str) -> None:
    by = world.users["member"]
    assert refusal(handover.offer, claim=claim, stand_in=stand_in(world), by=by) == code
    assert not Claim.objects.filter(state=ClaimState.OFFERED).exists()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_at_the_cap, "cap_reached"),
        (_leaving, "leaving"),
        (_suspended, "not_a_member"),
        (lambda world: ServiceProject.objects.update(state=ProjectState.SUSPENDED), "not_published"),
    ],
)
def test_the_rules_are_asked_again_when_the_answer_comes(world: World, claim: Claim, change: Any, code: str) -> None:
    offered = offer(world, claim)
    change(world)
    assert refusal(handover.take_over, offered=offered, by=world.users["other_member"]) == code
    claim.refresh_from_db()
    assert claim.state == ClaimState.CONFIRMED


def test_a_stand_in_who_found_a_place_of_their_own_takes_no_second(
    world: World, project: ServiceProject, claim: Claim
) -> None:
    offered = offer(world, claim)
    ServiceProject.objects.filter(pk=project.pk).update(places=2, claims_close_at=None)
    fresh = ServiceProject.objects.select_related("organisation").get(pk=project.pk)
    claims.claim_as_member(project=fresh, member=world.members["wang"], by=world.users["other_member"])
    assert refusal(handover.take_over, offered=offered, by=world.users["other_member"]) == "already_held"
    assert taken(project) == 2


@pytest.mark.parametrize("state", [ClaimState.APPLIED, ClaimState.FINISHED, ClaimState.WITHDRAWN, ClaimState.DECLINED])
def test_only_a_confirmed_claim_is_handed_over(world: World, claim: Claim, state: ClaimState) -> None:
    Claim.objects.filter(pk=claim.pk).update(state=state)
    claim.refresh_from_db()
    assert refusal(offer, world=world, claim=claim) == "wrong_state"


def test_a_branch_names_others_instead(world: World, project: ServiceProject) -> None:
    mine = claims.claim_as_branch(project=project, branch=world.branch_a, places=1, by=world.users["home_secretary"])
    assert refusal(offer, world=world, claim=mine, by="home_secretary") == "only_members"


@pytest.mark.parametrize("end", ["withdraw", "finish", "cancel", "complete"])
def test_when_the_original_ends_nobody_waits_for_an_answer(
    world: World, project: ServiceProject, claim: Claim, end: str, django_capture_on_commit_callbacks: Any
) -> None:
    offered = offer(world, claim)
    by = world.users["community_clerk"]
    fresh = ServiceProject.objects.select_related("organisation").get(pk=project.pk)
    with django_capture_on_commit_callbacks(execute=True):
        {
            "withdraw": lambda: claims.withdraw(claim=claim, reason="", by=world.users["member"]),
            "finish": lambda: claims.finish(claim=claim, by=by),
            "cancel": lambda: projects.cancel(project=fresh, reason="台风", by=by),
            "complete": lambda: projects.complete(project=fresh, by=by),
        }[end]()
    offered.refresh_from_db()
    assert offered.state == ClaimState.WITHDRAWN
    assert Notice.objects.filter(kind="claim.ended", user=world.users["other_member"]).exists()
    assert taken(project) == Claim.objects.holding().filter(project=project).count()
    assert refusal(handover.take_over, offered=offered, by=world.users["other_member"]) == "wrong_state"


@pytest.mark.parametrize("step", [claims.confirm, claims.decline, claims.withdraw])
def test_a_request_is_no_application_for_the_publisher(
    world: World, project: ServiceProject, claim: Claim, step: Any
) -> None:
    """Confirming it past the stand-in would make two holders of one place."""
    offered = offer(world, claim)
    given = {} if step is claims.confirm else {"reason": "x"}
    assert refusal(step, claim=offered, by=world.users["community_clerk"], **given) == "wrong_state"
    assert taken(project) == 1


# Pages


def signed_in(world: World, persona: str) -> Client:
    client = Client()
    client.force_login(world.users[persona], backend="members.backends.PortalBackend")
    return client


def test_a_hand_over_on_pages(world: World, claim: Claim) -> None:
    member, stand_in = signed_in(world, "member"), signed_in(world, "other_member")
    url = reverse("claim_offer", args=[claim.pk])
    assert url in member.get(reverse("claim_detail", args=[claim.pk])).content.decode()
    wang = world.members["wang"]
    answer = member.post(url, {"name": wang.name, "number": wang.phone}, follow=True)
    assert wang.name in answer.content.decode()
    offered = Claim.objects.get(state=ClaimState.OFFERED)
    page = reverse("claim_detail", args=[offered.pk])
    assert page in [todo.url for todo in stand_in.get(reverse("todo")).context["todos"]]
    assert world.members["li"].name in stand_in.get(page).content.decode()
    stand_in.post(reverse("claim_answer", args=[offered.pk]), {"accept": "1"})
    offered.refresh_from_db()
    assert offered.state == ClaimState.CONFIRMED
    assert wang.name in member.get(reverse("claim_detail", args=[claim.pk])).content.decode()


def test_the_number_of_the_card_does_as_well(world: World, claim: Claim) -> None:
    card = cards.issue(member=world.members["wang"], by=world.users["unit_secretary"])
    client = signed_in(world, "member")
    client.post(reverse("claim_offer", args=[claim.pk]), {"name": "王丽华", "number": card.number})
    assert Claim.objects.filter(state=ClaimState.OFFERED).exists()


@pytest.mark.parametrize(("name", "number"), [("王丽", None), ("王丽华", "13700000000"), ("", None), ("王丽华", "")])
def test_a_wrong_name_and_a_wrong_number_say_the_same(
    world: World, claim: Claim, name: str, number: str | None
) -> None:
    """Nothing tells whether such a member exists."""
    client = signed_in(world, "member")
    number = world.members["wang"].phone if number is None else number
    answer = client.post(reverse("claim_offer", args=[claim.pk]), {"name": name, "number": number})
    errors = answer.context["form"].errors
    if name and number:
        assert list(errors) == ["number"]
        unknown = client.post(reverse("claim_offer", args=[claim.pk]), {"name": "无此人", "number": "13700000001"})
        assert unknown.context["form"].errors == errors
    assert errors
    assert not Claim.objects.filter(state=ClaimState.OFFERED).exists()


def test_names_cannot_be_tried_for_ever(world: World, claim: Claim) -> None:
    client = signed_in(world, "member")
    url = reverse("claim_offer", args=[claim.pk])
    wang = world.members["wang"]
    for number in range(20):
        client.post(url, {"name": wang.name, "number": f"1370000{number:04d}"}, REMOTE_ADDR=f"10.0.1.{number}")
    told = []
    for number in (wang.phone, "13700009999"):
        page = client.post(url, {"name": wang.name, "number": number}, follow=True)
        told.append(([str(message) for message in page.context["messages"]], page.context["form"].errors))
    assert told[0] == told[1], "past the limit nothing tells whether the two go together"
    assert len(told[0][0]) == 1
    assert not Claim.objects.filter(state=ClaimState.OFFERED).exists()


def test_for_a_leaving_member_the_publisher_chooses_among_the_registered(world: World, claim: Claim) -> None:
    """Zhao is registered elsewhere, another has no account: neither is offered, a forged choice is an error."""
    RegistrationFactory(member=world.members["zhao"], organisation=world.community3)
    silent = MemberFactory(home=world.branch_b)
    RegistrationFactory(member=silent, organisation=world.community)
    client = signed_in(world, "community_clerk")
    url = reverse("claim_offer", args=[claim.pk])
    assert client.get(url).status_code == 403
    leave(world)
    assert list(client.get(url).context["form"].fields["stand_in"].queryset) == [world.members["wang"]]
    for forged in (world.members["zhao"].pk, silent.pk, world.members["li"].pk, 987654321, "'; --"):
        assert client.post(url, {"stand_in": forged}).context["form"].errors["stand_in"]
    client.post(url, {"stand_in": world.members["wang"].pk})
    assert Claim.objects.get(state=ClaimState.OFFERED).claimed_by == world.users["community_clerk"]


@pytest.mark.parametrize("persona", ["home_secretary", "other_member", "other_community_secretary", "stranger"])
def test_nobody_else_hands_over_or_answers(world: World, claim: Claim, persona: str) -> None:
    leave(world)
    client = signed_in(world, persona)
    assert client.get(reverse("claim_offer", args=[claim.pk])).status_code in (403, 404)
    assert client.post(reverse("claim_offer", args=[claim.pk]), {"stand_in": 1}).status_code in (403, 404)
    assert client.post(reverse("claim_offer_withdraw", args=[claim.pk])).status_code in (403, 404)
    offered = offer(world, claim)
    if persona != "other_member":
        answer = client.post(reverse("claim_answer", args=[offered.pk]), {"accept": "1"})
        assert answer.status_code in (403, 404)
    claim.refresh_from_db()
    assert claim.state == ClaimState.CONFIRMED


def test_the_claimant_does_not_answer_for_the_stand_in(world: World, claim: Claim) -> None:
    offered = offer(world, claim)
    for persona in ("member", "community_secretary"):
        answer = signed_in(world, persona).post(reverse("claim_answer", args=[offered.pk]), {"accept": "1"})
        assert answer.status_code in (403, 404)
    offered.refresh_from_db()
    assert offered.state == ClaimState.OFFERED
