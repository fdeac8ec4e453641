"""Corrections of the roll: asked for by the member or a receiver, answered by the home branch within a term."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext

from dualmgmt.lib import audit, outbox
from dualmgmt.lib.actors import account
from dualmgmt.lib.clock import add_working_days, today
from dualmgmt.lib.denied import ActionDenied
from members import lifecycle, rules
from members.actions.people import edit_member
from members.enums import CorrectionField, CorrectionState, RegistrationState
from members.models import ActivityRegistration, CorrectionRequest, Member

if TYPE_CHECKING:
    from dualmgmt.lib.actors import Actor


# What the form asks over the roll's own words (domain.md §1.3).
FORM_FIELDS = (
    CorrectionField.PHONE,
    CorrectionField.HOME_ADDRESS,
    CorrectionField.WORK_UNIT,
    CorrectionField.WORK_POST,
)
# While a receiver has the person before it or among its registered members.
REPORTABLE = (RegistrationState.PENDING_ACCEPTANCE, RegistrationState.ACTIVE, RegistrationState.LEAVING)


@transaction.atomic
def ask(
    *,
    member: Member,
    field: CorrectionField,
    proposed: str,
    words: str = "",
    registration: ActivityRegistration | None = None,
    by: Actor,
) -> CorrectionRequest:
    """Say what is wrong and what it should be; one open request per field."""
    if field != CorrectionField.OTHER and str(getattr(member, field)) == proposed:
        raise ActionDenied(rules.CORRECTION_SAME, "correction_same")
    return _put(member, field, proposed, words, registration, by)


@transaction.atomic
def report(
    *, registration: ActivityRegistration, field: CorrectionField, proposed: str, words: str = "", by: Actor
) -> CorrectionRequest:
    """A receiver found something different. It is not told whether the roll says so already: that is the roll's."""
    rules.check_state(registration, *REPORTABLE)
    return _put(registration.member, field, proposed, words, registration, by)


def ask_from_form(*, registration: ActivityRegistration, by: Actor) -> None:
    """Inside the caller's transaction: what was typed over the roll's words becomes a request per field.

    Safe to repeat. A request of the same person that says something else is
    replaced; one of somebody else is left to be answered.
    """
    words = gettext("From the registration form for %(receiver)s.") % {"receiver": registration.organisation.name}
    for name in differing(registration):
        proposed = registration.form[name]
        waiting = CorrectionRequest.objects.open().filter(member=registration.member, field=name).first()
        if waiting is not None:
            if waiting.proposed == proposed or waiting.asked_by != account(by):
                continue
            withdraw(request=waiting, by=by)
        with suppress(ActionDenied):  # another window asked at the same moment
            ask(
                member=registration.member,
                field=CorrectionField(name),
                proposed=proposed,
                words=words,
                registration=registration,
                by=by,
            )


@transaction.atomic
def take_over(*, registration: ActivityRegistration, by: Actor) -> None:
    """The home branch writes what its own form says into its own roll."""
    member = Member.objects.select_for_update().get(pk=registration.member_id)
    changed = differing(registration)
    if not changed:
        raise ActionDenied(rules.NOTHING_DIFFERS, "nothing_differs")
    for name in changed:
        setattr(member, name, registration.form[name])
    edit_member(member=member, changed=changed, by=by)


def typed_over(member: Member, form: dict[str, Any]) -> list[str]:
    """Names of fields in which *form*, as it is being filled in, says something else than the roll."""
    return [name.value for name in FORM_FIELDS if form.get(name) and form[name] != getattr(member, name)]


def differing(registration: ActivityRegistration) -> list[str]:
    """Of what was typed over the roll's words in this form, what the roll still says otherwise."""
    typed = registration.form.get("differs", [])
    return [name for name in typed_over(registration.member, registration.form) if name in typed]


def _put(
    member: Member,
    field: CorrectionField,
    proposed: str,
    words: str,
    registration: ActivityRegistration | None,
    by: Actor,
) -> CorrectionRequest:
    try:
        with transaction.atomic():
            row = CorrectionRequest.objects.create(
                member=member,
                field=field,
                proposed=proposed,
                words=words,
                asked_by=account(by),
                registration=registration,
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
