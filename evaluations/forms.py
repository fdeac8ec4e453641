"""Forms of periods, feedback and guidance."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dualmgmt.lib.clock import today
from dualmgmt.lib.forms import DateInput
from evaluations import calendar
from evaluations.enums import GuidanceKind, PeriodKind


class PeriodForm(forms.Form):
    """A new period; its deadlines follow from the last day."""

    code = forms.SlugField(label=_("Code"), max_length=20, help_text=_("Such as 2026Q4; stands in addresses."))
    name = forms.CharField(label=_("Name"), max_length=50)
    kind = forms.ChoiceField(label=_("Kind"), choices=PeriodKind.choices)
    starts_on = forms.DateField(label=_("From"), widget=DateInput)
    ends_on = forms.DateField(label=_("To"), widget=DateInput)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        starts, ends = cleaned.get("starts_on"), cleaned.get("ends_on")
        if starts and ends and ends <= starts:
            self.add_error("ends_on", _("The end has to come after the start."))
        return cleaned

    def fields_of_period(self) -> dict[str, Any]:
        return {**self.cleaned_data, **vars(calendar.steps(self.cleaned_data["ends_on"]))}


class NarrativeForm(forms.Form):
    narrative = forms.CharField(
        label=_("What the receiving organisation adds"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Facts, not adjectives: when, where, what happened, who saw it. You may leave it empty."),
    )


class StatementForm(forms.Form):
    statement = forms.CharField(
        label=_("My statement"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Stands beside the receiving organisation's words and is never changed. Leave it empty to agree."),
    )


class GuidanceForm(forms.Form):
    member = forms.TypedChoiceField(label=_("Member"), coerce=int)
    kind = forms.ChoiceField(label=_("Kind"), choices=GuidanceKind.choices)
    held_on = forms.DateField(label=_("Date"), widget=DateInput)
    text = forms.CharField(
        label=_("What was said or agreed"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, members: dict[int, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["member"].choices = list(members.items())  # type: ignore[attr-defined]
        self.fields["held_on"].initial = today
