"""Pages of leaving: asking, taking back, settling, closing, filing the closing receipt; the membership status."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from branches.access import may
from branches.permissions import Permission
from dualmgmt.lib import registry
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.pages import attempt
from members import access
from members.actions import leaving, membership
from members.enums import MembershipStatus, Side
from members.enums import RegistrationState as S
from members.forms import leaving as forms
from members.models import ActivityRegistration, User
from members.plans import StatusPlan


def of_registration(user: User, registration: ActivityRegistration) -> dict[str, Any]:
    """What the page of a registration says about leaving, and what *user* may do about it."""
    sides = access.leave_sides(user, registration)
    leaving_now = registration.state == S.LEAVING
    closes = may(user, Permission.REGISTRATION_ACCEPT, registration.organisation)
    return {
        "loose_ends": registry.leaving.ends(registration, user) if leaving_now else [],
        "may_leave": registration.state == S.ACTIVE and bool(sides),
        "may_stay": leaving_now and registration.leave_side in sides,
        "may_close": leaving_now and closes,
        "may_file_closing": bool(registration.closing_receipt)
        and registration.closing_seen_at is None
        and access.files_closing(user, registration),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def registration_leave(request: HttpRequest, pk: int) -> HttpResponse:
    """The member, the receiver or the home branch asks that the registration be closed."""
    registration, sides = access.leaving_registration(request.user, pk)
    if registration.state != S.ACTIVE:
        messages.error(request, _("Only who is registered can leave."))
        return redirect("registration_detail", pk)
    form = forms.LeaveForm(request.POST if request.method == "POST" else None, sides=sides)
    if request.method == "POST" and form.is_valid():
        try:
            leaving.ask(registration=registration, by=request.user, **form.cleaned_data)
        except ActionDenied as denied:
            form.add_error(None, str(denied))
        else:
            messages.success(request, _("The registration is being closed. Settle what is still open."))
            return redirect("registration_detail", pk)
    context = {
        "registration": registration,
        "form": form,
        "loose_ends": registry.leaving.ends(registration, request.user),
        "others": registration.member.registrations.visible_to(request.user).registered().exclude(pk=pk),
    }
    return render(request, "members/registration_leave.html", context)


@require_POST
def registration_stay(request: HttpRequest, pk: int) -> HttpResponse:
    """The side that asked takes it back."""
    registration, sides = access.leaving_registration(request.user, pk)
    asked = registration.leave_side
    side = Side(asked) if asked in sides else sides[0]
    attempt(
        request,
        lambda: leaving.cancel(registration=registration, side=side, by=request.user),
        _("The registration stays as it was."),
    )
    return redirect("registration_detail", pk)


@require_http_methods(["GET", "HEAD", "POST"])
def registration_close(request: HttpRequest, pk: int) -> HttpResponse:
    """The receiver writes the final facts and closes; the receipt goes home by itself."""
    registration = access.received_registration(request.user, pk, Permission.REGISTRATION_ACCEPT)
    if registration.state != S.LEAVING:
        messages.error(request, _("Only a registration that is being left can be closed."))
        return redirect("registration_detail", pk)
    initial = {"final_facts": "\n".join(registry.leaving.facts(registration))}
    form = forms.CloseForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            leaving.close(registration=registration, by=request.user, **form.cleaned_data)
        except ActionDenied as denied:
            form.add_error(None, str(denied))
        else:
            messages.success(request, _("Closed. The closing receipt is on its way to the home branch."))
            return redirect("registration_detail", pk)
    ends = registry.leaving.ends(registration, request.user)
    context = {
        "registration": registration,
        "form": form,
        "loose_ends": ends,
        "unsettled": any(end.must_settle for end in ends),
    }
    return render(request, "members/registration_close.html", context)


@require_POST
def registration_file_closing(request: HttpRequest, pk: int) -> HttpResponse:
    registration = access.closing_to_file(request.user, pk)
    attempt(
        request,
        lambda: leaving.file_closing(registration=registration, by=request.user),
        _("The closing receipt has been filed."),
    )
    return redirect("registration_detail", pk)


@require_http_methods(["GET", "HEAD", "POST"])
def member_status(request: HttpRequest, pk: int) -> HttpResponse:
    """The home branch records that membership ended, was suspended, or is in order again."""
    member = access.get_member(request.user, pk, Permission.RELATION_TRANSFER)
    form = forms.StatusForm(request.POST if request.method == "POST" else None, member=member)
    if request.method == "POST" and form.is_valid():
        try:
            membership.change_status(
                member=member,
                status=MembershipStatus(form.cleaned_data["status"]),
                basis=form.cleaned_data["basis"],
                by=request.user,
            )
        except ActionDenied as denied:
            form.add_error(None, str(denied))
        else:
            messages.success(request, _("The membership status has been changed."))
            return redirect("member_detail", pk)
    # Every status but normal ends the same things.
    ends = member.status == MembershipStatus.NORMAL
    plan = StatusPlan(member, MembershipStatus.SUSPENDED if ends else MembershipStatus.NORMAL)
    context = {"member": member, "form": form, "effects": registry.status_effects.preview(plan), "ends": ends}
    return render(request, "members/member_status.html", context)
