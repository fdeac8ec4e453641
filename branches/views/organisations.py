"""Pages of the organisation tree."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from branches import access, queries
from branches.actions import organisations as actions
from branches.enums import OrganisationState
from branches.filters import OrganisationFilter
from branches.forms.organisations import OrganisationEditForm, OrganisationForm
from branches.forms.pairings import PairingForm
from branches.models import Organisation, OrganisationChange, Pairing
from branches.permissions import ADMINISTRATOR_ROLES, Permission
from dualmgmt.lib.denied import ActionDenied

PER_PAGE = 25


@require_safe
def organisation_list(request: HttpRequest) -> HttpResponse:
    """Names of organisations are visible to everyone signed in (design.md §9)."""
    access.require_business(request.user)
    rows = Organisation.objects.active().filter(external=False).select_related("unit", "division")
    filters = OrganisationFilter(request.GET, queryset=rows)
    page = Paginator(filters.qs, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "filters": filters,
        "page": page,
        "may_create": access.may_anywhere(request.user, Permission.ORGANISATION_CHANGE),
        "sees_pairings": access.may_anywhere(request.user, Permission.PAIRING_VIEW),
        "mine": Organisation.objects.where(request.user, Permission.DASHBOARD_VIEW)[:1],
    }
    return render(request, "branches/organisation_list.html", context)


@require_safe
def organisation_detail(request: HttpRequest, code: str) -> HttpResponse:
    access.require_business(request.user)
    organisation = access.get_organisation(request.user, code)
    children = Organisation.objects.get_children(organisation).filter(state=OrganisationState.ACTIVE)
    context = {
        "organisation": organisation,
        "ancestors": queries.ancestors(organisation),
        "children": children.select_related("unit"),
        "may_manage": access.may(request.user, Permission.ORGANISATION_MANAGE, organisation),
        "may_change": access.may(request.user, Permission.ORGANISATION_CHANGE, access.above(organisation)),
        "may_appoint": access.may(request.user, Permission.APPOINTMENT_VIEW, organisation),
        "appointments": organisation.appointments.in_force()
        .exclude(role__in=ADMINISTRATOR_ROLES)
        .select_related("user", "organisation"),
        "changes": OrganisationChange.objects.filter(parts__organisation=organisation).prefetch_related(
            "parts__organisation"
        ),
        "pairings": Pairing.objects.in_force()
        .filter(Q(home_side=organisation) | Q(receiver=organisation))
        .select_related("home_side", "receiver"),
        "sees_pairings": set(Pairing.objects.visible_to(request.user).values_list("pk", flat=True))
        if access.may_anywhere(request.user, Permission.PAIRING_VIEW)
        else set(),
        "pairing_form": PairingForm(),
        "joint_units": organisation.joint_units.all(),
    }
    return render(request, "branches/organisation_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def organisation_new(request: HttpRequest) -> HttpResponse:
    access.require_anywhere(request.user, Permission.ORGANISATION_CHANGE)
    initial = {"parent": Organisation.objects.filter(code=request.GET.get("below", "")).first()}
    form = OrganisationForm(request.POST or None, user=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        fields = {name: form.cleaned_data[name] for name in (*form.Meta.fields, "document_number")}
        try:
            made = actions.create_organisation(
                parent=form.cleaned_data["parent"], unit=form.unit(), by=request.user, **fields
            )
        except ActionDenied as denied:
            form.add_error("credit_code" if denied.code == "credit_code_taken" else None, str(denied))
        else:
            messages.success(request, _("%(name)s has been added.") % {"name": made.name})
            return redirect("organisation_detail", made.code)
    return render(request, "branches/organisation_form.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def organisation_edit(request: HttpRequest, code: str) -> HttpResponse:
    organisation = access.get_organisation(request.user, code, Permission.ORGANISATION_MANAGE)
    form = OrganisationEditForm(request.POST or None, instance=organisation)
    if request.method == "POST" and form.is_valid():
        fresh = Organisation.objects.get(pk=organisation.pk)
        try:
            actions.edit_organisation(organisation=fresh, by=request.user, **form.cleaned_data)
        except ActionDenied as denied:
            form.add_error("setting" if denied.code == "vetoed" else None, str(denied))
        else:
            messages.success(request, _("The changes have been saved."))
            return redirect("organisation_detail", fresh.code)
    return render(request, "branches/organisation_form.html", {"form": form, "organisation": organisation})
