"""Read the spreadsheets that offices really keep: title lines above the header, synonyms, footers.

A workbook is looked over as a stream before a library opens it, so that a
broken, huge or hostile file is refused within seconds and without memory
growth: sizes are counted while unzipping, far cells and document types are
found by their text.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import ParseError

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from dualmgmt.lib.denied import ActionDenied

MAX_UNZIPPED = 250 * 1024 * 1024
MAX_SHARED_STRINGS = 60 * 1024 * 1024
MAX_COLUMNS = 120
MAX_CELL = 500
HEADER_WITHIN = 30  # rows searched for the header
FOOTERS = ("合计", "总计", "小计", "共计", "填表人", "制表人", "审核人", "填报人", "说明:")

NOT_READABLE = _("This file cannot be read as a spreadsheet. Save it as .xlsx or .csv and try again.")
OLD_EXCEL = _(
    "This is an old .xls or a protected workbook. Open it, save it as .xlsx without a password and try again."
)
TOO_LARGE = _("The file is too large. At most %(megabytes)s MB are read.")
TOO_BIG_INSIDE = _("The workbook is far larger inside than a roster can be. Copy the rows into a new workbook.")
TOO_MANY_ROWS = _("The sheet has more than %(rows)s rows. Delete empty rows at the end or split the file.")
TOO_MANY_COLUMNS = _("The sheet has cells far to the right (column %(column)s). Copy the table into a new workbook.")
FORBIDDEN_XML = _("The workbook contains definitions that spreadsheets do not need. It was not opened.")
NO_HEADER = _("No header row found. The table needs at least the columns %(columns)s.")
WRONG_ENCODING = _("The text of this file is neither UTF-8 nor GB18030. Save it as .xlsx and try again.")


@dataclass(frozen=True)
class Cell:
    """A value as it stood in the file. ``formula`` marks what must not be taken as data."""

    value: Any
    formula: bool = False

    @property
    def text(self) -> str:
        if self.value is None:
            return ""
        if isinstance(self.value, float) and self.value.is_integer():
            return str(int(self.value))
        return str(self.value).strip()


EMPTY = Cell(None)


@dataclass(frozen=True)
class Row:
    number: int  # as the person sees it in the file, from 1
    cells: Mapping[str, Cell]

    def get(self, name: str) -> Cell:
        return self.cells.get(name, EMPTY)


@dataclass
class Table:
    """The recognised table: ``columns`` maps our names to the file's headers."""

    sheet: str
    header_row: int
    columns: dict[str, str]
    ignored: list[str]
    other_sheets: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)


def normal(text: Any) -> str:
    """A header without spaces, line breaks, asterisks and bracketed notes."""
    plain = unicodedata.normalize("NFKC", str(text or ""))
    return re.sub(r"\(.*?\)|[\s*::、_]", "", plain)


