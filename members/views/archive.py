"""The member archive 党员档案库 of a receiving organisation, as page and as spreadsheet."""

from __future__ import annotations

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from branches.access import require_anywhere
from branches.permissions import Permission
from dualmgmt.lib import sheets
from dualmgmt.lib.pages import LongPaginator
from members.archive import ArchiveFilter, cells, in_order, received_by

PER_PAGE = 25


def filtered_archive(request: HttpRequest) -> ArchiveFilter:
    """Who is registered with one's organisations, as narrowed by the filter; paper and contact sheet take it too."""
    require_anywhere(request.user, Permission.REGISTRATION_VIEW)
    return ArchiveFilter(request.GET, queryset=received_by(request.user), user=request.user)


@require_safe
def archive(request: HttpRequest) -> HttpResponse:
    filters = filtered_archive(request)
    page = LongPaginator(in_order(filters), PER_PAGE).get_page(request.GET.get("page"))  # type: ignore[arg-type]
    return render(request, "members/archive.html", {"filters": filters, "page": page})


@require_safe
def archive_export(request: HttpRequest) -> FileResponse:
    """Exactly what is filtered, in the same order, without ID numbers, phones and addresses."""
    header = [
        _("Name"),
        _("Sex"),
        _("Kind of member"),
        _("Receiving organisation"),
        _("Placed in"),
        _("Home branch"),
        _("Employer"),
        _("Skills"),
        _("Registered on"),
        _("Left on"),
    ]
    rows = in_order(filtered_archive(request)).iterator(chunk_size=1000)
    lines = ([*cells(row), row.closed_on] for row in rows)
    return sheets.download(request, _("Member archive"), header, lines)
