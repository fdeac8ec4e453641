"""What home units do with a report: read, acknowledge, guide."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from dualmgmt.lib import audit, outbox
from dualmgmt.lib.actors import account
from dualmgmt.lib.clock import today
from dualmgmt.lib.denied import ActionDenied
from evaluations import rules
from evaluations.models import FeedbackReport, Guidance, ReportSection

if TYPE_CHECKING:
    from dualmgmt.lib.actors import Actor
    from members.models import Member


@transaction.atomic
def mark_read(*, report: FeedbackReport, by: Actor) -> None:
    """The first time somebody of the addressee opens the report."""
    if FeedbackReport.objects.filter(pk=report.pk, read_at=None).update(read_at=timezone.now()):
        audit.record("report.read", report, by=by, organisation=report.organisation)


@transaction.atomic
def acknowledge(*, section: ReportSection, by: Actor) -> None:
    """Sign for one section; with the last one the whole report is acknowledged."""
    if section.report.superseded:
        raise ActionDenied(rules.SUPERSEDED, "superseded")
    signed = ReportSection.objects.filter(pk=section.pk, acknowledged_at=None).update(
        acknowledged_at=timezone.now(), acknowledged_by=account(by)
    )
    if not signed:
        raise ActionDenied(rules.SECTION_DONE, "section_done")
    report = section.report
    FeedbackReport.objects.filter(pk=report.pk, acknowledged_at=None).exclude(
        pk__in=ReportSection.objects.filter(report=report, acknowledged_at=None).values("report_id")
    ).update(acknowledged_at=timezone.now())
    audit.record("report.acknowledged", report, by=by, organisation=section.branch)


@transaction.atomic
def mark_sent(*, report: FeedbackReport, on: dt.date, by: Actor) -> None:
    """The printed report has gone to the home branch outside the portal, by post or by hand."""
    if on > today():
        raise ActionDenied(rules.DATE_IN_FUTURE, "date_in_future")
    fresh = FeedbackReport.objects.current().filter(pk=report.pk, sent_on=None).exclude(sender=None)
    if not fresh.update(sent_on=on, sent_by=account(by)):
        raise ActionDenied(rules.NOT_TO_SEND, "not_to_send")
    audit.record("report.sent", report, by=by, organisation=report.sender, number=report.number)


@transaction.atomic
def guide(*, section: ReportSection, member: Member, kind: str, held_on: dt.date, text: str, by: Actor) -> Guidance:
    """Write down what the home branch did; appended, never edited, seen by the member."""
    if held_on > today():
        raise ActionDenied(rules.DATE_IN_FUTURE, "date_in_future")
    if member.pk not in section_members(section):
        raise ActionDenied(rules.NOT_IN_SECTION, "not_in_section")
    guidance = Guidance.objects.create(
        section=section, member=member, kind=kind, held_on=held_on, text=text.strip(), written_by=account(by)
    )
    audit.record("guidance.written", guidance, by=by, organisation=section.branch, kind=kind)
    outbox.put("evaluations.tell_guidance", guidance.pk)
    return guidance


def section_members(section: ReportSection) -> dict[int, str]:
    """Members named in a section: primary key → name."""
    for part in section.report.content["sections"]:
        if part["branch_id"] == section.branch_id:
            return {line["member_id"]: line["name"] for line in [*part["active"], *part["inactive"]]}
    return {}
