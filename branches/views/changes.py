"""Reorganising: form, preview with consequences, confirmation."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from branches import access
from branches.actions import changes
from branches.forms.changes import FORMS, ChangeForm
from branches.models import Organisation
from branches.plans import fingerprint
from dualmgmt.lib.denied import ActionDenied


@require_http_methods(["GET", "HEAD", "POST"])
def organisation_change(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """Rename, move, merge or dissolve; ``kind`` is the word in the address."""
    if kind not in FORMS:
        raise Http404
    organisation = access.get_changeable(request.user, code)
    form = FORMS[kind](request.POST or None, user=request.user, organisation=organisation)
    return change_page(request, organisation, form)


def change_page(request: HttpRequest, organisation: Organisation, form: ChangeForm) -> HttpResponse:
    """One page: the form, below it what it would do, then the button that does it.

    The button carries the fingerprint of the preview; when the consequences are
    others by then, the preview is shown again instead.
    """
    context = {"organisation": organisation, "form": form, "kind": form.kind, "effects": None}
    if request.method == "POST" and form.is_valid():
        plan = form.plan()
        try:
            if "confirm" in request.POST:
                changes.carry_out(plan=plan, shown=request.POST.get("shown", ""), by=request.user)
                messages.success(request, _("The change has been carried out and stands in the history."))
                return redirect("organisation_detail", organisation.code)
            effects = changes.preview(plan)
        except ActionDenied as denied:
            form.add_error(None, str(denied))
            if denied.code in ("preview_changed", "settle_first"):
                effects = changes.preview(plan)
            else:
                return render(request, "branches/change_form.html", context)
        context |= {
            "effects": effects,
            "blocked": any(effect.must_settle for effect in effects),
            "shown": fingerprint(effects),
        }
    return render(request, "branches/change_form.html", context)
