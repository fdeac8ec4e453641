"""What goes on paper: the data of letters and forms for the typesetter (docs/printing.md)."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from branches import papers
from branches.enums import Paper
from dualmgmt.lib import qr
from dualmgmt.lib.secrets import mask_id_number, mask_phone
from members.enums import ReceiptVerdict, RegistrationReason
from members.models import ActivityRegistration, IntroductionLetter, MemberCard


def find_path(code: str) -> str:
    """The receiver's look-up page, filled in. *code* is a letter's or a card's."""
    return f"{reverse('letter_find')}?{urlencode({'q': code})}"


def check_path(code: str) -> str:
    """Where a letter's square code leads: the public page that says whether it is valid."""
    return reverse("letter_check", args=[code])


def written_day(iso: str, form: str = "DATE_FORMAT") -> str:
    """A date out of a snapshot, as offices write it."""
    return date_format(dt.date.fromisoformat(iso), form) if iso else ""


def _phone(form: dict[str, Any], *, sees_phone: bool) -> str:
    phone = form.get("phone", "")
    return phone if sees_phone else mask_phone(phone)


def registration_data(registration: ActivityRegistration, *, sees_phone: bool) -> dict[str, Any]:
    """Texts for ``templates/print/registration.typ``; the ID number is masked for every reader."""
    form = registration.form
    letter = registration.letters.order_by("-pk").first()
    plain = ("name", "sex", "ethnicity", "education", "kind", "party_post", "work_unit", "work_post", "work_status")
    return {
        **{name: form.get(name, "") for name in (*plain, "wishes", "available_times")},
        "home_address": form.get("home_address", "") if sees_phone else "",
        "birth_date": written_day(form.get("birth_date", "")),
        "joined_on": written_day(form.get("joined_on", "")),
        "full_on": written_day(form.get("full_on", "")),
        "id_number": mask_id_number(form.get("id_number", "")),
        "phone": _phone(form, sees_phone=sees_phone),
        "skills": "、".join(form.get("skills", [])),
        "home_branch": registration.home_branch.name,
        "receiver": registration.organisation.name,
        "reason": str(registration.get_reason_display()),
        "pledge": registration.pledge,
        "submitted_on": date_format(timezone.localtime(registration.submitted_at)) if registration.submitted_at else "",
        "letter_number": letter.number if letter else "",
        "issued_on": date_format(letter.issued_on) if letter else "",
        "issued_by": letter.content.get("handler", "") if letter else "",
        "placement": registration.placement.name if registration.placement else "",
        "accepted_on": date_format(registration.accepted_on) if registration.accepted_on else "",
        "accepted_by": str(registration.accepted_by or "") if registration.accepted_on else "",
        "words": papers.words(Paper.REGISTRATION_FORM, registration.organisation),
    }


def card_data(card: MemberCard, find_url: str) -> dict[str, Any]:
    """Texts for ``templates/print/member_card.typ``; neither the ID number nor the phone is on it."""
    home = card.member.home_branch()
    return {
        "number": card.number,
        "name": card.member.name,
        "sex": str(card.member.get_sex_display()),
        "kind": str(card.member.get_kind_display()),
        "joined_on": date_format(card.member.joined_on) if card.member.joined_on else "",
        "home_branch": home.name if home else "",
        "issuer": card.issuer.name,
        "issued_on": date_format(card.issued_on),
        "qr": str(qr.svg(find_url)),
        "words": papers.words(Paper.MEMBER_CARD, card.issuer),
    }


def receipt_words(letter: IntroductionLetter) -> dict[str, str]:
    """As they were when the receipt was filled in; before that, as they are at the receiver."""
    kept: dict[str, str] | None = letter.content.get("receipt_words")
    return kept or papers.words(Paper.RECEIPT, letter.registration.organisation)


def letter_data(
    letter: IntroductionLetter, find_url: str, *, sees_phone: bool, on_receipt: dict[str, str] | None = None
) -> dict[str, Any]:
    """Flat texts for ``templates/print/letter.typ``; everything is a string or a list of strings.

    A receiver sees the phone once the member is registered with it (design.md
    §9). *on_receipt* are its :func:`receipt_words`, where they are known already.
    """
    content, form = letter.content, letter.content.get("form", {})
    accepted = letter.verdict == ReceiptVerdict.ACCEPTED
    placement = letter.registration.placement
    return {
        "number": letter.number,
        "state": letter.state,
        "origin": letter.origin,
        # Frozen with the letter; letters from before words could be set have none.
        "words": content.get("words", {}),
        "receipt_words": receipt_words(letter) if on_receipt is None else on_receipt,
        # As it was called then, whatever it is called now.
        "receiver": content.get("receiver") or content.get("addressee") or letter.registration.organisation.name,
        "code": letter.code,
        "url": find_url,
        "addressee": content.get("addressee", ""),
        "name": form.get("name", ""),
        "sex": form.get("sex", ""),
        "ethnicity": form.get("ethnicity", ""),
        "birth_month": written_day(form.get("birth_date", ""), "YEAR_MONTH_FORMAT"),
        "kind": form.get("kind", ""),
        "phone": _phone(form, sees_phone=sees_phone),
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
        "receipt_placement": (content.get("placement") or placement.name) if accepted and placement else "",
        "receipt_handler": str(letter.receipt_by or "") if letter.receipt_at else "",
        "qr": str(qr.svg(find_url)),
    }


def closing_data(registration: ActivityRegistration) -> dict[str, Any]:
    """Texts for ``templates/print/closing_receipt.typ``: what the receiver tells the home branch at the end."""
    assert registration.closed_on is not None
    assert registration.accepted_on is not None
    return {
        "number": registration.closing_receipt or "",
        "home_branch": registration.home_branch.name,
        "name": registration.member.name,
        "placement": registration.placement.name if registration.placement else "",
        "accepted_on": date_format(registration.accepted_on),
        "closed_on": date_format(registration.closed_on),
        "reason": str(registration.get_close_reason_display()),
        "facts": registration.final_facts or _("Nothing to report."),
        "receiver": registration.organisation.name,
        "handler": str(registration.closed_by or ""),
        "day": date_format(registration.closed_on),
        "words": papers.words(Paper.CLOSING_RECEIPT, registration.organisation),
    }
