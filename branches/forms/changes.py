"""Forms of a change of the tree: each makes a :class:`ChangePlan`, nothing is written here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Case, Value, When
from django.utils.translation import gettext_lazy as _

from branches.enums import ChangeKind, Kind
from branches.forms.fields import OrganisationField
from branches.models import Organisation
from branches.permissions import Permission
from branches.plans import ChangePlan
from dualmgmt.lib.clock import today
from dualmgmt.lib.forms import DateInput

if TYPE_CHECKING:
    from members.models import User


class ChangeForm(forms.Form):
    """What every change has: its day, its document, its reason."""

    kind: ChangeKind
    effect_on = forms.DateField(label=_("Effect date"), widget=DateInput, initial=today)
    document_number = forms.CharField(
        label=_("Document number"), max_length=60, help_text=_("Of the decision, such as 芝工发〔2026〕12号.")
    )
    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)

    def __init__(self, *args: Any, user: User, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organisation = organisation
        self.scope = Organisation.objects.where(user, Permission.ORGANISATION_CHANGE).active()
        self.narrow()

    def narrow(self) -> None:
        """Narrow the choices to the user's scope, before anything is bound."""

    def plan(self) -> ChangePlan:
        known = {name: value for name, value in self.cleaned_data.items() if value is not None}
        return ChangePlan(kind=self.kind, organisation=self.organisation, **known)


class RenameForm(ChangeForm):
    kind = ChangeKind.RENAMED
    name = forms.CharField(label=_("New name"), max_length=120)
    short_code = forms.CharField(
        label=_("short code"),
        max_length=20,
        required=False,
        help_text=_("Stands in the numbers of letters and reports, such as 芝税 in 芝税介〔2026〕12号."),
    )
    field_order = ["name", "short_code"]

    def narrow(self) -> None:
        self.fields["name"].initial = self.organisation.name
        self.fields["short_code"].initial = self.organisation.short_code


class MoveForm(ChangeForm):
    kind = ChangeKind.MOVED
    parent = OrganisationField(label=_("New parent organisation"), help_text=_("Type the name or the code."))
    field_order = ["parent"]

    def narrow(self) -> None:
        below = self.scope.exclude(kind=Kind.BRANCH).exclude(path__startswith=self.organisation.path)
        self.fields["parent"].queryset = below  # type: ignore[attr-defined]


class MergeForm(ChangeForm):
    kind = ChangeKind.MERGED
    heir = OrganisationField(
        label=_("Merged into"), help_text=_("It takes over members, registrations, projects and claims.")
    )
    field_order = ["heir"]

    def narrow(self) -> None:
        rows = self.scope.exclude(path__startswith=self.organisation.path).filter(external=False)
        branch = self.organisation.kind == Kind.BRANCH
        rows = rows.filter(kind=Kind.BRANCH) if branch else rows.exclude(kind=Kind.BRANCH)
        self.fields["heir"].queryset = _siblings_first(rows, self.organisation)  # type: ignore[attr-defined]


class DissolveForm(ChangeForm):
    kind = ChangeKind.DISSOLVED
    heir = OrganisationField(
        label=_("Who takes over"),
        required=False,
        help_text=_("Needed where members, registrations, projects or claims are left."),
    )
    field_order = ["heir"]

    def narrow(self) -> None:
        rows = self.scope.exclude(path__startswith=self.organisation.path).filter(external=False)
        self.fields["heir"].queryset = _siblings_first(rows, self.organisation)  # type: ignore[attr-defined]


def _siblings_first(rows: Any, organisation: Organisation) -> Any:
    """Suggestions begin with the neighbours under the same parent."""
    parent = organisation.path[: -Organisation.steplen]
    far = Case(When(path__startswith=parent, then=Value(0)), default=Value(1))
    return rows.annotate(far=far).order_by("far", "path")


FORMS: dict[str, type[ChangeForm]] = {
    "rename": RenameForm,
    "move": MoveForm,
    "merge": MergeForm,
    "dissolve": DissolveForm,
}
