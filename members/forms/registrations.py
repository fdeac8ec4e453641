"""Forms of reporting in."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from branches.models import Organisation
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.secrets import mask_phone
from members import cardcodes
from members.actions.registrations import snapshot
from members.enums import (
    OPEN_REGISTRATION_STATES,
    AvailableTime,
    DeclineReason,
    RegistrationReason,
    RegistrationState,
)
from members.forms.concealed import conceal, kept
from members.forms.skills import GroupedCheckboxes, offer_skills
from members.models import ActivityRegistration, Member, Skill
from members.queries import placements
from members.rules import CARD_CODE_NOT_VALID, check_validity
from members.values import clean_phone, times_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from members.models import User

# Over the pre-filled words of the roll: what differs is put to the home branch, never written.
OF_THE_ROLL = ("phone", "home_address", "work_unit", "work_post")
# The person's own words.
OWN = ("wishes", "times", "times_words")
# After these a new form starts from what the last one said.
TAKEN_UP_AGAIN = (RegistrationState.WITHDRAWN, RegistrationState.DECLINED)


def grouped(rows: Iterable[Organisation], where: str = "") -> list[tuple[str, Any]]:
    """Choices of organisations under the name of the one above each.

    With *where* only those in whose name or whose superior's name it stands;
    when there is none, all.
    """
    rows = list(rows)
    step = Organisation.steplen
    parents = {row.path[:-step] for row in rows}
    names = dict(Organisation.objects.filter(path__in=parents).values_list("path", "name"))
    if where:
        found = [row for row in rows if where in row.name or where in names.get(row.path[:-step], "")]
        rows = found or rows
    choices: list[tuple[str, Any]] = [("", _("Please choose"))]
    for parent, group in groupby(rows, key=lambda row: row.path[:-step]):
        choices.append((names.get(parent, ""), [(row.pk, row.name) for row in group]))
    return choices


class RegistrationForm(forms.Form):
    """The registration form 党员信息登记表, pre-filled; what the roll already holds is not asked."""

    organisation = forms.ModelChoiceField(
        label=_("Where to report in"),
        queryset=Organisation.objects.none(),
        help_text=_("The community where you live, or another organisation that accepts members."),
    )
    reason = forms.ChoiceField(label=_("Reason for reporting in"), choices=RegistrationReason.choices)
    phone = forms.CharField(
        label=_("Phone"), max_length=30, help_text=_("The receiving organisation calls you on this number.")
    )
    home_address = forms.CharField(
        label=_("Home address"),
        max_length=200,
        required=False,
        help_text=_("Compound and building, so that you can be placed near your home."),
    )
    work_unit = forms.CharField(label=_("Employer"), max_length=100, required=False)
    work_post = forms.CharField(label=_("Post or title"), max_length=50, required=False)
    skills = forms.ModelMultipleChoiceField(
        label=_("Skills"),
        queryset=Skill.objects.all(),
        required=False,
        widget=GroupedCheckboxes,
        help_text=_(
            "Projects that look for them are offered to you. Level and certificate are kept on the skills page."
        ),
    )
    wishes = forms.CharField(
        label=_("Service wishes"),
        max_length=200,
        required=False,
        help_text=_("Which kinds of service you would like to do."),
    )
    times = forms.MultipleChoiceField(
        label=_("Times available"),
        choices=AvailableTime.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    times_words = forms.CharField(label=_("Times available, in words"), max_length=100, required=False)
    pledge = forms.CharField(
        label=_("Service pledge"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Three things: what you want to achieve, by when or how often, and how well."),
    )

    def __init__(
        self,
        *args: Any,
        member: Member,
        registration: ActivityRegistration | None = None,
        by: User,
        where: str = "",
        **kwargs: Any,
    ) -> None:
        self.member = member
        self.registration = registration
        last = registration or member.registrations.order_by("-created_at", "-pk").first()
        again = last is not None and (last is registration or last.state in TAKEN_UP_AGAIN)
        filled = {**snapshot(member), **(last.form if last is not None and again else {})}
        kwargs["initial"] = {**self._filled_in(filled, last), **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        offer_skills(self.fields["skills"])
        # On the member's behalf: what is on record stays on record, unseen.
        self.concealed: dict[str, str] = {}
        if member.user_id != by.pk:
            self.concealed = {name: filled[name] for name in ("phone", "home_address") if filled.get(name)}
            masks = {"phone": mask_phone(filled.get("phone", "")), "home_address": "***"}
            conceal(self, {name: (value, masks[name]) for name, value in self.concealed.items()})
        if registration is not None:
            del self.fields["organisation"]
            return
        home = member.home_branch()
        open_at = member.registrations.filter(state__in=OPEN_REGISTRATION_STATES).values("organisation_id")
        receivers = Organisation.objects.receiving().exclude(pk__in=open_at)
        if home is not None:
            above = [home.path[:end] for end in range(Organisation.steplen, len(home.path) + 1, Organisation.steplen)]
            receivers = receivers.exclude(path__in=above)
        field = self.fields["organisation"]
        field.queryset = receivers  # type: ignore[attr-defined]
        # Narrowed for the eye only: what was chosen from the whole list stays valid.
        field.choices = grouped(receivers, where.strip())  # type: ignore[attr-defined]

    def _filled_in(self, filled: dict[str, Any], last: ActivityRegistration | None) -> dict[str, Any]:
        """What the form begins with: the roll's words, and what the person said last time."""
        said = last.form if last is not None else {}
        initial = {name: filled.get(name, "") for name in OF_THE_ROLL}
        initial["wishes"] = said.get("wishes") or self.member.wishes
        initial["times"] = said.get("times", [])
        # Words kept before times could be ticked, or never said in a form.
        initial["times_words"] = said.get("times_words", "" if "times" in said else self.member.available_times)
        rows = list(self.member.skill_rows.select_related("skill"))
        if self.registration is not None:
            chosen = said.get("skills", [])
            rows = [row for row in rows if str(row) in chosen or row.skill.name in chosen]
        initial["skills"] = [row.skill_id for row in rows]
        if last is not None:
            initial |= {"reason": last.reason, "pledge": last.pledge}
            if last is not self.registration and last.state in TAKEN_UP_AGAIN:
                initial["organisation"] = last.organisation_id
        return initial

    def clean_phone(self) -> str:
        typed = self.cleaned_data["phone"]
        return clean_phone(typed) if typed else self.concealed["phone"]

    def clean_home_address(self) -> str:
        return kept(self, "home_address", self.concealed.get("home_address", ""))

    def typed(self) -> dict[str, Any]:
        """What was typed, as it goes into the registration's snapshot; the skills go beside it."""
        cleaned = self.cleaned_data
        said = {name: cleaned[name] for name in (*OF_THE_ROLL, *OWN)}
        return {**said, "available_times": times_words(cleaned["times"], cleaned["times_words"])}


