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
