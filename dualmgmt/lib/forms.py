"""How every form of the portal is drawn: one field template, Bootstrap's control classes."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.forms.renderers import TemplatesSetting
from django.utils.translation import gettext_lazy as _

from dualmgmt.lib.clock import today

CONTROL_CLASSES: list[tuple[type[forms.Widget], str]] = [
    (forms.CheckboxSelectMultiple, ""),
    (forms.RadioSelect, ""),
    (forms.CheckboxInput, "form-check-input"),
    (forms.Select, "form-select"),
    (forms.HiddenInput, ""),
    (forms.Widget, "form-control"),
]


class PortalBoundField(BoundField):
    """Adds the control's class, so that third-party forms look like ours."""

    def build_widget_attrs(self, attrs: dict[str, Any], widget: forms.Widget | None = None) -> dict[str, Any]:
        attrs = super().build_widget_attrs(attrs, widget)
        widget = widget or self.field.widget
        css = next(css for kind, css in CONTROL_CLASSES if isinstance(widget, kind))
        if self.errors:
            css = f"{css} is-invalid".strip()
        if widget.attrs.get("placeholder"):
            attrs["placeholder"] = False  # it would look like something typed already; the label says it
        if css:
            attrs["class"] = f"{widget.attrs.get('class', '')} {css}".strip()
        return attrs


class PortalRenderer(TemplatesSetting):
    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"
    bound_field_class = PortalBoundField


class DateInput(forms.DateInput):
    """The browser's own date picker, which wants ISO dates."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class DateTimeInput(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%dT%H:%M")


class SpanForm(forms.Form):
    """From one day to another, both included."""

    first = forms.DateField(label=_("From"), widget=DateInput)
    last = forms.DateField(label=_("To"), widget=DateInput)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        if "first" in cleaned and "last" in cleaned and cleaned["last"] < cleaned["first"]:
            self.add_error("last", _("This day is before the first one."))
        return cleaned

    @staticmethod
    def this_year() -> tuple[dt.date, dt.date]:
        return today().replace(month=1, day=1), today()
