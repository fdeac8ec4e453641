"""What a password must be: stricter for officers and administrators than for members (MLPS level 3, design.md §9)."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from branches.models import Appointment

if TYPE_CHECKING:
    from members.models import User

CLASSES = (string.ascii_lowercase, string.ascii_uppercase, string.digits)


class OfficerPasswordValidator:
    """Length, classes of characters and history for whoever holds an office; members pass."""

    def validate(self, password: str, user: User | None = None) -> None:
        if user is None or user.pk is None or not Appointment.objects.lasting().filter(user=user).exists():
            return
        length = settings.OFFICER_PASSWORD_LENGTH
        if len(password) < length:
            raise ValidationError(_("Officers' passwords have at least %(length)s characters.") % {"length": length})
        classes = sum(any(letter in known for letter in password) for known in CLASSES)
        classes += any(not letter.isalnum() or not letter.isascii() for letter in password)
        if classes < settings.OFFICER_PASSWORD_CLASSES:
            raise ValidationError(
                _("Use at least %(count)s of: small letters, capitals, digits, other characters.")
                % {"count": settings.OFFICER_PASSWORD_CLASSES}
            )
        past = user.past_passwords.all()[: settings.PASSWORD_HISTORY]
        if any(check_password(password, row.password) for row in past):
            raise ValidationError(_("You have had this password before. Choose a new one."))

    def get_help_text(self) -> str:
        return _("Officers: at least %(length)s characters of %(count)s kinds, none of the last %(history)s.") % {
            "length": settings.OFFICER_PASSWORD_LENGTH,
            "count": settings.OFFICER_PASSWORD_CLASSES,
            "history": settings.PASSWORD_HISTORY,
        }
