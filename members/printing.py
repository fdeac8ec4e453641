"""What goes on paper: the data of letters and forms for the typesetter (docs/printing.md)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from dualmgmt.lib import qr
from members.enums import ReceiptVerdict, RegistrationReason
from members.models import IntroductionLetter


def find_path(letter: IntroductionLetter) -> str:
    """Where the printed square code leads: the receiver's look-up page."""
    return f"{reverse('letter_find')}?{urlencode({'q': letter.code})}"


def letter_data(letter: IntroductionLetter, find_url: str) -> dict[str, Any]:
    """Flat texts for ``templates/print/letter.typ``; everything is a string or a list of strings."""
    content, form = letter.content, letter.content.get("form", {})
    accepted = letter.verdict == ReceiptVerdict.ACCEPTED
    placement = letter.registration.placement
    return {
        "number": letter.number,
        "code": letter.code,
        "url": find_url,
        "addressee": content.get("addressee", ""),
        "name": form.get("name", ""),
        "sex": form.get("sex", ""),
        "ethnicity": form.get("ethnicity", ""),
        "birth_month": form.get("birth_date", "")[:7],
        "kind": form.get("kind", ""),
        "phone": form.get("phone", ""),
        "home_branch": content.get("home_branch", ""),
        "parent_committee": content.get("parent_committee", ""),
        "address": content.get("address", ""),
        "contact": " ".join(filter(None, [content.get("contact_name"), content.get("contact_phone")])),
        "reason": str(RegistrationReason(content["reason"]).label) if content.get("reason") else "",
        "skills": "、".join(form.get("skills", [])),
        "wishes": form.get("wishes", ""),
        "valid_days": str((letter.valid_until - letter.issued_on).days),
        "issued_on": date_format(letter.issued_on, "DATE_FORMAT"),
        "valid_until": date_format(letter.valid_until, "DATE_FORMAT"),
        "handler": content.get("handler", ""),
        "receipt_number": letter.receipt_number or "",
        "receipt_verdict": letter.get_verdict_display() if letter.verdict else "",
        "receipt_remark": letter.receipt_remark,
        "receipt_date": date_format(timezone.localtime(letter.receipt_at), "DATE_FORMAT") if letter.receipt_at else "",
        "receipt_placement": placement.name if accepted and placement else "",
        "receipt_handler": str(letter.receipt_by or "") if letter.receipt_at else "",
        "qr": str(qr.svg(find_url)),
    }
