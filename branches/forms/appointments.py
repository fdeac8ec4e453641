"""Forms around appointments, narrowed to the offices and people of one's scope."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth import get_user_model
from django.utils.translation import gettext_lazy as _

from branches import rules
from branches.enums import Role
from branches.models import Organisation
from branches.permissions import ADMINISTRATOR_ROLES, DEPARTMENT_ROLES, OFFICE_ROLES
from dualmgmt.lib import registry
from dualmgmt.lib.clock import today
from dualmgmt.lib.forms import DateInput

if TYPE_CHECKING:
    pass

# Sent to units by a register of their own, not by an office here (domain.md §4.6).
SENT_PEOPLE = (Role.INSTRUCTOR, Role.LIAISON)


class PersonField(forms.CharField):
    """Somebody with an account: chosen from the suggestions, or by the exact user name.

    The answer to an unknown name is the same for everybody: nobody learns who has an account.
    """

    default_error_messages = {
        "unknown": _("Nobody with this user name can be appointed. Ask the person for the exact user name."),
    }

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        username = text.removesuffix("）").rpartition("（")[2].strip()
        user = get_user_model()._default_manager.filter(username=username, is_active=True).first()
        if user is None:
            raise forms.ValidationError(self.error_messages["unknown"], code="unknown")
        return user


class SuggestedPeople(forms.TextInput):
    template_name = "forms/organisation_input.html"
    people: list[Any] = []

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["attrs"]["list"] = f"{context['widget']['attrs'].get('id', name)}_list"
        context["suggestions"] = [f"{person}（{person.username}）" for person in self.people]
        return context


class _DatedForm(forms.Form):
    user = PersonField(
        label=_("Person"),
        widget=SuggestedPeople,
        help_text=_("Choose from the suggestions, or type the person's user name."),
    )
    starts_on = forms.DateField(label=_("from"), widget=DateInput, initial=today)
    ends_on = forms.DateField(
        label=_("to"), widget=DateInput, required=False, help_text=_("Leave open for a full term.")
    )
    acting = forms.BooleanField(label=_("Acting, while the post is vacant or its holder is away"), required=False)
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)
    document_number = forms.CharField(label=_("Document number"), max_length=60, required=False)

    def suggest(self, organisation: Organisation) -> None:
        self.fields["user"].widget.people = registry.candidates.at(organisation)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        starts, ends = cleaned.get("starts_on"), cleaned.get("ends_on")
        if starts and ends and ends < starts:
            self.add_error("ends_on", rules.ENDS_BEFORE_START)
        if cleaned.get("acting") and not ends:
            self.add_error("ends_on", rules.ACTING_NEEDS_END_AND_REASON)
        if cleaned.get("acting") and not (cleaned.get("reason") or "").strip():
            self.add_error("reason", rules.ACTING_NEEDS_END_AND_REASON)
        return cleaned


class ProposalForm(_DatedForm):
    """A new appointment at one organisation."""

    role = forms.ChoiceField(label=_("Role"))
    field_order = ["user", "role"]

    def __init__(self, *args: Any, organisation: Organisation, administrators: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offices = [role for role in OFFICE_ROLES if role not in SENT_PEOPLE]
        if not rules.has_department(organisation):
            offices = [role for role in offices if role not in DEPARTMENT_ROLES]
        if administrators:
            offices = [role for role in Role if role in ADMINISTRATOR_ROLES]
            del self.fields["acting"]
        self.fields["role"].choices = [(role.value, role.label) for role in offices]  # type: ignore[attr-defined]
        self.suggest(organisation)


class HandOverForm(_DatedForm):
    """Who takes the office over, and from when."""

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].label = _("Who takes the office over")
        self.suggest(organisation)


class EndForm(forms.Form):
    last_day = forms.DateField(label=_("Last day"), widget=DateInput, initial=today)
    reason = forms.CharField(label=_("Reason"), max_length=200)
    parent_acts = forms.BooleanField(label=_("The committee above acts until a successor is appointed"), required=False)

    def __init__(self, *args: Any, asks_what_follows: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_what_follows:
            del self.fields["parent_acts"]
