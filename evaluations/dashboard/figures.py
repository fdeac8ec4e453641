"""What each figure of the dashboard means, and how it is computed for all children of a node at once."""

from __future__ import annotations

from django.db.models import QuerySet, Sum
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from branches.figures import Board, Figure, Rate, Span, during
from evaluations.models import FeedbackReport
from members import statistics
from projects.enums import ProjectState
from projects.models import Claim, Need, ServiceProject, ServiceRecord


def _reports(span: Span) -> QuerySet[FeedbackReport]:
    return FeedbackReport.objects.current().filter(**during(span, "period__ends_on"))


FIGURES: dict[str, Figure] = {
    figure.key: figure
    for figure in (
        statistics.FIGURES["expected"],
        statistics.FIGURES["registered"],
        Figure(
            "received",
            _("Registrations received"),
            _("Registrations accepted by the organisations here and open on the last day."),
            statistics.open_registrations,
            "organisation__path",
        ),
        Figure(
            "needs",
            _("Needs"),
            _("Needs collected in the period."),
            lambda span: Need.objects.filter(**during(span, "created_at__date")),
            "organisation__path",
        ),
        Figure(
            "projects",
            _("Projects published"),
            _("Service projects published in the period and not cancelled since."),
            lambda span: ServiceProject.objects.filter(**during(span, "published_at__date")).exclude(
                state=ProjectState.CANCELLED
            ),
            "organisation__path",
        ),
        Figure(
            "claims",
            _("Claims"),
            _("Claims made in the period on the projects published here, without those withdrawn or declined."),
            lambda span: Claim.objects.holding().filter(**during(span, "claimed_at__date")),
            "project__organisation__path",
        ),
        Figure(
            "hours",
            _("Hours verified"),
            _("Verified hours of service in the period on the projects published here."),
            lambda span: ServiceRecord.objects.verified().filter(**during(span, "service_date")),
            "claim__project__organisation__path",
            Sum("verified_hours"),
        ),
        Figure(
            "reports",
            _("Reports delivered"),
            _("Feedback reports of periods that ended in the time shown, newest versions."),
            _reports,
            "organisation__path",
        ),
        Figure(
            "read",
            pgettext_lazy("figure", "Reports read"),
            _("Of these, opened by the home unit."),
            lambda span: _reports(span).exclude(read_at=None),
            "organisation__path",
        ),
        Figure(
            "answered",
            _("Reports answered"),
            _("Of these, acknowledged by all home branches."),
            lambda span: _reports(span).exclude(acknowledged_at=None),
            "organisation__path",
        ),
    )
}

RATES = (
    Rate(
        "registration",
        _("Registration rate"),
        _("Members registered elsewhere ÷ members expected to report in."),
        "registered",
        "expected",
    ),
)
BOARD = Board(FIGURES, RATES)