class WhereForm(forms.Form):
    """Shortens the list of receivers, without a script."""

    where = forms.CharField(
        label=_("Search for a community or street"),
        max_length=50,
        required=False,
        help_text=_("A part of the name is enough."),
    )


class IssueForm(forms.Form):
    valid_days = forms.IntegerField(label=_("Valid for (days)"), min_value=1)
    paper = forms.BooleanField(
        label=_("The member takes a paper letter along"),
        required=False,
        help_text=_("Otherwise the letter is handed in online at once."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["valid_days"].initial = settings.LETTER_VALID_DAYS

    def clean_valid_days(self) -> int:
        days: int = self.cleaned_data["valid_days"]
        try:
            check_validity(days)
        except ActionDenied as denied:
            raise forms.ValidationError(str(denied), denied.code) from None
        return days


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The member and the home branch read it."),
    )


class AcceptForm(forms.Form):
    placement = forms.ModelChoiceField(label=_("Place in"), queryset=Organisation.objects.none(), empty_label=None)

    def __init__(self, *args: Any, receiver: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["placement"].queryset = placements(receiver)  # type: ignore[attr-defined]


class DeclineForm(ReasonForm):
    decline_reason = forms.ChoiceField(label=_("Kind of reason"), choices=DeclineReason.choices)
    field_order = ["decline_reason", "reason"]


class FindLetterForm(forms.Form):
    q = forms.CharField(
        label=_("Letter number or check code"),
        max_length=300,
        required=False,
        help_text=_("As printed on the letter, or the square code of a member card."),
    )

    def clean_q(self) -> str:
        """A hand-held scanner types the whole address that a square code holds; a dead card is said to be one."""
        text: str = self.cleaned_data["q"].strip()
        if "?" in text:
            text = QueryDict(text.split("?", 1)[1]).get("q") or ""
        if cardcodes.looks_like_one(text) and cardcodes.card_of(text) is None:
            raise forms.ValidationError(str(CARD_CODE_NOT_VALID), "card_not_valid")
        return text
