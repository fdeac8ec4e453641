"""Papers of reporting in, besides the letter and the form on their own pages: registers, rosters, closing receipts."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from branches.access import get_organisation
from branches.enums import Paper
from branches.permissions import Permission
from dualmgmt.lib import audit, typeset
from members import access, printing, samples
from members.enums import RegistrationState as S


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
