"""Not only communities receive: a market's committee, a firm's branch, a social organisation's (design.md §9)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from branches.enums import Kind, Role, Sector, Setting
from branches.models import Organisation
from dualmgmt.lib.actors import SYSTEM
from dualmgmt.lib.clock import today
from evaluations.actions import feedback
from evaluations.compile import runs
from evaluations.models import FactualFeedback, FeedbackReport
from members.actions import letters
from members.enums import RegistrationState as S
from members.models import ActivityRegistration
from members.queries import placements
from projects.actions import claims, projects
from projects.models import ServiceProject
from tests.factories import (
    AppointmentFactory,
    CategoryFactory,
    OrganisationFactory,
    PeriodFactory,
    UnitFactory,
    UserFactory,
)
from tests.members.helpers import sign_in
from tests.members.outside import NAME, entered
from tests.scene import ask, verified_record
from tests.world import World


def market(world: World) -> Organisation:
    """A market's committee with a branch of officials and traders."""
    receiver = OrganisationFactory(
        parent=world.district, name="三站市场党委", kind=Kind.COMMITTEE, accepts_registrations=True, short_code="三站"
    )
    OrganisationFactory(parent=receiver, name="三站市场诚信经营混编党支部", setting=Setting.MIXED, theme="诚信经营")
    return receiver


def firm(world: World) -> Organisation:
    unit = UnitFactory(name="烟台某食品有限公司", sector=Sector.PRIVATE_FIRM)
    return OrganisationFactory(
        parent=world.street, name="某食品公司党支部", accepts_registrations=True, unit=unit, sector=Sector.PRIVATE_FIRM
    )


def social(world: World) -> Organisation:
    unit = UnitFactory(name="芝罘区义工协会", sector=Sector.SOCIAL_ORGANISATION)
    return OrganisationFactory(
        parent=world.district, name="义工协会党支部", accepts_registrations=True, unit=unit, setting=Setting.JOINT,
        sector=Sector.SOCIAL_ORGANISATION,
    )  # fmt: skip


@pytest.fixture(params=[market, firm, social], ids=["market", "firm", "social organisation"])
def receiver(request: pytest.FixtureRequest, world: World) -> Organisation:
    """With a secretary and a clerk; ``world.receiver``."""
    place: Organisation = request.param(world)
    world.organisations["receiver"] = place
    for name, role in [("community_secretary", Role.SECRETARY), ("community_clerk", Role.CLERK)]:
        # The clerk and the secretary of every test that is written for a community.
        world.users[name] = UserFactory(username=f"receiver_{role}")
        AppointmentFactory(user=world.users[name], organisation=place, role=role)
    return place


def registered(world: World) -> ActivityRegistration:
    registration = ask(world, "li", "receiver")
    letters.issue(registration=registration, valid_days=30, by=world.users["home_secretary"])
    client = sign_in(world, "community_secretary")
    assert "接收" in client.get(reverse("todo")).content.decode()
    place = placements(registration.organisation)[0]
    client.post(reverse("registration_accept", args=[registration.pk]), {"placement": place.pk})
    registration.refresh_from_db()
    assert (registration.state, registration.placement) == (S.ACTIVE, place)
    return registration


def published(world: World, receiver: Organisation) -> ServiceProject:
    """Written on the page by the clerk, published by the secretary."""
    category = CategoryFactory()
    fields = {
        "organisation": receiver.pk, "category": category.pk, "title": "市场义务巡查", "description": "检查消防通道。",
        "place": "市场A区", "places": 3, "kind": "one_off", "open_to": "receiver", "open_to_members": "on",
        "hours_expected": "2",
    }  # fmt: skip
    client = sign_in(world, "community_clerk")
    answer = client.post(reverse("project_new"), fields)
    assert answer.status_code == 302, answer.context["form"].errors
    project = ServiceProject.objects.get()
    assert project.organisation == receiver
    projects.publish(project=project, by=world.users["community_secretary"])
    return project


def test_receives_places_publishes_verifies_and_feeds_back(
    world: World, receiver: Organisation, django_capture_on_commit_callbacks: Any
) -> None:
    registration = registered(world)
    li = world.members["li"]
    project = published(world, receiver)
    assert project.title in sign_in(world, "member").get(reverse("project_list")).content.decode()
    claim = claims.claim_as_member(project=project, member=li, by=world.users["member"])
    end = today() - dt.timedelta(days=30)
    record = verified_record(world, claim, day=end - dt.timedelta(days=10))
    assert record.verified_hours == Decimal(2)
    period = PeriodFactory(
        starts_on=end - dt.timedelta(days=90), ends_on=end, feedback_due_on=end + dt.timedelta(days=21),
        compile_on=end + dt.timedelta(days=29), acknowledge_due_on=end + dt.timedelta(days=50),
        guide_due_on=end + dt.timedelta(days=60),
    )  # fmt: skip
    ActivityRegistration.objects.filter(pk=registration.pk).update(accepted_on=period.starts_on)
    with django_capture_on_commit_callbacks(execute=True):
        feedback.prepare(period=period, by=SYSTEM)
    row = FactualFeedback.objects.get(registration=registration)
    client = sign_in(world, "community_secretary")
    assert li.name in client.get(reverse("feedback_list")).content.decode()
    assert client.get(reverse("feedback_detail", args=[row.pk])).status_code == 200
    feedback.write(feedback=row, narrative="积极参加市场巡查。", by=world.users["community_secretary"])
    feedback.show(feedback=[row], by=world.users["community_secretary"])
    row.refresh_from_db()
    feedback.answer(feedback=row, statement="", by=world.users["member"])
    runs.work(runs.start(period=period, by=SYSTEM).pk)
    report = FeedbackReport.objects.get(organisation=world.bureau)
    [line] = [line for section in report.content["sections"] for line in section["active"]]
    assert (line["name"], line["feedback"][0]["receiver"]) == (li.name, receiver.name)
    assert "积极参加市场巡查" in line["feedback"][0]["narrative"]


def test_takes_members_from_outside_the_portal_and_sees_them_in_its_archive(
    world: World, receiver: Organisation
) -> None:
    registration = entered(world, "receiver")
    letters.accept(registration=registration, placement=placements(receiver)[0], by=world.users["community_secretary"])
    client = sign_in(world, "community_clerk")
    assert NAME in client.get(reverse("archive")).content.decode()
    assert registration.letters.get().number in client.get(reverse("desk")).content.decode()
    letter = client.get(reverse("letter_detail", args=[registration.letters.get().pk])).content.decode()
    assert receiver.name in letter
    assert NAME not in sign_in(world, "other_community_secretary").get(reverse("archive")).content.decode()


def test_no_page_of_such_a_receiver_calls_it_a_community(world: World, receiver: Organisation) -> None:
    registration = registered(world)
    client = sign_in(world, "community_secretary")
    pages = [
        reverse("desk"),
        reverse("letter_enter"),
        reverse("walk_in_new"),
        reverse("archive"),
        reverse("registration_list"),
        reverse("registration_detail", args=[registration.pk]),
        reverse("feedback_list"),
        reverse("record_list"),
        reverse("project_desk"),
        reverse("member_detail", args=[registration.member_id]),
    ]
    for url in pages:
        html = client.get(url).content.decode()
        # What is left are the reasons of reporting in, which name the member's own community.
        assert "社区" not in html.replace("居住地社区", "").replace("单位结对社区", "").replace(
            world.community.name, ""
        ), url
