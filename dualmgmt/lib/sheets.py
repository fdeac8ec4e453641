"""Spreadsheets out: xlsx in constant memory, safe against formula injection."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import xlsxwriter
from django.http import FileResponse, HttpRequest

from dualmgmt.lib import audit

# What Excel forbids in the name of a tab, besides more than 31 characters.
_NOT_IN_A_TAB = re.compile(r"[\[\]:*?/\\]")
CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook: its name on the tab, one header line, then *rows*."""

    title: str
    header: Sequence[Any]
    rows: Iterable[Sequence[Any]]


def download(
    request: HttpRequest, title: str, header: Sequence[Any], rows: Iterable[Sequence[Any]], *, personal: bool = True
) -> FileResponse:
    """Answer with an xlsx of one sheet called *title*; see :func:`download_book`."""
    return download_book(request, title, [Sheet(str(title), header, rows)], personal=personal)


def download_book(request: HttpRequest, title: str, sheets: Iterable[Sheet], *, personal: bool = True) -> FileResponse:
    """Answer with an xlsx called *title*, one tab for each of *sheets*.

    Text is always written as text: a cell that begins with ``=`` stays a text.
    Every export is on record with its filter and its number of rows, unless it
    holds nothing about anybody (``personal=False``, an empty template).
    """
    content, count = _workbook(sheets)
    if personal:
        assert request.user.is_authenticated
        audit.record(
            "export.made",
            request.user,
            by=request.user,
            title=str(title),
            rows=count,
            filter=audit.masked(request.GET.urlencode()),
        )
    answer = FileResponse(content, content_type=CONTENT_TYPE)
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(str(title))}.xlsx"
    return answer


def _workbook(sheets: Iterable[Sheet]) -> tuple[io.BytesIO, int]:
    """The file and how many rows it holds, in constant memory."""
    count = 0
    out = io.BytesIO()
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_date_format": "yyyy-mm-dd",
    }
    with xlsxwriter.Workbook(out, options) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        for one in sheets:
            sheet = book.add_worksheet(_NOT_IN_A_TAB.sub("", one.title)[:31])
            sheet.set_column(0, len(one.header) - 1, 20)
            sheet.freeze_panes(1, 0)
            for column, label in enumerate(one.header):
                sheet.write_string(0, column, str(label), bold)
            for number, row in enumerate(one.rows, start=1):
                count += 1
                for column, value in enumerate(row):
                    _write(sheet, number, column, value)
    out.seek(0)
    return out, count


def _write(sheet: Any, row: int, column: int, value: Any) -> None:
    if value is None or value == "":
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | float | Decimal):
        sheet.write_number(row, column, value)
    elif isinstance(value, dt.date):
        sheet.write_datetime(row, column, value)
    else:
        sheet.write_string(row, column, str(value))
