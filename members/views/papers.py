"""Papers of reporting in, besides the letter and the form on their own pages: registers, rosters, closing receipts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from branches import papers
from branches.access import get_organisation
from branches.enums import Paper
from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt.lib import audit, typeset
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.typeset import Column
from members import access, printing, samples
from members.archive import cells, in_order
from members.enums import RegistrationState as S
from members.views.archive import filtered_archive
from members.views.letters import filtered_letters
from members.views.members import filtered_roster


@require_safe
def paper_preview(request: HttpRequest, code: str, paper: str) -> HttpResponse:
    """A sample of a paper with the words that hold at the organisation."""
    organisation = get_organisation(request.user, code, Permission.ORGANISATION_MANAGE)
    if paper not in Paper.values:
        raise Http404
    return typeset.answer(samples.pdf(Paper(paper), organisation), f"sample-{paper}")


@require_safe
def closing_print(request: HttpRequest, pk: int) -> HttpResponse:
    """The closing receipt that goes to the home branch."""
    registration = access.get_registration(request.user, pk)
    if registration.state != S.CLOSED or not registration.closing_receipt:
        raise Http404
    audit.record("paper.printed", registration, by=request.user, organisation=registration.organisation)
    return typeset.answer(typeset.pdf("closing_receipt", printing.closing_data(registration)), f"closing-{pk}")


def _register(
    request: HttpRequest,
    paper: Paper,
    organisation: Organisation,
    *,
    title: str,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Any]],
    back: str,
) -> HttpResponse:
    """A filtered list on paper; the print is on record with its filter, and too long a list leads back to it."""
    try:
        sheet = typeset.register(
            title=title,
            organisation=organisation.name,
            columns=columns,
            rows=rows,
            signatures=[_("Compiled by"), _("Checked by")],
            words=papers.words(paper, organisation),
        )
    except ActionDenied as denied:
        messages.error(request, str(denied))
        return redirect(f"{reverse(back)}?{request.GET.urlencode()}")
    shown = audit.masked(request.GET.urlencode())
    audit.record("paper.printed", organisation, by=request.user, organisation=organisation, title=title, filter=shown)
    return typeset.answer(sheet, paper.value)


@require_safe
def letter_register_print(request: HttpRequest) -> HttpResponse:
    """The stub register 存根登记簿 as it is filtered on its page."""
    filters = filtered_letters(request)
    rows = (
        [
            row.number,
            row.registration.member.name,
            row.registration.organisation.name,
            row.registration.get_reason_display(),
            row.issued_on,
            row.valid_until,
            str(row.issued_by or ""),
            row.get_state_display(),
            row.receipt_number,
            timezone.localtime(row.receipt_at).date() if row.receipt_at else None,
            row.receipt_state.label,
        ]
        for row in filters.qs
    )
    columns = [
        Column(_("Letter number"), 2.4), Column(_("Name"), 1.1), Column(_("Addressee"), 2.6),
        Column(_("Reason for reporting in"), 1.6), Column(_("Issued on"), 1.4), Column(_("Valid until"), 1.4),
        Column(_("Handled by"), 1.2), Column(_("State"), 0.9), Column(_("Receipt number"), 2.4),
        Column(_("Receipt of"), 1.4), Column(_("Receipt"), 1.2),
    ]  # fmt: skip
    office = access.office(request.user, Permission.LETTER_VIEW)
    title = _("Stub register of introduction letters")
    return _register(request, Paper.STUB_REGISTER, office, title=title, columns=columns, rows=rows, back="letter_list")


@require_safe
def archive_print(request: HttpRequest) -> HttpResponse:
    """The roster of registered members as it is filtered in the archive; no phones, no ID numbers."""
    filters = filtered_archive(request)
    rows = (cells(row) for row in in_order(filters).iterator(chunk_size=1000))
    columns = [
        Column(_("Name"), 1.1), Column(_("Sex"), 0.6), Column(_("Kind of member"), 1.1),
        Column(_("Receiving organisation"), 2), Column(_("Placed in"), 2.2), Column(_("Home branch"), 2.2),
        Column(_("Employer"), 2), Column(_("Skills"), 1.8), Column(_("Registered on"), 1.4),
    ]  # fmt: skip
    office = access.office(request.user, Permission.REGISTRATION_VIEW)
    return _register(
        request,
        Paper.ROSTER,
        office,
        title=_("Roster of registered members"),
        columns=columns,
        rows=rows,
        back="archive",
    )


@require_safe
def roster_print(request: HttpRequest) -> HttpResponse:
    """The roll of the home branches as it is filtered on the member list."""
    filters = filtered_roster(request)
    rows = (
        [
            row.name,
            row.get_sex_display(),
            row.ethnicity,
            row.birth_date,
            row.get_kind_display(),
            row.joined_on,
            row.home_name,  # type: ignore[attr-defined]  # annotated
            row.work_unit,
            row.get_work_status_display(),
        ]
        for row in filters.qs
    )
    columns = [
        Column(_("Name"), 1.2), Column(_("Sex"), 0.6), Column(_("Ethnicity"), 0.8), Column(_("Birth date"), 1.3),
        Column(_("Kind of member"), 1.2), Column(_("Joined the Party on"), 1.3), Column(_("Home branch"), 2.4),
        Column(_("Employer"), 2.4), Column(_("Work status"), 1),
    ]  # fmt: skip
    office = access.office(request.user, Permission.ROSTER_VIEW)
    return _register(
        request, Paper.ROSTER, office, title=_("Roll of Party members"), columns=columns, rows=rows, back="member_list"
    )