def read(data: bytes, filename: str, synonyms: Mapping[str, tuple[str, ...]], required: tuple[str, ...]) -> Table:
    """The first sheet of *data* whose header names all *required* columns.

    *synonyms* maps our column names to the headers offices use for them.
    Raises :class:`ActionDenied` with a sentence when there is none or the file
    is broken, too large or hostile.
    """
    if len(data) > settings.IMPORT_MAX_BYTES:
        raise ActionDenied(TOO_LARGE % {"megabytes": settings.IMPORT_MAX_BYTES // 1024 // 1024}, "too_large")
    known = {normal(word): name for name, words in synonyms.items() for word in words}
    sheets = _sheets(data, filename)
    found: Table | None = None
    others = []
    for title, lines in sheets:
        table = _table(title, lines, known, required) if found is None else None
        if table is None:
            others.append(title)
        else:
            found = table
    if found is None:
        columns = "、".join(synonyms[name][0] for name in required)
        raise ActionDenied(NO_HEADER % {"columns": columns}, "no_header")
    found.other_sheets = others
    return found


def _sheets(data: bytes, filename: str) -> Iterator[tuple[str, Iterator[tuple[int, list[Cell]]]]]:
    if data[:4] == b"PK\x03\x04":
        _look_over(data)
        return _workbook(data)
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise ActionDenied(OLD_EXCEL, "old_excel")
    if filename.lower().endswith((".xlsx", ".xlsm", ".xls")) or not data.strip() or b"\0" in data[:4096]:
        raise ActionDenied(NOT_READABLE, "not_readable")
    return iter([(filename, _csv(data))])


def _look_over(data: bytes) -> None:
    """Stream through the zipped parts: sizes, document types, far cells, numbers of rows."""
    total = 0
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            for info in book.infolist():
                total += _look_over_part(book, info, MAX_UNZIPPED - total)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise ActionDenied(NOT_READABLE, "not_readable") from error


def _look_over_part(book: zipfile.ZipFile, info: zipfile.ZipInfo, room: int) -> int:
    is_sheet = info.filename.startswith("xl/worksheets/") and info.filename.endswith(".xml")
    if info.filename.endswith("sharedStrings.xml"):
        room = min(room, MAX_SHARED_STRINGS)
    size = rows = 0
    tail = b""
    with book.open(info) as part:
        while chunk := part.read(256 * 1024):
            size += len(chunk)
            if size > room:
                raise ActionDenied(TOO_BIG_INSIDE, "too_big_inside")
            text = tail + chunk
            if info.filename.endswith((".xml", ".rels")) and re.search(rb"<!(DOCTYPE|ENTITY)", text):
                raise ActionDenied(FORBIDDEN_XML, "forbidden_xml")
            if is_sheet:
                rows += chunk.count(b"<row")
                _check_cells(text, rows)
            tail = text[-64:]
    return size


def _check_cells(text: bytes, rows: int) -> None:
    limit = settings.IMPORT_MAX_ROWS + HEADER_WITHIN
    if rows > limit:
        raise ActionDenied(TOO_MANY_ROWS % {"rows": settings.IMPORT_MAX_ROWS}, "too_many_rows")
    # Far columns have three letters, or two letters past MAX_COLUMNS.
    for column, row in set(re.findall(rb'r="([A-Z]{2,3})(\d+)"', text)):
        if _column_number(column) > MAX_COLUMNS:
            raise ActionDenied(TOO_MANY_COLUMNS % {"column": column.decode()}, "too_many_columns")
        if int(row) > limit:
            raise ActionDenied(TOO_MANY_ROWS % {"rows": settings.IMPORT_MAX_ROWS}, "too_many_rows")
    highest = max((int(row) for row in re.findall(rb'<row[^>]* r="(\d{5,})"', text)), default=0)
    highest = max([highest, *(int(row) for row in re.findall(rb'<c[^>]* r="[A-Z](\d{5,})"', text))])
    if highest > limit:
        raise ActionDenied(TOO_MANY_ROWS % {"rows": settings.IMPORT_MAX_ROWS}, "too_many_rows")


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _workbook(data: bytes) -> Iterator[tuple[str, Iterator[tuple[int, list[Cell]]]]]:
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    except (InvalidFileException, KeyError, ValueError, TypeError, AttributeError, ParseError, OSError) as error:
        raise ActionDenied(NOT_READABLE, "not_readable") from error
    for sheet in sheets:
        sheet.reset_dimensions()  # the declared size is often wrong, sometimes on purpose
        yield sheet.title, _lines(sheet)


def _lines(sheet: Any) -> Iterator[tuple[int, list[Cell]]]:
    try:
        for number, row in enumerate(sheet.iter_rows(), start=1):
            yield number, [Cell(cell.value, cell.data_type == "f") for cell in row]
    except (ParseError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise ActionDenied(NOT_READABLE, "not_readable") from error


def _csv(data: bytes) -> Iterator[tuple[int, list[Cell]]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise ActionDenied(WRONG_ENCODING, "wrong_encoding")
    first = text[:20_000]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for number, line in enumerate(reader, start=1):
            if number > settings.IMPORT_MAX_ROWS + HEADER_WITHIN:
                raise ActionDenied(TOO_MANY_ROWS % {"rows": settings.IMPORT_MAX_ROWS}, "too_many_rows")
            yield number, [Cell(value or None, value.lstrip().startswith("=")) for value in line]
    except csv.Error as error:
        raise ActionDenied(NOT_READABLE, "not_readable") from error


def _table(
    title: str, lines: Iterator[tuple[int, list[Cell]]], known: Mapping[str, str], required: tuple[str, ...]
) -> Table | None:
    table: Table | None = None
    names: dict[int, str] = {}
    for number, cells in lines:
        if table is None:
            if number > HEADER_WITHIN:
                return None
            names = _header(cells, known)
            if all(name in names.values() for name in required):
                columns = {name: cells[index].text for index, name in names.items()}
                unknown = [cell.text for index, cell in enumerate(cells) if cell.text and index not in names]
                table = Table(title, number, columns, unknown)
            continue
        if len(cells) > MAX_COLUMNS:
            cells = cells[:MAX_COLUMNS]
        first = next((cell for cell in cells if cell.text), None)
        if first is None or normal(first.text).startswith(tuple(normal(word) for word in FOOTERS)):
            continue
        table.rows.append(Row(number, {name: cells[index] for index, name in names.items() if index < len(cells)}))
    return table


def _header(cells: list[Cell], known: Mapping[str, str]) -> dict[int, str]:
    """Column index → our name; of two columns with the same meaning the first counts."""
    names: dict[int, str] = {}
    for index, cell in enumerate(cells):
        name = known.get(normal(cell.value))
        if name and name not in names.values():
            names[index] = name
    return names
