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
from branches.figures import Line, Span, value_of
from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt.lib import sheets
from dualmgmt.lib.clock import today
from dualmgmt.lib.forms import DateInput
from members import statistics
from members.statistics import BOARD, FIGURES, RATES

PER_PAGE = 50
# Where the shared pages of figures lead to.
LINKS = {"node_url": "registration_statistics_node", "records_url": "registration_statistics_records"}


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


@require_safe
def registration_statistics(request: HttpRequest, code: str = "") -> HttpResponse:
    organisation = access.get_node(request.user, code, Permission.DASHBOARD_VIEW)
    form = DayForm(request.GET)
    span = form.span()
    lines = BOARD.table(organisation, span)
    scope = Organisation.objects.where(request.user, Permission.DASHBOARD_VIEW)
    context = {
        "organisation": organisation,
        "ancestors": scope.filter(pk__in=[node.pk for node in queries.ancestors(organisation)]),
        "form": form,
        "span": span,
        "figures": list(FIGURES.values()),
        "rates": RATES,
        "lines": lines,
        "total": BOARD.total(organisation, lines),
        **LINKS,
    }
    return render(request, "members/statistics.html", context)


def _cells(line: Line, name: str) -> list[Any]:
    return [name, *(line.figures[key] for key in FIGURES), *line.rates.values()]


@require_safe
def registration_statistics_export(request: HttpRequest, code: str) -> FileResponse:
    """The table of the page, line by line, and what its columns mean on a second sheet."""
    organisation = access.get_node(request.user, code, Permission.DASHBOARD_VIEW)
    span = DayForm(request.GET).span()
    lines = BOARD.table(organisation, span)
    rates = [f"{rate.label} (%)" for rate in RATES]
    header = [_("Organisation"), *(str(figure.label) for figure in FIGURES.values()), *rates]
    own = _("The organisation itself")
    rows = [_cells(line, own if line.is_self else line.organisation.name) for line in lines]
    rows.append(_cells(BOARD.total(organisation, lines), _("Total")))
    meanings: list[list[Any]] = [[str(figure.label), str(figure.definition)] for figure in FIGURES.values()]
    meanings += [[str(rate.label), str(rate.definition)] for rate in RATES]
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
    organisation = access.get_node(request.user, code, Permission.DASHBOARD_VIEW)
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
    return render(request, "components/board_records.html", {**context, **LINKS, "as_of": True})
