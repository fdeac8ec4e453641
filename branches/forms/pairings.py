"""Forms of pairings and their resource lists."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from branches.forms.fields import OrganisationField
from branches.models import Organisation, Pairing, PairingResource


class PairingForm(forms.Form):
    receiver = OrganisationField(label=_("Receiving organisation"), help_text=_("Type the name or the code."))
    document_number = forms.CharField(label=_("Document number"), max_length=60, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["receiver"].queryset = Organisation.objects.receiving()  # type: ignore[attr-defined]


class AgreementForm(forms.ModelForm[Pairing]):
    class Meta:
        model = Pairing
        fields = ["document_number", "agreement", "contact_name", "contact_phone"]
        widgets = {"agreement": forms.Textarea(attrs={"rows": 8})}
        help_texts = {
            "agreement": _("What the two agreed on: joint activities, services, meetings. Both sides read it."),
            "contact_name": _("Who answers for the unit; both sides see name and office phone."),
            "contact_phone": _("An office number, no private one."),
        }


class ResourceForm(forms.ModelForm[PairingResource]):
    class Meta:
        model = PairingResource
        fields = ["kind", "name", "details"]
        labels = {"name": pgettext_lazy("resource", "Name")}
        help_texts = {"details": _("How many, when, on what conditions.")}
