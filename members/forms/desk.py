"""Forms of the receiver's desk: a paper letter of a home outside the portal, a walk-in, a receipt that was posted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt.lib.clock import today
from dualmgmt.lib.forms import DateInput
from members import homerules, idnumber
from members.actions.desk import PaperLetter
from members.enums import MemberKind, RegistrationReason, WorkStatus
from members.forms.outside import OutsideHomeForm
from members.forms.skills import GroupedCheckboxes, offer_skills
from members.models import Member, Skill
from members.values import clean_id_number, clean_phone, letter_number

if TYPE_CHECKING:
    from members.models import User

# What is written into the registration's form over the roll.
TYPED = ("phone", "home_address", "work_unit", "work_post", "wishes", "available_times")
# What becomes of the roll where the person is new to the portal.
ROLL = ("name", "id_number", "ethnicity", "education", "phone", "home_address", "kind", "joined_on", "work_unit",
        "work_post", "work_status")  # fmt: skip


def own_receivers(user: User) -> Any:
    return Organisation.objects.where(user, Permission.REGISTRATION_ENTER).receiving()


class ReceiverForm(forms.Form):
    """At which desk: asked only of who works at several."""

    receiver = forms.ModelChoiceField(label=_("Receiving organisation"), queryset=Organisation.objects.none())

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = own_receivers(user)
        self.fields["receiver"].queryset = rows  # type: ignore[attr-defined]
        only = list(rows[:2])
        if len(only) == 1:
            self.fields["receiver"].initial = only[0].pk


OF_LETTER = ("number", "issued_on", "valid_until", "reason")
OF_PERSON = (
    "name", "id_number", "kind", "phone", "joined_on", "ethnicity", "education", "home_address", "work_status",
    "work_unit", "work_post", "skills", "wishes", "available_times", "pledge",
)  # fmt: skip


class LetterEntryForm(ReceiverForm, OutsideHomeForm):
    """The paper letter as it lies on the desk: who wrote it, its number and days, whom it introduces."""

    number = forms.CharField(label=_("Letter number"), max_length=60, help_text=_("As the letter has it."))
    issued_on = forms.DateField(label=_("Issued on"), widget=DateInput)
    valid_until = forms.DateField(label=_("Valid until"), widget=DateInput)
    reason = forms.ChoiceField(
        label=_("Reason for reporting in"), choices=RegistrationReason.choices, initial=RegistrationReason.FLOATING
    )
    name = forms.CharField(label=_("Name"), max_length=50)
    id_number = forms.CharField(
        label=_("ID number"),
        max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Sex and date of birth follow from it."),
    )
    kind = forms.ChoiceField(label=_("Kind of member"), choices=MemberKind.choices)
    phone = forms.CharField(label=_("Phone"), max_length=30)
    joined_on = forms.DateField(label=_("Joined the Party on"), widget=DateInput, required=False)
    ethnicity = forms.CharField(label=_("Ethnicity"), max_length=20, required=False)
    education = forms.CharField(label=_("Education"), max_length=30, required=False)
    home_address = forms.CharField(label=_("Home address"), max_length=200, required=False)
    work_status = forms.ChoiceField(label=_("Work status"), choices=WorkStatus.choices)
    work_unit = forms.CharField(label=_("Employer"), max_length=100, required=False)
    work_post = forms.CharField(label=_("Post or title"), max_length=50, required=False)
    skills = forms.ModelMultipleChoiceField(
        label=_("Skills"), queryset=Skill.objects.all(), required=False, widget=GroupedCheckboxes
    )
    wishes = forms.CharField(label=_("Service wishes"), max_length=200, required=False)
    available_times = forms.CharField(label=_("Times available"), max_length=200, required=False)
    pledge = forms.CharField(
        label=_("Service pledge"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_skills(self.fields["skills"])

    def of_letter(self) -> list[BoundField]:
        return [self[name] for name in OF_LETTER]

    def of_person(self) -> list[BoundField]:
        return [self[name] for name in OF_PERSON]

    def clean_number(self) -> str:
        return letter_number(self.cleaned_data["number"])

    def clean_id_number(self) -> str:
        return clean_id_number(self.cleaned_data["id_number"])

    def clean_phone(self) -> str:
        return clean_phone(self.cleaned_data["phone"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "home" in cleaned and not cleaned["home"] and not cleaned.get("home_name"):
            self.add_error("home", _("Choose the branch that wrote the letter, or describe it below."))
        issued, until = cleaned.get("issued_on"), cleaned.get("valid_until")
        for name in ("issued_on", "joined_on"):
            if cleaned.get(name) and cleaned[name] > today():
                self.add_error(name, _("This date lies in the future."))
        if until and until < today():
            self.add_error("valid_until", str(homerules.LETTER_IS_OVER))
        elif issued and until and until < issued:
            self.add_error("valid_until", _("The letter would end before it was issued."))
        return cleaned

    def letter(self) -> PaperLetter:
        cleaned = self.cleaned_data
        home = self.described()
        assert home is not None  # asked for in clean()
        number = cleaned["id_number"]
        person = Member(
            sex=idnumber.sex(number),
            birth_date=idnumber.birth_date(number),
            wishes=cleaned["wishes"],
            available_times=cleaned["available_times"],
            **{name: cleaned[name] for name in ROLL},
        )
        typed = {name: cleaned[name] for name in TYPED if cleaned[name]}
        if cleaned["skills"]:
            typed["skills"] = [skill.name for skill in cleaned["skills"]]
        return PaperLetter(
            home=home,
            number=cleaned["number"],
            issued_on=cleaned["issued_on"],
            valid_until=cleaned["valid_until"],
            person=person,
            reason=RegistrationReason(cleaned["reason"]),
            pledge=cleaned["pledge"],
            skills=list(cleaned["skills"]),
            form=typed,
        )


class WalkInForm(ReceiverForm):
    """Who stands at the desk, and what the person says there."""

    card = forms.CharField(
        label=_("Member card"),
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Scan the square code on the card or on the phone; or type the card's number, with the name."),
    )
    name = forms.CharField(
        label=_("Name"), max_length=50, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    id_number = forms.CharField(
        label=_("ID number"),
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Without a card: name and ID number, both from the ID card. No copy is made of it."),
    )
    reason = forms.ChoiceField(label=_("Reason for reporting in"), choices=RegistrationReason.choices)
    phone = forms.CharField(
        label=_("Phone"),
        max_length=30,
        required=False,
        help_text=_("Where it is left empty, the home branch's record counts."),
    )
    home_address = forms.CharField(label=_("Home address"), max_length=200, required=False)
    wishes = forms.CharField(label=_("Service wishes"), max_length=200, required=False)
    available_times = forms.CharField(label=_("Times available"), max_length=200, required=False)
    pledge = forms.CharField(
        label=_("Service pledge"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def clean_id_number(self) -> str:
        typed = self.cleaned_data["id_number"]
        return clean_id_number(typed) if typed else ""

    def clean_phone(self) -> str:
        typed = self.cleaned_data["phone"]
        return clean_phone(typed) if typed else ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        whole = cleaned.get("name") and (cleaned.get("id_number") or "id_number" in self.errors)
        if not cleaned.get("card") and not whole:
            self.add_error("card", _("Scan the card, or type the name and the ID number, both."))
        return cleaned

    def named(self) -> dict[str, str]:
        """Arguments of :func:`members.deskaccess.identified`."""
        return {name: self.cleaned_data[name] for name in ("card", "name", "id_number")}

    def typed(self) -> dict[str, Any]:
        """What goes into the form before the home branch has confirmed: what was said at the desk."""
        names = ("name", "id_number", "phone", "home_address", "wishes", "available_times")
        typed = {name: self.cleaned_data[name] for name in names}
        # What the roll may say otherwise: the home branch is offered to take it over.
        return {**typed, "differs": [name for name in ("phone", "home_address") if typed[name]]}


class SentForm(forms.Form):
    """When a receipt or a report was posted or handed over."""

    on = forms.DateField(label=_("Sent on"), widget=DateInput, initial=today)

    def clean_on(self) -> Any:
        if self.cleaned_data["on"] > today():
            raise forms.ValidationError(_("This date lies in the future."))
        return self.cleaned_data["on"]
