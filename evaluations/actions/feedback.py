"""Periods and factual feedback: prepared, written, shown, confirmed and frozen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from dualmgmt.lib import audit, outbox
from dualmgmt.lib.actors import SYSTEM, account
from dualmgmt.lib.clock import add_working_days, today
from dualmgmt.lib.denied import ActionDenied
from evaluations import calendar, facts, lifecycle, rules
from evaluations.enums import FeedbackState
from evaluations.models import FactualFeedback, Period
from members.models import ActivityRegistration

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dualmgmt.lib.actors import Actor

BATCH = 1000


@transaction.atomic
def create_period(*, by: Actor, **fields: Any) -> Period:
    """A new period with its deadlines (fields of :class:`Period`)."""
    try:
        with transaction.atomic():
            period = Period.objects.create(**fields)
    except IntegrityError:
        raise ActionDenied(rules.PERIOD_EXISTS, "period_exists") from None
    audit.record("period.created", period, by=by, code=period.code)
    return period


@transaction.atomic
def prepare(*, period: Period, by: Actor) -> int:
    """One feedback per registration that was open on any day of the period; returns how many are new.

    Safe to repeat: what exists stays, registrations accepted late are added.
    """
    rules.check_ended(period)
    registrations = ActivityRegistration.objects.open_during(period.starts_on, period.ends_on)
    missing = registrations.exclude(feedback__period=period).order_by("pk").values_list("pk", flat=True)
    count = 0
    batch: list[FactualFeedback] = []
    for pk in missing.iterator(chunk_size=BATCH):
        batch.append(FactualFeedback(period=period, registration_id=pk))
        count += 1
        if len(batch) == BATCH:
            FactualFeedback.objects.bulk_create(batch, ignore_conflicts=True)
            batch.clear()
    FactualFeedback.objects.bulk_create(batch, ignore_conflicts=True)
    if period.prepared_at is None:
        Period.objects.filter(pk=period.pk, prepared_at=None).update(prepared_at=timezone.now())
        period.refresh_from_db()
    audit.record("period.prepared", period, by=by, new=count)
    return count


def prepare_due() -> None:
    """Prepare the periods that ended and were not prepared yet; the schedule calls this daily."""
    for period in Period.objects.filter(prepared_at=None, ends_on__lt=today()):
        prepare(period=period, by=SYSTEM)


@transaction.atomic
def write(*, feedback: FactualFeedback, narrative: str, by: Actor) -> None:
    """What the community adds to the facts; only until the member has been shown the text."""
    changed = FactualFeedback.objects.filter(pk=feedback.pk, state=FeedbackState.OPEN).update(
        narrative=narrative.strip(), written_by=account(by)
    )
    if not changed:
        raise ActionDenied(rules.ALREADY_FROZEN, "already_frozen")
    feedback.narrative = narrative.strip()
    audit.record("feedback.written", feedback, by=by, organisation=feedback.registration.organisation)


@transaction.atomic
def show(*, feedback: Iterable[FactualFeedback], by: Actor) -> int:
    """Freeze the facts and show the feedback to the members; returns how many were shown.

    *feedback* rows come with ``registration__organisation`` and of one period;
    rows that somebody else has just shown are passed over.
    """
    rows = [row for row in feedback if row.state == FeedbackState.OPEN]
    if not rows:
        return 0
    found = facts.of_feedback(rows, rows[0].period)
    until = add_working_days(today(), calendar.MEMBER_DAYS)
    shown = 0
    for row in rows:
        try:
            lifecycle.feedback.move(
                row,
                FeedbackState.MEMBER_REVIEW,
                facts=found[row.pk],
                shown_at=timezone.now(),
                review_until=until,
                written_by_id=row.written_by_id or getattr(account(by), "pk", None),
            )
        except ActionDenied:  # shown from another window in this moment
            continue
        audit.record("feedback.shown", row, by=by, organisation=row.registration.organisation)
        outbox.put("evaluations.tell_feedback_shown", row.pk)
        shown += 1
    return shown


@transaction.atomic
def answer(*, feedback: FactualFeedback, statement: str, by: Actor) -> None:
    """The member agrees or adds a statement; from now on nothing of it changes."""
    lifecycle.feedback.move(
        feedback, FeedbackState.CONFIRMED, member_statement=statement.strip(), confirmed_at=timezone.now()
    )
    organisation = feedback.registration.organisation
    audit.record("feedback.confirmed", feedback, by=by, organisation=organisation, stated=bool(statement.strip()))


def confirm_silent() -> int:
    """Terms that ran out without an answer: confirmed, recorded as silence. The schedule calls this daily."""
    late = FactualFeedback.objects.filter(state=FeedbackState.MEMBER_REVIEW, review_until__lt=today())
    count = 0
    for row in late.select_related("registration__organisation").iterator(chunk_size=BATCH):
        with transaction.atomic():
            try:
                lifecycle.feedback.move(
                    row, FeedbackState.CONFIRMED, confirmed_at=timezone.now(), confirmed_by_silence=True
                )
            except ActionDenied:  # the member answered in this moment
                continue
            audit.record("feedback.silence", row, by=SYSTEM, organisation=row.registration.organisation)
            count += 1
    return count
