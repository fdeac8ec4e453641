"""The form by which a branch is split."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from branches.enums import ChangeKind
from branches.forms.changes import ChangeForm
from branches.models import Organisation
from branches.plans import ChangePlan
from members.models import Member


class SplitForm(ChangeForm):
    """The new branch and who goes there; those not chosen stay."""

    kind = ChangeKind.SPLIT
    name = forms.CharField(label=_("Name of the new branch"), max_length=120)
    code = forms.SlugField(label=_("Code of the new branch"), max_length=40)
    short_code = forms.CharField(label=_("short code"), max_length=20, required=False)
    members = forms.ModelMultipleChoiceField(
        label=_("Who goes to the new branch"),
        queryset=Member.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one member who goes to the new branch.")},
    )
    field_order = ["name", "code", "short_code", "members"]

    def narrow(self) -> None:
        here = Member.objects.at_home_in(Organisation.objects.filter(pk=self.organisation.pk))
        self.fields["members"].queryset = here.order_by("name", "pk")  # type: ignore[attr-defined]

    def plan(self) -> ChangePlan:
        known: dict[str, Any] = {name: value for name, value in self.cleaned_data.items() if name != "members"}
        chosen = frozenset(member.pk for member in self.cleaned_data["members"])
        return ChangePlan(kind=self.kind, organisation=self.organisation, member_ids=chosen, **known)
