"""Pages of factual feedback: the community's list and text, the member's answer."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.access import may, require_anywhere
from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt.lib import drafts
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.pages import attempt, complain
from evaluations import access, facts, forms
from evaluations.actions import feedback as actions
from evaluations.enums import FeedbackState
from evaluations.models import FactualFeedback, Period
from members.access import own_member
from projects.models import ServiceRecord

PER_PAGE = 40


@require_safe
def feedback_list(request: HttpRequest) -> HttpResponse:
    """A period's feedback: what has words first, what has facts only can be shown in one click."""
    require_anywhere(request.user, Permission.FEEDBACK_VIEW)
    periods = list(Period.objects.exclude(prepared_at=None)[:12])
    chosen = next((p for p in periods if p.code == request.GET.get("period")), periods[0] if periods else None)
    mine = Organisation.objects.where(request.user, Permission.FEEDBACK_VIEW)
    rows = FactualFeedback.objects.filter(period=chosen, registration__organisation__in=mine)
    rows = rows.select_related("period", "registration__member", "registration__organisation")
    state = request.GET.get("state", "")
    if state in FeedbackState.values:
        rows = rows.filter(state=state)
    rows = rows.order_by("narrative", "registration__organisation__path", "registration__member__name").reverse()
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    live = facts.of_feedback([row for row in page if row.state == FeedbackState.OPEN], chosen) if chosen else {}
    writable = Organisation.objects.where(request.user, Permission.FEEDBACK_WRITE)
    plain_rows = FactualFeedback.objects.filter(
        period=chosen, registration__organisation__in=writable, state=FeedbackState.OPEN, narrative=""
    )
    context = {
        "periods": periods,
        "period": chosen,
        "states": FeedbackState.choices,
        "state": state,
        "page": page,
        "lines": [(row, live.get(row.pk, row.facts or facts.empty())) for row in page],
        "plain": plain_rows.count(),
    }
    return render(request, "evaluations/feedback_list.html", context)


@require_POST
def feedback_show_plain(request: HttpRequest) -> HttpResponse:
    """Show all members of a period about whom there is nothing but facts, in one click (design.md §9)."""
    require_anywhere(request.user, Permission.FEEDBACK_WRITE)
    period = Period.objects.exclude(prepared_at=None).filter(code=request.POST.get("period", "")).first()
    mine = Organisation.objects.where(request.user, Permission.FEEDBACK_WRITE)
    rows = FactualFeedback.objects.filter(
        period=period, registration__organisation__in=mine, state=FeedbackState.OPEN, narrative=""
    ).select_related("period", "registration__organisation", "registration__member")
    shown = actions.show(feedback=rows, by=request.user)
    text = ngettext("%(count)s member has been shown the facts.", "%(count)s members have been shown the facts.", shown)
    messages.success(request, text % {"count": shown})
    return redirect("feedback_list")


@require_safe
def feedback_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The facts with their records, the community's words, the member's statement, side by side."""
    feedback = access.get_feedback(request.user, pk)
    is_open = feedback.state == FeedbackState.OPEN
    shown = facts.of_feedback([feedback], feedback.period)[feedback.pk] if is_open else feedback.facts
    records = ServiceRecord.objects.visible_to(request.user).filter(pk__in=shown["record_ids"])
    about_me = feedback.registration.member.user_id == request.user.pk
    may_write = is_open and may(request.user, Permission.FEEDBACK_WRITE, feedback.registration.organisation)
    may_answer = about_me and feedback.state == FeedbackState.MEMBER_REVIEW
    narrative_form = forms.NarrativeForm(initial={"narrative": feedback.narrative})
    statement_form = forms.StatementForm()
    writes = [narrative_form] if may_write else [statement_form] if may_answer else []
    context = {
        "feedback": feedback,
        "facts": shown,
        "records": records.select_related("claim__project").order_by("service_date"),
        "may_write": may_write,
        "may_answer": may_answer,
        "narrative_form": narrative_form,
        "statement_form": statement_form,
        "draft": drafts.opened(request, f"feedback-{pk}", *writes) if writes else None,
    }
    return render(request, "evaluations/feedback_detail.html", context)


@require_POST
def feedback_write(request: HttpRequest, pk: int) -> HttpResponse:
    """Save the text, or save it and show it to the member, by the button that was pressed."""
    feedback = access.writing_feedback(request.user, pk)
    form = forms.NarrativeForm(request.POST)
    if not form.is_valid():
        drafts.keep(request)
        complain(request, form)
        return redirect("feedback_detail", pk)
    try:
        actions.write(feedback=feedback, narrative=form.cleaned_data["narrative"], by=request.user)
        drafts.discard(request.user, f"feedback-{pk}")
        if "show" in request.POST:
            feedback = access.writing_feedback(request.user, pk)
            actions.show(feedback=[feedback], by=request.user)
            messages.success(request, _("The member can read it now and has five working days to answer."))
        else:
            messages.success(request, _("The text has been saved."))
    except ActionDenied as denied:
        messages.error(request, str(denied))
    return redirect("feedback_detail", pk)


@require_safe
def feedback_mine(request: HttpRequest) -> HttpResponse:
    """Everything written about the member, newest first."""
    member = own_member(request.user)
    rows = FactualFeedback.objects.visible_to(request.user).filter(registration__member=member)
    rows = rows.select_related("period", "registration__organisation").order_by("-period__starts_on", "pk")
    return render(request, "evaluations/feedback_mine.html", {"rows": rows})


@require_http_methods(["POST"])
def feedback_answer(request: HttpRequest, pk: int) -> HttpResponse:
    feedback = access.own_feedback(request.user, pk)
    form = forms.StatementForm(request.POST)
    if form.is_valid():
        if attempt(
            request,
            lambda: actions.answer(feedback=feedback, statement=form.cleaned_data["statement"], by=request.user),
            _("Thank you. The feedback is confirmed with your answer."),
        ):
            drafts.discard(request.user, f"feedback-{pk}")
    else:
        drafts.keep(request)
        complain(request, form)
    return redirect("feedback_detail", pk)
