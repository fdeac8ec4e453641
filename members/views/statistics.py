"""Statistics of reporting in: the tree in figures, the records behind a figure, the same table as a spreadsheet."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from branches import access, queries
from branches.figures import Span, value_of
from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt.lib import sheets
from dualmgmt.lib.clock import today
from dualmgmt.lib.forms import DateInput
from members import statistics
from members.statistics import FIGURES, RATES, Line

PER_PAGE = 50


class DayForm(forms.Form):
    """The day that the figures are of; today unless chosen."""

    day = forms.DateField(label=gettext_lazy("As of"), required=False, widget=DateInput)

    def clean_day(self) -> Any:
        day = self.cleaned_data["day"]
        if day and day > today():
            raise forms.ValidationError(gettext_lazy("The day lies in the future."), "future")
        return day

    def span(self) -> Span:
        chosen = self.cleaned_data if self.is_valid() else {}
        return statistics.year_until(chosen.get("day") or today())


def _node(request: HttpRequest, code: str) -> Organisation:
    """The organisation to show: the one named, or the highest one in scope."""
    scope = Organisation.objects.where(request.user, Permission.DASHBOARD_VIEW)
    if code:
        return access.fetch(scope, code=code)
    access.require_anywhere(request.user, Permission.DASHBOARD_VIEW)
    top = scope.order_by("depth", "path").first()
    if top is None:
        raise Http404
    return top


@require_safe
def registration_statistics(request: HttpRequest, code: str = "") -> HttpResponse:
    organisation = _node(request, code)
    form = DayForm(request.GET)
    span = form.span()
    lines = statistics.table(organisation, span)
    scope = Organisation.objects.where(request.user, Permission.DASHBOARD_VIEW)
    context = {
        "organisation": organisation,
        "ancestors": scope.filter(pk__in=[node.pk for node in queries.ancestors(organisation)]),
        "form": form,
        "span": span,
        "figures": list(FIGURES.values()),
        "rates": [(key, label, definition) for key, (label, definition, _part, _whole) in RATES.items()],
        "lines": lines,
        "total": statistics.total(organisation, lines),
    }
    return render(request, "members/statistics.html", context)


def _cells(line: Line, name: str) -> list[Any]:
    return [name, *(line.figures[key] for key in FIGURES), *line.rates.values()]


@require_safe
def registration_statistics_export(request: HttpRequest, code: str) -> FileResponse:
    """The table of the page, line by line, and what its columns mean on a second sheet."""
    organisation = _node(request, code)
    span = DayForm(request.GET).span()
    lines = statistics.table(organisation, span)
    rates = [f"{label} (%)" for label, *_rest in RATES.values()]
    header = [_("Organisation"), *(str(figure.label) for figure in FIGURES.values()), *rates]
    own = _("The organisation itself")
    rows = [_cells(line, own if line.is_self else line.organisation.name) for line in lines]
    rows.append(_cells(statistics.total(organisation, lines), _("Total")))
    meanings: list[list[Any]] = [[str(figure.label), str(figure.definition)] for figure in FIGURES.values()]
    meanings += [[str(label), str(definition)] for label, definition, _part, _whole in RATES.values()]
    meanings.append([_("As of"), span.last])
    title = _("Statistics of reporting in")
    book = [
        sheets.Sheet(title, header, rows),
        sheets.Sheet(_("What the figures mean"), [_("Figure"), _("Definition")], meanings),
    ]
    return sheets.download_book(request, title, book, personal=False)


@require_safe
def registration_statistics_records(request: HttpRequest, code: str, figure: str) -> HttpResponse:
    """The records behind one figure, without persons' names; their number is the figure."""
    organisation = _node(request, code)
    chosen = FIGURES.get(figure)
    if chosen is None:
        raise Http404
    form = DayForm(request.GET)
    span = form.span()
    rows = chosen.within(organisation, span).select_related(*chosen.related).order_by(chosen.path, "pk")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "organisation": organisation,
        "figure": chosen,
        "amount": chosen.sum(organisation, span),
        "span": span,
        "form": form,
        "page": page,
        "columns": [label for label, _name in chosen.columns],
        "lines": [[(label, value_of(row, name)) for label, name in chosen.columns] for row in page],
    }
    return render(request, "members/statistics_records.html", context)
