"""Forms of the roster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from branches.enums import ACTIVITY_ONLY_SETTINGS, Kind
from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt.lib.clock import today
from dualmgmt.lib.forms import DateInput
from members import idnumber
from members.forms.concealed import conceal, kept
from members.forms.skills import GroupedCheckboxes, offer_skills
from members.models import Member
from members.values import clean_id_number, clean_phone

if TYPE_CHECKING:
    from members.models import User


class MemberForm(forms.ModelForm[Member]):
    """A member typed in by hand, or corrected by the home branch."""

    branch = forms.ModelChoiceField(label=_("Home branch"), queryset=Organisation.objects.none())
    basis = forms.CharField(
        label=_("Basis"),
        max_length=100,
        required=False,
        help_text=_("For example the number of the letter of the organisational relation from outside the portal."),
    )

    class Meta:
        model = Member
        fields = [
            "name", "sex", "id_number", "birth_date", "ethnicity", "education", "phone", "home_address", "kind",
            "joined_on", "full_on", "party_post", "work_unit", "work_post", "work_status", "exempt", "exempt_reason",
            "skills",
        ]  # fmt: skip
        widgets = {
            "id_number": forms.TextInput,
            "phone": forms.TextInput,
            "home_address": forms.TextInput,
            "birth_date": DateInput,
            "joined_on": DateInput,
            "full_on": DateInput,
            "skills": GroupedCheckboxes,
        }
        help_texts = {"exempt": _("For age or illness; the member then stands in no rate.")}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self.stored: dict[str, str] = {}
        super().__init__(*args, **kwargs)
        offer_skills(self.fields["skills"])
        if self.instance.pk:
            # A stored number is never sent to the browser; typing a new one replaces it.
            del self.fields["branch"], self.fields["id_number"], self.fields["basis"]
            # ModelForm writes what it cleans onto the instance, so remember what was there.
            self.stored = {"phone": self.instance.phone, "home_address": self.instance.home_address}
            masks = {"phone": self.instance.masked_phone, "home_address": "***"}
            conceal(self, {name: (value, masks[name]) for name, value in self.stored.items()})
            return
        homes = Organisation.objects.where(user, Permission.ROSTER_EDIT).active().filter(kind=Kind.BRANCH)
        self.fields["branch"].queryset = homes.exclude(setting__in=ACTIVITY_ONLY_SETTINGS)  # type: ignore[attr-defined]

    def clean_id_number(self) -> str:
        return clean_id_number(self.cleaned_data["id_number"])

    def clean_phone(self) -> str:
        typed = self.cleaned_data["phone"]
        return clean_phone(typed) if typed else self.stored.get("phone", "")

    def clean_home_address(self) -> str:
        return kept(self, "home_address", self.stored.get("home_address", ""))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("exempt") and not cleaned.get("exempt_reason"):
            self.add_error("exempt_reason", _("Say why the member is exempt."))
        if cleaned.get("id_number") and not cleaned.get("birth_date"):
            cleaned["birth_date"] = idnumber.birth_date(cleaned["id_number"])
        if cleaned.get("id_number") and cleaned.get("sex") and idnumber.sex(cleaned["id_number"]) != cleaned["sex"]:
            self.add_error("sex", _("The ID number says otherwise. Check both."))
        for name in ("birth_date", "joined_on", "full_on"):
            if cleaned.get(name) and cleaned[name] > today():
                self.add_error(name, _("This date lies in the future."))
        return cleaned
