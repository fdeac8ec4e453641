"""Unified social credit code 统一社会信用代码, GB 32100-2015."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# 31 symbols: digits and capitals without I O S V Z.
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def validate_credit_code(code: str) -> None:
    """Raise ``ValidationError`` unless *code* has 18 symbols and the right check symbol.

    Codes that begin with a letter (N for rural collectives, A, Y) are valid too,
    which is why no library is used here: python-stdnum refuses them.
    """
    if len(code) != 18 or any(symbol not in ALPHABET for symbol in code):
        raise ValidationError(_("A unified social credit code has 18 digits and capital letters (no I, O, S, V, Z)."))
    total = sum(ALPHABET.index(symbol) * pow(3, place, 31) for place, symbol in enumerate(code[:17]))
    if ALPHABET[-total % 31] != code[17]:
        raise ValidationError(_("The check symbol of this credit code is wrong. Compare it with the certificate."))
