"""Leaving a receiver: asked for, taken back, settled, closed with its receipt (domain.md §1.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from branches.models import Organisation
from branches.rules import check_active
from dualmgmt.lib import audit, numbers, outbox, registry
from dualmgmt.lib.actors import account
from dualmgmt.lib.clock import add_working_days, today
from members import lifecycle, rules
from members.actions import placing
from members.enums import RegistrationState as S
from members.models import ActivityRegistration, Member

if TYPE_CHECKING:
    from dualmgmt.lib.actors import Actor
    from members.enums import Side


@transaction.atomic
def ask(*, registration: ActivityRegistration, side: Side, reason: str, remark: str, by: Actor) -> None:
    """*side* asks that the registration be closed; the receiver settles it within the working days of the office.

    From now on the member claims nothing more there. Raises :class:`ActionDenied`
    when the member is not registered or *reason* is none to leave for.
    """
    rules.check_state(registration, S.ACTIVE)
    rules.check_leaving(reason, remark)
    lifecycle.registration.move(
        registration,
        S.LEAVING,
        leave_side=side,
        leave_by=account(by),
        leave_at=timezone.now(),
        leave_due_on=add_working_days(today(), settings.LEAVING_WORKING_DAYS),
        leave_remark=remark.strip(),
        close_reason=reason,
    )
    label = registration.get_close_reason_display()
    audit.record(
        "registration.leave_asked", registration, by=by, organisation=registration.organisation, reason=str(label)
    )
    outbox.put("members.tell_leave_asked", registration.pk)


@transaction.atomic
def cancel(*, registration: ActivityRegistration, side: Side, by: Actor) -> None:
    """The side that asked takes it back; the registration is as it was before."""
    rules.check_state(registration, S.LEAVING)
    rules.check_asked_by(registration, side)
    lifecycle.registration.move(
        registration,
        S.ACTIVE,
        leave_side="",
        leave_by=None,
        leave_at=None,
        leave_due_on=None,
        leave_remark="",
        close_reason="",
    )
    audit.record("registration.leave_cancelled", registration, by=by, organisation=registration.organisation)
    outbox.put("members.tell_leave_cancelled", registration.pk, timezone.now().isoformat())


@transaction.atomic
def close(*, registration: ActivityRegistration, final_facts: str, by: Actor) -> None:
    """The receiver writes the final facts and closes; the closing receipt goes to the home branch.

    Raises :class:`ActionDenied` while a claim there or below is open. Other
    registrations of the member are not touched.
    """
    rules.check_state(registration, S.LEAVING)
    rules.check_final_facts(final_facts)
    receiver = Organisation.objects.hold(registration.organisation_id)
    check_active(receiver)
    # As in claiming: nothing is claimed or taken over beside it.
    Member.objects.select_for_update(no_key=True).get(pk=registration.member_id)
    rules.check_settled(registration)
    day = today()
    running = numbers.take(f"closing:{receiver.pk}", day.year)
    lifecycle.registration.move(
        registration,
        S.CLOSED,
        closed_on=day,
        closed_by=account(by),
        final_facts=final_facts.strip(),
        closing_receipt=f"{receiver.number_prefix()}销〔{day.year}〕{running}号",
    )
    placing.end(registrations=[registration.pk], on=day)
    registry.leaving.closed(registration, by)
    audit.record(
        "registration.closed",
        registration,
        by=by,
        organisation=receiver,
        number=registration.closing_receipt,
        reason=str(registration.get_close_reason_display()),
    )
    outbox.put("members.tell_left", registration.pk)


@transaction.atomic
def file_closing(*, registration: ActivityRegistration, by: Actor) -> None:
    """The home branch has taken note of the closing receipt; for a home outside the portal, it has been sent."""
    fresh = ActivityRegistration.objects.filter(pk=registration.pk, closing_receipt__isnull=False, closing_seen_at=None)
    if fresh.update(closing_seen_at=timezone.now()):
        audit.record(
            "registration.closing_filed",
            registration,
            by=by,
            organisation=registration.home_branch,
            number=registration.closing_receipt,
        )
