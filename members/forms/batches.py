"""Forms of a unit that reports in at once, and of accepting many at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from branches.enums import Kind
from branches.forms.fields import OrganisationField, label
from branches.models import Organisation
from branches.permissions import Permission
from members import batching
from members.enums import RegistrationReason, RegistrationState
from members.forms.registrations import AcceptForm, IssueForm
from members.models import ActivityRegistration, Member
from members.queries import search
from members.rules import BATCH_MAX, RECEIVER_MISSING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from members.models import User


class WhoForm(forms.Form):
    """Whose report-in, which of its members to show, and the receiver for all of them."""

    organisation = OrganisationField(
        label=_("Organisation"), help_text=_("A branch of yours, or a committee with everything below it.")
    )
    branch = forms.ModelChoiceField(
        label=_("Home branch"), queryset=Organisation.objects.none(), required=False, empty_label=_("All")
    )
    q = forms.CharField(label=_("Name or pinyin initials"), max_length=50, required=False)
    receiver = OrganisationField(
        label=_("Where to report in"),
        required=False,
        help_text=_("For all shown. Left empty, each is offered the organisation that the unit is paired with."),
    )
    exempt = forms.BooleanField(label=_("Show those exempt from service, too"), required=False)

    def __init__(self, *args: Any, user: User, organisation: Organisation, **kwargs: Any) -> None:
        """*organisation* is the one to begin with, and whose branches are offered."""
        kwargs["initial"] = {"organisation": organisation, **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        mine = Organisation.objects.where(user, Permission.LETTER_ISSUE).active()
        self.fields["organisation"].queryset = mine  # type: ignore[attr-defined]
        branches = Organisation.objects.below(organisation).active().filter(kind=Kind.BRANCH)
        self.fields["branch"].queryset = branches  # type: ignore[attr-defined]
        self.fields["receiver"].queryset = Organisation.objects.receiving()  # type: ignore[attr-defined]

    def members(self, organisation: Organisation) -> QuerySet[Member]:
        """The members of *organisation* that are asked for; ids only narrow, they never widen."""
        chosen = self.cleaned_data if self.is_valid() else {}
        rows = batching.candidates(organisation)
        if chosen.get("branch"):
            rows = rows.at_home_in(Organisation.objects.filter(pk=chosen["branch"].pk))  # type: ignore[attr-defined]
        if not chosen.get("exempt"):
            rows = rows.filter(exempt=False)
        return search(rows, chosen["q"]) if chosen.get("q") else rows


@dataclass
class Candidate:
    """A member on the page: where they are registered, where they might go, why they cannot, what was typed."""

    member: Member
    home: Organisation
    elsewhere: list[ActivityRegistration]
    receiver: Organisation | None
    refusal: str
    typed: str
    ticked: bool = False

    @property
    def field(self) -> str:
        return f"receiver-{self.member.pk}"


def list_candidates(members: Iterable[Member], receiver: Organisation | None) -> list[Candidate]:
    """*members* with what the page shows of each; three queries, whatever their number."""
    members = list(members)
    keys = [member.pk for member in members]
    homes, open_rows = batching.homes(keys), batching.elsewhere(keys)
    paired = {} if receiver else batching.suggested(set(homes.values()))
    found = []
    for member in members:
        home = homes[member.pk]
        goal = receiver or paired.get(home.pk)
        rows = open_rows.get(member.pk, [])
        refusal = batching.refusal(member, home, goal, rows) if goal else ""
        found.append(Candidate(member, home, rows, goal, refusal, label(goal) if goal else ""))
    return found


class BatchForm(IssueForm):
    """Who is ticked, each with a receiver, and how the letters are issued."""

    reason = forms.ChoiceField(label=_("Reason for reporting in"), choices=RegistrationReason.choices)
    member = forms.ModelMultipleChoiceField(
        label=_("Members"),
        queryset=Member.objects.none(),
        error_messages={"required": _("Choose at least one member.")},
    )
    field_order = ["reason", "valid_days", "paper"]

    def __init__(self, *args: Any, candidates: list[Candidate], members: QuerySet[Member], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.candidates = candidates
        self.fields["paper"].label = _("Paper letters")
        self.fields["paper"].help_text = _("The members take them along. Otherwise they are handed in online at once.")
        self.fields["reason"].initial = RegistrationReason.PAIRED
        self.fields["member"].queryset = members  # type: ignore[attr-defined]
        if self.is_bound:
            ticked = set(self.data.getlist("member"))  # type: ignore[attr-defined]
            for row in candidates:
                row.ticked = str(row.member.pk) in ticked
                row.typed = self.data.get(row.field, row.typed)
        self.chosen: list[tuple[Member, Organisation]] = []

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        members = cleaned.get("member") or []
        if len(members) > BATCH_MAX:
            self.add_error("member", _("At most %(count)s members in one go.") % {"count": BATCH_MAX})
            return cleaned
        by_key = {row.member.pk: row for row in self.candidates}
        texts = {member.pk: by_key[member.pk].typed.strip() for member in members if member.pk in by_key}
        receivers = {text: self._receiver(text) for text in set(texts.values())}
        for member in members:
            found = receivers.get(texts.get(member.pk, ""))
            if isinstance(found, Organisation):
                self.chosen.append((member, found))
            else:
                self.add_error("member", f"{member.name}: {found or RECEIVER_MISSING}")
        return cleaned

    @staticmethod
    def _receiver(text: str) -> Organisation | str:
        """The receiver that *text* names, or why it names none."""
        if not text:
            return ""
        try:
            found: Organisation = OrganisationField(queryset=Organisation.objects.receiving()).clean(text)
        except forms.ValidationError as error:
            return str(error.messages[0])
        return found


class LineForm(forms.Form):
    organisation = OrganisationField(
        label=_("Where to report in"), help_text=_("Type the name or the code; the list suggests.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = Organisation.objects.receiving()  # type: ignore[attr-defined]


class DeskForm(forms.Form):
    """At which of one's organisations members are accepted, and the search for a name."""

    receiver = forms.ModelChoiceField(
        label=_("Receiving organisation"), queryset=Organisation.objects.none(), required=False, empty_label=None
    )
    q = forms.CharField(label=_("Name or pinyin initials"), max_length=50, required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        waiting = ActivityRegistration.objects.filter(state=RegistrationState.PENDING_ACCEPTANCE)
        mine = Organisation.objects.where(user, Permission.REGISTRATION_ACCEPT)
        self.fields["receiver"].queryset = mine.filter(pk__in=waiting.values("organisation_id"))  # type: ignore[attr-defined]


class AcceptManyForm(AcceptForm):
    registration = forms.ModelMultipleChoiceField(
        label=_("Members"),
        queryset=ActivityRegistration.objects.none(),
        error_messages={"required": _("Choose at least one member.")},
    )

    def __init__(self, *args: Any, waiting: QuerySet[ActivityRegistration], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["registration"].queryset = waiting  # type: ignore[attr-defined]
