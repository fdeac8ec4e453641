"""What pages share: try an action and say what came of it; long lists without counting them to the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise, cached_property

from dualmgmt.lib.denied import ActionDenied


def attempt(request: HttpRequest, action: Callable[[], Any], done: str | Promise) -> bool:
    """Run *action*; tell the user *done*, or the sentence by which it was refused."""
    try:
        action()
    except ActionDenied as denied:
        messages.error(request, str(denied))
        return False
    messages.success(request, str(done))
    return True


def complain(request: HttpRequest, form: forms.BaseForm) -> None:
    """Say what is wrong with a small form that has no page of its own."""
    for name, errors in form.errors.items():
        label = form.fields[name].label if name in form.fields else ""
        for error in errors:
            messages.error(request, f"{label}: {error}" if label else str(error))


COUNTED = 2_000


class InTurn:
    """Rows of several querysets one after the other, as a paginator wants them; each in its own order.

    What begins with a text before what only holds it: one query could not read
    either out of its index.
    """

    def __init__(self, *parts: QuerySet[Any]) -> None:
        self.parts = parts

    def upto(self, limit: int) -> list[int]:
        """How many rows each part has, all together counted no further than *limit*."""
        counted: list[int] = []
        for part in self.parts:
            left = limit - sum(counted)
            counted.append(part.order_by()[:left].count() if left else 0)
        return counted

    def iterator(self, chunk_size: int) -> Iterator[Any]:
        for part in self.parts:
            yield from part.iterator(chunk_size=chunk_size)

    def __getitem__(self, asked: slice) -> list[Any]:
        start, wanted = asked.start or 0, asked.stop - (asked.start or 0)
        found: list[Any] = []
        for part in self.parts:
            rows = list(part[start : start + wanted - len(found)])
            found += rows
            if len(found) == wanted:
                break
            # Past the end of this part; what is still to skip is skipped in the next one.
            start = 0 if rows else start - part.order_by()[:start].count()
        return found


class LongPaginator(Paginator[Any]):
    """Counts no further than ``COUNTED`` rows; whoever is offered more narrows the filter."""

    @cached_property
    def _counted(self) -> int:
        rows: Any = self.object_list
        return sum((rows if isinstance(rows, InTurn) else InTurn(rows)).upto(COUNTED + 1))

    @cached_property
    def count(self) -> int:  # type: ignore[override]
        return min(self._counted, COUNTED)

    @property
    def more(self) -> bool:
        """Whether there are rows beyond those counted."""
        return self._counted > COUNTED
