"""Forms of the organisation pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from branches.enums import Kind, Sector
from branches.forms.fields import CreditCodeField, OrganisationField
from branches.forms.settings import DivisionField
from branches.models import Organisation, Unit
from branches.permissions import Permission
from branches.rules import EFFECT_IN_FUTURE, TERM_WRONG
from branches.terms import term_end
from dualmgmt.lib.clock import today
from dualmgmt.lib.forms import DateInput

if TYPE_CHECKING:
    from members.models import User


class OrganisationForm(forms.ModelForm[Organisation]):
    """A new organisation below one that the user manages."""

    parent = OrganisationField(label=_("Parent organisation"), help_text=_("Type the name or the code."))
    founded_on = forms.DateField(label=_("founded on"), widget=DateInput, initial=today)
    document_number = forms.CharField(
        label=_("Document number"), max_length=60, required=False, help_text=_("Of the decision to set it up.")
    )
    unit_name = forms.CharField(
        label=_("Unit"),
        required=False,
        max_length=100,
        help_text=_("The employer, if this organisation belongs to one. Leave empty for communities and streets."),
    )
    unit_sector = forms.ChoiceField(label=_("Sector of the unit"), choices=Sector.choices, required=False)
    credit_code = CreditCodeField(label=_("Unified social credit code"), required=False)

    class Meta:
        model = Organisation
        fields = [
            "name",
            "code",
            "short_code",
            "kind",
            "setting",
            "theme",
            "accepts_registrations",
            "founded_on",
        ]
        help_texts = {
            "short_code": _("Stands in the numbers of letters and reports, such as 芝税 in 芝税介〔2026〕12号."),
            "accepts_registrations": _("Members from elsewhere may report in here."),
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        managed = Organisation.objects.where(user, Permission.ORGANISATION_CHANGE).active()
        self.fields["parent"].queryset = managed.exclude(kind=Kind.BRANCH)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("unit_name") and not cleaned.get("unit_sector"):
            self.add_error("unit_sector", _("Choose the sector of the unit."))
        return cleaned

    def clean_founded_on(self) -> Any:
        if self.cleaned_data["founded_on"] > today():
            raise forms.ValidationError(EFFECT_IN_FUTURE)
        return self.cleaned_data["founded_on"]

    def unit(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        return {
            "name": cleaned["unit_name"].strip(),
            "sector": cleaned["unit_sector"],
            "credit_code": cleaned["credit_code"],
        }


class OrganisationEditForm(forms.ModelForm[Organisation]):
    """What may change without a document: neither the name nor the place in the tree."""

    division = DivisionField(label=_("Division code"), required=False, help_text=_("Such as 370602001."))
    joint_units = forms.CharField(
        label=_("Units of the joint branch"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One name or credit code a line; for joint branches only."),
    )

    class Meta:
        model = Organisation
        fields = [
            "setting",
            "theme",
            "purpose",
            "division",
            "accepts_registrations",
            "committee_size",
            "elected_on",
            "term_ends_on",
            "contact_name",
            "contact_phone",
            "address",
            "publish_needs_second_key",
        ]
        labels = {"purpose": pgettext_lazy("of a branch", "Purpose")}
        widgets = {"elected_on": DateInput, "term_ends_on": DateInput}
        help_texts = {
            "term_ends_on": _("Left empty, it follows from the last election and the rules."),
            "contact_phone": _("The office's phone, printed on letters. Not a private number."),
            "publish_needs_second_key": _("Otherwise only projects that involve minors or money need one."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["joint_units"].initial = "\n".join(unit.name for unit in self.instance.joint_units.all())

    def clean_joint_units(self) -> list[Unit]:
        found, unknown = [], []
        for line in filter(None, map(str.strip, self.cleaned_data["joint_units"].splitlines())):
            unit = Unit.objects.filter(Q(name=line) | Q(credit_code=line.upper())).first()
            if unit is None:
                unknown.append(line)
            else:
                found.append(unit)
        if unknown:
            raise forms.ValidationError(
                _("No unit of this name or credit code: %(names)s") % {"names": "、".join(unknown)[:200]}
            )
        return found

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        elected, ends = cleaned.get("elected_on"), cleaned.get("term_ends_on")
        if elected and not ends:
            cleaned["term_ends_on"] = term_end(self.instance, elected)
        elif ends and (not elected or ends <= elected):
            self.add_error("term_ends_on", TERM_WRONG)
        return cleaned
