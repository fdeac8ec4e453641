"""The door to periods, feedback, reports and runs."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied

from branches.access import fetch, may, require, require_anywhere
from branches.permissions import Permission
from evaluations.models import FactualFeedback, FeedbackReport, Period, ReportRun, ReportSection
from members.models import User


def get_period(user: User, code: str, permission: Permission) -> Period:
    """Periods belong to no organisation: who manages them anywhere manages all."""
    require_anywhere(user, permission)
    return fetch(Period.objects.all(), code=code)


def get_feedback(user: User, pk: int) -> FactualFeedback:
    rows = FactualFeedback.objects.visible_to(user).select_related(
        "period", "registration__member", "registration__organisation", "registration__placement"
    )
    return fetch(rows, pk=pk)


def writing_feedback(user: User, pk: int) -> FactualFeedback:
    """For the receiver's side."""
    feedback = get_feedback(user, pk)
    require(user, Permission.FEEDBACK_WRITE, feedback.registration.organisation)
    return feedback


def own_feedback(user: User, pk: int) -> FactualFeedback:
    """For the member it is about."""
    feedback = get_feedback(user, pk)
    if feedback.registration.member.user_id != user.pk:
        raise PermissionDenied
    return feedback


def get_report(user: User, pk: int) -> FeedbackReport:
    return fetch(FeedbackReport.objects.visible_to(user).select_related("organisation", "period", "sender"), pk=pk)


def get_section(user: User, report: FeedbackReport, pk: int, permission: Permission) -> ReportSection:
    """A section for the branch's secretary, or for the addressee on the branch's behalf (design.md §9)."""
    section = fetch(ReportSection.objects.filter(report=report).select_related("report", "branch"), pk=pk)
    if not may(user, permission, section.branch) and not may(user, permission, report.organisation):
        raise PermissionDenied
    return section


def sections_seen(user: User, report: FeedbackReport) -> list[ReportSection]:
    """All sections for the addressee and those above; one's own for a branch's secretary."""
    rows = list(report.sections.select_related("branch"))
    if may(user, Permission.REPORT_VIEW, report.organisation) or sends(user, report):
        return rows
    return [row for row in rows if may(user, Permission.REPORT_VIEW, row.branch)]


def sends(user: User, report: FeedbackReport) -> bool:
    """Whether *user* prints and posts this report to a home outside the portal."""
    return report.sender is not None and may(user, Permission.REPORT_DELIVER, report.sender)


def report_to_send(user: User, pk: int) -> FeedbackReport:
    report = get_report(user, pk)
    if not sends(user, report):
        raise PermissionDenied
    return report


def whole_report(user: User, pk: int) -> FeedbackReport:
    """A report for those who may read all of it: the addressee and those above, or who posts it."""
    report = get_report(user, pk)
    if not sends(user, report):
        require(user, Permission.REPORT_VIEW, report.organisation)
    return report


def get_run(user: User, pk: int) -> ReportRun:
    require_anywhere(user, Permission.JOB_VIEW)
    return fetch(ReportRun.objects.select_related("period", "created_by"), pk=pk)
