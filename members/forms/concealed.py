"""Personal fields in forms that others than the person fill in: what is stored is never sent to the browser."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext as _


def conceal(form: forms.BaseForm, stored: dict[str, tuple[str, str]]) -> None:
    """Show *stored* fields empty: name → (value, mask). An empty answer keeps the value (:func:`kept`)."""
    for name, (value, mask) in stored.items():
        if not value:
            continue
        field = form.fields[name]
        form.initial[name] = ""
        field.required = False
        field.widget.attrs["autocomplete"] = "off"
        words = _("On record: %(mask)s. Type it anew to change it; leave it empty to keep it.")
        field.help_text = words % {"mask": mask}


def kept(form: forms.BaseForm, name: str, stored: str) -> str:
    """What was typed, or *stored* where nothing was."""
    return form.cleaned_data[name] or stored
