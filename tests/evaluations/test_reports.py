"""Feedback and reports: frozen facts, one report per home unit, versions, who may read what."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from dualmgmt.lib.actors import SYSTEM
from dualmgmt.models import Notice
from evaluations.actions import feedback as actions
from evaluations.actions import reports
from evaluations.calendar import quarter_of
from evaluations.compile import runs
from evaluations.compile.homeunits import HomeUnits
from evaluations.enums import FeedbackState, RunState
from evaluations.models import FactualFeedback, FeedbackReport, Guidance, ReportRun, ReportSection
from members.models import ActivityRegistration, HomeMembership, Member
from projects.actions import claims
from projects.models import ServiceRecord
from tests.factories import MemberFactory, OrganisationFactory, ProjectFactory, RegistrationFactory
from tests.members.test_reporting_in import refused, sign_in
from tests.scene import Scene, set_up, verified_record
from tests.world import World


@pytest.fixture
def scene(world: World) -> Scene:
    """Compiled once: li has a registration but no verified record in the period."""
    return set_up(world)


def serve(scene: Scene, member: str, *, hours: str = "2", days_ago: int = 40) -> ServiceRecord:
    """A verified record of *member* inside the period, at the community."""
    world = scene.world
    person = world.members[member]
    if not person.registrations.filter(organisation=world.community).exists():
        RegistrationFactory(member=person, organisation=world.community, accepted_on=scene.period.starts_on)
    project = ProjectFactory(organisation=world.community, kind="standing", open_to="receiver")
    claim = claims.claim_as_member(project=project, member=person, by=SYSTEM)
    return verified_record(world, claim, day=timezone.localdate() - dt.timedelta(days=days_ago), hours=hours)


def totals(report: FeedbackReport) -> dict[str, Any]:
    return {key: report.content["totals"][key] for key in ("members", "registered", "active", "records", "hours")}


# Home units


def test_who_is_the_home_unit(world: World) -> None:
    """The nearest unit at or above; a joint branch is its own; a community's branch is the community's."""
    joint = OrganisationFactory(parent=world.works, setting="joint")
    village = OrganisationFactory(parent=world.community)
    loose = OrganisationFactory()
    units = HomeUnits()
    found = {row.code: units.of(row.path) for row in (world.branch_a, world.branch_c, joint, village, loose)}
    assert found == {
        world.branch_a.code: world.bureau.pk,
        world.branch_c.code: world.hospital.pk,
        joint.code: joint.pk,
        village.code: world.community.pk,
        loose.code: loose.pk,
    }


@pytest.mark.parametrize(
    ("day", "code", "first", "last"),
    [
        ("2025-12-01", "2026Q1", "2025-12-01", "2026-02-28"),
        ("2026-02-28", "2026Q1", "2025-12-01", "2026-02-28"),
        ("2026-08-31", "2026Q3", "2026-06-01", "2026-08-31"),
        ("2026-11-30", "2026Q4", "2026-09-01", "2026-11-30"),
        ("2028-02-29", "2028Q1", "2027-12-01", "2028-02-29"),
    ],
)
def test_quarters_run_from_december(day: str, code: str, first: str, last: str) -> None:
    date = dt.date.fromisoformat
    assert quarter_of(date(day)) == (code, date(first), date(last))


# Compiling


def test_one_report_per_unit_with_members(scene: Scene) -> None:
    reports_to = {report.organisation: totals(report)["members"] for report in FeedbackReport.objects.all()}
    assert reports_to == {scene.world.bureau: 2, scene.world.hospital: 1}
    sections = set(ReportSection.objects.values_list("branch__code", flat=True))
    assert sections == {"T-branch_a", "T-branch_b", "T-branch_c"}
    why = {
        line["name"]: line["why"]
        for report in FeedbackReport.objects.all()
        for section in report.content["sections"]
        for line in section["inactive"]
    }
    assert why == {"李建国": "no_record", "王丽华": "unregistered", "赵海": "no_record"}


def test_the_same_input_makes_nothing_new(scene: Scene) -> None:
    before = list(FeedbackReport.objects.order_by("pk").values_list("pk", "checksum"))
    result = runs.compile_now(period=scene.period, by=SYSTEM)
    assert (result.units, result.created, result.unchanged, result.new_versions) == (2, 0, 2, 0)
    assert list(FeedbackReport.objects.order_by("pk").values_list("pk", "checksum")) == before


def test_changed_input_makes_a_version_that_says_what_changed(scene: Scene) -> None:
    serve(scene, "wang", hours="3.5")
    result = runs.compile_now(period=scene.period, by=SYSTEM)
    assert (result.created, result.unchanged, result.new_versions) == (0, 1, 1)
    old, new = FeedbackReport.objects.filter(organisation=scene.world.bureau).order_by("version")
    assert (old.superseded, new.superseded, old.number == new.number, new.version) == (True, False, True, 2)
    assert new.changes == [{"name": "王丽华", "what": "changed"}]
    assert totals(new) == {"members": 2, "registered": 2, "active": 1, "records": 1, "hours": "3.5"}
    assert old.content == scene.report.content


def test_two_workers_make_one_report_each_unit(scene: Scene) -> None:
    serve(scene, "wang")
    run = runs.start(period=scene.period, by=SYSTEM)
    assert runs.work(run.pk) is True
    assert runs.work(run.pk) is False
    assert FeedbackReport.objects.current().count() == 2


def test_a_run_whose_worker_died_is_taken_over(scene: Scene) -> None:
    run = runs.start(period=scene.period, by=SYSTEM)
    past = timezone.now() - dt.timedelta(seconds=1)
    ReportRun.objects.filter(pk=run.pk).update(state=RunState.RUNNING, lease_holder="dead", lease_until=past)
    assert runs.stalled() == [run.pk]
    assert runs.work(run.pk) is True
    run.refresh_from_db()
    assert (run.state, run.done_units, run.lease_holder) == (RunState.DONE, 2, "")


def test_one_live_run_per_period(scene: Scene) -> None:
    runs.start(period=scene.period, by=SYSTEM)
    refused("run_live", runs.start, period=scene.period, by=SYSTEM)


@pytest.mark.parametrize("seed", range(3))
def test_a_report_equals_the_recount_from_raw_records(world: World, seed: int) -> None:
    rng = random.Random(seed)
    scene = set_up(world)
    for _number in range(3):
        MemberFactory(home=rng.choice([world.branch_a, world.branch_b]))
    before = HomeMembership.objects.filter(started_on__lt=scene.period.starts_on)
    of_unit = before.filter(organisation__path__startswith=world.bureau.path)
    people = list(Member.objects.filter(pk__in=of_unit.values("member")))
    for person in people:
        world.members[str(person.pk)] = person
        for _record in range(rng.randint(0, 3)):
            serve(scene, str(person.pk), hours=str(rng.choice([1, 1.5, 2])), days_ago=rng.randint(20, 130))
    runs.compile_now(period=scene.period, by=SYSTEM)
    report = FeedbackReport.objects.current().get(organisation=world.bureau)
    at_home = HomeMembership.objects.filter(organisation__path__startswith=world.bureau.path).values("member")
    mine = ServiceRecord.objects.verified().filter(
        member__in=at_home, service_date__range=(scene.period.starts_on, scene.period.ends_on)
    )
    hours = sum((record.verified_hours or Decimal(0) for record in mine), Decimal(0))
    registered = ActivityRegistration.objects.open_during(scene.period.starts_on, scene.period.ends_on)
    assert totals(report) == {
        "members": len(people),
        "registered": registered.filter(member__in=at_home).values("member").distinct().count(),
        "active": mine.values("member").distinct().count(),
        "records": mine.count(),
        "hours": f"{hours.normalize():f}" if hours else "0",
    }


def test_queries_do_not_grow_with_units(scene: Scene, django_assert_max_num_queries: Any) -> None:
    """One chunk: the same number of statements for two units and for twelve."""
    for _number in range(10):
        MemberFactory(home=OrganisationFactory(parent=scene.world.works, setting="joint"))
    run = runs.start(period=scene.period, by=SYSTEM)
    with django_assert_max_num_queries(46):
        assert runs.work(run.pk)
    run.refresh_from_db()
    assert (run.total_units, run.created) == (12, 10)


# Feedback


def test_facts_are_frozen_when_shown(scene: Scene) -> None:
    serve(scene, "li", hours="2.5")
    feedback = FactualFeedback.objects.select_related("period", "registration__organisation").get(pk=scene.feedback.pk)
    actions.write(feedback=feedback, narrative="暴雨中值守。", by=scene.world.users["community_clerk"])
    assert actions.show(feedback=[feedback], by=scene.world.users["community_secretary"]) == 1
    serve(scene, "li", hours="1")
    feedback.refresh_from_db()
    assert (feedback.facts["records"], feedback.facts["hours"]) == (1, "2.5")
    refused("already_frozen", actions.write, feedback=feedback, narrative="改口", by=SYSTEM)
    actions.answer(feedback=feedback, statement="", by=scene.world.users["member"])
    refused("wrong_state", actions.answer, feedback=feedback, statement="再说", by=scene.world.users["member"])
    assert (feedback.state, feedback.confirmed_by_silence) == (FeedbackState.CONFIRMED, False)


def test_silence_is_recorded_as_silence(scene: Scene) -> None:
    feedback = FactualFeedback.objects.select_related("period", "registration__organisation").get(pk=scene.feedback.pk)
    actions.show(feedback=[feedback], by=scene.world.users["community_secretary"])
    assert actions.confirm_silent() == 0
    FactualFeedback.objects.filter(pk=feedback.pk).update(review_until=timezone.localdate() - dt.timedelta(days=1))
    assert actions.confirm_silent() == 1
    feedback.refresh_from_db()
    assert (feedback.state, feedback.confirmed_by_silence) == (FeedbackState.CONFIRMED, True)


def test_preparing_twice_adds_nothing(scene: Scene) -> None:
    assert actions.prepare(period=scene.period, by=SYSTEM) == 0


def test_a_member_reads_it_only_once_shown(scene: Scene) -> None:
    page = reverse("feedback_detail", args=[scene.feedback.pk])
    assert sign_in(scene.world, "member").get(page).status_code == 404
    sign_in(scene.world, "community_clerk").post(reverse("feedback_show_plain"), {"period": scene.period.code})
    assert sign_in(scene.world, "member").get(page).status_code == 200
    assert sign_in(scene.world, "home_secretary").get(page).status_code == 404


# Reading, acknowledging, guiding


def test_the_report_is_acknowledged_when_all_sections_are(scene: Scene) -> None:
    first, second = scene.report.sections.select_related("report", "branch").order_by("branch__path")
    reports.acknowledge(section=first, by=scene.world.users["home_secretary"])
    scene.report.refresh_from_db()
    assert scene.report.acknowledged_at is None
    refused("section_done", reports.acknowledge, section=first, by=scene.world.users["home_secretary"])
    reports.acknowledge(section=second, by=scene.world.users["unit_secretary"])
    scene.report.refresh_from_db()
    assert scene.report.acknowledged_at is not None


def test_a_branch_secretary_reads_their_section_only(scene: Scene) -> None:
    page = sign_in(scene.world, "home_secretary").get(reverse("report_detail", args=[scene.report.pk]))
    assert [part["row"].branch for part in page.context["sections"]] == [scene.world.branch_a]
    assert "王丽华" not in page.content.decode()
    scene.report.refresh_from_db()
    assert scene.report.read_at is not None


def test_guidance_reaches_the_member_and_not_the_community(scene: Scene) -> None:
    section = scene.report.sections.select_related("report", "branch").get(branch=scene.world.branch_a)
    values = {"section": section, "kind": "talk", "held_on": timezone.localdate(), "text": "谈心"}
    secretary = scene.world.users["home_secretary"]
    reports.guide(member=scene.world.members["li"], by=secretary, **values)
    refused("not_in_section", reports.guide, member=scene.world.members["zhao"], by=secretary, **values)
    seen = {
        persona: Guidance.objects.visible_to(scene.world.users[persona]).count()
        for persona in ("member", "home_secretary", "unit_secretary", "community_secretary", "other_secretary")
    }
    assert seen == {
        "member": 1,
        "home_secretary": 1,
        "unit_secretary": 1,
        "community_secretary": 0,
        "other_secretary": 0,
    }


def test_addressees_are_told_once(world: World, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        scene = set_up(world)
    told = Notice.objects.filter(kind="report.delivered").values_list("user__username", flat=True)
    assert sorted(told) == ["home_secretary", "other_secretary", "sibling_secretary", "unit_secretary"]
    with django_capture_on_commit_callbacks(execute=True):
        runs.compile_now(period=scene.period, by=SYSTEM)
    assert Notice.objects.filter(kind="report.delivered").count() == 4


def test_who_sees_which_report(scene: Scene) -> None:
    seen = {
        persona: set(
            FeedbackReport.objects.visible_to(scene.world.users[persona]).values_list("organisation__code", flat=True)
        )
        for persona in ("home_secretary", "other_secretary", "department_officer", "community_secretary", "auditor")
    }
    assert seen == {
        "home_secretary": {"T-bureau"},
        "other_secretary": {"T-hospital"},
        "department_officer": {"T-bureau", "T-hospital"},
        "community_secretary": set(),
        "auditor": set(),
    }


def test_dashboard_figures_equal_their_records(scene: Scene) -> None:
    """Every tile's number is the number behind it, at the city and at each child."""
    serve(scene, "li", hours="2.5")
    client = sign_in(scene.world, "department_officer")
    for node in (scene.world.city, scene.world.district, scene.world.street):
        page = client.get(reverse("dashboard_node", args=[node.code]))
        for key, amount in page.context["total"].figures.items():
            records = client.get(reverse("dashboard_records", args=[node.code, key]))
            assert records.context["amount"] == amount, (node, key)
            if key != "hours":
                assert records.context["page"].paginator.count == amount, (node, key)
    text = client.get(reverse("dashboard_records", args=[scene.world.city.code, "hours"])).content.decode()
    assert "李建国" not in text
