"""One row of a roster: texts become values, or a refusal with its field and reason."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.tables import MAX_CELL, Row
from dualmgmt.lib.values import parse_date
from members import idnumber
from members.enums import MemberKind, Sex
from members.roster.columns import TEXTS
from members.values import clean_phone

MISSING = _("This field is empty.")
TOO_LONG = _("This field is too long.")
FORMULA = _("This cell holds a formula. Paste it as a value.")
NAME_LENGTH = _("A name has 2 to 50 characters.")
ID_AS_NUMBER = _(
    "The ID number was typed as a number, so its last digits are lost. Format the column as text and type it anew."
)
UNKNOWN_SEX = _("“%(text)s” is neither 男 nor 女.")
UNKNOWN_KIND = _("“%(text)s” is neither 正式党员 nor 预备党员.")
FULL_BEFORE_JOINED = _("The date of becoming a full member lies before the date of joining.")
SEX_DIFFERS = _("The sex differs from the ID number; the file's value is taken.")
BIRTH_DIFFERS = _("The birth date differs from the ID number; the file's value is taken.")
NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|[·•\s.])*", re.UNICODE)


class Refused(Exception):
    """A row that cannot be taken."""

    def __init__(self, column: str, reason: Any) -> None:
        super().__init__(column)
        self.column = column
        self.reason = reason


@dataclass
class Person:
    """A readable row. ``values`` holds only what stands in the file: an empty cell erases nothing."""

    row: int
    id_number: str
    branch: str
    values: dict[str, Any]
    warnings: list[Any] = field(default_factory=list)


def parse(row: Row) -> Person:
    """Raises :class:`Refused` for the first thing that is wrong with the row."""
    for name, cell in row.cells.items():
        if cell.formula:
            raise Refused(name, FORMULA)
        if len(cell.text) > MAX_CELL:
            raise Refused(name, TOO_LONG)
    number = _id_number(row)
    person = Person(row.number, number, _plain(row, "branch"), {"name": _name(row)})
    values = person.values
    _sex_and_birth(row, person)
    for name, longest in TEXTS.items():
        text = _plain(row, name)
        if len(text) > longest:
            raise Refused(name, TOO_LONG)
        if text:
            values[name] = text
    if _plain(row, "phone"):
        try:
            values["phone"] = clean_phone(row.get("phone").text)
        except ValidationError as error:
            raise Refused("phone", error.message) from None
    if kind := _plain(row, "kind"):
        values["kind"] = _kind(kind)
    for name in ("joined_on", "full_on"):
        if (day := _date(row, name)) is not None:
            values[name] = day
    if values.get("joined_on") and values.get("full_on") and values["full_on"] < values["joined_on"]:
        raise Refused("full_on", FULL_BEFORE_JOINED)
    return person


def _plain(row: Row, name: str) -> str:
    return unicodedata.normalize("NFKC", row.get(name).text).strip()


def _name(row: Row) -> str:
    # Two-character names are often spread out: 王 明.
    text = unicodedata.normalize("NFKC", row.get("name").text)
    name = re.sub(r"\s+", "" if not text.isascii() else " ", text).strip()
    if not name:
        raise Refused("name", MISSING)
    if not 2 <= len(name) <= 50 or not NAME.fullmatch(name):
        raise Refused("name", NAME_LENGTH)
    return name


def _id_number(row: Row) -> str:
    cell = row.get("id_number")
    if not cell.text:
        raise Refused("id_number", MISSING)
    as_number = isinstance(cell.value, int | float) and abs(cell.value) > 10**14
    if as_number or re.fullmatch(r"\d(\.\d+)?[eE]\+?\d+", unicodedata.normalize("NFKC", cell.text)):
        raise Refused("id_number", ID_AS_NUMBER)
    try:
        return idnumber.clean(cell.text)
    except ValidationError as error:
        raise Refused("id_number", error.message) from None


def _sex_and_birth(row: Row, person: Person) -> None:
    """From the file where it says so, else from the ID number; a difference warns, it does not block."""
    number, values = person.id_number, person.values
    text = _plain(row, "sex")
    codes = {"男": Sex.MALE, "女": Sex.FEMALE, "男性": Sex.MALE, "女性": Sex.FEMALE}
    if text and text not in codes:
        raise Refused("sex", UNKNOWN_SEX % {"text": text[:10]})
    values["sex"] = str(codes[text] if text else idnumber.sex(number))
    if values["sex"] != idnumber.sex(number):
        person.warnings.append(SEX_DIFFERS)
    born = idnumber.birth_date(number)
    try:
        stated = parse_date(row.get("birth_date"))
    except ActionDenied as denied:
        # A roster often gives the month only; the ID number has the day.
        if denied.code != "month_only":
            raise Refused("birth_date", denied.reason) from None
        digits = re.sub(r"\D", "", _plain(row, "birth_date"))
        if (int(digits[:4]), int(digits[4:])) != (born.year, born.month):
            person.warnings.append(BIRTH_DIFFERS)
        stated = None
    values["birth_date"] = stated or born
    if values["birth_date"] != born:
        person.warnings.append(BIRTH_DIFFERS)


def _kind(text: str) -> str:
    if "预备" in text:
        return str(MemberKind.PROBATIONARY)
    if "正式" in text:
        return str(MemberKind.FULL)
    raise Refused("kind", UNKNOWN_KIND % {"text": text[:10]})


def _date(row: Row, name: str) -> Any:
    try:
        return parse_date(row.get(name))
    except ActionDenied as denied:
        raise Refused(name, denied.reason) from None
