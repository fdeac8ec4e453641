"""Dates as offices write them."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata

from django.utils.translation import gettext_lazy as _

from dualmgmt.lib.clock import today
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.tables import Cell

NOT_A_DATE = _("“%(text)s” is not a date. Write it like 2003-07-01.")
MONTH_ONLY = _("“%(text)s” has no day. Write the whole date, like 2003-07-01.")
FUTURE = _("“%(text)s” lies in the future.")
# Day 0 of Excel's calendar, with its leap-year error of 1900.
EXCEL_EPOCH = dt.date(1899, 12, 30)


def parse_date(cell: Cell) -> dt.date | None:
    """2003.07.01, 2003年7月1日, 20030701, 2003/7/1, Excel dates and serials; ``None`` for an empty cell.

    Raises :class:`ActionDenied` with code ``month_only`` when the day is
    missing (no day is ever made up), ``not_a_date`` or ``future``.
    """
    value = cell.value
    if value is None or cell.text == "":
        return None
    if isinstance(value, dt.datetime):
        return _checked(value.date(), cell.text)
    if isinstance(value, dt.date):
        return _checked(value, cell.text)
    if isinstance(value, int | float) and 3_000 < value < 80_000 and float(value).is_integer():
        return _checked(EXCEL_EPOCH + dt.timedelta(days=int(value)), cell.text)
    text = unicodedata.normalize("NFKC", cell.text).strip()
    parts = re.fullmatch(r"(\d{4})[-./年\s]+(\d{1,2})[-./月\s]+(\d{1,2})日?(?:\s+00:00(?::00)?)?", text)
    parts = parts or re.fullmatch(r"(\d{4})(\d{2})(\d{2})", text)
    if parts is None:
        if re.fullmatch(r"\d{4}[-./年]?\d{1,2}月?", text):
            raise ActionDenied(MONTH_ONLY % {"text": text}, "month_only")
        raise ActionDenied(NOT_A_DATE % {"text": text[:30]}, "not_a_date")
    try:
        day = dt.date(*(int(part) for part in parts.groups()))
    except ValueError:
        raise ActionDenied(NOT_A_DATE % {"text": text[:30]}, "not_a_date") from None
    return _checked(day, text)


def _checked(day: dt.date, text: str) -> dt.date:
    if day > today():
        raise ActionDenied(FUTURE % {"text": text[:30]}, "future")
    return day
