"""What the square code of a member card says.

The printed card carries its static token, which dies with the card. The phone
shows a code that is signed anew every minute: it is bound to the token of one
card without holding it, so a photograph of the screen is worth nothing soon
after, and nothing at all once the card is lost.
"""

from __future__ import annotations

import datetime as dt
import re

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.utils import timezone

from members.enums import CardState
from members.models import MemberCard

# Key of the card, time and signature; the separator needs no escaping in an address.
SEPARATOR = "."
_ROTATING = re.compile(r"(\d{1,18})\.[0-9A-Za-z]{6,8}\.[\w-]{43}")


def _signer(card: MemberCard) -> TimestampSigner:
    return TimestampSigner(sep=SEPARATOR, salt=f"members.card:{card.token}")


def fresh(card: MemberCard) -> tuple[str, dt.datetime]:
    """A code for the phone, and the moment until which it is valid."""
    until = timezone.now() + dt.timedelta(seconds=settings.CARD_CODE_SECONDS)
    return _signer(card).sign(str(card.pk)), until


def looks_like_one(text: str) -> bool:
    """Whether *text* was ever the code of a card, of the phone or printed; says nothing about whose."""
    return bool(_ROTATING.fullmatch(text)) or MemberCard.objects.filter(token=text).exists()


def card_of(text: str) -> MemberCard | None:
    """The valid card of which *text* is a code in force; ``None`` also for expired and forged ones."""
    valid = MemberCard.objects.filter(state=CardState.ACTIVE)
    rotating = _ROTATING.fullmatch(text)
    if rotating is None:
        return valid.filter(token=text).first() if text else None
    card = valid.filter(pk=int(rotating[1])).first()
    if card is None:
        return None
    try:
        _signer(card).unsign(text, max_age=settings.CARD_CODE_SECONDS)
    except BadSignature:  # SignatureExpired is one
        return None
    return card
