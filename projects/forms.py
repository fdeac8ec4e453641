"""Forms of the service cycle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt.lib.forms import DateInput, DateTimeInput
from members.forms.registrations import grouped
from members.forms.skills import GroupedCheckboxes, offer_skills
from members.models import Member
from members.values import clean_phone
from projects.access import find_stand_in, stand_ins
from projects.actions.claims import eligible_participants
from projects.enums import NeedSource
from projects.models import Category, Claim, Need, ServiceProject
from projects.rules import STAND_IN_UNKNOWN

if TYPE_CHECKING:
    from members.models import User


class PublicNeedForm(forms.ModelForm[Need]):
    """What a resident fills in, without an account."""

    organisation = forms.ModelChoiceField(label=_("Your community"), queryset=Organisation.objects.none())
    contact_name = forms.CharField(label=_("Your name"), max_length=50, required=False)
    contact_phone = forms.CharField(
        label=_("Your phone"),
        max_length=30,
        required=False,
        help_text=_("Only the community sees it, to ask back. You can leave it empty."),
    )
    # A field no person sees; programs fill it in.
    website = forms.CharField(required=False, widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}))

    class Meta:
        model = Need
        fields = ["organisation", "category", "text", "place", "contact_name", "contact_phone"]
        widgets = {"text": forms.Textarea(attrs={"rows": 5})}
        help_texts = {"text": _("What is missing or broken, where, since when."), "place": _("Building or spot.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        receivers = Organisation.objects.receiving()
        self.fields["organisation"].queryset = receivers  # type: ignore[attr-defined]
        self.fields["organisation"].choices = grouped(receivers)  # type: ignore[attr-defined]
        self.fields["category"].queryset = Category.objects.filter(active=True)  # type: ignore[attr-defined]
        self.fields["category"].empty_label = _("I do not know")  # type: ignore[attr-defined]

    def clean_contact_phone(self) -> str:
        phone = self.cleaned_data["contact_phone"]
        return clean_phone(phone) if phone else ""

    def clean_website(self) -> str:
        if self.cleaned_data["website"]:
            raise forms.ValidationError(_("This form is for people."))
        return ""

    def fields_of_need(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.Meta.fields}


class StaffNeedForm(PublicNeedForm):
    """On a resident's behalf: after a visit, a call, a letter."""

    source = forms.ChoiceField(label=_("Source"), choices=[c for c in NeedSource.choices if c[0] != NeedSource.ONLINE])

    class Meta(PublicNeedForm.Meta):
        fields = ["organisation", "source", *PublicNeedForm.Meta.fields[1:]]

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = Organisation.objects.where(user, Permission.NEED_HANDLE).receiving()
        self.fields["organisation"].label = _("Receiving organisation")
        self.fields["organisation"].queryset = mine  # type: ignore[attr-defined]
        self.fields["organisation"].choices = grouped(mine)  # type: ignore[attr-defined]
        self.fields["contact_name"].label = _("Contact name")
        self.fields["contact_phone"].label = _("Contact phone")


class TrackForm(forms.Form):
    code = forms.CharField(label=_("Tracking code"), max_length=20)

    def clean_code(self) -> str:
        return str(self.cleaned_data["code"]).upper().replace(" ", "").replace("-", "")


class VerifyNeedForm(forms.Form):
    category = forms.ModelChoiceField(label=_("Category"), queryset=Category.objects.filter(active=True))


