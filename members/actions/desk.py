"""At the receiver's desk: paper letters of homes outside the portal, walk-ins, receipts sent by post (design.md §9)."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from branches.actions.organisations import enter_external
from branches.models import Organisation
from dualmgmt.lib import audit, outbox
from dualmgmt.lib.actors import account
from dualmgmt.lib.clock import today
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.lifecycle import SOMEBODY_WAS_FASTER
from members import homerules, lifecycle, rules
from members.actions.letters import CODE_ALPHABET, CODE_LENGTH
from members.actions.people import derive
from members.actions.registrations import snapshot, withdraw
from members.enums import LetterOrigin, LetterState, RegistrationReason
from members.enums import RegistrationState as S
from members.models import ActivityRegistration, HomeMembership, IntroductionLetter, Member
from members.values import letter_number

if TYPE_CHECKING:
    from dualmgmt.lib.actors import Actor


@dataclass(frozen=True)
class PaperLetter:
    """What stands on a letter written outside the portal.

    ``home`` is the branch that wrote it, or, where it is not known yet, the
    fields of :func:`branches.actions.organisations.enter_external`. ``person``
    is an unsaved member with a normalised ID number; ``form`` what was typed
    over the roll.
    """

    home: Organisation | dict[str, str]
    number: str
    issued_on: dt.date
    valid_until: dt.date
    person: Member
    reason: RegistrationReason = RegistrationReason.FLOATING
    pledge: str = ""
    skills: list[Any] = field(default_factory=list)
    form: dict[str, Any] = field(default_factory=dict)


@transaction.atomic
def enter_letter(*, receiver: Organisation, letter: PaperLetter, by: Actor) -> ActivityRegistration:
    """Enter a paper letter: the registration waits for acceptance by a second person, there or above.

    Who enters holds the first key. The person is put on record with a home
    outside the portal, or is known already; somebody whose home is in the
    portal is refused (``walk_in_instead``), without telling where.
    """
    if letter.valid_until < today():
        raise ActionDenied(homerules.LETTER_IS_OVER, "letter_is_over")
    home = enter_external(**letter.home, by=by) if isinstance(letter.home, dict) else letter.home
    receiver = Organisation.objects.hold(receiver.pk)
    homerules.check_receives(receiver)
    member = _person(letter, home, receiver, by)
    registration = _registration(member, receiver, home, letter, by)
    row = _letter(registration, home, letter, by)
    audit.record("letter.entered", row, by=by, organisation=receiver, number=row.number)
    outbox.put("members.tell_letter_issued", registration.pk)
    return registration


def _person(letter: PaperLetter, home: Organisation, receiver: Organisation, by: Actor) -> Member:
    """The member with this ID number, checked, or a new one at home at *home*."""
    person = letter.person
    derive(person)
    known = Member.objects.filter(id_hash=person.id_hash).select_related("merged_into").first()
    if known is not None:
        known = Member.objects.select_for_update().get(pk=known.merged_into_id or known.pk)
        homerules.check_known(known, person.name)
        return known
    try:
        with transaction.atomic():
            person.save()
    except IntegrityError:  # two desks at once
        raise ActionDenied(SOMEBODY_WAS_FASTER, "stale") from None
    person.skills.set(letter.skills)
    HomeMembership.objects.create(member=person, organisation=home, started_on=today(), basis=letter.number[:100])
    audit.record("member.added", person, by=by, organisation=receiver)
    return person


def _registration(
    member: Member, receiver: Organisation, home: Organisation, letter: PaperLetter, by: Actor
) -> ActivityRegistration:
    """A new one, or the one that was returned so that its letter is entered anew."""
    now = timezone.now()
    facts: dict[str, Any] = {
        "home_branch": home,
        "reason": letter.reason,
        # What was typed, not what a roll says of somebody known: that opens with the second key.
        "form": {**snapshot(letter.person, skills=letter.skills), **letter.form},
        "pledge": letter.pledge,
        "submitted_at": now,
    }
    keys = {"issued_by": account(by), "handed_in_at": now, "remark": ""}
    back = member.registrations.filter(organisation=receiver, state=S.RETURNED, home_branch__external=True).first()
    if back is not None:
        lifecycle.registration.move(back, S.PENDING_LETTER, **facts)
        lifecycle.registration.move(back, S.PENDING_ACCEPTANCE, **keys)
        return back
    rules.check_no_open_registration(member, receiver)
    try:
        with transaction.atomic():
            return ActivityRegistration.objects.create(
                member=member,
                organisation=receiver,
                state=S.PENDING_ACCEPTANCE,
                created_by=account(by),
                **facts,
                **keys,
            )
    except IntegrityError:
        raise ActionDenied(rules.ALREADY_OPEN, "already_open") from None


def _letter(
    registration: ActivityRegistration, home: Organisation, letter: PaperLetter, by: Actor
) -> IntroductionLetter:
    content = {
        "addressee": registration.organisation.name,
        "home_branch": home.name,
        "parent_committee": home.external_parent,
        "address": home.address,
        "contact_name": home.contact_name,
        "contact_phone": home.contact_phone,
        "reason": registration.reason,
        "handler": str(by),
        "form": registration.form,
    }
    try:
        with transaction.atomic():
            return IntroductionLetter.objects.create(
                registration=registration,
                issuer=home,
                number=letter_number(letter.number),
                code="".join(secrets.choice(CODE_ALPHABET) for _place in range(CODE_LENGTH)),
                origin=LetterOrigin.OUTSIDE,
                issued_by=account(by),
                issued_on=letter.issued_on,
                valid_until=letter.valid_until,
                content=content,
            )
    except IntegrityError:
        raise ActionDenied(homerules.LETTER_ENTERED, "letter_entered") from None


@transaction.atomic
def start_walk_in(
    *,
    member: Member,
    receiver: Organisation,
    reason: RegistrationReason,
    form: dict[str, Any],
    pledge: str,
    by: Actor,
) -> ActivityRegistration:
    """Start a registration with the person present; the home branch is asked to confirm and issue the letter.

    Until it does, the form holds only what was typed here (*form*): the roll
    is not opened to the receiver by a name and a number.
    """
    receiver = Organisation.objects.hold(receiver.pk)
    home = member.home_branch()
    rules.check_receiver(member, receiver, home)
    rules.check_no_open_registration(member, receiver)
    assert home is not None
    try:
        with transaction.atomic():
            registration = ActivityRegistration.objects.create(
                member=member,
                organisation=receiver,
                home_branch=home,
                state=S.PENDING_LETTER,
                walk_in=True,
                reason=reason,
                form={name: value for name, value in form.items() if value},
                pledge=pledge,
                created_by=account(by),
                submitted_at=timezone.now(),
            )
    except IntegrityError:
        raise ActionDenied(rules.ALREADY_OPEN, "already_open") from None
    audit.record("registration.walk_in", registration, by=by, organisation=receiver)
    outbox.put("members.tell_letter_wanted", registration.pk)
    outbox.put("members.tell_walk_in", registration.pk)
    return registration


@transaction.atomic
def refuse_walk_in(*, registration: ActivityRegistration, reason: str, by: Actor) -> None:
    """The home branch does not confirm: not its member any more, or the person was not there."""
    rules.check_reason(reason)
    if not registration.is_unconfirmed or registration.state != S.PENDING_LETTER:
        raise ActionDenied(homerules.NOT_A_WALK_IN, "not_a_walk_in")
    lifecycle.registration.move(registration, S.WITHDRAWN, remark=reason.strip())
    audit.record(
        "registration.walk_in_refused", registration, by=by, organisation=registration.home_branch, reason=reason
    )
    outbox.put("members.tell_returned", registration.pk)


@transaction.atomic
def take_back(*, registration: ActivityRegistration, by: Actor) -> None:
    """The desk takes back what it started: a walk-in not confirmed yet, a letter from outside that was returned."""
    if not (registration.is_unconfirmed or (registration.home_branch.external and registration.state == S.RETURNED)):
        raise ActionDenied(homerules.NOT_STARTED_HERE, "not_started_here")
    withdraw(registration=registration, by=by)
    audit.record("registration.taken_back", registration, by=by, organisation=registration.organisation)


@transaction.atomic
def mark_receipt_sent(*, letter: IntroductionLetter, on: dt.date, by: Actor) -> None:
    """The printed receipt has gone to the home branch outside the portal."""
    fresh = IntroductionLetter.objects.filter(
        pk=letter.pk,
        origin=LetterOrigin.OUTSIDE,
        state=LetterState.USED,
        receipt_at__date__lte=on,
        receipt_sent_on=None,
    )
    if on > today() or not fresh.update(receipt_sent_on=on, receipt_sent_by=account(by)):
        raise ActionDenied(homerules.ONLY_RECEIPTS_BY_POST, "not_to_post")
    audit.record("letter.receipt_sent", letter, by=by, organisation=letter.registration.organisation)
