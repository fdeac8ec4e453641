"""All components of the design system on one page; DEBUG only."""

from __future__ import annotations

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from dualmgmt.lib.clock import today
from dualmgmt.lib.forms import DateInput
from dualmgmt.lib.registry import Todo
from dualmgmt.templatetags.portal import TONES


class SampleForm(forms.Form):
    """One field of each kind, one of them wrong."""

    name = forms.CharField(
        label=_("Name"), help_text=_("Facts, not adjectives: when, where, what happened, who saw it.")
    )
    day = forms.DateField(label=_("Date"), widget=DateInput, required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=[("a", _("One-off")), ("b", _("Recurring"))])
    skills = forms.MultipleChoiceField(
        label=_("Skills"), choices=[("a", "法律"), ("b", "医疗")], widget=forms.CheckboxSelectMultiple, required=False
    )
    minors = forms.BooleanField(label=_("involves minors"), required=False)


@login_not_required
def styleguide(request: HttpRequest) -> HttpResponse:
    names, values = ["向阳街道", "东山街道", "毓璜顶街道"], [95.2, 88.0, 61.5]
    context = {
        "form": SampleForm({"name": "", "kind": "a"}),
        "pills": [(state, state) for states in TONES.values() for state in sorted(states)],
        "todos": [
            Todo(_("Issue introduction letters"), "#", 3, due=today(), late=True),
            Todo(_("Verify service records"), "#", 12, due=today()),
        ],
        "page": Paginator(range(468), 25).get_page(2),
        "chart": {"names": names, "values": values, "rows": list(zip(names, values, strict=True))},
    }
    return render(request, "styleguide.html", context)
