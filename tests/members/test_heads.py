"""The head of a themed branch: appointed from its members, sees them and nobody else, decides for nobody."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from branches.actions import appointments
from branches.enums import Role
from branches.forms.appointments import ProposalForm
from branches.models import Appointment
from dualmgmt.lib.actors import SYSTEM
from dualmgmt.lib.clock import today
from members.actions import letters, themed
from members.models import ActivityRegistration, IntroductionLetter, Member
from members.personal import viewers
from members.queries import seen_as
from tests.factories import AppointmentFactory, UserFactory
from tests.members.helpers import refused, sign_in
from tests.scene import ask
from tests.world import World


@pytest.fixture
def head(world: World, people: list[ActivityRegistration]) -> Client:
    """Secretary of the themed branch and of nothing else."""
    world.users["head"] = UserFactory(username="head")
    AppointmentFactory(user=world.users["head"], organisation=world.themed)
    return sign_in(world, "head")


def test_the_head_sees_the_placed_members_and_nobody_else(
    world: World, people: list[ActivityRegistration], head: Client
) -> None:
    user = world.users["head"]
    mine = people[2]
    waiting = ask(world, "li", "community")
    letters.issue(registration=waiting, valid_days=30, by=world.users["home_secretary"])
    assert set(ActivityRegistration.objects.visible_to(user)) == {mine}
    assert set(Member.objects.visible_to(user)) == {mine.member}
    assert set(IntroductionLetter.objects.visible_to(user)) == set()
    for name, row, status in [
        ("registration_detail", mine.pk, 200),
        ("member_detail", mine.member_id, 200),
        *[("registration_detail", row.pk, 404) for row in (people[0], people[3], waiting)],
        *[("member_detail", row.member_id, 404) for row in (people[0], people[3], waiting)],
    ]:
        assert head.get(reverse(name, args=[row])).status_code == status, (name, row)
    shown = head.get(reverse("member_detail", args=[mine.member_id])).content.decode()
    assert mine.member.phone in shown, "who runs the branch calls its members"
    assert mine.member.id_number not in shown
    assert head.get(reverse("placed_members", args=[world.themed.code])).status_code == 200
    assert head.get(reverse("placed_members", args=[world.community.code])).status_code == 403
    lists = [reverse("registration_list"), reverse("archive"), reverse("organisation_detail", args=[world.themed.code])]
    for url in lists:
        text = head.get(url).content.decode()
        assert "丙三" in text, url
        assert not {name for name in ("甲一", "乙二", "丁四", "李建国") if name in text}, url
    assert "甲一" not in head.get(reverse("organisation_detail", args=[world.community.code])).content.decode()


def test_the_head_decides_nothing_for_the_receiver(
    world: World, people: list[ActivityRegistration], head: Client
) -> None:
    mine = people[2]
    data = {"chosen": seen_as(mine), "target": world.themed2.pk, "reason": "调整"}
    for code in (world.themed.code, world.community.code):
        assert head.post(reverse("placement_move", args=[code]), data).status_code == 403
    assert head.post(reverse("registration_accept", args=[mine.pk]), {}).status_code == 403
    assert head.get(reverse("themed_new", args=[world.community.code])).status_code == 403
    assert 'name="chosen"' not in head.get(reverse("registration_detail", args=[mine.pk])).content.decode()


def test_whoever_leaves_the_branch_leaves_the_heads_sight(
    world: World, people: list[ActivityRegistration], head: Client
) -> None:
    mine = people[2]
    assert world.themed in [viewer.organisation for viewer in viewers(mine.member)]
    themed.move(
        receiver=world.community, seen={mine.pk: world.themed.pk}, target=world.themed2, reason="调整", by=SYSTEM
    )
    assert head.get(reverse("member_detail", args=[mine.member_id])).status_code == 404
    assert not ActivityRegistration.objects.visible_to(world.users["head"]).exists()
    assert world.themed not in [viewer.organisation for viewer in viewers(mine.member)]


def test_the_head_is_suggested_from_the_members_and_needs_two_keys(
    world: World, people: list[ActivityRegistration]
) -> None:
    named = people[2].member
    named.user = UserFactory(username="bing", name="丙三")
    named.save()
    other = people[0].member
    other.user = UserFactory(username="jia", name="甲一")
    other.save()
    form = ProposalForm(organisation=world.themed)
    suggested = form.fields["user"].widget.people  # type: ignore[attr-defined]
    assert named.user in suggested
    assert other.user not in suggested
    row = appointments.propose(
        user=named.user,
        organisation=world.themed,
        role=Role.SECRETARY,
        starts_on=today(),
        by=world.users["community_secretary"],
    )
    refused("another_approves", appointments.approve, appointment=row, by=world.users["community_secretary"])
    assert not ActivityRegistration.objects.visible_to(named.user).exclude(member=named).exists()
    appointments.approve(appointment=row, by=world.users["street_officer"])
    assert Appointment.objects.in_force().filter(organisation=world.themed, user=named.user).exists()
