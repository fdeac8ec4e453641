"""Forms of the organisation pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from branches.creditcode import validate_credit_code
from branches.enums import Kind, Sector
from branches.models import Organisation
from branches.permissions import Permission

if TYPE_CHECKING:
    from members.models import User


class OrganisationForm(forms.ModelForm[Organisation]):
    """A new organisation below one that the user manages."""

    parent = forms.ModelChoiceField(label=_("Parent organisation"), queryset=Organisation.objects.none())
    unit_name = forms.CharField(
        label=_("Unit"),
        required=False,
        max_length=100,
        help_text=_("The employer, if this organisation belongs to one. Leave empty for communities and streets."),
    )
    unit_sector = forms.ChoiceField(label=_("Sector of the unit"), choices=Sector.choices, required=False)
    credit_code = forms.CharField(
        label=_("Unified social credit code"), max_length=18, required=False, validators=[validate_credit_code]
    )

    class Meta:
        model = Organisation
        fields = ["name", "code", "short_code", "kind", "setting", "theme", "accepts_registrations"]
        help_texts = {
            "short_code": _("Stands in the numbers of letters and reports, such as 芝税 in 芝税介〔2026〕12号."),
            "accepts_registrations": _("Members from elsewhere may report in here."),
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        managed = Organisation.objects.where(user, Permission.ORGANISATION_MANAGE).active()
        self.fields["parent"].queryset = managed.exclude(kind=Kind.BRANCH)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("unit_name") and not cleaned.get("unit_sector"):
            self.add_error("unit_sector", _("Choose the sector of the unit."))
        return cleaned

    def unit(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        return {
            "name": cleaned["unit_name"].strip(),
            "sector": cleaned["unit_sector"],
            "credit_code": cleaned["credit_code"],
        }


class OrganisationEditForm(forms.ModelForm[Organisation]):
    """What may change without moving anything in the tree."""

    class Meta:
        model = Organisation
        fields = [
            "name",
            "short_code",
            "setting",
            "theme",
            "accepts_registrations",
            "contact_name",
            "contact_phone",
            "address",
            "publish_needs_second_key",
        ]
        help_texts = {
            "contact_phone": _("The office's phone, printed on letters. Not a private number."),
            "publish_needs_second_key": _("Otherwise only projects that involve minors or money need one."),
        }
