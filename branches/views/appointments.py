"""Offices: who holds them, who proposes, who approves, who takes over."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches import access, capacity, queries, rules
from branches.actions import appointments as actions
from branches.forms.appointments import EndForm, HandOverForm, ProposalForm
from branches.models import Appointment, Organisation
from branches.permissions import ADMINISTRATOR_ROLES, Permission
from dualmgmt.lib import registry
from dualmgmt.lib.clock import today
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.pages import attempt


@require_safe
def appointment_desk(request: HttpRequest) -> HttpResponse:
    """What waits around offices: proposals, empty offices, terms that end."""
    access.require_anywhere(request.user, Permission.APPOINTMENT_VIEW)
    scope = Organisation.objects.where(request.user, Permission.APPOINTMENT_VIEW)
    rows = Appointment.objects.select_related("organisation", "user", "granted_by", "replaces__user")
    soon = today() + dt.timedelta(days=settings.APPOINTMENT_NOTICE_DAYS)
    mine = [row.pk for row in queries.proposals_for(request.user)]
    context = {
        "to_approve": rows.filter(pk__in=mine),
        "proposed": rows.proposed().filter(granted_by=request.user).order_by("-created_at"),
        "vacant": queries.without_secretary(request.user),
        "ending": rows.in_force().filter(organisation__in=scope, ends_on__lte=soon).order_by("ends_on")[:50],
        "administrators": _administrators(request, rows),
        "own": [
            row.organisation
            for row in Appointment.objects.of(request.user)
            if Permission.APPOINTMENT_PROPOSE in row.permissions()
        ],
    }
    return render(request, "branches/appointment_desk.html", context)


def _administrators(request: HttpRequest, rows: Any) -> Any:
    """For security administrators: who else runs the portal."""
    if not access.may_anywhere(request.user, Permission.ADMINISTRATOR_APPOINT):
        return None
    return rows.in_force().filter(role__in=ADMINISTRATOR_ROLES).order_by("role", "starts_on")


@require_safe
def appointment_list(request: HttpRequest, code: str) -> HttpResponse:
    """Everybody who holds or held an office at one organisation."""
    organisation = access.get_organisation(request.user, code, Permission.APPOINTMENT_VIEW)
    rows = organisation.appointments.select_related("user", "granted_by", "approved_by").order_by("-starts_on", "-pk")
    if not access.may_anywhere(request.user, Permission.ADMINISTRATOR_APPOINT):
        rows = rows.exclude(role__in=ADMINISTRATOR_ROLES)
    in_force = set(rows.in_force().values_list("pk", flat=True))
    context = {
        "organisation": organisation,
        "appointments": rows,
        "in_force": in_force,
        "may_propose": access.may(request.user, Permission.APPOINTMENT_PROPOSE, organisation),
    }
    return render(request, "branches/appointment_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def appointment_new(request: HttpRequest, code: str) -> HttpResponse:
    organisation = access.get_organisation(request.user, code, Permission.APPOINTMENT_PROPOSE)
    form = ProposalForm(request.POST or None, organisation=organisation)
    if request.method == "POST" and form.is_valid() and _proposed(request, form, organisation):
        return redirect("appointment_list", organisation.code)
    return render(request, "branches/appointment_form.html", {"form": form, "organisation": organisation})


@require_http_methods(["GET", "HEAD", "POST"])
def administrator_new(request: HttpRequest) -> HttpResponse:
    """An administrator's office: proposed by one security administrator, approved by the other."""
    access.require_anywhere(request.user, Permission.ADMINISTRATOR_APPOINT)
    root = Organisation.objects.where(request.user, Permission.ADMINISTRATOR_APPOINT)[0]
    form = ProposalForm(request.POST or None, organisation=root, administrators=True)
    if request.method == "POST" and form.is_valid() and _proposed(request, form, root):
        return redirect("appointment_desk")
    return render(request, "branches/appointment_form.html", {"form": form, "organisation": root})


def _proposed(request: HttpRequest, form: Any, organisation: Organisation, **more: Any) -> bool:
    try:
        actions.propose(organisation=organisation, by=request.user, **form.cleaned_data, **more)
    except ActionDenied as denied:
        form.add_error(None, str(denied))
        return False
    messages.success(request, _("Proposed. Another person at or above the organisation has been asked to approve."))
    return True


@require_POST
def appointment_approve(request: HttpRequest, pk: int) -> HttpResponse:
    row = access.get_appointment(request.user, pk, Permission.APPOINTMENT_APPROVE)
    attempt(request, lambda: actions.approve(appointment=row, by=request.user), _("The appointment is approved."))
    return redirect("appointment_desk")


@require_POST
def appointment_decline(request: HttpRequest, pk: int) -> HttpResponse:
    """By the second key, or by the proposer who takes it back."""
    row = access.get_appointment(request.user, pk, Permission.APPOINTMENT_APPROVE)
    reason = request.POST.get("reason", "")
    attempt(
        request,
        lambda: actions.decline(appointment=row, reason=reason, by=request.user),
        _("The proposal has been turned down."),
    )
    return redirect("appointment_desk")


@require_http_methods(["GET", "HEAD", "POST"])
def appointment_end(request: HttpRequest, pk: int) -> HttpResponse:
    row = access.get_appointment(request.user, pk, Permission.APPOINTMENT_PROPOSE)
    last_secretary = rules.is_last_secretary(row)
    form = EndForm(request.POST or None, asks_what_follows=last_secretary)
    if request.method == "POST" and form.is_valid():
        try:
            actions.end(appointment=row, by=request.user, **form.cleaned_data)
        except ActionDenied as denied:
            form.add_error(None, str(denied))
        else:
            messages.success(request, _("The appointment ends on that day."))
            if row.role in ADMINISTRATOR_ROLES:
                return redirect("appointment_desk")
            return redirect("appointment_list", row.organisation.code)
    context = {"form": form, "appointment": row, "last_secretary": last_secretary}
    return render(request, "branches/appointment_end.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def appointment_hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    """Handing over an office on one page: who takes over, from when, and what is open."""
    row = access.get_appointment(request.user, pk, Permission.APPOINTMENT_PROPOSE)
    form = HandOverForm(request.POST or None, organisation=row.organisation)
    handed = {"role": row.role, "replaces": row}
    if request.method == "POST" and form.is_valid() and _proposed(request, form, row.organisation, **handed):
        return redirect("appointment_list", row.organisation.code)
    waiting = registry.todos.for_user(capacity.acting_as(row.user, row))
    context = {"form": form, "appointment": row, "waiting": waiting}
    return render(request, "branches/appointment_hand_over.html", context)


@require_POST
def capacity_choose(request: HttpRequest) -> HttpResponse:
    """Switch the capacity in one tap and stay on the page; a foreign number changes nothing."""
    wanted = request.POST.get("appointment", "")
    mine = {str(row.pk): row for row in Appointment.objects.all_of(request.user)}
    if wanted in mine:
        request.session[capacity.SESSION_KEY] = mine[wanted].pk
        messages.success(request, _("You now act as %(capacity)s.") % {"capacity": mine[wanted]})
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()):
        target = ""
    return redirect(target or "todo")
