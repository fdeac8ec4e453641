"""Made-up content for a look at a paper's words; nobody's data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from branches import papers
from branches.enums import Paper
from dualmgmt.lib import qr, typeset

if TYPE_CHECKING:
    from branches.models import Organisation

# What nobody filled in yet.
_LETTER = """address contact skills wishes receipt_number receipt_verdict receipt_remark receipt_date receipt_placement
    receipt_handler ethnicity birth_month phone"""
_FORM = """ethnicity birth_date id_number education phone joined_on full_on party_post work_unit work_post work_status
    home_address skills wishes available_times pledge submitted_on letter_number issued_on issued_by placement
    accepted_on accepted_by"""


def pdf(paper: Paper, organisation: Organisation) -> bytes:
    """*paper* as it would leave *organisation* today, with a made-up person on it."""
    day = date_format(timezone.localdate())
    sample = _("(Sample)")
    facts: dict[str, Any] = {
        "name": sample, "sex": "", "kind": "", "number": sample, "home_branch": organisation.name,
        "receiver": organisation.name, "qr": str(qr.svg("https://example.com/")), "day": day,
        "words": papers.words(paper, organisation),
    }  # fmt: skip
    match paper:
        case Paper.LETTER | Paper.RECEIPT:
            data = {
                **dict.fromkeys(_LETTER.split(), ""), **facts, "state": "valid", "code": "XXXXXXXXXX", "url": "",
                "addressee": _("(Receiving organisation)"), "parent_committee": "", "reason": "", "valid_days": "30",
                "issued_on": day, "valid_until": day, "handler": "", "words": papers.words(Paper.LETTER, organisation),
                "receipt_words": papers.words(Paper.RECEIPT, organisation),
            }  # fmt: skip
            return typeset.pdf("letter", data)
        case Paper.REGISTRATION_FORM:
            return typeset.pdf("registration", {**dict.fromkeys(_FORM.split(), ""), **facts, "reason": ""})
        case Paper.MEMBER_CARD:
            return typeset.pdf("member_card", {**facts, "joined_on": "", "issuer": organisation.name, "issued_on": day})
        case Paper.FEEDBACK_CARD:
            card = {"placement": "", "period": "", "rows": [], "total_hours": "", "total_people": ""}
            return typeset.pdf("record_card", {**facts, **card})
        case Paper.CLOSING_RECEIPT:
            closing = {"placement": "", "accepted_on": day, "closed_on": day, "reason": sample, "facts": sample}
            return typeset.pdf("closing_receipt", {**facts, **closing, "handler": ""})
        case Paper.ROSTER | Paper.STUB_REGISTER:
            columns = [typeset.Column(_("Name"), 1), typeset.Column(_("Home branch"), 2)]
            return typeset.register(
                title=paper.label,
                organisation=organisation.name,
                columns=columns,
                rows=[[sample, organisation.name]],
                words=facts["words"],
            )
