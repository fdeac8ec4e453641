"""Forms of transfers of the organisational relation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from branches.enums import ACTIVITY_ONLY_SETTINGS, Kind
from branches.forms.fields import OrganisationField
from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt.lib.clock import today
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.forms import DateInput
from members.enums import TransferReason
from members.forms.outside import OutsideHomeForm
from members.rules import check_validity
from members.values import clean_id_number, letter_number

if TYPE_CHECKING:
    from branches.models import OrganisationQuerySet
    from members.models import Member, User


def homes() -> OrganisationQuerySet:
    """Branches of the portal that hold organisational relations."""
    rows = Organisation.objects.active().filter(kind=Kind.BRANCH, external=False)
    return rows.exclude(setting__in=ACTIVITY_ONLY_SETTINGS)


class TransferForm(OutsideHomeForm):
    """Where a member's relation goes: a branch of the portal, or one outside of it."""

    target = OrganisationField(
        label=_("To branch"),
        required=False,
        help_text=_("Type the name or the code. For a branch outside the portal leave it empty and go on below."),
    )
    reason = forms.ChoiceField(label=_("Reason for the transfer"), choices=TransferReason.choices)
    letter_number = forms.CharField(
        label=_("Letter number"),
        max_length=60,
        required=False,
        help_text=_("Of the letter of the organisational relation. Left empty, the portal gives the next number."),
    )
    valid_days = forms.IntegerField(label=_("Valid for (days)"), min_value=1)
    field_order = ["target"]

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        home = member.home_branch()
        self.fields["target"].queryset = homes().exclude(pk=home.pk if home else 0)  # type: ignore[attr-defined]
        self.fields["valid_days"].initial = settings.LETTER_VALID_DAYS

    def clean_letter_number(self) -> str:
        return letter_number(self.cleaned_data["letter_number"])

    def clean_valid_days(self) -> int:
        days: int = self.cleaned_data["valid_days"]
        try:
            check_validity(days)
        except ActionDenied as denied:
            raise forms.ValidationError(str(denied), denied.code) from None
        return days

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        outside = cleaned.get("home") or cleaned.get("home_name")
        if "target" in cleaned and not cleaned["target"] and not outside:
            self.add_error("target", _("Choose the branch, or name the one outside the portal."))
        elif cleaned.get("target") and outside:
            self.add_error("target", _("Choose either a branch of the portal or one outside of it, not both."))
        return cleaned


class ArrivalForm(forms.Form):
    """A relation that comes from outside the portal with its paper letter."""

    target = OrganisationField(label=_("To branch"), help_text=_("The branch that takes the member in."))
    name = forms.CharField(label=_("Name"), max_length=50)
    id_number = forms.CharField(
        label=_("ID number"), max_length=30, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    letter_number = forms.CharField(label=_("Letter number"), max_length=60)
    reason = forms.ChoiceField(label=_("Reason for the transfer"), choices=TransferReason.choices)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = Organisation.objects.where(user, Permission.RELATION_TRANSFER)
        field = self.fields["target"]
        field.queryset = homes().filter(pk__in=mine.values("pk"))  # type: ignore[attr-defined]
        only = list(field.queryset[:2])  # type: ignore[attr-defined]
        if len(only) == 1:
            field.initial = only[0].pk

    def clean_id_number(self) -> str:
        return clean_id_number(self.cleaned_data["id_number"])

    def clean_letter_number(self) -> str:
        return letter_number(self.cleaned_data["letter_number"])


class ReceiptForm(forms.Form):
    """The receipt of a branch outside the portal, entered by the sender."""

    on = forms.DateField(label=_("Date on the receipt"), widget=DateInput, initial=today)
