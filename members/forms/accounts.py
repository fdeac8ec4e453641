"""Forms of activation slips."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    pass


class SlipForm(forms.Form):
    resets_second_factor = forms.BooleanField(
        label=_("The phone with the second step is lost, too"),
        required=False,
        help_text=_("Then the second step is removed and set up anew after signing in."),
    )


class ActivationForm(forms.Form):
    """Used without an account's session: whoever holds the slip sets the password."""

    name = forms.CharField(
        label=_("Card number, phone or user name"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "username"}),
        help_text=_("As printed on the slip."),
    )
    code = forms.CharField(
        label=_("Code on the slip"), max_length=30, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    password = forms.CharField(
        label=_("New password"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), strip=False
    )
    again = forms.CharField(
        label=_("New password, again"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), strip=False
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("password") and cleaned.get("again") and cleaned["password"] != cleaned["again"]:
            self.add_error("again", _("The two passwords differ."))
        return cleaned
