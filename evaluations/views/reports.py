"""Pages of feedback reports: the list, the letter, acknowledging and guiding."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from branches.access import may, require_anywhere
from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt.lib import audit, sheets, typeset
from dualmgmt.lib.pages import attempt, complain
from evaluations import access, forms, letters
from evaluations.actions import reports
from evaluations.models import FeedbackReport, Guidance, Period, ReportSection
from members.forms.desk import SentForm
from members.models import Member

PER_PAGE = 25


@require_safe
def report_list(request: HttpRequest) -> HttpResponse:
    """Reports to one's organisations and below; ``?open=1`` for those that wait for one's signature."""
    require_anywhere(request.user, Permission.REPORT_VIEW)
    rows = FeedbackReport.objects.visible_to(request.user).current()
    only_open = bool(request.GET.get("open"))
    if only_open:
        mine = Organisation.objects.where(request.user, Permission.REPORT_ACKNOWLEDGE)
        waiting = ReportSection.objects.filter(branch__in=mine, acknowledged_at=None)
        rows = rows.filter(pk__in=waiting.values("report_id"))
    to_post = bool(request.GET.get("post"))
    if to_post:
        rows = rows.to_post(request.user)
    period = request.GET.get("period", "")
    if period:
        rows = rows.filter(period__code=period)
    rows = rows.select_related("organisation", "period", "sender").defer("content")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "periods": Period.objects.all(), "period": period, "only_open": only_open or to_post}
    return render(request, "evaluations/report_list.html", context)


def _before(report: FeedbackReport) -> FeedbackReport | None:
    earlier = FeedbackReport.objects.current().filter(
        organisation=report.organisation, period__kind=report.period.kind, period__ends_on__lt=report.period.starts_on
    )
    return earlier.order_by("-period__ends_on").first()


@require_safe
def report_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The report as a letter. Opening it as the addressee marks it read, once and for all."""
    report = access.get_report(request.user, pk)
    sections = access.sections_seen(request.user, report)
    if any(may(request.user, Permission.REPORT_ACKNOWLEDGE, section.branch) for section in sections):
        reports.mark_read(report=report, by=request.user)
    context = {
        "report": report,
        "title": letters.title(report),
        "summary": letters.summary(report),
        "comparison": letters.comparison(report, _before(report)),
        "requests": letters.requests(report),
        "sections": [_section(request, report, section) for section in sections],
        "versions": FeedbackReport.objects.filter(period=report.period, organisation=report.organisation)
        .order_by("-version")
        .defer("content"),
        "is_addressee": may(request.user, Permission.REPORT_VIEW, report.organisation),
        "sends": access.sends(request.user, report),
        "sent_form": SentForm(),
    }
    return render(request, "evaluations/report_detail.html", context)


def _section(request: HttpRequest, report: FeedbackReport, section: ReportSection) -> dict[str, Any]:
    part = next(row for row in report.content["sections"] if row["branch_id"] == section.branch_id)
    signs = may(request.user, Permission.REPORT_ACKNOWLEDGE, section.branch)
    guides = may(request.user, Permission.GUIDANCE_WRITE, section.branch)
    guidance = Guidance.objects.visible_to(request.user).filter(
        section__branch=section.branch, section__report__period=report.period
    )
    return {
        "row": section,
        "part": part,
        "active": [(line, [letters.words(entry) for entry in line["feedback"]]) for line in part["active"]],
        "inactive": [(line, letters.why_inactive(line)) for line in part["inactive"]],
        "sees_members": may(request.user, Permission.ROSTER_VIEW, section.branch),
        "may_sign": signs and section.acknowledged_at is None and not report.superseded,
        "form": forms.GuidanceForm(members=reports.section_members(section), prefix=f"s{section.pk}")
        if guides and section.acknowledged_at is not None
        else None,
        "guidance": guidance.select_related("member", "written_by"),
    }


@require_POST
def report_sent(request: HttpRequest, pk: int) -> HttpResponse:
    """To a home outside the portal: printed, and posted or handed over."""
    report = access.report_to_send(request.user, pk)
    form = SentForm(request.POST)
    if form.is_valid():
        on = form.cleaned_data["on"]
        attempt(request, lambda: reports.mark_sent(report=report, on=on, by=request.user), _("Marked as sent."))
    else:
        complain(request, form)
    return redirect("report_detail", pk)


@require_POST
def report_acknowledge(request: HttpRequest, pk: int, section_pk: int) -> HttpResponse:
    report = access.get_report(request.user, pk)
    section = access.get_section(request.user, report, section_pk, Permission.REPORT_ACKNOWLEDGE)
    attempt(
        request, lambda: reports.acknowledge(section=section, by=request.user), _("You have acknowledged the report.")
    )
    return redirect("report_detail", pk)


@require_POST
def report_guide(request: HttpRequest, pk: int, section_pk: int) -> HttpResponse:
    report = access.get_report(request.user, pk)
    section = access.get_section(request.user, report, section_pk, Permission.GUIDANCE_WRITE)
    named = reports.section_members(section)
    form = forms.GuidanceForm(request.POST, members=named, prefix=f"s{section.pk}")
    if form.is_valid():
        values = dict(form.cleaned_data)
        member = Member.objects.get(pk=values.pop("member"))  # one of the section's own, by the form's choices
        attempt(
            request,
            lambda: reports.guide(section=section, member=member, by=request.user, **values),
            _("The guidance has been written down; the member can read it."),
        )
    else:
        complain(request, form)
    return redirect("report_detail", pk)


@require_safe
def report_print(request: HttpRequest, pk: int) -> HttpResponse:
    report = access.whole_report(request.user, pk)
    audit.record("paper.printed", report, by=request.user, organisation=report.organisation, number=report.number)
    paper = typeset.pdf("feedback_report", letters.print_data(report, _before(report)))
    return typeset.answer(paper, f"report-{report.pk}-v{report.version}")


@require_safe
def report_export(request: HttpRequest, pk: int) -> FileResponse:
    report = access.whole_report(request.user, pk)
    header = [_("Home branch"), _("Name"), _("Claims"), _("Records"), _("Hours"), _("People served"), _("Situation")]
    rows: list[list[Any]] = []
    for section in report.content["sections"]:
        for line in section["active"]:
            counts = [line["claims"], line["records"], float(line["hours"]), line["people"]]
            rows.append(
                [section["branch"], line["name"], *counts, " ".join(letters.words(f) for f in line["feedback"])]
            )
        for line in section["inactive"]:
            rows.append([section["branch"], line["name"], 0, 0, 0, 0, letters.why_inactive(line)])
    return sheets.download(request, report.number, header, rows)
