"""Dashboard pages: the tree in figures, and the records behind a figure."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from branches import access, queries
from branches.figures import Figure, Span, value_of
from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt.lib.clock import today
from dualmgmt.lib.forms import DateInput
from evaluations.dashboard.figures import BOARD, FIGURES, RATES

PER_PAGE = 50

# Where the shared pages of figures lead to.
LINKS = {"node_url": "dashboard_node", "records_url": "dashboard_records"}


class SpanForm(forms.Form):
    """The time the dashboard looks at; a year back from today unless chosen."""

    first = forms.DateField(label=_("From"), required=False, widget=DateInput)
    last = forms.DateField(label=_("To"), required=False, widget=DateInput)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and last < first:
            self.add_error("last", _("The last day is before the first day."))
        return cleaned

    def span(self) -> Span:
        chosen = self.cleaned_data if self.is_valid() else {}
        last: date = chosen.get("last") or today()
        start = last.replace(year=last.year - 1, day=min(last.day, 28))
        return Span(chosen.get("first") or start, last)


@require_safe
def dashboard(request: HttpRequest, code: str = "") -> HttpResponse:
    organisation = access.get_node(request.user, code, Permission.DASHBOARD_VIEW)
    form = SpanForm(request.GET)
    span = form.span()
    lines = BOARD.table(organisation, span)
    scope = Organisation.objects.where(request.user, Permission.DASHBOARD_VIEW)
    above = scope.filter(pk__in=[node.pk for node in queries.ancestors(organisation)])
    context = {
        "organisation": organisation,
        "ancestors": above,
        "form": form,
        "span": span,
        "figures": list(FIGURES.values()),
        "lines": lines,
        "rates": RATES,
        "total": BOARD.total(organisation, lines),
        **LINKS,
        "chart": {
            "names": [line.organisation.name for line in lines],
            "rates": [
                None if share is None else float(share) for share in (line.rates["registration"] for line in lines)
            ],
        },
    }
    return render(request, "evaluations/dashboard.html", context)


# Which columns of a record may be shown to somebody who sees figures but no rosters: never a person's name.
COLUMNS: dict[str, list[tuple[Any, str]]] = {
    "expected": [(_("Home branch"), "organisation"), (_("Member since"), "started_on")],
    "registered": [(_("Home branch"), "organisation"), (_("Member since"), "started_on")],
    "received": [
        (_("Receiving organisation"), "organisation"),
        (_("Home branch"), "home_branch"),
        (_("Accepted on"), "accepted_on"),
    ],
    "needs": [
        (_("Community"), "organisation"),
        (_("Category"), "category"),
        (_("State"), "get_state_display"),
        (_("Reported on"), "created_at"),
    ],
    "projects": [
        (_("Project"), "title"),
        (_("Publisher"), "organisation"),
        (_("Category"), "category"),
        (_("State"), "get_state_display"),
        (_("Published on"), "published_at"),
    ],
    "claims": [
        (_("Project"), "project"),
        (_("Publisher"), "project.organisation"),
        (_("Branch"), "branch"),
        (_("Places"), "places"),
        (_("State"), "get_state_display"),
        (_("Claimed on"), "claimed_at"),
    ],
    "hours": [
        (_("Project"), "claim.project"),
        (_("Publisher"), "claim.project.organisation"),
        (_("Service date"), "service_date"),
        (_("Hours"), "verified_hours"),
    ],
    "reports": [
        (_("Report"), "number"),
        (_("Addressee"), "organisation"),
        (_("Period"), "period"),
        (_("Read at"), "read_at"),
        (_("Answered at"), "acknowledged_at"),
    ],
}
COLUMNS["read"] = COLUMNS["answered"] = COLUMNS["reports"]


RELATED: dict[str, tuple[str, ...]] = {
    "expected": ("organisation",),
    "registered": ("organisation",),
    "received": ("organisation", "home_branch"),
    "needs": ("organisation", "category"),
    "projects": ("organisation", "category"),
    "claims": ("project__organisation", "branch"),
    "hours": ("claim__project__organisation",),
    "reports": ("organisation", "period"),
    "read": ("organisation", "period"),
    "answered": ("organisation", "period"),
}


@require_safe
def dashboard_records(request: HttpRequest, code: str, figure: str) -> HttpResponse:
    """The records behind one figure, without persons' names; their number is the figure."""
    organisation = access.get_node(request.user, code, Permission.DASHBOARD_VIEW)
    chosen: Figure | None = FIGURES.get(figure)
    if chosen is None:
        raise Http404
    form = SpanForm(request.GET)
    span = form.span()
    rows = chosen.within(organisation, span)
    columns = COLUMNS[figure]
    page = Paginator(rows.select_related(*RELATED[figure]).order_by("-pk"), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "organisation": organisation,
        "figure": chosen,
        "amount": chosen.sum(organisation, span),
        "span": span,
        "form": form,
        "page": page,
        "columns": [label for label, _name in columns],
        "lines": [[(label, value_of(row, name)) for label, name in columns] for row in page],
    }
    return render(request, "components/board_records.html", {**context, **LINKS})
