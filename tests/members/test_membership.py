"""Membership ends: what hangs on it ends in the same transaction, and nothing comes back by itself."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from dualmgmt.lib.clock import today
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.models import AuditEvent, Notice
from members.actions import cards, leaving, letters, membership
from members.enums import CardState, CloseReason, LetterState, MembershipStatus, Side
from members.enums import RegistrationState as S
from members.models import ActivityRegistration, Member
from projects.actions import claims, handover
from projects.enums import ClaimState
from projects.models import ServiceProject
from tests.factories import ProjectFactory, RegistrationFactory
from tests.members.helpers import refused, sign_in
from tests.scene import ask, register
from tests.world import World

ENDED = [status for status in MembershipStatus if status != MembershipStatus.NORMAL]


def change(world: World, status: MembershipStatus, name: str = "li") -> None:
    member = Member.objects.get(pk=world.members[name].pk)
    membership.change_status(member=member, status=status, basis="税党字〔2026〕8号", by=world.users["home_secretary"])


@pytest.fixture
def active(world: World) -> ActivityRegistration:
    return register(world, "li", "community", issuer="home_secretary", accepter="community_secretary")


def a_claim(world: World, name: str = "li", **fields: Any) -> Any:
    project = ProjectFactory(organisation=world.community, **fields)
    member = world.members[name]
    return claims.claim_as_member(project=project, member=member, by=member.user)


@pytest.mark.parametrize("status", ENDED)
def test_registrations_close_forms_are_taken_back_and_claims_end(
    world: World, active: ActivityRegistration, status: MembershipStatus, django_capture_on_commit_callbacks: Any
) -> None:
    leaving_one = RegistrationFactory(member=world.members["li"], organisation=world.community3)
    leaving.ask(
        registration=leaving_one, side=Side.HOME, reason=CloseReason.OTHER, remark="x", by=world.users["home_secretary"]
    )
    asked = ask(world, "li", "community2")
    claim = a_claim(world)
    waiting = a_claim(world, confirm_claims=True)
    with django_capture_on_commit_callbacks(execute=True):
        change(world, status)
    reason = CloseReason.DECEASED if status == MembershipStatus.DECEASED else CloseReason.MEMBERSHIP_ENDED
    for row in (active, leaving_one):
        row.refresh_from_db()
        assert (row.state, row.closed_on, row.close_reason) == (S.CLOSED, today(), reason)
        assert (row.closing_receipt, row.final_facts) == (None, "")
    assert not active.placements.filter(ended_on=None).exists()
    asked.refresh_from_db()
    assert asked.state == S.WITHDRAWN
    for row in (claim, waiting):
        row.refresh_from_db()
        assert (row.state, row.remark) == (ClaimState.WITHDRAWN, str(reason.label))
    assert set(ServiceProject.objects.values_list("taken", flat=True)) == {0}
    freed = Notice.objects.filter(kind="claim.freed", user=world.users["community_secretary"])
    assert freed.count() == 2
    told = Notice.objects.filter(kind="registration.ended").values_list("user__username", flat=True)
    assert set(told) == {"member", "home_secretary"}
    event = AuditEvent.objects.get(event="member.status_changed")
    assert (event.details["document"], event.organisation_id) == ("税党字〔2026〕8号", world.branch_a.pk)


def test_a_letter_that_waits_is_void_and_nobody_can_accept_it(world: World) -> None:
    registration = ask(world, "li", "community")
    letters.issue(registration=registration, valid_days=30, by=world.users["home_secretary"])
    change(world, MembershipStatus.DECEASED)
    registration.refresh_from_db()
    assert registration.state == S.DECLINED
    assert registration.letters.get().state == LetterState.VOID
    by = world.users["community_secretary"]
    refused("wrong_state", letters.accept, registration=registration, placement=world.community, by=by)


def test_others_and_their_claims_stay(world: World, active: ActivityRegistration) -> None:
    """Wang's row must not be touched by what ends with Li."""
    wang = register(world, "wang", "community", issuer="unit_secretary", accepter="community_secretary")
    project = ProjectFactory(organisation=world.community)
    for name in ("li", "wang"):
        member = world.members[name]
        claims.claim_as_member(project=project, member=member, by=member.user)
    change(world, MembershipStatus.EXPELLED)
    wang.refresh_from_db()
    project.refresh_from_db()
    assert (wang.state, project.taken) == (S.ACTIVE, 1)
    assert project.claims.holding().get().member == world.members["wang"]


