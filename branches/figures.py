"""A figure over the tree: what it means, the records behind it, and its value for every child of a node at once.

A figure is a queryset of records, the path of the organisation each record is
counted under, and what is added up. A page groups that queryset by the first
letters of the path, so that one query serves every child; the page behind a
figure lists the very same queryset. They cannot differ.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Count, F
from django.db.models.functions import Substr
from django.utils.functional import Promise

from branches.models import Organisation


@dataclass(frozen=True)
class Span:
    """First and last day that a page looks at, both included."""

    first: date
    last: date


@dataclass(frozen=True)
class Figure:
    """One column of a page of figures.

    ``path`` names the lookup from a record to the path of the organisation it
    counts under. ``total`` adds up more than rows where given (hours).
    ``columns`` are what the page behind the figure shows of a record, label and
    attribute, never a person's name; ``related`` what it needs for that.
    """

    key: str
    label: str | Promise
    definition: str | Promise
    rows: Callable[[Span], models.QuerySet[Any]]
    path: str
    total: Any = None
    columns: tuple[tuple[str | Promise, str], ...] = ()
    related: tuple[str, ...] = ()

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


def during(span: Span, field: str) -> dict[str, date]:
    """The condition that the day in *field* lies in *span*."""
    return {f"{field}__gte": span.first, f"{field}__lte": span.last}


def rate(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """*part* of *whole* in per cent, one decimal; ``None`` where there is nothing to be a part of."""
    return (Decimal(part) * 100 / Decimal(whole)).quantize(Decimal("0.1")) if whole else None


def value_of(row: Any, name: str) -> Any:
    """The attribute of a record that *name* walks to; methods are called."""
    for part in name.split("."):
        row = getattr(row, part)
        row = row() if callable(row) else row
    return row


@dataclass(frozen=True)
class Rate:
    """One figure as a part of another, in per cent."""

    key: str
    label: str | Promise
    definition: str | Promise
    part: str
    whole: str


@dataclass(frozen=True)
class Line:
    """One organisation of a board, with figures and rates by key; ``is_self`` for what the node itself holds."""

    organisation: Organisation
    figures: dict[str, Decimal | int]
    rates: dict[str, Decimal | None]
    is_self: bool = False


@dataclass(frozen=True)
class Board:
    """The columns of one page of figures."""

    figures: dict[str, Figure]
    rates: tuple[Rate, ...]

    def table(self, organisation: Organisation, span: Span) -> list[Line]:
        """Every child of *organisation*, and what the organisation holds itself.

        Query count: one per figure and one for the children, whatever the size.
        """
        grouped = {key: figure.by_child(organisation, span) for key, figure in self.figures.items()}
        nodes = [organisation, *Organisation.objects.get_children(organisation)]
        lines = [
            self._line(node, {key: by_path.get(node.path, 0) for key, by_path in grouped.items()}, node == organisation)
            for node in nodes
        ]
        # The organisation's own line and ended children stand only where there is something to show.
        return [
            line for line in lines if any(line.figures.values()) or not (line.is_self or line.organisation.ended_on)
        ]

    def total(self, organisation: Organisation, lines: list[Line]) -> Line:
        """The sum line: every record counts under exactly one child, so lines add up."""
        sums = {key: sum((line.figures[key] for line in lines), start=0) for key in self.figures}
        return self._line(organisation, sums, True)

    def _line(self, organisation: Organisation, figures: dict[str, Decimal | int], is_self: bool) -> Line:
        rates = {one.key: rate(figures[one.part], figures[one.whole]) for one in self.rates}
        return Line(organisation, figures, rates, is_self)
