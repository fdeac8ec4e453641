"""Forms about a letter that is out: voiding it, issuing another one in its place."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from members.forms.registrations import IssueForm, ReasonForm


class VoidForm(ReasonForm):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The member reads it; it stays in the stub register."),
    )


class ReissueForm(IssueForm, VoidForm):
    field_order = ["reason", "valid_days", "paper"]
