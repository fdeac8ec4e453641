"""Dual management, dual duty on one page: each reader gets their part, with rows there that could leak."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.urls import reverse
from django.utils.formats import date_format

from evaluations.actions import feedback, reports
from evaluations.enums import GuidanceKind
from evaluations.models import ReportSection
from members.actions import themed
from members.enums import CloseReason
from members.enums import RegistrationState as S
from members.models import ActivityRegistration, HomeMembership
from projects.actions import claims
from tests.factories import AppointmentFactory, ProjectFactory, RegistrationFactory, UserFactory
from tests.members.helpers import sign_in
from tests.scene import Scene, set_up, verified_record
from tests.world import World

NOTE = "谈心谈话：岗位工作表现良好"
WORDS = "冬季参加巡逻"


@pytest.fixture
def scene(world: World) -> Scene:
    """li at two communities, placed in a themed branch of one; with claims, records, feedback and a note at home."""
    scene = set_up(world)
    li = world.members["li"]
    li.work_unit, li.work_post, li.party_post = "芝罘区税务局", "征收科科长", "支部委员"
    li.save()
    HomeMembership.objects.filter(member=li).update(started_on=dt.date(2020, 7, 1))
    HomeMembership.objects.create(
        member=li,
        organisation=world.branch_c,
        started_on=dt.date(2015, 1, 1),
        ended_on=dt.date(2020, 7, 1),
        basis="调动",
    )
    themed.move(
        receiver=world.community,
        seen={scene.registration.pk: world.community.pk},
        target=world.themed,
        reason="懂法律",
        by=world.users["community_secretary"],
    )
    other = RegistrationFactory(member=li, organisation=world.community3, placement=world.community3)
    project = ProjectFactory(organisation=world.community3, title="东山清洁岗")
    claim = claims.claim_as_member(project=project, member=li, by=world.users["member"])
    verified_record(world, claim, day=dt.date(2026, 3, 3))
    feedback.write(feedback=scene.feedback, narrative=WORDS, by=world.users["community_secretary"])
    feedback.show(feedback=[scene.feedback], by=world.users["community_secretary"])
    section = ReportSection.objects.get(branch=world.branch_a)
    reports.guide(
        section=section,
        member=li,
        kind=GuidanceKind.TALK,
        held_on=dt.date(2026, 9, 1),
        text=NOTE,
        by=world.users["home_secretary"],
    )
    ActivityRegistration.objects.filter(pk=scene.asked.pk).update(state=S.PENDING_LETTER)
    assert other.state == S.ACTIVE
    return scene


# What stands on the page, by the words it is known by.
PARTS = {
    "home over time": "毓璜顶医院第一党支部",
    "the home branch": "税务局第一党支部",
    "post": "征收科科长",
    "Party post": "支部委员",
    "post-duty note": NOTE,
    "registered with the community": "友谊街社区党委",
    "placed in": "法律服务特色党支部",
    "why it was moved": "懂法律",
    "asked at the second community": "建昌街社区党委",
    "registered with the third": "东山社区党委",
    "claim at the community": "projects:claim",
    "claim at the third": "东山清洁岗",
    "letter": "BRANCH_A介〔",
    "feedback": "feedback",
    "reported": "上报原支部",
}
EVERYBODY = {
    "the home branch",
    "post",
    "Party post",
    "registered with the community",
    "placed in",
    "why it was moved",
    "letter",
}
HOME_SIDE = EVERYBODY | {
    "home over time",
    "post-duty note",
    "asked at the second community",
    "registered with the third",
    "reported",
}
EXPECTED = {
    "member": (HOME_SIDE - {"reported"}) | {"claim at the community", "claim at the third", "feedback"},
    # Claims are the receiver's and the member's; records of its members the home side reads.
    "home_secretary": HOME_SIDE | {"claim at the third", "claim at the community"},
    "unit_secretary": HOME_SIDE | {"claim at the third", "claim at the community"},
    "community_secretary": EVERYBODY | {"claim at the community", "feedback"},
    "other_community_secretary": {
        "the home branch",
        "post",
        "Party post",
        "registered with the third",
        "claim at the third",
    },
}


def parts_on(html: str, scene: Scene) -> set[str]:
    words = {
        **PARTS,
        "claim at the community": scene.project.title,
        "feedback": reverse("feedback_detail", args=[scene.feedback.pk]),
        "reported": reverse("report_detail", args=[scene.report.pk]),
    }
    return {part for part, text in words.items() if text in html}


@pytest.mark.parametrize("persona", EXPECTED)
def test_each_reader_gets_their_part(world: World, scene: Scene, persona: str) -> None:
    page = sign_in(world, persona).get(reverse("member_dual", args=[world.members["li"].pk]))
    html = page.content.decode()
    main = re.search(r"<main.*</main>", html, re.S)
    assert main is not None
    assert parts_on(main.group(), scene) == EXPECTED[persona]
    li = world.members["li"]
    assert li.phone not in html
    assert li.id_number not in html


def test_the_head_of_the_branch_sees_its_part(world: World, scene: Scene) -> None:
    world.users["head"] = UserFactory(username="head")
    AppointmentFactory(user=world.users["head"], organisation=world.themed)
    page = sign_in(world, "head").get(reverse("member_dual", args=[world.members["li"].pk]))
    assert parts_on(page.content.decode(), scene) == EVERYBODY


@pytest.mark.parametrize("persona", ["stranger", "other_member", "other_secretary", "sibling_secretary", "auditor"])
def test_others_find_nothing(world: World, scene: Scene, persona: str) -> None:
    url = reverse("member_dual", args=[world.members["li"].pk])
    assert sign_in(world, persona).get(url).status_code == 404


def test_branches_over_time_newest_first(world: World, scene: Scene) -> None:
    ActivityRegistration.objects.filter(member=world.members["li"], organisation=world.community3).update(
        state=S.CLOSED, closed_on=dt.date(2026, 5, 1), close_reason=CloseReason.MOVED_RESIDENCE
    )
    client = sign_in(world, "member")
    page = client.get(reverse("member_dual", args=[world.members["li"].pk]))
    lines = [(row.side, row.name, row.last is None) for row in page.context["stretches"]]
    assert lines == [
        ("activity", "友谊街社区党委", True),
        ("placement", "法律服务特色党支部", True),
        ("home", "税务局第一党支部", True),
        ("activity", "东山社区党委", False),
        ("home", "毓璜顶医院第一党支部", False),
    ]
    html = page.content.decode()
    assert str(CloseReason.MOVED_RESIDENCE.label) in html
    assert date_format(dt.date(2026, 5, 1)) in html


def test_the_page_is_reached_from_both_sides(world: World, scene: Scene) -> None:
    url = reverse("member_dual", args=[world.members["li"].pk])
    assert url in sign_in(world, "member").get(reverse("my_page")).content.decode()
    for persona in ("home_secretary", "community_secretary"):
        page = sign_in(world, persona).get(reverse("member_detail", args=[world.members["li"].pk]))
        assert url in page.content.decode()


def test_somebody_registered_nowhere_has_a_page_too(world: World) -> None:
    page = sign_in(world, "other_member").get(reverse("member_dual", args=[world.members["wang"].pk]))
    assert page.status_code == 200
    assert [row.side for row in page.context["stretches"]] == ["home"]
    assert page.context["registrations"] == []