class AnswerForm(forms.Form):
    answer = forms.CharField(
        label=_("Answer for the resident"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )


class ProjectForm(forms.ModelForm[ServiceProject]):
    organisation = forms.ModelChoiceField(label=_("Publisher"), queryset=Organisation.objects.none())

    class Meta:
        model = ServiceProject
        fields = [
            "organisation", "title", "category", "kind", "description", "place", "places", "skills",
            "wants_certificate", "starts_at", "ends_at", "claims_close_at", "expected_hours", "open_to",
            "open_to_members", "open_to_branches", "confirm_claims", "involves_minors", "involves_money",
        ]  # fmt: skip
        widgets = {
            "description": forms.Textarea(attrs={"rows": 5}),
            "skills": GroupedCheckboxes,
            "starts_at": DateTimeInput,
            "ends_at": DateTimeInput,
            "claims_close_at": DateTimeInput,
        }
        help_texts = {
            "description": _("What is to be done, for whom, what to bring. No names or addresses of residents."),
            "skills": _("Whoever has one of them or one below it is told that the project fits."),
            "wants_certificate": _("Only a certificate that is valid on the day counts as fitting."),
            "involves_minors": _("A second person publishes such a project."),
            "involves_money": _("A second person publishes such a project."),
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].queryset = Category.objects.filter(active=True)  # type: ignore[attr-defined]
        offer_skills(self.fields["skills"])
        if self.instance.pk:
            del self.fields["organisation"]
            return
        mine = Organisation.objects.where(user, Permission.PROJECT_EDIT).receiving()
        self.fields["organisation"].queryset = mine  # type: ignore[attr-defined]
        if len(mine[:2]) == 1:
            self.fields["organisation"].initial = mine[0]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        starts, ends = cleaned.get("starts_at"), cleaned.get("ends_at")
        if starts and ends and ends <= starts:
            self.add_error("ends_at", _("The end has to come after the start."))
        if not cleaned.get("open_to_members") and not cleaned.get("open_to_branches"):
            self.add_error("open_to_members", _("Let members, branches or both claim."))
        return cleaned


class BranchClaimForm(forms.Form):
    branch = forms.ModelChoiceField(label=_("Branch"), queryset=Organisation.objects.none(), empty_label=None)
    places = forms.IntegerField(label=_("Places"), min_value=1, max_value=500, initial=1)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = Organisation.objects.where(user, Permission.CLAIM_FOR_BRANCH).active().filter(kind="branch")
        self.fields["branch"].queryset = mine  # type: ignore[attr-defined]


class ParticipantsForm(forms.Form):
    members = forms.ModelMultipleChoiceField(
        label=_("Who takes part"),
        queryset=Member.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, *args: Any, claim: Claim, **kwargs: Any) -> None:
        named = list(claim.participants.values_list("member_id", flat=True))
        kwargs["initial"] = {"members": named}
        super().__init__(*args, **kwargs)
        assert claim.branch is not None
        self.fields["members"].queryset = eligible_participants(claim.branch)  # type: ignore[attr-defined]


class StandInForm(forms.Form):
    """By the claimant: whom one knows by name and number; the portal shows nobody's roll."""

    name = forms.CharField(label=_("Name"), max_length=50)
    number = forms.CharField(
        label=_("Phone or number of the member card"),
        max_length=40,
        help_text=_("Ask the person: both have to be right."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "name" in cleaned and "number" in cleaned:
            cleaned["stand_in"] = find_stand_in(cleaned["name"], cleaned["number"])
            if cleaned["stand_in"] is None:
                self.add_error("number", str(STAND_IN_UNKNOWN))
        return cleaned


class ChosenStandInForm(forms.Form):
    """By the publisher, among the members registered there."""

    stand_in = forms.ModelChoiceField(label=_("Stand-in"), queryset=Member.objects.none())

    def __init__(self, *args: Any, claim: Claim, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["stand_in"].queryset = stand_ins(user, claim)  # type: ignore[attr-defined]


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))


class RecordForm(forms.Form):
    service_date = forms.DateField(label=_("Service date"), widget=DateInput)
    hours = forms.DecimalField(
        label=_("Hours"), max_digits=3, decimal_places=1, min_value=0, help_text=_("Half hours as 0.5.")
    )
    people_served = forms.IntegerField(label=_("People served"), min_value=0, max_value=9999, initial=0)
    content = forms.CharField(label=_("What was done"), max_length=1000, widget=forms.Textarea(attrs={"rows": 4}))


class VerifyRecordForm(forms.Form):
    """Empty fields mean: as the member stated it."""

    hours = forms.DecimalField(label=_("Hours"), max_digits=3, decimal_places=1, min_value=0)
    people = forms.IntegerField(label=_("People served"), min_value=0, max_value=9999)
    content = forms.CharField(
        label=_("The receiving organisation's words"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Only where they differ; the member's words stay beside them."),
    )
    reason = forms.CharField(label=_("Reason for the correction"), max_length=300, required=False)
