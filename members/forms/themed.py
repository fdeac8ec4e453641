"""Forms around branches for activities: set one up, move members between them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from branches.enums import ACTIVITY_ONLY_SETTINGS, Setting
from branches.models import Organisation
from dualmgmt.lib.denied import ActionDenied
from members.queries import placed, placements
from members.rules import check_founding

if TYPE_CHECKING:
    from members.models import ActivityRegistration

# So many are offered with a tick each; whoever has more fills the branch from the list of members.
OFFERED = 200


class PersonChoice(forms.ModelMultipleChoiceField):
    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, obj: ActivityRegistration) -> str:
        return f"{obj.member.name}（{obj.home_branch.name}）"


class ThemedBranchForm(forms.Form):
    """One page: what the branch is called, what it is for, who is in it from the first day."""

    name = forms.CharField(label=_("Name"), max_length=120)
    setting = forms.ChoiceField(label=_("Setting"))
    theme = forms.CharField(label=_("Theme"), max_length=60, help_text=_("A trade, a hobby or a task."))
    purpose = forms.CharField(
        label=pgettext_lazy("of a branch", "Purpose"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("What the branch does for the people here."),
    )
    first_members = PersonChoice(
        label=_("First members"),
        queryset=None,
        required=False,
        help_text=_("From those registered here. Their organisational relations stay with their home branches."),
    )

    def __init__(self, *args: Any, receiver: Organisation, may_place: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.receiver = receiver
        settings = [setting for setting in Setting if setting in ACTIVITY_ONLY_SETTINGS]
        order = (Setting.THEMED, Setting.MIXED, Setting.FUNCTIONAL)
        self.fields["setting"].choices = [  # type: ignore[attr-defined]
            (setting.value, setting.label) for setting in sorted(settings, key=order.index)
        ]
        everybody = placed(receiver).filter(organisation=receiver)
        self.fields["first_members"].queryset = everybody  # type: ignore[attr-defined]
        if not may_place or len(everybody[: OFFERED + 1].values_list("pk")) > OFFERED:
            del self.fields["first_members"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("name") and cleaned.get("setting"):
            try:
                check_founding(self.receiver, cleaned["name"].strip(), cleaned["setting"])
            except ActionDenied as denied:
                self.add_error("name" if denied.code == "branch_name_taken" else None, str(denied))
        return cleaned


class SeenField(forms.MultipleChoiceField):
    """``12-34``: a registration and the branch in which it stood on the page; whose it is the action asks."""

    def valid_value(self, value: str) -> bool:
        return re.fullmatch(r"[0-9]{1,15}-[0-9]{0,15}", value) is not None


class MoveForm(forms.Form):
    """Members ticked on a list of *receiver*'s, where they go, and why."""

    chosen = SeenField(label=_("Members"), error_messages={"required": _("Choose at least one member.")})
    target = forms.ModelChoiceField(
        label=_("Move to"), queryset=Organisation.objects.none(), empty_label=_("Please choose")
    )
    reason = forms.CharField(label=_("Reason"), max_length=200, help_text=_("The member reads it."))

    def __init__(self, *args: Any, receiver: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["target"].queryset = placements(receiver)  # type: ignore[attr-defined]

    def clean_chosen(self) -> dict[int, int | None]:
        pairs = [value.split("-") for value in self.cleaned_data["chosen"]]
        return {int(pk): int(place) if place else None for pk, place in pairs}
