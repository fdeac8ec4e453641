"""What the portal told me."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from dualmgmt.lib import notices
from dualmgmt.models import Notice

PER_PAGE = 25


@require_safe
def notice_list(request: HttpRequest) -> HttpResponse:
    rows = Notice.objects.filter(user=request.user).order_by("-created_at")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    lines = [(notice, notices.render(notice)) for notice in page]
    return render(request, "notices.html", {"page": page, "lines": lines})


@require_POST
def notice_read(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark as read and go where the notice leads."""
    notice = get_object_or_404(Notice, pk=pk, user=request.user)
    notices.mark_read(request.user, pk=notice.pk)
    return redirect(notice.url or "notice_list")


@require_POST
def notice_read_all(request: HttpRequest) -> HttpResponse:
    notices.mark_read(request.user)
    return redirect("notice_list")
