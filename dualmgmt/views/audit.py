"""The auditor's reading room: who did what, and when."""

from __future__ import annotations

import django_filters
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from branches.access import require_anywhere
from branches.permissions import Permission
from dualmgmt.models import AuditEvent

PER_PAGE = 50


class AuditFilter(django_filters.FilterSet):
    event = django_filters.CharFilter(label=_("Event"), lookup_expr="startswith")
    actor = django_filters.CharFilter(label=_("Person"), field_name="actor_name", lookup_expr="contains")
    day = django_filters.DateFilter(label=_("Day"), field_name="at", lookup_expr="date")

    class Meta:
        model = AuditEvent
        fields: list[str] = []


@require_safe
def audit_list(request: HttpRequest) -> HttpResponse:
    require_anywhere(request.user, Permission.AUDIT_VIEW)
    filters = AuditFilter(request.GET, queryset=AuditEvent.objects.order_by("-pk"))
    page = Paginator(filters.qs, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "audit_list.html", {"filters": filters, "page": page})
