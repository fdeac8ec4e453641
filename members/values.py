"""How ID numbers and phones are written down."""

from __future__ import annotations

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from members import idnumber
from members.enums import AvailableTime

# Mobiles by the open numbering plan, landlines with area code (domain.md §7.5).
PHONE = re.compile(r"1[3-9]\d{9}|0\d{2,3}-?\d{7,8}|\d{7,8}")


def squeeze(text: str) -> str:
    """Full-width to plain, without spaces and hyphens."""
    return re.sub(r"[\s\-–—]", "", unicodedata.normalize("NFKC", text))


def clean_phone(text: str) -> str:
    """A normalised phone number; raises ``ValidationError`` otherwise."""
    phone = squeeze(text)
    if not PHONE.fullmatch(phone):
        raise ValidationError(_("Enter a mobile number of 11 digits or a landline with area code."), "phone")
    return phone


def clean_id_number(text: str) -> str:
    """A normalised, valid ID number; raises ``ValidationError`` with the reason."""
    return idnumber.clean(text)


def times_words(times: list[str], words: str) -> str:
    """Times available as they are read: those ticked, then the person's own words."""
    ticked = "、".join(str(label) for value, label in AvailableTime.choices if value in times)
    return "；".join(filter(None, [ticked, words.strip()]))[:200]


# No keyboard has the brackets of a letter number; people type what they have.
_BRACKETS = str.maketrans("[](){}【】<>", "〔〕〔〕〔〕〔〕〔〕")


def letter_number(text: str) -> str:
    """A letter number as it is printed: ``芝税介[2026] 12`` → ``芝税介〔2026〕12``; 号 at the end may be missing."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).translate(_BRACKETS)


def in_groups(code: str) -> str:
    """A code as it is copied by hand: ABCDEFGH → ABCD-EFGH."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))
