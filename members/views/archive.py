"""The member archive 党员档案库 of a receiving organisation, as page and as spreadsheet."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from branches.access import require_anywhere
from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt.lib import sheets
from members.filters import ArchiveFilter
from members.models import ActivityRegistration

PER_PAGE = 25


def filtered_archive(request: HttpRequest) -> ArchiveFilter:
    """Who is registered with one's organisations, as narrowed by the filter."""
    require_anywhere(request.user, Permission.REGISTRATION_VIEW)
    receivers = Organisation.objects.where(request.user, Permission.REGISTRATION_VIEW)
    rows = ActivityRegistration.objects.registered().filter(organisation__in=receivers)
    rows = rows.select_related("member", "organisation", "placement", "home_branch")
    rows = rows.prefetch_related("member__skills").order_by("organisation__path", "member__name", "pk")
    return ArchiveFilter(request.GET, queryset=rows, user=request.user)


@require_safe
def archive(request: HttpRequest) -> HttpResponse:
    filters = filtered_archive(request)
    page = Paginator(filters.qs, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "members/archive.html", {"filters": filters, "page": page})


@require_safe
def archive_export(request: HttpRequest) -> FileResponse:
    """Exactly what is filtered, without ID numbers, phones and addresses."""
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
    ]
    lines = (
        [
            row.member.name,
            row.member.get_sex_display(),
            row.member.get_kind_display(),
            row.organisation.name,
            str(row.placement or ""),
            row.home_branch.name,
            row.member.work_unit,
            "、".join(skill.name for skill in row.member.skills.all()),
            row.accepted_on,
        ]
        for row in filtered_archive(request).qs.iterator(chunk_size=1000)
    )
    return sheets.download(request, _("Member archive"), header, lines)
