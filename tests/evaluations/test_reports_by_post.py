"""Feedback reports to home branches outside the portal: who sends them, who reads them, marked sent by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.urls import reverse

from dualmgmt.lib.actors import SYSTEM
from dualmgmt.lib.clock import today
from dualmgmt.models import Notice
from evaluations.actions import feedback, reports
from evaluations.compile import runs
from evaluations.models import FeedbackReport, Period
from members.actions import letters
from members.models import ActivityRegistration, HomeMembership
from tests.factories import AppointmentFactory, PeriodFactory, UserFactory, id_number
from tests.members.helpers import refused, sign_in
from tests.members.outside import NAME, entered, outside_branch, person
from tests.world import World


@pytest.fixture
def period(db: None) -> Period:
    end = today() - dt.timedelta(days=30)
    return PeriodFactory(
        starts_on=end - dt.timedelta(days=90),
        ends_on=end,
        feedback_due_on=end + dt.timedelta(days=21),
        compile_on=end + dt.timedelta(days=29),
        acknowledge_due_on=end + dt.timedelta(days=50),
        guide_due_on=end + dt.timedelta(days=60),
    )


def registered(
    world: World, receiver: str, period: Period, *, by: str, clerk: str, **changes: Any
) -> ActivityRegistration:
    """A member with a home outside the portal, accepted as the period began."""
    registration = entered(world, receiver, by=clerk, **changes)
    letters.accept(registration=registration, placement=registration.organisation, by=world.users[by])
    ActivityRegistration.objects.filter(pk=registration.pk).update(accepted_on=period.starts_on)
    HomeMembership.objects.filter(member=registration.member).update(started_on=period.starts_on)
    return registration


def compiled(period: Period, capture: Any) -> None:
    with capture(execute=True):
        feedback.prepare(period=period, by=SYSTEM)
        runs.work(runs.start(period=period, by=SYSTEM).pk)


def test_the_receiver_sends_the_report_and_nobody_else_reads_it(
    world: World, period: Period, django_capture_on_commit_callbacks: Any
) -> None:
    home = outside_branch()
    registered(world, "community", period, by="community_secretary", clerk="community_clerk", home=home)
    compiled(period, django_capture_on_commit_callbacks)
    report = FeedbackReport.objects.get(organisation=home)
    assert (report.sender, report.content["issuer"], report.member_count) == (world.community, world.district.name, 1)
    assert report.number.startswith(f"{world.district.short_code}反馈")
    assert [section.branch for section in report.sections.all()] == [home]
    told = Notice.objects.filter(kind="report.to_post").values_list("user__username", flat=True)
    assert set(told) == {"community_secretary", "community_clerk"}
    clerk = sign_in(world, "community_clerk")
    assert "向平台外党支部寄送反馈报告" in clerk.get(reverse("todo")).content.decode()
    assert [row.pk for row in clerk.get(reverse("report_list"), {"post": "1"}).context["page"]] == [report.pk]
    page = clerk.get(reverse("report_detail", args=[report.pk])).content.decode()
    assert NAME in page
    assert home.address in page
    assert clerk.get(reverse("report_print", args=[report.pk])).status_code == 200
    for persona in ("other_community_secretary", "home_secretary", "unit_secretary"):
        client = sign_in(world, persona)
        for name in ("report_detail", "report_print", "report_export"):
            assert client.get(reverse(name, args=[report.pk])).status_code == 404, (persona, name)
        assert client.post(reverse("report_sent", args=[report.pk]), {"on": today()}).status_code == 404
        assert report.pk not in [row.pk for row in client.get(reverse("report_list")).context["page"]]
    clerk.post(reverse("report_sent", args=[report.pk]), {"on": today()})
    report.refresh_from_db()
    assert (report.sent_on, report.sent_by) == (today(), world.users["community_clerk"])
    assert not FeedbackReport.objects.to_post(world.users["community_clerk"]).exists()


def test_of_two_receivers_the_committee_above_both_sends_it(
    world: World, period: Period, django_capture_on_commit_callbacks: Any
) -> None:
    home = outside_branch()
    registered(world, "community", period, by="community_secretary", clerk="community_clerk", home=home)
    other = {"number": "二号", "person": person(name="孙另一", id_number=id_number(322)), "home": home}
    world.users["third"] = UserFactory(username="third")
    AppointmentFactory(user=world.users["third"], organisation=world.community3)
    registered(world, "community3", period, by="third", clerk="other_community_secretary", **other)
    compiled(period, django_capture_on_commit_callbacks)
    report = FeedbackReport.objects.get(organisation=home)
    assert report.sender == world.district
    assert report.content["totals"]["members"] == 2
    # Neither receiver reads what the other one wrote.
    for persona in ("community_secretary", "other_community_secretary", "street_officer"):
        assert sign_in(world, persona).get(reverse("report_detail", args=[report.pk])).status_code == 404, persona
    assert sign_in(world, "department_officer").get(reverse("report_detail", args=[report.pk])).status_code == 200
    assert "向平台外党支部寄送反馈报告" in sign_in(world, "department_officer").get(reverse("todo")).content.decode()


def test_a_home_outside_is_told_only_of_those_who_were_registered_in_the_period(
    world: World, period: Period, django_capture_on_commit_callbacks: Any
) -> None:
    home, gone = outside_branch(), outside_branch("另一党支部")
    registered(world, "community", period, by="community_secretary", clerk="community_clerk", home=home)
    other = {"number": "二号", "person": person(name="孙离开", id_number=id_number(322)), "home": gone}
    left = registered(world, "community", period, by="community_secretary", clerk="community_clerk", **other)
    before = period.starts_on - dt.timedelta(days=10)
    ActivityRegistration.objects.filter(pk=left.pk).update(
        accepted_on=before, state="closed", closed_on=before, close_reason="other"
    )
    compiled(period, django_capture_on_commit_callbacks)
    assert FeedbackReport.objects.filter(organisation=home).count() == 1
    assert not FeedbackReport.objects.filter(organisation=gone).exists()
    # Units of the portal get their report whoever is registered, as before.
    assert FeedbackReport.objects.filter(organisation=world.bureau, sender=None).count() == 1


def test_a_report_is_sent_once_and_not_tomorrow(
    world: World, period: Period, django_capture_on_commit_callbacks: Any
) -> None:
    home = outside_branch()
    registered(world, "community", period, by="community_secretary", clerk="community_clerk", home=home)
    compiled(period, django_capture_on_commit_callbacks)
    report, by = FeedbackReport.objects.get(organisation=home), world.users["community_clerk"]
    refused("date_in_future", reports.mark_sent, report=report, on=today() + dt.timedelta(days=1), by=by)
    reports.mark_sent(report=report, on=today(), by=by)
    refused("not_to_send", reports.mark_sent, report=report, on=today(), by=by)
    inside = FeedbackReport.objects.get(organisation=world.bureau)
    refused("not_to_send", reports.mark_sent, report=inside, on=today(), by=by)


def test_compiled_twice_it_is_the_same_report(
    world: World, period: Period, django_capture_on_commit_callbacks: Any
) -> None:
    home = outside_branch()
    registered(world, "community", period, by="community_secretary", clerk="community_clerk", home=home)
    compiled(period, django_capture_on_commit_callbacks)
    reports.mark_sent(
        report=FeedbackReport.objects.get(organisation=home), on=today(), by=world.users["community_clerk"]
    )
    runs.work(runs.start(period=period, by=SYSTEM).pk)
    assert FeedbackReport.objects.filter(organisation=home).values_list("version", "sent_on").get() == (1, today())