def test_requests_to_stand_in_end_on_both_sides(world: World, active: ActivityRegistration) -> None:
    register(world, "wang", "community", issuer="unit_secretary", accepter="community_secretary")
    by_li = handover.offer(claim=a_claim(world), stand_in=world.members["wang"], by=world.users["member"])
    to_li = handover.offer(claim=a_claim(world, "wang"), stand_in=world.members["li"], by=world.users["other_member"])
    change(world, MembershipStatus.REMOVED)
    for offered in (by_li, to_li):
        offered.refresh_from_db()
        assert offered.state == ClaimState.WITHDRAWN


def test_who_is_no_member_claims_nothing_even_at_home(world: World) -> None:
    project = ProjectFactory(organisation=world.branch_a)
    change(world, MembershipStatus.SUSPENDED)
    member = Member.objects.get(pk=world.members["li"].pk)
    refused("not_a_member", claims.claim_as_member, project=project, member=member, by=world.users["member"])


def test_named_for_a_branch_without_having_served_is_taken_off_the_list(
    world: World, active: ActivityRegistration
) -> None:
    project = ProjectFactory(organisation=world.community)
    claim = claims.claim_as_branch(project=project, branch=world.branch_a, places=1, by=world.users["home_secretary"])
    claims.name_participants(claim=claim, members=[world.members["li"]], by=world.users["home_secretary"])
    change(world, MembershipStatus.DECEASED)
    claim.refresh_from_db()
    assert (claim.participants.count(), claim.state) == (0, ClaimState.CONFIRMED)


def test_the_card_is_worth_nothing(world: World) -> None:
    card = cards.issue(member=world.members["li"], by=world.users["home_secretary"])
    change(world, MembershipStatus.WITHDRAWN)
    card.refresh_from_db()
    assert card.state == CardState.REVOKED


def test_back_in_order_nothing_opens_by_itself(world: World, active: ActivityRegistration) -> None:
    change(world, MembershipStatus.SUSPENDED)
    change(world, MembershipStatus.NORMAL)
    active.refresh_from_db()
    assert active.state == S.CLOSED
    again = register(world, "li", "community", issuer="home_secretary", accepter="community_secretary")
    assert again.pk != active.pk


@pytest.mark.parametrize("basis", ["", "  "])
def test_the_status_rests_on_something(world: World, basis: str) -> None:
    given = {"member": world.members["li"], "by": world.users["home_secretary"]}
    refused("basis_missing", membership.change_status, status=MembershipStatus.DECEASED, basis=basis, **given)
    refused("same_status", membership.change_status, status=MembershipStatus.NORMAL, basis="x", **given)


def test_all_or_nothing(world: World, active: ActivityRegistration) -> None:
    """What goes wrong half-way leaves the status, the registrations and the claims as they were."""
    claim = a_claim(world)
    given = {"member": world.members["li"], "status": MembershipStatus.DECEASED, "by": world.users["home_secretary"]}
    ServiceProject.objects.filter(pk=claim.project_id).update(taken=0)  # giving back would go below nothing
    with pytest.raises(IntegrityError), transaction.atomic():
        membership.change_status(basis="x", **given)
    assert Member.objects.get(pk=world.members["li"].pk).status == MembershipStatus.NORMAL
    active.refresh_from_db()
    assert active.state == S.ACTIVE


def test_the_page_says_what_ends_and_asks_to_be_sure(world: World, active: ActivityRegistration) -> None:
    a_claim(world)
    client = sign_in(world, "home_secretary")
    url = reverse("member_status", args=[world.members["li"].pk])
    sentences = [effect.sentence for effect in client.get(url).context["effects"]]
    assert any(world.community.name in sentence for sentence in sentences)
    assert len(sentences) == 2
    given = {"status": "deceased", "basis": "家属电话告知"}
    assert client.post(url, given).context["form"].errors["sure"]
    assert client.post(url, {**given, "status": "nonsense", "sure": "on"}).context["form"].errors["status"]
    assert client.post(url, {**given, "sure": "on"}).status_code == 302
    assert Member.objects.get(pk=world.members["li"].pk).status == MembershipStatus.DECEASED
    assert "sure" not in client.get(url).context["form"].fields


@pytest.mark.parametrize("persona", ["member", "community_secretary", "sibling", "other_secretary"])
def test_only_the_home_side_changes_the_status(world: World, active: ActivityRegistration, persona: str) -> None:
    persona = "other_member" if persona == "sibling" else persona
    url = reverse("member_status", args=[world.members["li"].pk])
    answer = sign_in(world, persona).post(url, {"status": "deceased", "basis": "x", "sure": "on"})
    assert answer.status_code in (403, 404)
    assert Member.objects.get(pk=world.members["li"].pk).status == MembershipStatus.NORMAL


def test_denied_is_a_sentence(world: World) -> None:
    with pytest.raises(ActionDenied) as denied:
        change(world, MembershipStatus.NORMAL)
    assert str(denied.value)
