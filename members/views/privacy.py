"""A person's own data: who can see them, the copy to take away, asking for a correction and answering it."""

from __future__ import annotations

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.access import require_anywhere
from branches.permissions import Permission
from dualmgmt.lib import registry, sheets
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.pages import attempt, complain
from members import access
from members.actions import corrections
from members.enums import CorrectionField, CorrectionState
from members.forms.privacy import AnswerForm, CorrectionForm
from members.models import CorrectionRequest, Member

PER_PAGE = 25
RECENT = 50


@never_cache
@require_safe
def my_data(request: HttpRequest) -> HttpResponse:
    """Who can see my data, what was revealed to whom and why, and where to have it corrected."""
    member = access.own_member(request.user)
    revealed = member.disclosures.opened().select_related("requested_by", "organisation")
    context = {
        "member": member,
        "viewers": registry.viewers.of(member),
        "revealed": revealed[:RECENT],
        "corrections": member.corrections.order_by("-asked_at")[:RECENT],
    }
    return render(request, "members/my_data.html", context)


@require_safe
def my_data_download(request: HttpRequest) -> HttpResponse | FileResponse:
    """Everything the portal keeps about the person, as a spreadsheet (PIPL article 45)."""
    return _download(request, access.own_member(request.user))


@never_cache
@reauthentication_required
def _download(request: HttpRequest, member: Member) -> FileResponse:
    return sheets.download_book(request, _("My data"), registry.personal_data.of(member))


@require_http_methods(["GET", "HEAD", "POST"])
def correction_new(request: HttpRequest) -> HttpResponse:
    member = access.own_member(request.user)
    form = CorrectionForm(request.POST if request.method == "POST" else None, member=member)
    if request.method == "POST" and form.is_valid():
        cleaned = {**form.cleaned_data, "field": CorrectionField(form.cleaned_data["field"])}
        try:
            made = corrections.ask(member=member, by=request.user, **cleaned)
        except ActionDenied as denied:
            form.add_error("proposed" if denied.code == "correction_same" else "field", str(denied))
        else:
            messages.success(request, _("Your home branch has been asked. You are told of its answer."))
            return redirect("correction_detail", made.pk)
    return render(request, "members/correction_form.html", {"form": form})


@require_safe
def correction_list(request: HttpRequest) -> HttpResponse:
    """Requests about members whose roll one keeps, the ones that wait first."""
    require_anywhere(request.user, Permission.ROSTER_EDIT)
    rows = CorrectionRequest.objects.visible_to(request.user).select_related("member")
    waiting = rows.filter(state=CorrectionState.ASKED)
    answered = rows.exclude(state=CorrectionState.ASKED).order_by("-answered_at", "-pk")
    context = {
        "waiting": waiting,
        "page": Paginator(answered, PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "members/correction_list.html", context)


@never_cache
@require_safe
def correction_detail(request: HttpRequest, pk: int) -> HttpResponse:
    asked = access.get_correction(request.user, pk)
    waits = asked.state == CorrectionState.ASKED
    context = {
        "asked": asked,
        "stated": "" if asked.field == CorrectionField.OTHER else access.shown_value(request.user, asked),
        "answer_form": AnswerForm(),
        "may_answer": waits and access.keeps(request.user, asked.member, Permission.ROSTER_EDIT),
        "may_withdraw": waits and request.user.pk in (asked.member.user_id, asked.asked_by_id),
        "sees_roll": access.sees_roll(request.user, asked.member),
        "one_field": asked.field != CorrectionField.OTHER,
    }
    return render(request, "members/correction_detail.html", context)


@require_POST
def correction_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Write the proposed value into the roll, or say why not."""
    asked = access.correction_to_answer(request.user, pk)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        complain(request, form)
        return redirect("correction_detail", pk)
    answer = form.cleaned_data["answer"]
    if "correct" in request.POST:
        done = _("The roll has been corrected and the member is told.")
        attempt(request, lambda: corrections.correct(request=asked, answer=answer, by=request.user), done)
    else:
        done = _("The member is told that nothing was corrected, and why.")
        attempt(request, lambda: corrections.refuse(request=asked, answer=answer, by=request.user), done)
    return redirect("correction_detail", pk)


@require_POST
def correction_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    asked = access.own_correction(request.user, pk)
    attempt(request, lambda: corrections.withdraw(request=asked, by=request.user), _("Withdrawn."))
    if asked.member.user_id != request.user.pk and asked.registration_id is not None:
        return redirect("registration_detail", asked.registration_id)
    return redirect("my_data")
