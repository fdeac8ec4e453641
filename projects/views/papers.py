"""The service record card 服务记录卡 of a registration, on paper."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dualmgmt.lib import audit, typeset
from dualmgmt.lib.forms import SpanForm
from members.deskaccess import printable_registration
from projects import printing


@require_safe
def record_card_print(request: HttpRequest, pk: int) -> HttpResponse:
    """Verified records with one receiver, as far as the reader may see them; ``?first=&last=`` narrows the days.

    Without days, or with days that make no sense, the card covers the year so far.
    """
    registration = printable_registration(request.user, pk)
    form = SpanForm(request.GET)
    span = (form.cleaned_data["first"], form.cleaned_data["last"]) if form.is_valid() else form.this_year()
    audit.record("paper.printed", registration, by=request.user, organisation=registration.organisation)
    data = printing.record_card_data(request.user, registration, *span)
    return typeset.answer(typeset.pdf("record_card", data), f"record-card-{pk}")
