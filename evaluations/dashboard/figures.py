"""What each figure means, and how it is computed for all children of a node at once.

A figure is a queryset of records, the path of the organisation each record is
counted under, and what is added up. The dashboard groups that queryset by the
first letters of the path, so that one query serves every child; the page
behind a figure lists the very same queryset. They cannot differ.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Sum
from django.db.models.functions import Substr
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from branches.models import Organisation
from evaluations.models import FeedbackReport
from members.enums import MembershipStatus, WorkStatus
from members.models import ActivityRegistration, HomeMembership
from projects.enums import ProjectState
from projects.models import Claim, Need, ServiceProject, ServiceRecord


@dataclass(frozen=True)
class Span:
    """First and last day that a dashboard looks at, both included."""

    first: date
    last: date


@dataclass(frozen=True)
class Figure:
    """One column of the dashboard.

    ``path`` names the lookup from a record to the path of the organisation it
    counts under. ``total`` adds up more than rows where given (hours).
    """

    key: str
    label: str | Promise
    definition: str | Promise
    rows: Callable[[Span], models.QuerySet[Any]]
    path: str
    total: Any = None

    def within(self, organisation: Organisation, span: Span) -> models.QuerySet[Any]:
        """The records behind the figure of *organisation*'s whole subtree."""
        return self.rows(span).filter(**{f"{self.path}__startswith": organisation.path})

    def sum(self, organisation: Organisation, span: Span) -> Decimal | int:
        amount = self.within(organisation, span).aggregate(amount=self.total or Count("pk"))["amount"]
        return amount or 0

    def by_child(self, organisation: Organisation, span: Span) -> dict[str, Decimal | int]:
        """Path of each child (or of *organisation* for its own records) → figure, in one query."""
        length = len(organisation.path) + Organisation.steplen
        rows = (
            self.within(organisation, span)
            .annotate(node=Substr(F(self.path), 1, length))
            .order_by()
            .values("node")
            .annotate(amount=self.total or Count("pk"))
        )
        return {row["node"]: row["amount"] or 0 for row in rows}


def _expected_members(span: Span) -> models.QuerySet[HomeMembership]:
    """In-service members who are not exempt: whom report-in is expected of (domain.md §6.2)."""
    return HomeMembership.objects.on(span.last).filter(
        member__status=MembershipStatus.NORMAL, member__work_status=WorkStatus.IN_SERVICE, member__exempt=False
    )


def _registered_members(span: Span) -> models.QuerySet[HomeMembership]:
    open_then = ActivityRegistration.objects.open_during(span.last, span.last)
    return _expected_members(span).filter(Exists(open_then.filter(member=OuterRef("member"))))


def _during(span: Span, field: str) -> dict[str, date]:
    return {f"{field}__gte": span.first, f"{field}__lte": span.last}


def _reports(span: Span) -> models.QuerySet[FeedbackReport]:
    return FeedbackReport.objects.current().filter(**_during(span, "period__ends_on"))


FIGURES: dict[str, Figure] = {
    figure.key: figure
    for figure in (
        Figure(
            "expected",
            _("Members expected to report in"),
            _("In-service members at home here on the last day, without those exempt for age or illness."),
            _expected_members,
            "organisation__path",
        ),
        Figure(
            "registered",
            _("Members registered elsewhere"),
            _("Of these, members with at least one open registration on the last day."),
            _registered_members,
            "organisation__path",
        ),
        Figure(
            "received",
            _("Registrations received"),
            _("Registrations accepted by the organisations here and open on the last day."),
            lambda span: ActivityRegistration.objects.open_during(span.last, span.last),
            "organisation__path",
        ),
        Figure(
            "needs",
            _("Needs"),
            _("Needs collected in the period."),
            lambda span: Need.objects.filter(**_during(span, "created_at__date")),
            "organisation__path",
        ),
        Figure(
            "projects",
            _("Projects published"),
            _("Service projects published in the period and not cancelled since."),
            lambda span: ServiceProject.objects.filter(**_during(span, "published_at__date")).exclude(
                state=ProjectState.CANCELLED
            ),
            "organisation__path",
        ),
        Figure(
            "claims",
            _("Claims"),
            _("Claims made in the period on the projects published here, without those withdrawn or declined."),
            lambda span: Claim.objects.holding().filter(**_during(span, "claimed_at__date")),
            "project__organisation__path",
        ),
        Figure(
            "hours",
            _("Hours verified"),
            _("Verified hours of service in the period on the projects published here."),
            lambda span: ServiceRecord.objects.verified().filter(**_during(span, "service_date")),
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
        expected = self.figures["expected"]
        if not expected:
            return None
        return (Decimal(self.figures["registered"]) * 100 / Decimal(expected)).quantize(Decimal("0.1"))


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
