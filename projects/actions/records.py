"""Service records: stated by the member, signed off by the community."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from dualmgmt.lib import audit, outbox
from dualmgmt.lib.actors import account
from dualmgmt.lib.denied import ActionDenied
from members.models import Member
from projects import lifecycle, rules
from projects.enums import RecordState
from projects.models import Claim, ServiceRecord
from projects.models.claims import MAX_HOURS_PER_DAY

if TYPE_CHECKING:
    from dualmgmt.lib.actors import Actor


@transaction.atomic
def state(
    *,
    claim: Claim,
    member: Member,
    service_date: dt.date,
    hours: Decimal,
    people_served: int,
    content: str,
    by: Actor,
) -> ServiceRecord:
    """The member states what was done. Raises :class:`ActionDenied` for impossible dates or hours."""
    # One member's records are written one after the other, so that the day's bound holds.
    Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    rules.check_statement(claim, member, service_date, hours)
    record = ServiceRecord.objects.create(
        claim=claim,
        member=member,
        service_date=service_date,
        hours=hours,
        people_served=people_served,
        content=content.strip(),
        stated_by=account(by),
    )
    organisation = claim.project.organisation
    audit.record("record.stated", record, by=by, organisation=organisation, hours=str(hours))
    outbox.put("projects.tell_record_stated", record.pk)
    return record


@transaction.atomic
def verify(
    *,
    record: ServiceRecord,
    by: Actor,
    hours: Decimal | None = None,
    people: int | None = None,
    content: str = "",
    reason: str = "",
) -> None:
    """The community signs off, as stated or with its own figures and words and the reason for them.

    The statement itself is never touched. Raises :class:`ActionDenied` when
    *by* stated or did it, or figures differ without a reason.
    """
    rules.check_verifier(record, by)
    hours = record.hours if hours is None else hours
    people = record.people_served if people is None else people
    if not 0 <= hours <= MAX_HOURS_PER_DAY:
        raise ActionDenied(rules.HOURS_RANGE, "hours_range")
    differs = hours != record.hours or people != record.people_served or bool(content.strip())
    if differs and not reason.strip():
        raise ActionDenied(rules.CORRECTION_REASON, "correction_reason")
    if hours > record.hours:
        Member.objects.select_for_update(no_key=True).get(pk=record.member_id)
        rules.check_day(record.member.service_records.exclude(pk=record.pk), record.service_date, hours)
    lifecycle.record.move(
        record,
        RecordState.VERIFIED,
        verified_by=account(by),
        verified_at=timezone.now(),
        verified_hours=hours,
        verified_people=people,
        verified_content=content.strip(),
        correction_reason=reason.strip() if differs else "",
    )
    organisation = record.claim.project.organisation
    audit.record("record.verified", record, by=by, organisation=organisation, hours=str(hours), corrected=differs)
    outbox.put("projects.tell_record_decided", record.pk)


@transaction.atomic
def send_back(*, record: ServiceRecord, reason: str, by: Actor) -> None:
    """Not as it stands: the member reads why and states a new record."""
    rules.check_verifier(record, by)
    lifecycle.record.move(record, RecordState.RETURNED, remark=rules.check_reason(reason))
    audit.record("record.returned", record, by=by, organisation=record.claim.project.organisation, reason=reason)
    outbox.put("projects.tell_record_decided", record.pk)
