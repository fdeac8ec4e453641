"""Pages of the roster import: upload, preview, confirm, refused rows."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.access import require_anywhere
from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt.lib import sheets, tables
from dualmgmt.lib.denied import ActionDenied
from members.models import User
from members.roster import actions, planning, staging
from members.roster.columns import LABELS, REQUIRED, SYNONYMS

SHOWN = 200


class UploadForm(forms.Form):
    organisation = forms.ModelChoiceField(
        label=gettext_lazy("Import for"),
        queryset=Organisation.objects.none(),
        help_text=gettext_lazy("A branch, or a committee: then the column 所在支部 decides about the branch."),
    )
    file = forms.FileField(label=gettext_lazy("Roster (.xlsx or .csv)"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = Organisation.objects.where(user, Permission.ROSTER_EDIT).active()
        self.fields["organisation"].queryset = mine  # type: ignore[attr-defined]


@require_http_methods(["GET", "HEAD", "POST"])
def roster_import(request: HttpRequest) -> HttpResponse:
    require_anywhere(request.user, Permission.ROSTER_EDIT)
    form = UploadForm(request.POST or None, request.FILES or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        data = upload.read()
        try:
            tables.read(data, upload.name, SYNONYMS, REQUIRED)
        except ActionDenied as denied:
            form.add_error("file", str(denied))
        else:
            token = staging.put(request.user.pk, upload.name, form.cleaned_data["organisation"].code, data)
            return redirect("roster_import_preview", token)
    return render(request, "members/roster_import.html", {"form": form})


def _staged(
    request: HttpRequest, token: str
) -> tuple[staging.Staged, Organisation, tables.Table, planning.Plan] | None:
    """The upload read and planned anew, in the user's present scope; ``None`` when it is gone."""
    require_anywhere(request.user, Permission.ROSTER_EDIT)
    staged = staging.get(request.user.pk, token)
    if staged is None:
        return None
    mine = Organisation.objects.where(request.user, Permission.ROSTER_EDIT).active()
    organisation = mine.filter(code=staged.organisation).first()
    if organisation is None:
        return None
    table = tables.read(staged.data, staged.filename, SYNONYMS, REQUIRED)
    return staged, organisation, table, planning.make(table, organisation)


def _gone(request: HttpRequest) -> HttpResponse:
    messages.error(request, _("This upload is no longer here. Please choose the file again."))
    return redirect("roster_import")


@require_safe
def roster_import_preview(request: HttpRequest, token: str) -> HttpResponse:
    """What will be added, changed and refused, before anything is written."""
    found = _staged(request, token)
    if found is None:
        return _gone(request)
    staged, organisation, table, plan = found
    context = {
        "token": token,
        "staged": staged,
        "organisation": organisation,
        "table": table,
        "plan": plan,
        "counts": plan.counts(),
        "nothing": not plan.added and not plan.changed,
        "added": [(person.row, person.values["name"]) for person, _branch in plan.added[:SHOWN]],
        "changed": plan.changed[:SHOWN],
        "refused": plan.refused[:SHOWN],
        "warnings": plan.warnings[:SHOWN],
    }
    return render(request, "members/roster_import_preview.html", context)


@require_POST
def roster_import_confirm(request: HttpRequest, token: str) -> HttpResponse:
    found = _staged(request, token)
    if found is None:
        return _gone(request)
    staged, organisation, _table, plan = found
    try:
        counts = actions.apply(
            plan=plan,
            organisation=organisation,
            by=request.user,
            partial="partial" in request.POST,
            source=staged.filename,
        )
    except ActionDenied as denied:
        messages.error(request, str(denied))
        return redirect("roster_import_preview", token)
    staging.drop(token)
    messages.success(
        request,
        _("Imported: %(added)s added, %(changed)s changed, %(unchanged)s unchanged.") % counts,
    )
    return redirect("member_list")


@require_safe
def roster_import_refused(request: HttpRequest, token: str) -> HttpResponse | FileResponse:
    """The refused rows with their reasons, to correct and upload again."""
    found = _staged(request, token)
    if found is None:
        return _gone(request)
    _staged_file, _organisation, table, plan = found
    rows = {row.number: row for row in table.rows}
    header = [*table.columns.values(), _("Row"), _("Reason")]
    lines = (
        [
            *(rows[refusal.row].get(name).text for name in table.columns),
            refusal.row,
            f"{refusal.label}: {refusal.reason}",
        ]
        for refusal in plan.refused
    )
    return sheets.download(request, _("Refused rows"), header, lines)


@require_safe
def roster_import_template(request: HttpRequest) -> FileResponse:
    """An empty roster with the headers the import knows."""
    require_anywhere(request.user, Permission.ROSTER_EDIT)
    return sheets.download(request, _("Roster"), [SYNONYMS[name][0] for name in LABELS], [], personal=False)
