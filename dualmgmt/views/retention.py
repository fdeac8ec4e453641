"""How long what is kept, what is due, and what the last runs deleted."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from branches.access import require_anywhere
from branches.permissions import Permission
from dualmgmt import retention as job
from dualmgmt.lib import registry
from dualmgmt.models import RetentionRun

RECENT = 100


@require_safe
def retention(request: HttpRequest) -> HttpResponse:
    require_anywhere(request.user, Permission.RETENTION_VIEW)
    due = {one.kind: one for one in job.look()}
    kinds = [(kind, due.get(kind.kind)) for kind in registry.retentions.kinds.values()]
    titles = {kind.kind: kind.title for kind in registry.retentions.kinds.values()}
    runs = [(row, titles.get(row.kind, row.kind)) for row in RetentionRun.objects.all()[:RECENT]]
    return render(request, "retention.html", {"kinds": kinds, "runs": runs})
