"""Personal fields revealed for a purpose: one person, a contact sheet, a list that takes two keys."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from dualmgmt.lib import audit, origin, outbox
from dualmgmt.lib.denied import ActionDenied
from members import lifecycle, rules
from members.enums import BULK_FIELDS, DisclosedField, DisclosureKind, DisclosureState, Purpose
from members.models import Disclosure, Member

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from branches.models import Organisation
    from members.models import User


@transaction.atomic
def reveal(
    *, member: Member, field: DisclosedField, purpose: Purpose, words: str, organisation: Organisation, by: User
) -> Disclosure:
    """Open one field of one member for ``REVEAL_SECONDS``; the member is told."""
    disclosure = _new(DisclosureKind.SINGLE, [field], purpose, words, organisation, by)
    _open(disclosure, settings.REVEAL_SECONDS)
    disclosure.save()
    disclosure.members.add(member)
    audit.record("personal.revealed", member, by=by, organisation=organisation, **_said(disclosure))
    outbox.put("members.tell_revealed", disclosure.pk)
    return disclosure


@transaction.atomic
def contact_sheet(
    *, members: QuerySet[Member], purpose: Purpose, words: str, organisation: Organisation, by: User
) -> Disclosure:
    """The phones of members registered here: visible anyway, so one purpose and one line on record (design.md §9)."""
    people = _listed(members)
    disclosure = _new(DisclosureKind.SHEET, [DisclosedField.PHONE], purpose, words, organisation, by)
    _open(disclosure, settings.REVEAL_LIST_MINUTES * 60)
    disclosure.save()
    disclosure.members.set(people)
    audit.record(
        "personal.sheet_opened", disclosure, by=by, organisation=organisation, rows=len(people), **_said(disclosure)
    )
    return disclosure


@transaction.atomic
def ask_in_bulk(
    *,
    members: QuerySet[Member],
    chosen: Iterable[DisclosedField],
    purpose: Purpose,
    words: str,
    organisation: Organisation,
    by: User,
) -> Disclosure:
    """Ask for a list with unmasked phones or addresses: exactly the members of this moment, for a second person."""
    fields = list(chosen)
    if not fields or not set(fields) <= set(BULK_FIELDS):
        raise ActionDenied(rules.DISCLOSURE_NOT_IN_BULK, "not_in_bulk")
    people = _listed(members)
    disclosure = _new(DisclosureKind.BULK, fields, purpose, words, organisation, by)
    disclosure.save()
    disclosure.members.set(people)
    audit.record("personal.asked", disclosure, by=by, organisation=organisation, rows=len(people), **_said(disclosure))
    outbox.put("members.tell_disclosure_asked", disclosure.pk)
    return disclosure


@transaction.atomic
def decide(*, disclosure: Disclosure, approve: bool, remark: str = "", by: User) -> None:
    """The second key, or a refusal that says why."""
    if disclosure.requested_by_id == by.pk:
        raise ActionDenied(rules.DISCLOSURE_ANOTHER_APPROVES, "another_approves")
    if not approve:
        rules.check_reason(remark)
    state = DisclosureState.APPROVED if approve else DisclosureState.REFUSED
    lifecycle.disclosure.move(disclosure, state, approved_by=by, decided_at=timezone.now(), remark=remark)
    audit.record(
        "personal.approved" if approve else "personal.refused",
        disclosure,
        by=by,
        organisation=disclosure.organisation,
        reason=remark,
        **_said(disclosure),
    )
    outbox.put("members.tell_disclosure_decided", disclosure.pk)


@transaction.atomic
def open_list(*, disclosure: Disclosure, by: User) -> None:
    """Open an approved list for ``REVEAL_LIST_MINUTES``; every member on it is told."""
    now = timezone.now()
    closes = now + dt.timedelta(minutes=settings.REVEAL_LIST_MINUTES)
    lifecycle.disclosure.move(disclosure, DisclosureState.OPENED, opened_at=now, closes_at=closes)
    audit.record(
        "personal.list_opened",
        disclosure,
        by=by,
        organisation=disclosure.organisation,
        rows=disclosure.members.count(),
        **_said(disclosure),
    )
    outbox.put("members.tell_revealed", disclosure.pk)


def lapse_disclosures() -> int:
    """Lists that nobody approved or opened in time; the number of rows. For the daily job."""
    edge = timezone.now() - dt.timedelta(days=settings.REVEAL_VALID_DAYS)
    waiting = Disclosure.objects.filter(
        state__in=[DisclosureState.REQUESTED, DisclosureState.APPROVED], requested_at__lt=edge
    )
    return waiting.update(state=DisclosureState.LAPSED)


def _new(
    kind: DisclosureKind,
    fields: list[DisclosedField],
    purpose: Purpose,
    words: str,
    organisation: Organisation,
    by: User,
) -> Disclosure:
    if purpose == Purpose.OTHER and not words.strip():
        raise ActionDenied(rules.PURPOSE_MISSING, "purpose_missing")
    return Disclosure(
        kind=kind,
        fields=[DisclosedField(field).value for field in fields],
        purpose=purpose,
        words=audit.masked(words.strip()),
        organisation=organisation,
        requested_by=by,
        capacity=origin.current().capacity[:200],
    )


def _open(disclosure: Disclosure, seconds: int) -> None:
    disclosure.state = DisclosureState.OPENED
    disclosure.opened_at = timezone.now()
    disclosure.closes_at = disclosure.opened_at + dt.timedelta(seconds=seconds)


def _listed(members: QuerySet[Member]) -> list[int]:
    people = list(members.order_by("pk").values_list("pk", flat=True).distinct()[: settings.REVEAL_LIST_MAX + 1])
    if not people:
        raise ActionDenied(rules.DISCLOSURE_NOBODY, "nobody")
    if len(people) > settings.REVEAL_LIST_MAX:
        raise ActionDenied(rules.DISCLOSURE_TOO_MANY % {"count": settings.REVEAL_LIST_MAX}, "too_many")
    return people


def _said(disclosure: Disclosure) -> dict[str, Any]:
    return {"fields": disclosure.field_labels(), "purpose": disclosure.purpose_words()}
