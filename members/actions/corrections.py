"""Corrections of the roll: asked for by the member, answered by the home branch within a term."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from dualmgmt.lib import audit, outbox
from dualmgmt.lib.actors import account
from dualmgmt.lib.clock import add_working_days, today
from dualmgmt.lib.denied import ActionDenied
from members import lifecycle, rules
from members.actions.people import edit_member
from members.enums import CorrectionField, CorrectionState
from members.models import CorrectionRequest, Member

if TYPE_CHECKING:
    from dualmgmt.lib.actors import Actor


@transaction.atomic
def ask(*, member: Member, field: CorrectionField, proposed: str, words: str = "", by: Actor) -> CorrectionRequest:
    """Say what is wrong and what it should be; one open request per field."""
    if field != CorrectionField.OTHER and str(getattr(member, field)) == proposed:
        raise ActionDenied(rules.CORRECTION_SAME, "correction_same")
    try:
        with transaction.atomic():
            row = CorrectionRequest.objects.create(
                member=member,
                field=field,
                proposed=proposed,
                words=words,
                asked_by=account(by),
                due_on=add_working_days(today(), settings.CORRECTION_WORKING_DAYS),
            )
    except IntegrityError:
        raise ActionDenied(rules.CORRECTION_OPEN, "correction_open") from None
    audit.record("correction.asked", row, by=by, organisation=member.home_branch(), fields=row.get_field_display())
    outbox.put("members.tell_correction_asked", row.pk)
    return row


@transaction.atomic
def correct(*, request: CorrectionRequest, answer: str = "", by: Actor) -> None:
    """Write the proposed value into the roll; where it is no single field, *answer* says what was put right."""
    member = Member.objects.select_for_update().get(pk=request.member_id)
    if request.field == CorrectionField.OTHER:
        rules.check_reason(answer)
    lifecycle.correction.move(
        request, CorrectionState.CORRECTED, answer=answer, answered_by=account(by), answered_at=timezone.now()
    )
    if request.field != CorrectionField.OTHER:
        setattr(member, request.field, request.proposed)
        edit_member(member=member, changed=[request.field], by=by)
    _answered("correction.made", request, by)


@transaction.atomic
def refuse(*, request: CorrectionRequest, answer: str, by: Actor) -> None:
    rules.check_reason(answer)
    lifecycle.correction.move(
        request, CorrectionState.REFUSED, answer=answer, answered_by=account(by), answered_at=timezone.now()
    )
    _answered("correction.refused", request, by)


@transaction.atomic
def withdraw(*, request: CorrectionRequest, by: Actor) -> None:
    lifecycle.correction.move(request, CorrectionState.WITHDRAWN, answered_by=account(by), answered_at=timezone.now())
    audit.record("correction.withdrawn", request, by=by, organisation=request.member.home_branch())


def _answered(event: str, request: CorrectionRequest, by: Actor) -> None:
    home = request.member.home_branch()
    audit.record(event, request, by=by, organisation=home, fields=request.get_field_display(), reason=request.answer)
    outbox.put("members.tell_correction_answered", request.pk)
