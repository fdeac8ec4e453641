"""Pages of needs: for residents without an account, and for the community."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.access import may, require_anywhere
from branches.permissions import Permission
from dualmgmt.lib import drafts, throttle
from dualmgmt.lib.actors import SYSTEM
from dualmgmt.lib.pages import attempt, complain
from projects import access, forms
from projects.actions import needs
from projects.enums import PUBLIC_PROJECT_STATES, NeedState
from projects.filters import NeedFilter
from projects.models import Need

PER_PAGE = 25


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def need_new(request: HttpRequest) -> HttpResponse:
    """A resident reports a need."""
    form = forms.PublicNeedForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if not throttle.allowed(request, "need", limit=10, seconds=3600):
            form.add_error(None, _("Too many reports from this connection. Please try again in an hour."))
        else:
            need = needs.report(by=SYSTEM, **form.fields_of_need())
            request.session["tracking_code"] = need.tracking_code
            return redirect("need_reported")
    return render(request, "projects/need_new.html", {"form": form})


@login_not_required
@require_safe
def need_reported(request: HttpRequest) -> HttpResponse:
    """The tracking code, for the browser that has just reported."""
    code = request.session.get("tracking_code")
    if not code:
        return redirect("need_new")
    return render(request, "projects/need_reported.html", {"code": code})


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def need_track(request: HttpRequest) -> HttpResponse:
    """Follow a need by its code; POST, so that no code stands in a log or history."""
    form = forms.TrackForm(request.POST or None)
    need = None
    if request.method == "POST" and form.is_valid():
        if not throttle.allowed(request, "track", limit=20, seconds=600):
            form.add_error(None, _("Too many tries from this connection. Please try again in ten minutes."))
        else:
            found = Need.objects.select_related("organisation", "category")
            need = found.filter(tracking_code=form.cleaned_data["code"]).first()
            if need is None:
                form.add_error("code", _("No need has this code. Compare it with your note."))
    projects = need.projects.filter(state__in=PUBLIC_PROJECT_STATES) if need else []
    return render(request, "projects/need_track.html", {"form": form, "need": need, "projects": projects})


@require_safe
def need_list(request: HttpRequest) -> HttpResponse:
    require_anywhere(request.user, Permission.NEED_VIEW)
    rows = Need.objects.visible_to(request.user).select_related("organisation", "category")
    waiting = bool(request.GET.get("waiting"))
    if waiting:
        rows = rows.filter(state__in=[NeedState.COLLECTED, NeedState.VERIFIED])
    filters = NeedFilter(request.GET, queryset=rows.order_by("-created_at"))
    page = Paginator(filters.qs, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "projects/need_list.html", {"filters": filters, "page": page, "waiting": waiting})


@require_http_methods(["GET", "HEAD", "POST"])
def need_enter(request: HttpRequest) -> HttpResponse:
    """Staff write down what a resident said."""
    require_anywhere(request.user, Permission.NEED_HANDLE)
    form = forms.StaffNeedForm(request.POST or None, user=request.user)
    draft = drafts.opened(request, "need_enter", form)
    if request.method == "POST" and form.is_valid():
        need = needs.report(by=request.user, **form.fields_of_need())
        draft.sent()
        messages.success(
            request, _("The need has been written down. Tracking code: %(code)s") % {"code": need.tracking_code}
        )
        return redirect("need_detail", need.pk)
    return render(request, "projects/need_enter.html", {"form": form, "draft": draft})


@require_safe
def need_detail(request: HttpRequest, pk: int) -> HttpResponse:
    need = access.get_need(request.user, pk)
    handles = may(request.user, Permission.NEED_HANDLE, need.organisation)
    context = {
        "need": need,
        "handles": handles,
        "waits": need.state in (NeedState.COLLECTED, NeedState.VERIFIED),
        "answerable": need.state in (NeedState.CONVERTED, NeedState.REFERRED),
        "verify_form": forms.VerifyNeedForm(initial={"category": need.category}),
        "answer_form": forms.AnswerForm(),
        "projects": need.projects.all(),
    }
    return render(request, "projects/need_detail.html", context)


@require_POST
def need_verify(request: HttpRequest, pk: int) -> HttpResponse:
    need = access.get_need(request.user, pk, Permission.NEED_HANDLE)
    form = forms.VerifyNeedForm(request.POST)
    if form.is_valid():
        attempt(
            request,
            lambda: needs.verify(need=need, category=form.cleaned_data["category"], by=request.user),
            _("The need has been verified."),
        )
    else:
        complain(request, form)
    return redirect("need_detail", pk)


@require_POST
def need_close(request: HttpRequest, pk: int) -> HttpResponse:
    """Refer, reject or answer, by the button that was pressed."""
    need = access.get_need(request.user, pk, Permission.NEED_HANDLE)
    form = forms.AnswerForm(request.POST)
    state = request.POST.get("state", "")
    if form.is_valid() and state in (NeedState.REFERRED, NeedState.REJECTED, NeedState.ANSWERED):
        attempt(
            request,
            lambda: needs.close(need=need, state=NeedState(state), answer=form.cleaned_data["answer"], by=request.user),
            _("The resident reads your answer with the tracking code."),
        )
    else:
        complain(request, form)
    return redirect("need_detail", pk)
