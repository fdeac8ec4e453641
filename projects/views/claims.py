"""Pages of claims: one tap, several places for a branch, stepping back, deciding."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.access import may, require_business
from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.pages import attempt, complain
from members.access import own_member
from projects import access, forms
from projects.actions import claims
from projects.enums import ENDED_CLAIM_STATES, ClaimState
from projects.models import Claim

PER_PAGE = 25


@require_POST
def project_claim(request: HttpRequest, pk: int) -> HttpResponse:
    """One tap. A double tap or a retry finds the place held and says so calmly."""
    member = own_member(request.user)
    project = access.get_project(request.user, pk)
    try:
        claims.claim_as_member(project=project, member=member, by=request.user)
    except ActionDenied as denied:
        _say_no(request, denied)
    else:
        messages.success(request, _("The place is yours."))
    return redirect("project_detail", pk)


@require_POST
def project_claim_as_branch(request: HttpRequest, pk: int) -> HttpResponse:
    project = access.get_project(request.user, pk)
    form = forms.BranchClaimForm(request.POST, user=request.user)
    if not form.is_valid():
        complain(request, form)
        return redirect("project_detail", pk)
    try:
        claims.claim_as_branch(project=project, by=request.user, **form.cleaned_data)
    except ActionDenied as denied:
        _say_no(request, denied)
    else:
        messages.success(request, _("The places are your branch's. Name who takes part when you know."))
    return redirect("project_detail", pk)


def _say_no(request: HttpRequest, denied: ActionDenied) -> None:
    """A place held already is what a double tap or a retry wanted: said calmly, not as an error."""
    tell = messages.info if denied.code == "already_held" else messages.error
    tell(request, str(denied))


def back(request: HttpRequest, pk: int) -> HttpResponse:
    """To the page the form stood on, a registration that is being left for example, or to the claim."""
    target = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()):
        return redirect(target)
    return redirect("claim_detail", pk)


@require_safe
def claim_list(request: HttpRequest) -> HttpResponse:
    """Mine, my branches' and those on my projects; ``?box=to_confirm`` and ``?box=asked`` for what waits."""
    require_business(request.user)
    rows = Claim.objects.visible_to(request.user)
    box = request.GET.get("box", "")
    if box == "to_confirm":
        mine = Organisation.objects.where(request.user, Permission.CLAIM_DECIDE)
        rows = rows.filter(state=ClaimState.APPLIED, project__organisation__in=mine)
    elif box == "asked":
        rows = rows.filter(state=ClaimState.OFFERED, member=request.user.as_member)
    rows = rows.select_related("project__organisation", "member", "branch").order_by("-claimed_at", "-pk")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "projects/claim_list.html", {"page": page, "box": box})


@require_safe
def claim_detail(request: HttpRequest, pk: int) -> HttpResponse:
    claim = access.get_claim(request.user, pk)
    user = request.user
    holds = access.holds(user, claim)
    open_now = claim.state in (ClaimState.APPLIED, ClaimState.CONFIRMED)
    member = user.as_member
    takes_part = member is not None and (
        claim.member_id == member.pk or claim.participants.filter(member=member).exists()
    )
    settles = access.settles(user, claim)
    context = {
        "claim": claim,
        "waiting": claim.offers.filter(state=ClaimState.OFFERED).select_related("member").first(),
        "successor": claim.offers.exclude(state__in=(ClaimState.OFFERED, *ENDED_CLAIM_STATES)).first()
        if claim.state == ClaimState.HANDED_OVER
        else None,
        "may_answer": claim.state == ClaimState.OFFERED and holds,
        "may_hand_over": claim.state == ClaimState.CONFIRMED and claim.member_id is not None and settles,
        "participants": claim.participants.select_related("member"),
        "records": claim.records.visible_to(user).select_related("member").order_by("-service_date"),
        "may_withdraw": settles and open_now,
        "may_state": takes_part and claim.state in (ClaimState.CONFIRMED, ClaimState.FINISHED),
        "may_name": holds and claim.branch_id is not None and open_now,
        "may_decide": claim.state == ClaimState.APPLIED
        and may(user, Permission.CLAIM_DECIDE, claim.project.organisation),
        "may_finish": claim.state == ClaimState.CONFIRMED
        and may(user, Permission.CLAIM_DECIDE, claim.project.organisation),
        "reason_form": forms.ReasonForm(),
    }
    return render(request, "projects/claim_detail.html", context)


@require_POST
def claim_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    claim = access.settled_claim(request.user, pk)
    reason = request.POST.get("reason", "")[:300]
    attempt(
        request,
        lambda: claims.withdraw(claim=claim, reason=reason, by=request.user),
        _("The claim has been withdrawn; the place is free again."),
    )
    return back(request, pk)


@require_POST
def claim_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    claim = access.publisher_claim(request.user, pk, Permission.CLAIM_DECIDE)
    attempt(request, lambda: claims.confirm(claim=claim, by=request.user), _("The claim has been confirmed."))
    return redirect("claim_detail", pk)


@require_POST
def claim_decline(request: HttpRequest, pk: int) -> HttpResponse:
    claim = access.publisher_claim(request.user, pk, Permission.CLAIM_DECIDE)
    form = forms.ReasonForm(request.POST)
    if form.is_valid():
        attempt(
            request,
            lambda: claims.decline(claim=claim, reason=form.cleaned_data["reason"], by=request.user),
            _("The claim has been declined."),
        )
    else:
        complain(request, form)
    return redirect("claim_detail", pk)


@require_POST
def claim_finish(request: HttpRequest, pk: int) -> HttpResponse:
    claim = access.publisher_claim(request.user, pk, Permission.CLAIM_DECIDE)
    attempt(request, lambda: claims.finish(claim=claim, by=request.user), _("The claim is finished."))
    return back(request, pk)


@require_http_methods(["GET", "HEAD", "POST"])
def claim_participants(request: HttpRequest, pk: int) -> HttpResponse:
    """The branch names who takes part."""
    claim = access.own_claim(request.user, pk)
    if claim.branch_id is None:
        return redirect("claim_detail", pk)
    form = forms.ParticipantsForm(request.POST or None, claim=claim)
    if request.method == "POST":
        form = forms.ParticipantsForm(request.POST, claim=claim)
        if form.is_valid():
            try:
                claims.name_participants(claim=claim, members=list(form.cleaned_data["members"]), by=request.user)
            except ActionDenied as denied:
                form.add_error("members", str(denied))
            else:
                messages.success(request, _("The list has been saved."))
                return redirect("claim_detail", pk)
    return render(request, "projects/claim_participants.html", {"form": form, "claim": claim})
