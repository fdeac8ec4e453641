"""Units and exceptions from the rules of setting."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from branches import access
from branches.actions import settings as actions
from branches.filters import UnitFilter
from branches.forms.settings import ExceptionForm, UnitForm
from branches.models import Division, Organisation, Unit
from branches.permissions import Permission
from dualmgmt.lib.denied import ActionDenied

PER_PAGE = 25


@require_safe
def unit_list(request: HttpRequest) -> HttpResponse:
    """Employers and social organisations that one looks after, with or without a Party organisation."""
    access.require_anywhere(request.user, Permission.UNIT_MANAGE)
    mine = Unit.objects.manageable_by(request.user).with_coverage()
    filters = UnitFilter(request.GET, queryset=mine.select_related("division"))
    context = {
        "filters": filters,
        "page": Paginator(filters.qs, PER_PAGE).get_page(request.GET.get("page")),
        "may_add": Division.objects.led_in(Organisation.objects.where(request.user, Permission.UNIT_MANAGE)).exists(),
    }
    return render(request, "branches/unit_list.html", context)


@require_safe
def unit_detail(request: HttpRequest, pk: int) -> HttpResponse:
    unit = access.get_unit(request.user, pk)
    context = {
        "unit": unit,
        "organisations": Organisation.objects.active().filter(unit=unit),
        "joint": Organisation.objects.active().filter(joint_units=unit),
    }
    return render(request, "branches/unit_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def unit_new(request: HttpRequest) -> HttpResponse:
    """A unit in the area that one's organisation leads."""
    area = access.area(request.user, Permission.UNIT_MANAGE)
    return _unit_page(request, UnitForm(request.POST or None, area=area), None)


@require_http_methods(["GET", "HEAD", "POST"])
def unit_edit(request: HttpRequest, pk: int) -> HttpResponse:
    unit = access.get_unit(request.user, pk)
    area = Division.objects.led_in(Organisation.objects.where(request.user, Permission.UNIT_MANAGE)).in_force()
    return _unit_page(request, UnitForm(request.POST or None, instance=unit, area=area), unit)


def _unit_page(request: HttpRequest, form: UnitForm, unit: Unit | None) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        place = access.office(request.user, Permission.UNIT_MANAGE)
        try:
            saved = actions.save_unit(unit=form.save(commit=False), organisation=place, by=request.user)
        except ActionDenied as denied:
            form.add_error("credit_code", str(denied))
        else:
            messages.success(request, _("The changes have been saved."))
            return redirect("unit_detail", saved.pk)
    return render(request, "branches/unit_form.html", {"form": form, "unit": unit})


@require_http_methods(["GET", "HEAD", "POST"])
def exception_new(request: HttpRequest, code: str) -> HttpResponse:
    """Approve an exception: by the right of the organisation above."""
    organisation = access.get_changeable(request.user, code)
    form = ExceptionForm(request.POST or None, broken=[request.GET.get("rule", "")])
    if request.method == "POST" and form.is_valid():
        try:
            actions.except_from_rule(organisation=organisation, by=request.user, **form.cleaned_data)
        except ActionDenied as denied:
            form.add_error(None, str(denied))
        else:
            messages.success(request, _("The exception has been recorded."))
            return redirect("organisation_detail", code)
    return render(request, "branches/exception_form.html", {"form": form, "organisation": organisation})
