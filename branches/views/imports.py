"""The page that imports the organisation tree: one form, checked first, then written."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from branches.access import require_anywhere
from branches.imports import organisations
from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt.lib import tables
from dualmgmt.lib.denied import ActionDenied


class UploadForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("Organisations (.xlsx or .csv)"))
    write = forms.BooleanField(
        label=gettext_lazy("Write it if no row is refused"),
        required=False,
        help_text=gettext_lazy("Without this tick you only see what would happen."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def organisation_import(request: HttpRequest) -> HttpResponse:
    """Look at a file, or look at it and write it, all rows or none."""
    require_anywhere(request.user, Permission.ORGANISATION_CHANGE)
    form = UploadForm(request.POST or None, request.FILES or None)
    plan = None
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            table = tables.read(upload.read(), upload.name, organisations.SYNONYMS, organisations.REQUIRED)
            scope = Organisation.objects.where(request.user, Permission.ORGANISATION_CHANGE)
            plan = organisations.make(table, scope)
            if form.cleaned_data["write"]:
                counts = organisations.apply(plan=plan, by=request.user)
                done = _("Imported: %(added)s added, %(changed)s changed, %(unchanged)s unchanged.")
                messages.success(request, done % counts)
                return redirect("organisation_list")
        except ActionDenied as denied:
            form.add_error("file", str(denied))
    words = [names[0] for names in organisations.SYNONYMS.values()]
    context = {"form": form, "plan": plan, "counts": plan.counts() if plan else {}, "words": words}
    return render(request, "branches/organisation_import.html", context)
