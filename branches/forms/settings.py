"""Forms of units and exceptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from branches.enums import RULES_WITH_EXCEPTIONS, BranchRule
from branches.forms.fields import CreditCodeField
from branches.models import Division, Unit
from dualmgmt.lib.forms import DateInput

if TYPE_CHECKING:
    from collections.abc import Iterable

    from branches.models import DivisionQuerySet


class DivisionField(forms.CharField):
    """A division in force by its code, out of ``queryset`` where there is one."""

    default_error_messages = {"unknown": _("There is no division of this code in force.")}
    queryset: DivisionQuerySet | None = None

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, int):
            return Division.objects.filter(pk=value).values_list("code", flat=True).first()
        return value

    def clean(self, value: Any) -> Any:
        code = super().clean(value)
        if not code:
            return None
        rows = Division.objects.in_force() if self.queryset is None else self.queryset
        division = rows.filter(code=code.strip()).first()
        if division is None:
            raise forms.ValidationError(self.error_messages["unknown"], code="unknown")
        return division


class UnitForm(forms.ModelForm[Unit]):
    division = DivisionField(label=_("Division code"), required=False, help_text=_("Such as 370602001."))
    credit_code = CreditCodeField(
        label=_("Unified social credit code"),
        required=False,
        help_text=_("18 characters; grass-roots branches have none of their own, it belongs to the unit."),
    )

    class Meta:
        model = Unit
        fields = ["name", "credit_code", "sector", "division", "headcount"]
        labels = {"name": _("Name of the unit")}

    def __init__(self, *args: Any, area: DivisionQuerySet, **kwargs: Any) -> None:
        """*area* is where one may put a unit; one that lies elsewhere may stay there."""
        super().__init__(*args, **kwargs)
        field = self.fields["division"]
        assert isinstance(field, DivisionField)
        field.queryset = area | Division.objects.in_force().filter(pk=self.instance.division_id or 0)
        field.error_messages["unknown"] = _("There is no division of this code in your area.")
        field.required = self.instance.pk is None

    def clean_credit_code(self) -> str | None:
        return self.cleaned_data["credit_code"] or None


class ExceptionForm(forms.Form):
    rule = forms.ChoiceField(label=_("Rule"))
    ends_on = forms.DateField(label=_("Valid until"), widget=DateInput)
    document_number = forms.CharField(label=_("Document number"), max_length=60)
    reason = forms.CharField(label=_("Reason"), max_length=300)

    def __init__(self, *args: Any, broken: Iterable[str] = (), **kwargs: Any) -> None:
        """*broken* are the rules not met just now; they stand first."""
        super().__init__(*args, **kwargs)
        first = set(broken)
        choices = sorted(RULES_WITH_EXCEPTIONS, key=lambda rule: rule not in first)
        self.fields["rule"].choices = [(rule.value, BranchRule(rule).label) for rule in choices]  # type: ignore[attr-defined]
