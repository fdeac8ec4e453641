"""Pages of handing a claim over: asking a stand-in, the stand-in's answer."""

from __future__ import annotations

from django import forms as django_forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from dualmgmt.lib import throttle
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.pages import attempt
from projects import access, forms
from projects.actions import handover
from projects.enums import ClaimState
from projects.models import Claim
from projects.views.claims import back

# Names that one person tries against numbers within an hour, from wherever.
TRIES_PER_HOUR = 20


def _form(request: HttpRequest, claim: Claim, *, own: bool) -> django_forms.Form:
    data = request.POST if request.method == "POST" else None
    return forms.StandInForm(data) if own else forms.ChosenStandInForm(data, claim=claim, user=request.user)


def _allowed(request: HttpRequest) -> bool:
    return throttle.allowed(request, "stand-in", limit=TRIES_PER_HOUR, seconds=3600, user=request.user)


@require_http_methods(["GET", "HEAD", "POST"])
def claim_offer(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask somebody to take the claim over; the claimant names a person, the publisher chooses one."""
    claim = access.settled_claim(request.user, pk)
    if claim.member_id is None or claim.state != ClaimState.CONFIRMED:
        messages.error(request, _("Only a member's confirmed claim can be handed over."))
        return redirect("claim_detail", pk)
    own = access.holds(request.user, claim)
    if own and request.method == "POST" and not _allowed(request):
        # Nobody is looked for any more: what the form would say tells whether the two go together.
        messages.error(request, _("Too many tries from here. Wait an hour, or ask the community to choose."))
        return redirect("claim_offer", pk)
    form = _form(request, claim, own=own)
    if request.method == "POST" and form.is_valid():
        try:
            handover.offer(claim=claim, stand_in=form.cleaned_data["stand_in"], by=request.user)
        except ActionDenied as denied:
            form.add_error("number" if own else "stand_in", str(denied))
        else:
            messages.success(request, _("The request is on its way. The claim stays as it is until the answer."))
            return redirect("claim_detail", pk)
    return render(request, "projects/claim_offer.html", {"claim": claim, "form": form, "own": own})


@require_POST
def claim_offer_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    claim = access.settled_claim(request.user, pk)
    attempt(
        request,
        lambda: handover.withdraw_offer(claim=claim, by=request.user),
        _("The request has been taken back."),
    )
    return back(request, pk)


@require_POST
def claim_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """The stand-in accepts or says no."""
    offered = access.own_claim(request.user, pk)
    if "accept" in request.POST:
        attempt(
            request,
            lambda: handover.take_over(offered=offered, by=request.user),
            _("The place is yours. Thank you for standing in."),
        )
    else:
        reason = request.POST.get("reason", "")[:300]
        attempt(
            request,
            lambda: handover.decline_offer(offered=offered, reason=reason, by=request.user),
            _("Your answer has been passed on."),
        )
    return redirect("claim_detail", pk)
