"""Citizen identity numbers 公民身份号码, GB 11643-1999.

The plain rule: 17 digits and a check symbol, a real date that is not in the
future, a known province. The county table of a library is not consulted: the
numbers were given out from the 1980s with the code then in force, whatever the
year of birth, and libraries refuse valid ones (domain.md §7.1).
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from dualmgmt.lib.clock import today

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK = "10X98765432"
# GB/T 2260 provinces; 81–83 stand on residence permits of Hong Kong, Macao and Taiwan residents.
PROVINCES = frozenset(
    (*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71, 81, 82, 83)
)

NOT_18 = _("An ID number has 18 characters: 17 digits and a digit or X at the end.")
WRONG_PROVINCE = _("The first two digits of the ID number name no province.")
WRONG_DATE = _("The date of birth in the ID number does not exist or lies in the future.")
WRONG_CHECK = _("The last character of the ID number does not fit; a digit has been mistyped.")


def normalise(text: str) -> str:
    """Full-width to plain, capital X, without spaces and hyphens."""
    return re.sub(r"[\s\-–—]", "", unicodedata.normalize("NFKC", text)).upper()


def birth_date(number: str) -> dt.date:
    """The date of birth in a normalised number; raises ``ValueError`` when there is no such day."""
    return dt.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))


def sex(number: str) -> str:
    """GB/T 2261.1 code: odd sequence numbers are men's."""
    return "1" if int(number[16]) % 2 else "2"


def clean(text: str) -> str:
    """The normalised number, or ``ValidationError`` with the reason."""
    number = normalise(text)
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        raise ValidationError(NOT_18, "length")
    if int(number[:2]) not in PROVINCES:
        raise ValidationError(WRONG_PROVINCE, "province")
    try:
        born = birth_date(number)
    except ValueError:
        raise ValidationError(WRONG_DATE, "date") from None
    if not dt.date(1890, 1, 1) <= born <= today():
        raise ValidationError(WRONG_DATE, "date")
    if CHECK[sum(int(d) * w for d, w in zip(number, WEIGHTS, strict=False)) % 11] != number[17]:
        raise ValidationError(WRONG_CHECK, "check")
    return number
