"""Pages of transfers of the organisational relation: sending, accepting, refusing, withdrawing, arrivals on paper."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.access import may, may_anywhere, require_anywhere
from branches.permissions import Permission
from dualmgmt.lib import audit, throttle
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.pages import attempt
from members import access, deskaccess, homerules
from members.actions import transfers
from members.enums import TransferState
from members.filters import TransferFilter
from members.forms.registrations import ReasonForm
from members.forms.transfers import ArrivalForm, ReceiptForm, TransferForm
from members.models import HomeTransfer

PER_PAGE = 25
TRIES_PER_TEN_MINUTES = 20
BOXES = ("to_accept", "receipt_awaited", "ran_out", "escalated")


@require_safe
def transfer_list(request: HttpRequest) -> HttpResponse:
    """Transfers from and to one's branches; ``?box=`` narrows it to what waits for the user."""
    require_anywhere(request.user, Permission.ROSTER_VIEW)
    box = request.GET.get("box", "")
    box = box if box in BOXES else ""
    rows = HomeTransfer.objects.all()
    rows = getattr(rows, box)(request.user) if box else rows.visible_to(request.user)
    filters = None if box else TransferFilter(request.GET, queryset=rows, user=request.user)
    rows = (filters.qs if filters else rows).select_related("member", "source", "target")
    context = {
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "box": box,
        "filters": filters,
        "may_enter": may_anywhere(request.user, Permission.RELATION_TRANSFER),
    }
    return render(request, "members/transfer_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def transfer_new(request: HttpRequest, member_pk: int) -> HttpResponse:
    """Send the relation of a member of one's own branch."""
    member = access.get_member(request.user, member_pk, Permission.RELATION_TRANSFER)
    form = TransferForm(request.POST or None, member=member)
    if request.method == "POST" and form.is_valid():
        cleaned = form.cleaned_data
        try:
            transfer = transfers.send(
                member=member,
                target=cleaned["target"] or form.described(),
                reason=cleaned["reason"],
                letter_number=cleaned["letter_number"],
                valid_days=cleaned["valid_days"],
                by=request.user,
            )
        except ActionDenied as denied:
            form.add_error(None, str(denied))
        else:
            messages.success(request, _("The transfer has been sent. Until it is accepted you stay responsible."))
            return redirect("transfer_detail", transfer.pk)
    return render(request, "members/transfer_form.html", {"form": form, "member": member})


@never_cache
@sensitive_post_parameters("id_number")
@require_http_methods(["GET", "HEAD", "POST"])
def transfer_enter(request: HttpRequest) -> HttpResponse:
    """A paper letter of a branch outside the portal has arrived; the branch that takes the member in enters it."""
    require_anywhere(request.user, Permission.RELATION_TRANSFER)
    form = ArrivalForm(request.POST or None, user=request.user)
    unknown = False
    if request.method == "POST" and form.is_valid():
        if not throttle.allowed(request, "identify", limit=TRIES_PER_TEN_MINUTES, seconds=600, user=request.user):
            form.add_error(None, str(homerules.TOO_MANY_TRIES))
        else:
            transfer = _enter(request, form)
            if transfer is not None:
                return redirect("transfer_detail", transfer.pk)
            unknown = not form.errors
    context = {"form": form, "unknown": unknown, "roster_url": reverse("member_new")}
    return render(request, "members/transfer_enter.html", context)


def _enter(request: HttpRequest, form: ArrivalForm) -> HomeTransfer | None:
    """The transfer made, or nothing: with an error in the form, or without one where nobody of the name is known."""
    cleaned = form.cleaned_data
    member = deskaccess.identified(name=cleaned["name"], id_number=cleaned["id_number"])
    if member is None:
        audit.record("transfer.not_identified", cleaned["target"], by=request.user, organisation=cleaned["target"])
        return None
    try:
        transfer = transfers.receive(
            member=member,
            target=cleaned["target"],
            reason=cleaned["reason"],
            letter_number=cleaned["letter_number"],
            by=request.user,
        )
    except ActionDenied as denied:
        form.add_error(None, str(denied))
        return None
    messages.success(request, _("The member is at home in %(branch)s now.") % {"branch": transfer.target.name})
    return transfer


@require_safe
def transfer_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, deskaccess.get_transfer(request.user, pk))


def _page(
    request: HttpRequest,
    transfer: HomeTransfer,
    refuse_form: ReasonForm | None = None,
    receipt_form: ReceiptForm | None = None,
) -> HttpResponse:
    user = request.user
    waits = transfer.state == TransferState.SENT
    home = transfer.member.home_branch()
    context = {
        "transfer": transfer,
        "may_decide": waits and may(user, Permission.RELATION_TRANSFER, transfer.office),
        "may_withdraw": waits and may(user, Permission.RELATION_TRANSFER, transfer.source),
        "sees_member": deskaccess.sees_member(user, transfer.member),
        "may_issue_card": transfer.state == TransferState.ACCEPTED
        and home == transfer.target
        and may(user, Permission.CARD_ISSUE, transfer.target),
        "is_member": transfer.member.user_id == user.pk,
        "refuse_form": refuse_form or ReasonForm(prefix="refuse"),
        "receipt_form": receipt_form or ReceiptForm(),
    }
    return render(request, "members/transfer_detail.html", context)


@require_POST
def transfer_accept(request: HttpRequest, pk: int) -> HttpResponse:
    """By the target; of a target outside the portal by the sender, from the paper receipt."""
    transfer = deskaccess.transfer_to_decide(request.user, pk)
    on = None
    if transfer.target.external:
        form = ReceiptForm(request.POST)
        if not form.is_valid():
            return _page(request, transfer, receipt_form=form)
        on = form.cleaned_data["on"]
    attempt(
        request,
        lambda: transfers.accept(transfer=transfer, on=on, by=request.user),
        _("%(member)s is at home in %(branch)s now.")
        % {"member": transfer.member.name, "branch": transfer.target.name},
    )
    return redirect("transfer_detail", pk)


@require_POST
def transfer_refuse(request: HttpRequest, pk: int) -> HttpResponse:
    transfer = deskaccess.transfer_to_decide(request.user, pk)
    form = ReasonForm(request.POST, prefix="refuse")
    if not form.is_valid():
        return _page(request, transfer, refuse_form=form)
    attempt(
        request,
        lambda: transfers.refuse(transfer=transfer, remark=form.cleaned_data["reason"], by=request.user),
        _("The transfer has been refused; the sending branch stays responsible."),
    )
    return redirect("transfer_detail", pk)


@require_POST
def transfer_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    transfer = deskaccess.transfer_to_withdraw(request.user, pk)
    attempt(
        request,
        lambda: transfers.withdraw(transfer=transfer, by=request.user),
        _("The transfer has been withdrawn."),
    )
    return redirect("transfer_detail", pk)
