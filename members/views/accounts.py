"""Activation slips: asked for, approved, printed; and the public page where they are used."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.access import fetch, require_anywhere
from branches.permissions import Permission
from dualmgmt.lib import qr, throttle
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.pages import attempt
from members import access, queries
from members.actions import accounts
from members.enums import SlipState
from members.forms.accounts import ActivationForm, SlipForm
from members.models import ActivationSlip
from members.values import in_groups

TRIES_PER_TEN_MINUTES = 20


@require_http_methods(["GET", "HEAD", "POST"])
def member_account(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for a slip for a member on one's roll; an account is opened where there is none."""
    member = access.get_member(request.user, pk, Permission.ACCOUNT_MANAGE)
    form = SlipForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            user = member.user or accounts.open_account(member=member, by=request.user)
            _account, place = access.get_account(request.user, user.pk)
            slip = accounts.request_slip(user=user, organisation=place, by=request.user, **form.cleaned_data)
        except ActionDenied as denied:
            form.add_error(None, str(denied))
        else:
            if slip.state == SlipState.REQUESTED:
                messages.success(request, _("Another person has been asked to approve the slip."))
            return redirect("slip_desk")
    second_key = member.user is not None and accounts.needs_second_key(member.user)
    context = {"form": form, "member": member, "second_key": second_key}
    return render(request, "members/member_account.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def officer_account(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for a slip for somebody who holds an office in one's scope and need not be a member."""
    user, place = access.get_account(request.user, pk)
    form = SlipForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        accounts.request_slip(user=user, organisation=place, by=request.user, **form.cleaned_data)
        return redirect("slip_desk")
    context = {"form": form, "person": user, "second_key": accounts.needs_second_key(user)}
    return render(request, "members/officer_account.html", context)


@require_safe
def slip_desk(request: HttpRequest) -> HttpResponse:
    require_anywhere(request.user, Permission.ACCOUNT_MANAGE)
    context = {"to_approve": queries.slips_for(request.user), "mine": queries.own_slips(request.user)}
    return render(request, "members/slip_desk.html", context)


@require_POST
def slip_approve(request: HttpRequest, pk: int) -> HttpResponse:
    slip = fetch(ActivationSlip.objects.select_related("user__member"), pk=pk)
    _user, place = access.get_account(request.user, slip.user_id)
    attempt(
        request,
        lambda: accounts.approve_slip(slip=slip, organisation=place, by=request.user),
        _("Approved. The person who asked can print the slip now."),
    )
    return redirect("slip_desk")


@never_cache
@require_POST
def slip_print(request: HttpRequest, pk: int) -> HttpResponse:
    """The slip with its code, shown this once; who asked for it prints it."""
    slip = fetch(ActivationSlip.objects.filter(requested_by=request.user).select_related("user__member"), pk=pk)
    _user, place = access.get_account(request.user, slip.user_id)
    try:
        code = accounts.print_slip(slip=slip, organisation=place, by=request.user)
    except ActionDenied as denied:
        messages.error(request, str(denied))
        return redirect("slip_desk")
    address = request.build_absolute_uri(reverse("account_activate"))
    context = {
        "slip": slip,
        "code": in_groups(code),
        "address": address,
        "qr": qr.svg(address),
        "names": access.sign_in_names(slip.user),
    }
    return render(request, "members/slip.html", context)


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def account_activate(request: HttpRequest) -> HttpResponse:
    """Set a password with the code of a slip. The answer never tells whether there is such an account."""
    form = ActivationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if not throttle.allowed(request, "activate", limit=TRIES_PER_TEN_MINUTES, seconds=600):
            form.add_error(None, _("Too many tries from here. Wait ten minutes, then try again."))
        else:
            try:
                accounts.activate(
                    name=form.cleaned_data["name"],
                    code=form.cleaned_data["code"],
                    password=form.cleaned_data["password"],
                )
            except ActionDenied as denied:
                form.add_error(None, str(denied))
            except ValidationError as weak:
                form.add_error("password", weak)
            else:
                messages.success(request, _("Your password is set. Sign in with it now."))
                return redirect("account_login")
    return render(request, "members/account_activate.html", {"form": form})
