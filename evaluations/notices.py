"""What members and home units are told about feedback and reports."""

from __future__ import annotations

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from branches.models import Appointment
from branches.permissions import ROLE_PERMISSIONS, Permission
from dualmgmt.lib import notices
from evaluations.models import FactualFeedback, FeedbackReport, Guidance, ReportSection

notices.register("feedback.shown", _("%(organisation)s has written feedback about your service in %(period)s."))
notices.register("report.delivered", _("Feedback report %(number)s to %(addressee)s has arrived."))
notices.register(
    "report.to_post",
    _("Feedback report %(number)s to %(addressee)s, outside the portal, waits to be printed and sent."),
)
notices.register("guidance.written", _("Your home branch has written down its guidance for you."))


def feedback_shown(feedback: FactualFeedback) -> None:
    registration = feedback.registration
    if registration.member.user_id is None:
        return
    notices.tell(
        [registration.member.user_id],
        "feedback.shown",
        key=f"feedback.shown:{feedback.pk}",
        url=reverse("feedback_detail", args=[feedback.pk]),
        organisation=registration.organisation.name,
        period=feedback.period.name,
    )


def reports_delivered(run_pk: int, organisation_ids: list[int]) -> None:
    """Tell the addressees and the home branches of one chunk, each person once per report."""
    reports = FeedbackReport.objects.current().filter(run_id=run_pk, organisation_id__in=organisation_ids)
    reports = reports.select_related("organisation")
    _reports_to_post(reports)
    sections = ReportSection.objects.filter(report__in=reports).values_list("report_id", "branch_id")
    at: dict[int, set[int]] = {report.pk: {report.organisation_id} for report in reports}
    for report_pk, branch in sections:
        at[report_pk].add(branch)
    roles = [role for role, permissions in ROLE_PERMISSIONS.items() if Permission.REPORT_ACKNOWLEDGE in permissions]
    everywhere = {pk for mine in at.values() for pk in mine}
    holders: dict[int, set[int]] = {}
    rows = Appointment.objects.able().filter(organisation_id__in=everywhere, role__in=roles)
    for organisation, user in rows.values_list("organisation_id", "user_id"):
        holders.setdefault(organisation, set()).add(user)
    for report in reports:
        notices.tell(
            {user for organisation in at[report.pk] for user in holders.get(organisation, ())},
            "report.delivered",
            key=f"report.delivered:{report.pk}",
            url=reverse("report_detail", args=[report.pk]),
            number=report.number,
            addressee=report.organisation.name,
        )


def _reports_to_post(reports: QuerySet[FeedbackReport]) -> None:
    """To who sends them: those at the sender, or the nearest above where nobody there may."""
    for report in reports.exclude(sender=None).select_related("sender"):
        assert report.sender is not None  # filtered
        rows = Appointment.objects.holding(Permission.REPORT_DELIVER, report.sender, above=True)
        found = list(rows.values_list("organisation__path", "user_id"))
        nearest = max((len(path) for path, _user in found), default=0)
        notices.tell(
            [user for path, user in found if len(path) == nearest],
            "report.to_post",
            key=f"report.to_post:{report.pk}",
            url=reverse("report_detail", args=[report.pk]),
            number=report.number,
            addressee=report.organisation.name,
        )


def guidance_written(guidance: Guidance) -> None:
    if guidance.member.user_id is None:
        return
    notices.tell(
        [guidance.member.user_id],
        "guidance.written",
        key=f"guidance.written:{guidance.pk}",
        url=reverse("my_page"),
    )
