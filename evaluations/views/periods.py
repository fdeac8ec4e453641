"""Pages of periods and runs, for those who manage the calendar."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.access import require_anywhere
from branches.permissions import Permission
from dualmgmt.lib.clock import today
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.pages import attempt
from evaluations import access, forms
from evaluations.actions import feedback
from evaluations.compile import runs
from evaluations.models import Period, ReportRun


@require_safe
def period_list(request: HttpRequest) -> HttpResponse:
    require_anywhere(request.user, Permission.PERIOD_MANAGE)
    context = {"periods": Period.objects.prefetch_related("runs"), "today": today()}
    return render(request, "evaluations/period_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def period_new(request: HttpRequest) -> HttpResponse:
    require_anywhere(request.user, Permission.PERIOD_MANAGE)
    form = forms.PeriodForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            feedback.create_period(by=request.user, **form.fields_of_period())
        except ActionDenied as denied:
            form.add_error(None, str(denied))
        else:
            messages.success(request, _("The period has been added with its deadlines."))
            return redirect("period_list")
    return render(request, "evaluations/period_form.html", {"form": form})


@require_POST
def period_prepare(request: HttpRequest, code: str) -> HttpResponse:
    period = access.get_period(request.user, code, Permission.PERIOD_MANAGE)
    attempt(
        request,
        lambda: feedback.prepare(period=period, by=request.user),
        _("The feedback of this period has been prepared and pre-filled."),
    )
    return redirect("period_list")


@require_POST
def period_compile(request: HttpRequest, code: str) -> HttpResponse:
    """Start a run; its page shows the progress."""
    period = access.get_period(request.user, code, Permission.PERIOD_MANAGE)
    try:
        run = runs.start(period=period, by=request.user)
    except ActionDenied as denied:
        messages.error(request, str(denied))
        live = period.runs.first()
        return redirect("run_detail", live.pk) if live else redirect("period_list")
    return redirect("run_detail", run.pk)


@require_safe
def run_list(request: HttpRequest) -> HttpResponse:
    require_anywhere(request.user, Permission.JOB_VIEW)
    rows = ReportRun.objects.select_related("period", "created_by")[:50]
    return render(request, "evaluations/run_list.html", {"runs": rows})


@require_safe
def run_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Progress of a run; while it lives the page asks again by itself."""
    run = access.get_run(request.user, pk)
    template = "evaluations/_run.html" if request.htmx else "evaluations/run_detail.html"  # type: ignore[attr-defined]
    answer = render(request, template, {"run": run, "live": run.state in runs.LIVE})
    answer["Vary"] = "HX-Request"
    return answer


@require_POST
def run_retry(request: HttpRequest, pk: int) -> HttpResponse:
    require_anywhere(request.user, Permission.PERIOD_MANAGE)
    run = access.get_run(request.user, pk)
    attempt(request, lambda: runs.retry(run=run, by=request.user), _("The run goes on where it stopped."))
    return redirect("run_detail", pk)
