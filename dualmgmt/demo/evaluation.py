"""The demo's evaluations: one quarter reported and answered, the last one under way."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from dualmgmt.demo.service import moment, quarters
from dualmgmt.demo.texts import NARRATIVES
from dualmgmt.demo.tree import Ground
from dualmgmt.lib.actors import SYSTEM
from evaluations import calendar, facts
from evaluations.actions import feedback as actions
from evaluations.compile import runs
from evaluations.enums import FeedbackState, GuidanceKind
from evaluations.models import FactualFeedback, FeedbackReport, Guidance, Period, ReportRun, ReportSection

NUMBERS = "一二三四"


def _name(code: str) -> str:
    return f"{code[:4]}年第{NUMBERS[int(code[-1]) - 1]}季度"


def build(ground: Ground) -> None:
    before, last, present = quarters(ground.today)
    old = Period.objects.create(
        code=before[0], name=_name(before[0]), starts_on=before[1], ends_on=before[2], **vars(calendar.steps(before[2]))
    )
    # The department has moved the last quarter's dates, so that its work can be tried whatever day it is.
    day = ground.today
    steps = {
        "feedback_due_on": day + dt.timedelta(days=5),
        "compile_on": day + dt.timedelta(days=12),
        "acknowledge_due_on": day + dt.timedelta(days=26),
        "guide_due_on": day + dt.timedelta(days=42),
    }
    closed = Period.objects.create(code=last[0], name=_name(last[0]), starts_on=last[1], ends_on=last[2], **steps)
    Period.objects.create(
        code=present[0],
        name=_name(present[0]),
        starts_on=present[1],
        ends_on=present[2],
        **vars(calendar.steps(present[2])),
    )
    _feedback(ground, old, share=1.0)
    _feedback(ground, closed, share=0.5)
    _reports(ground, old)


def _feedback(ground: Ground, period: Period, *, share: float) -> None:
    """*share* of the feedback is confirmed; the first community's waits to be written."""
    actions.prepare(period=period, by=SYSTEM)
    rows = list(
        FactualFeedback.objects.filter(period=period)
        .select_related("registration__organisation", "registration__member")
        .order_by("pk")
    )
    found = facts.of_feedback(rows, period)
    shown = moment(min(period.ends_on + dt.timedelta(days=10), ground.today - dt.timedelta(days=3)), 10)
    changed = []
    for number, row in enumerate(rows):
        if share < 1 and (row.registration.organisation_id == ground.communities[0].pk or number % 2):
            if number % 12 == 1:
                row.narrative = ground.rng.choice(NARRATIVES).format(month=period.ends_on.month)
                changed.append(row)
            continue
        row.facts = found[row.pk]
        row.narrative = (
            ground.rng.choice(NARRATIVES).format(month=period.ends_on.month)
            if row.facts["records"] and ground.rng.random() < 0.3
            else ""
        )
        row.written_by = ground.secretaries[row.registration.organisation_id]
        row.shown_at = shown
        row.review_until = shown.date() + dt.timedelta(days=7)
        if share < 1 and number % 8 == 0:
            row.state = FeedbackState.MEMBER_REVIEW
            row.review_until = ground.today + dt.timedelta(days=5)
        else:
            row.state = FeedbackState.CONFIRMED
            row.confirmed_at = shown + dt.timedelta(hours=20)
            row.confirmed_by_silence = ground.rng.random() < 0.4
        changed.append(row)
    fields = [
        "facts", "narrative", "written_by", "shown_at", "review_until", "state", "confirmed_at", "confirmed_by_silence",
    ]  # fmt: skip
    FactualFeedback.objects.bulk_update(changed, fields, batch_size=300)


def _reports(ground: Ground, period: Period) -> None:
    """Compiled by the real code, as of the compile date; most units have answered."""
    run = runs.start(period=period, by=SYSTEM)
    compiled = moment(period.compile_on, 8)
    ReportRun.objects.filter(pk=run.pk).update(as_of=compiled, created_at=compiled)
    runs.work(run.pk)
    ReportRun.objects.filter(pk=run.pk).update(started_at=compiled, finished_at=compiled + dt.timedelta(seconds=4))
    reports = list(FeedbackReport.objects.filter(run=run).prefetch_related("sections").order_by("pk"))
    for number, report in enumerate(reports):
        report.delivered_at = compiled
        if number % 7 == 3:
            continue
        report.read_at = compiled + dt.timedelta(days=1)
        if number % 5 == 4:
            continue
        report.acknowledged_at = compiled + dt.timedelta(days=2)
        _answer(ground, report)
    FeedbackReport.objects.bulk_update(reports, ["delivered_at", "read_at", "acknowledged_at"], batch_size=300)


def _answer(ground: Ground, report: FeedbackReport) -> None:
    rows = list(ReportSection.objects.filter(report=report))
    for section in rows:
        section.acknowledged_at = report.acknowledged_at
        section.acknowledged_by = ground.secretaries.get(section.branch_id)
    ReportSection.objects.bulk_update(rows, ["acknowledged_at", "acknowledged_by"])
    for part, section in zip(report.content["sections"], rows, strict=False):
        for line in part["active"][:1]:
            Guidance.objects.create(
                section=section, member_id=line["member_id"], kind=GuidanceKind.PRAISE,
                held_on=(report.acknowledged_at or timezone.now()).date(), text="在支部会议上通报表扬，鼓励继续发挥特长。",
                written_by=section.acknowledged_by,
            )  # fmt: skip
