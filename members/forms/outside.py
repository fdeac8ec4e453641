"""A branch outside the portal in a form: one that is known, or what the letter says about a new one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from branches.forms.fields import OrganisationField
from branches.models import Organisation


class OutsideHomeForm(forms.Form):
    """Fields of a branch outside the portal, for the forms in which one is named."""

    home = OrganisationField(
        label=_("Known branch outside the portal"),
        required=False,
        help_text=_("Type a part of the name; if it is not among the suggestions, fill in the lines below."),
    )
    home_name = forms.CharField(label=_("Full name of the branch outside the portal"), max_length=120, required=False)
    home_parent = forms.CharField(
        label=_("Its parent committee"),
        max_length=120,
        required=False,
        help_text=_("With province and city, so that it can be told from others of the same name."),
    )
    home_contact_name = forms.CharField(label=_("Contact"), max_length=50, required=False)
    home_contact_phone = forms.CharField(label=_("Office phone"), max_length=30, required=False)
    home_postal_address = forms.CharField(
        label=_("Postal address"),
        max_length=200,
        required=False,
        help_text=_("Receipts and feedback reports are sent there."),
    )
    outside = ("home", "home_name", "home_parent", "home_contact_name", "home_contact_phone", "home_postal_address")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["home"].queryset = Organisation.objects.active().filter(external=True)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("home_name") and cleaned.get("home"):
            self.add_error("home", _("Choose a known branch or describe a new one, not both."))
        elif cleaned.get("home_name") and not cleaned.get("home_parent"):
            self.add_error("home_parent", _("Name the committee above it as well."))
        return cleaned

    def outside_is_filled(self) -> bool:
        """Whether the block is to stand open: something was typed there, or is wrong."""
        return any(self[name].data or self[name].errors for name in self.outside)

    def described(self) -> Organisation | dict[str, str] | None:
        """The known branch, the fields of a new one, or nothing."""
        cleaned = self.cleaned_data
        if cleaned["home"] or not cleaned["home_name"]:
            known: Organisation | None = cleaned["home"]
            return known
        return {
            "name": cleaned["home_name"],
            "parent": cleaned["home_parent"],
            "contact_name": cleaned["home_contact_name"],
            "contact_phone": cleaned["home_contact_phone"],
            "address": cleaned["home_postal_address"],
        }


class OutsideContactForm(forms.ModelForm[Organisation]):
    """How to reach a branch outside the portal; its name is the letter's."""

    class Meta:
        model = Organisation
        fields = ["external_parent", "contact_name", "contact_phone", "address"]
        help_texts = {"address": _("Receipts and feedback reports are sent there.")}
