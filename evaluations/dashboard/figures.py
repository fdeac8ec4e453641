"""What each figure of the dashboard means, and how it is computed for all children of a node at once."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import QuerySet, Sum
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from branches.figures import Figure, Span, during, rate
from branches.models import Organisation
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


@dataclass(frozen=True)
class Line:
    """One organisation of the table with its figures by key."""

    organisation: Organisation
    figures: dict[str, Decimal | int]
    is_self: bool = False

    @property
    def rate(self) -> Decimal | None:
        """Registration rate in per cent, one decimal; ``None`` where nobody is expected."""
        return rate(self.figures["registered"], self.figures["expected"])


def table(organisation: Organisation, span: Span) -> list[Line]:
    """Every child of *organisation* with its figures, and what the organisation holds itself.

    Query count: one per figure and one for the children, whatever the size.
    """
    grouped = {key: figure.by_child(organisation, span) for key, figure in FIGURES.items()}
    nodes = [organisation, *Organisation.objects.get_children(organisation)]
    lines = [
        Line(node, {key: by_path.get(node.path, 0) for key, by_path in grouped.items()}, node.pk == organisation.pk)
        for node in nodes
    ]
    # The organisation's own line and ended children stand only where there is something to show.
    return [line for line in lines if any(line.figures.values()) or not (line.is_self or line.organisation.ended_on)]


def total(organisation: Organisation, lines: list[Line]) -> Line:
    """The sum line: every record counts under exactly one child, so lines add up."""
    return Line(organisation, {key: sum((line.figures[key] for line in lines), start=0) for key in FIGURES}, True)
