"""The auditor's reading room: who did what, in which capacity, from where, and when."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from branches.access import fetch, require_anywhere
from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt import auditwords
from dualmgmt.lib import sheets
from dualmgmt.lib.forms import DateInput
from dualmgmt.models import AuditEvent

PER_PAGE = 50
# More than this in one file is for a query on the database, not for a spreadsheet.
EXPORT_ROWS = 50_000


class AuditFilter(django_filters.FilterSet):
    group = django_filters.ChoiceFilter(
        label=gettext_lazy("Kind of event"),
        choices=list(auditwords.GROUPS.items()),
        empty_label=gettext_lazy("All"),
        method="by_group",
    )
    actor = django_filters.CharFilter(label=gettext_lazy("Person"), field_name="actor_name", lookup_expr="contains")
    organisation = django_filters.CharFilter(label=gettext_lazy("Organisation"), method="by_organisation")
    subject = django_filters.CharFilter(label=gettext_lazy("Number of the row"), field_name="subject_id")
    address = django_filters.CharFilter(label=gettext_lazy("Network address"), lookup_expr="startswith")
    since = django_filters.DateFilter(
        label=gettext_lazy("From day"), field_name="at", lookup_expr="date__gte", widget=DateInput
    )
    until = django_filters.DateFilter(
        label=gettext_lazy("To day"), field_name="at", lookup_expr="date__lte", widget=DateInput
    )

    class Meta:
        model = AuditEvent
        fields: list[str] = []

    def by_group(self, rows: QuerySet[AuditEvent], name: str, value: str) -> QuerySet[AuditEvent]:
        return rows.filter(event__startswith=f"{value}.")

    def by_organisation(self, rows: QuerySet[AuditEvent], name: str, value: str) -> QuerySet[AuditEvent]:
        """The organisation of this name or code, and everything below it as the tree stands today."""
        text = value.strip()
        found = Organisation.objects.filter(Q(code=text) | Q(name=text))[:1]
        if not found:
            return rows.none()
        return rows.filter(organisation_id__in=Organisation.objects.below(*found).values("pk"))


def _filtered(request: HttpRequest) -> AuditFilter:
    require_anywhere(request.user, Permission.AUDIT_VIEW)
    return AuditFilter(request.GET, queryset=AuditEvent.objects.order_by("-pk"))


@require_safe
def audit_list(request: HttpRequest) -> HttpResponse:
    """Newest first; older pages by key, so that the millionth row costs no more than the first."""
    filters = _filtered(request)
    rows = filters.qs
    before = request.GET.get("before", "")
    if before.isdecimal():
        rows = rows.filter(pk__lt=int(before[:18]))
    found = list(rows[: PER_PAGE + 1])
    older = request.GET.copy()
    if len(found) > PER_PAGE:
        older["before"] = str(found[PER_PAGE - 1].pk)
    context = {
        "filters": filters,
        "events": [(row, auditwords.sentence(row), auditwords.subject(row)) for row in found[:PER_PAGE]],
        "older": older.urlencode() if len(found) > PER_PAGE else "",
        "newest": before == "",
    }
    return render(request, "audit_list.html", context)


@require_safe
def audit_detail(request: HttpRequest, pk: int) -> HttpResponse:
    require_anywhere(request.user, Permission.AUDIT_VIEW)
    row = fetch(AuditEvent.objects.all(), pk=pk)
    context = {
        "event": row,
        "sentence": auditwords.sentence(row),
        "subject": auditwords.subject(row),
        "details": list(auditwords.details(row)),
    }
    return render(request, "audit_detail.html", context)


@require_safe
def audit_export(request: HttpRequest) -> FileResponse:
    """What is filtered, newest first; the export is on record itself."""
    header = [
        _("Time"), _("Person"), _("Capacity"), _("Network address"), _("Event"), _("Subject"), _("Details"),
    ]  # fmt: skip
    return sheets.download(request, _("Audit log"), header, _lines(_filtered(request).qs[:EXPORT_ROWS]))


def _lines(rows: QuerySet[AuditEvent]) -> Iterator[list[Any]]:
    for row in rows.iterator(chunk_size=2000):
        words = "；".join(f"{label}：{value}" for label, value in auditwords.details(row))
        yield [
            timezone.localtime(row.at).strftime("%Y-%m-%d %H:%M:%S"),
            row.actor_name,
            row.capacity,
            row.address,
            auditwords.sentence(row),
            auditwords.subject(row),
            words,
        ]
