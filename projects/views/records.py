"""Pages of service records: stating, verifying, reading both texts side by side."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.access import may, require_business
from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt.lib import drafts
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.pages import attempt, complain
from members.access import own_member
from projects import access, forms
from projects.actions import records
from projects.enums import RecordState
from projects.filters import RecordFilter
from projects.models import ServiceRecord

PER_PAGE = 25


@require_safe
def record_list(request: HttpRequest) -> HttpResponse:
    require_business(request.user)
    rows = ServiceRecord.objects.visible_to(request.user)
    rows = rows.select_related("member", "claim__project__organisation").order_by("-service_date", "-pk")
    filters = RecordFilter(request.GET, queryset=rows, user=request.user)
    page = Paginator(filters.qs, PER_PAGE).get_page(request.GET.get("page"))
    verifying = Organisation.objects.where(request.user, Permission.RECORD_VERIFY)
    mine = set(
        ServiceRecord.objects.filter(
            pk__in=[row.pk for row in page],
            state=RecordState.STATED,
            claim__project__organisation__in=verifying,
        )
        .exclude(stated_by=request.user)
        .exclude(member__user=request.user)
        .values_list("pk", flat=True)
    )
    return render(request, "projects/record_list.html", {"filters": filters, "page": page, "verifiable": mine})


@require_http_methods(["GET", "HEAD", "POST"])
def record_new(request: HttpRequest, claim_pk: int) -> HttpResponse:
    """The member states what was done."""
    claim = access.stating_claim(request.user, claim_pk)
    form = forms.RecordForm(request.POST or None)
    draft = drafts.opened(request, f"record_new-{claim_pk}", form)
    if request.method == "POST" and form.is_valid():
        try:
            record = records.state(claim=claim, member=own_member(request.user), by=request.user, **form.cleaned_data)
        except ActionDenied as denied:
            field = {"date_in_future": "service_date", "date_before_claim": "service_date", "hours_range": "hours"}
            form.add_error(field.get(denied.code, "hours" if denied.code == "day_is_full" else None), str(denied))
        else:
            draft.sent()
            messages.success(request, _("Your statement is with the receiving organisation for verification."))
            return redirect("record_detail", record.pk)
    return render(request, "projects/record_form.html", {"form": form, "draft": draft, "claim": claim})


@require_safe
def record_detail(request: HttpRequest, pk: int) -> HttpResponse:
    record = access.get_record(request.user, pk)
    verifies = record.state == RecordState.STATED and may(
        request.user, Permission.RECORD_VERIFY, record.claim.project.organisation
    )
    own = request.user.pk in (record.stated_by_id, record.member.user_id)
    context = {
        "record": record,
        "may_verify": verifies and not own,
        "somebody_else": verifies and own,
        "verify_form": forms.VerifyRecordForm(initial={"hours": record.hours, "people": record.people_served}),
        "return_form": forms.ReasonForm(prefix="return"),
    }
    return render(request, "projects/record_detail.html", context)


@require_POST
def record_verify(request: HttpRequest, pk: int) -> HttpResponse:
    record = access.get_record(request.user, pk, Permission.RECORD_VERIFY)
    form = forms.VerifyRecordForm(request.POST)
    if form.is_valid():
        attempt(
            request,
            lambda: records.verify(record=record, by=request.user, **form.cleaned_data),
            _("The record has been verified."),
        )
    else:
        complain(request, form)
    return redirect("record_detail", pk)


@require_POST
def record_return(request: HttpRequest, pk: int) -> HttpResponse:
    record = access.get_record(request.user, pk, Permission.RECORD_VERIFY)
    form = forms.ReasonForm(request.POST, prefix="return")
    if form.is_valid():
        attempt(
            request,
            lambda: records.send_back(record=record, reason=form.cleaned_data["reason"], by=request.user),
            _("The member reads your reason and states it anew."),
        )
    else:
        complain(request, form)
    return redirect("record_detail", pk)


@require_POST
def record_verify_many(request: HttpRequest) -> HttpResponse:
    """The ticked records, as stated; each through the same action, each refusal said."""
    require_business(request.user)
    ticked = [int(pk) for pk in request.POST.getlist("record") if pk.isdigit()][:PER_PAGE]
    rows = ServiceRecord.objects.visible_to(request.user).filter(pk__in=ticked)
    done = 0
    for record in rows.select_related("member", "claim__project__organisation"):
        if not may(request.user, Permission.RECORD_VERIFY, record.claim.project.organisation):
            continue
        try:
            records.verify(record=record, by=request.user)
            done += 1
        except ActionDenied as denied:
            messages.error(request, f"{record.member.name}: {denied}")
    if done:
        text = ngettext("%(count)s record has been verified.", "%(count)s records have been verified.", done)
        messages.success(request, text % {"count": done})
    return redirect("record_list")
