"""Choosing an organisation among thousands: typed with suggestions, narrowed before it is bound."""

from __future__ import annotations

import unicodedata
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from branches.creditcode import validate_credit_code
from branches.models import Organisation, OrganisationQuerySet

SUGGESTIONS = 200


class OrganisationInput(forms.TextInput):
    """A text field with a ``<datalist>``: works by typing, by keyboard, without JavaScript."""

    template_name = "forms/organisation_input.html"
    queryset: OrganisationQuerySet = Organisation.objects.none()

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["attrs"]["list"] = f"{context['widget']['attrs'].get('id', name)}_list"
        context["suggestions"] = [label(row) for row in self.queryset[:SUGGESTIONS]]
        return context

    def format_value(self, value: Any) -> str | None:
        if isinstance(value, int):
            row = self.queryset.filter(pk=value).first()
            return label(row) if row else ""
        return label(value) if isinstance(value, Organisation) else super().format_value(value)


class CreditCodeField(forms.CharField):
    """A unified social credit code as people type it: small letters and full-width digits are put right."""

    default_validators = [validate_credit_code]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=40, **kwargs)  # of what is typed; the code itself has 18

    def to_python(self, value: Any) -> str:
        return unicodedata.normalize("NFKC", super().to_python(value) or "").replace(" ", "").upper()


def label(row: Organisation) -> str:
    return f"{row.name}（{row.code}）"


class OrganisationField(forms.CharField):
    """Cleans to an :class:`Organisation` out of ``queryset``: by code, by name, or as suggested.

    Whatever lies outside the queryset is an ordinary "not found".
    """

    widget = OrganisationInput
    default_error_messages = {
        "unknown": _("No organisation of this name or code is open to you here. Choose one of the suggestions."),
        "several": _("Several organisations have this name. Type the code instead."),
    }

    def __init__(self, *, queryset: OrganisationQuerySet | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.queryset = Organisation.objects.none() if queryset is None else queryset

    @property
    def queryset(self) -> OrganisationQuerySet:
        return self._queryset

    @queryset.setter
    def queryset(self, rows: OrganisationQuerySet) -> None:
        self._queryset = rows
        self.widget.queryset = rows

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        code = text.removesuffix("）").rpartition("（")[2].strip()
        found = list(self.queryset.filter(code=code)[:1]) or list(self.queryset.filter(name=text)[:2])
        if not found:
            raise forms.ValidationError(self.error_messages["unknown"], code="unknown")
        if len(found) > 1:
            raise forms.ValidationError(self.error_messages["several"], code="several")
        return found[0]
