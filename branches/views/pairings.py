"""Pages of pairings 结对: who is paired with whom, the agreement, the unit's resource list."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches import access
from branches.actions import pairings as actions
from branches.filters import PairingFilter
from branches.forms.pairings import AgreementForm, PairingForm, ResourceForm
from branches.models import Pairing, PairingResource
from branches.permissions import Permission
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.pages import attempt, complain

PER_PAGE = 25


@require_safe
def pairing_list(request: HttpRequest) -> HttpResponse:
    """Units paired with us, whom we are paired with, and what the units offer."""
    access.require_anywhere(request.user, Permission.PAIRING_VIEW)
    rows = Pairing.objects.visible_to(request.user).in_force().select_related("home_side__unit", "receiver")
    filters = PairingFilter(request.GET, queryset=rows, user=request.user)
    offered = PairingResource.objects.offered()
    kind = filters.form.cleaned_data.get("kind") if filters.form.is_valid() else ""
    if kind:
        offered = offered.filter(kind=kind)
    shown = filters.qs.prefetch_related(Prefetch("resources", offered)).order_by("receiver__path", "home_side__path")
    page = Paginator(shown, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "branches/pairing_list.html", {"filters": filters, "page": page})


@require_safe
def pairing_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Agreement, contacts of both sides, resource list; also what it was after its end."""
    pairing = access.get_pairing(request.user, pk)
    may_edit = access.may(request.user, Permission.ORGANISATION_MANAGE, pairing.home_side)
    context = {
        "pairing": pairing,
        "offered": pairing.resources.offered(),  # type: ignore[attr-defined]
        "withdrawn": pairing.resources.exclude(withdrawn_on=None),
        "may_edit": may_edit and pairing.ends_on is None,
    }
    return render(request, "branches/pairing_detail.html", context)


@require_POST
def pairing_new(request: HttpRequest, code: str) -> HttpResponse:
    organisation = access.get_organisation(request.user, code, Permission.ORGANISATION_MANAGE)
    form = PairingForm(request.POST)
    if form.is_valid():
        attempt(
            request,
            lambda: actions.pair(home_side=organisation, by=request.user, **form.cleaned_data),
            _("The pairing has been recorded."),
        )
    else:
        complain(request, form)
    return redirect("organisation_detail", code)


@require_http_methods(["GET", "HEAD", "POST"])
def pairing_edit(request: HttpRequest, pk: int) -> HttpResponse:
    pairing = access.get_pairing(request.user, pk, Permission.ORGANISATION_MANAGE)
    form = AgreementForm(request.POST or None, instance=pairing)
    if request.method == "POST" and form.is_valid():
        fresh = access.get_pairing(request.user, pk)
        try:
            actions.edit(pairing=fresh, by=request.user, **form.cleaned_data)
        except ActionDenied as denied:
            form.add_error(None, str(denied))
        else:
            messages.success(request, _("The changes have been saved."))
            return redirect("pairing_detail", pk)
    return render(request, "branches/pairing_form.html", {"form": form, "pairing": pairing})


@require_POST
def pairing_end(request: HttpRequest, pk: int) -> HttpResponse:
    pairing = access.get_pairing(request.user, pk, Permission.ORGANISATION_MANAGE)
    attempt(request, lambda: actions.end(pairing=pairing, by=request.user), _("The pairing has ended."))
    return redirect("pairing_detail", pk)


@require_http_methods(["GET", "HEAD", "POST"])
def resource_new(request: HttpRequest, pk: int) -> HttpResponse:
    pairing = access.get_pairing(request.user, pk, Permission.ORGANISATION_MANAGE)
    form = ResourceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.offer(pairing=pairing, by=request.user, **form.cleaned_data)
        except ActionDenied as denied:
            form.add_error(None, str(denied))
        else:
            messages.success(request, _("The resource is on the list."))
            return redirect("pairing_detail", pk)
    return render(request, "branches/resource_form.html", {"form": form, "pairing": pairing, "resource": None})


@require_http_methods(["GET", "HEAD", "POST"])
def resource_edit(request: HttpRequest, pk: int) -> HttpResponse:
    resource = access.get_resource(request.user, pk, Permission.ORGANISATION_MANAGE)
    form = ResourceForm(request.POST or None, instance=resource)
    if request.method == "POST" and form.is_valid():
        try:
            actions.edit_resource(resource=resource, by=request.user, **form.cleaned_data)
        except ActionDenied as denied:
            form.add_error(None, str(denied))
        else:
            messages.success(request, _("The changes have been saved."))
            return redirect("pairing_detail", resource.pairing_id)
    context = {"form": form, "pairing": resource.pairing, "resource": resource}
    return render(request, "branches/resource_form.html", context)


@require_POST
def resource_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    resource = access.get_resource(request.user, pk, Permission.ORGANISATION_MANAGE)
    attempt(
        request,
        lambda: actions.withdraw_resource(resource=resource, by=request.user),
        _("The resource is no longer offered."),
    )
    return redirect("pairing_detail", resource.pairing_id)
