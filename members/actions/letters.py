"""Letters and receipts: issuing at home, accepting at the receiver."""

from __future__ import annotations

import datetime as dt
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from branches import papers
from branches.enums import Paper
from branches.models import Organisation
from branches.queries import ancestors
from branches.rules import check_active
from dualmgmt.lib import audit, numbers, outbox
from dualmgmt.lib.actors import SYSTEM, account
from dualmgmt.lib.clock import today
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.lifecycle import SOMEBODY_WAS_FASTER
from members import lifecycle, rules
from members.actions import homes
from members.actions.registrations import AT_DESK, VOID_REASON_LENGTH, snapshot, void_letters
from members.enums import LetterOrigin, LetterState, ReceiptVerdict
from members.enums import RegistrationState as S
from members.models import ActivityRegistration, IntroductionLetter, Placement

if TYPE_CHECKING:
    from dualmgmt.lib.actors import Actor

# Read aloud over the phone and typed by hand: no 0/O, 1/I/L.
CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 10


def _content(registration: ActivityRegistration, issuer: Organisation, by: Actor) -> dict[str, Any]:
    """What is printed on the letter, frozen at issue."""
    above = ancestors(issuer)
    return {
        "addressee": registration.organisation.name,
        "home_branch": issuer.name,
        "parent_committee": above[-1].name if above else "",
        "address": issuer.address,
        "contact_name": issuer.contact_name,
        "contact_phone": issuer.contact_phone,
        "reason": registration.reason,
        "handler": str(by),
        "form": registration.form,
        "words": papers.words(Paper.LETTER, issuer),
    }


@transaction.atomic
def issue(*, registration: ActivityRegistration, valid_days: int, by: Actor, paper: bool = False) -> IntroductionLetter:
    """Issue the numbered letter. Online it is handed in at once; a paper letter waits for the member.

    Raises :class:`ActionDenied` when the registration does not wait for a
    letter or *valid_days* is out of range.
    """
    rules.check_state(registration, S.PENDING_LETTER)
    letter = _write(registration, valid_days=valid_days, paper=paper, by=by)
    audit.record("letter.issued", letter, by=by, organisation=letter.issuer, number=letter.number)
    return letter


def _write(
    registration: ActivityRegistration,
    *,
    valid_days: int,
    paper: bool,
    by: Actor,
    replaces: IntroductionLetter | None = None,
) -> IntroductionLetter:
    """A letter under the issuer's next number; the registration goes on with it."""
    rules.check_validity(valid_days)
    issuer = registration.home_branch
    rules.check_receiver(registration.member, registration.organisation, issuer)
    handed_in = None if paper else timezone.now()
    lifecycle.registration.move(
        registration,
        S.ISSUED if paper else S.PENDING_ACCEPTANCE,
        issued_by=account(by),
        handed_in_at=handed_in,
        remark="",
        **_confirmed(registration),
    )
    day = today()
    running = numbers.take(f"letter:{issuer.pk}", day.year)
    letter = IntroductionLetter.objects.create(
        registration=registration,
        issuer=issuer,
        number=f"{issuer.number_prefix()}介〔{day.year}〕{running}号",
        code="".join(secrets.choice(CODE_ALPHABET) for _place in range(CODE_LENGTH)),
        origin=LetterOrigin.PAPER if paper else LetterOrigin.PORTAL,
        issued_by=account(by),
        issued_on=day,
        valid_until=day + dt.timedelta(days=valid_days),
        content=_content(registration, issuer, by),
        replaces=replaces,
    )
    outbox.put("members.tell_letter_issued", registration.pk)
    return letter


def _confirmed(registration: ActivityRegistration) -> dict[str, Any]:
    """Of a walk-in the home branch opens its roll with the letter: the form holds more than what was typed."""
    if not registration.is_unconfirmed:
        return {}
    said = {name: value for name, value in registration.form.items() if name != AT_DESK}
    return {"form": {**snapshot(registration.member), **said}}


def _take_back(letter: IntroductionLetter, reason: str) -> None:
    """A paper letter that is still in the member's hand becomes void; the registration waits for another one."""
    rules.check_in_hand(letter)
    lifecycle.letter.move(
        letter, LetterState.VOID, voided_at=timezone.now(), void_reason=reason.strip()[:VOID_REASON_LENGTH]
    )
    lifecycle.registration.move(letter.registration, S.PENDING_LETTER, remark=reason.strip())


@transaction.atomic
def void(*, letter: IntroductionLetter, reason: str, by: Actor) -> None:
    """Void a paper letter that nobody has handed in.

    Raises :class:`ActionDenied` without a reason, or when the letter is with
    the receiver, used or void.
    """
    rules.check_reason(reason)
    _take_back(letter, reason)
    audit.record(
        "letter.voided", letter, by=by, organisation=letter.issuer, number=letter.number, reason=audit.masked(reason)
    )
    outbox.put("members.tell_letter_voided", letter.pk)


@transaction.atomic
def reissue(
    *, letter: IntroductionLetter, valid_days: int, reason: str, by: Actor, paper: bool = False
) -> IntroductionLetter:
    """Issue another letter in place of *letter*: lost on the way, wrong, or expired. The old number stays void.

    Raises :class:`ActionDenied` when the letter is with the receiver or used,
    has been replaced already, or the member is at home elsewhere by now.
    """
    rules.check_reason(reason)
    registration = letter.registration
    rules.check_still_at_home(registration)
    if registration.state == S.EXPIRED:
        rules.check_last_letter(letter)
        rules.check_no_open_registration(registration.member, registration.organisation)
    else:
        _take_back(letter, reason)
    try:
        with transaction.atomic():
            fresh = _write(registration, valid_days=valid_days, paper=paper, by=by, replaces=letter)
    except IntegrityError:  # a new form of the same member was faster
        raise ActionDenied(rules.ALREADY_OPEN, "already_open") from None
    audit.record(
        "letter.reissued",
        fresh,
        by=by,
        organisation=fresh.issuer,
        number=fresh.number,
        replaced=letter.number,
        reason=audit.masked(reason),
    )
    return fresh


@transaction.atomic
def hand_in(*, letter: IntroductionLetter, by: Actor) -> None:
    """A paper letter arrives at the receiver's desk."""
    rules.check_letter(letter)
    lifecycle.registration.move(letter.registration, S.PENDING_ACCEPTANCE, handed_in_at=timezone.now())
    audit.record("letter.handed_in", letter, by=by, organisation=letter.registration.organisation)


def _current_letter(registration: ActivityRegistration) -> IntroductionLetter:
    """The letter to decide on; raises :class:`ActionDenied` when the registration does not wait for a decision."""
    rules.check_state(registration, S.PENDING_ACCEPTANCE)
    letter = registration.letters.filter(state=LetterState.VALID).order_by("-pk").first()
    if letter is None:  # returned in the meantime, which voids the letter
        raise ActionDenied(SOMEBODY_WAS_FASTER, "stale")
    return letter


def _receipt(
    letter: IntroductionLetter, verdict: ReceiptVerdict, remark: str, by: Actor, *, placement: str = ""
) -> None:
    """Fill in the receipt, with the names of this day; the home branch gets it by itself."""
    receiver = letter.registration.organisation
    day = today()
    running = numbers.take(f"receipt:{receiver.pk}", day.year)
    lifecycle.letter.move(
        letter,
        LetterState.USED,
        receipt_number=f"{receiver.number_prefix()}回〔{day.year}〕{running}号",
        verdict=verdict,
        receipt_remark=remark,
        receipt_by=account(by),
        receipt_at=timezone.now(),
        content={
            **letter.content,
            "receiver": receiver.name,
            "placement": placement,
            "receipt_words": papers.words(Paper.RECEIPT, receiver),
        },
    )
    outbox.put("members.tell_receipt", letter.pk)


@transaction.atomic
def accept(*, registration: ActivityRegistration, placement: Organisation, by: Actor) -> None:
    """Accept the member into *placement*: the receiver itself or a branch below it.

    Raises :class:`ActionDenied` when *by* issued the letter, the letter is no
    longer valid, or somebody was faster.
    """
    rules.check_two_keys(registration, by)
    letter = _current_letter(registration)
    rules.check_letter(letter)
    # Held, so that neither can be merged or dissolved while a member comes in.
    check_active(Organisation.objects.hold(registration.organisation_id))
    rules.check_placement(registration.organisation, Organisation.objects.hold(placement.pk))
    if letter.origin == LetterOrigin.OUTSIDE:
        homes.confirm_home(letter=letter, by=by)
    lifecycle.registration.move(
        registration, S.ACTIVE, placement=placement, accepted_by=account(by), accepted_on=today(), remark=""
    )
    Placement.objects.create(
        registration=registration, organisation=placement, started_on=today(), placed_by=account(by)
    )
    _receipt(letter, ReceiptVerdict.ACCEPTED, "", by, placement=placement.name)
    audit.record(
        "registration.accepted", registration, by=by, organisation=registration.organisation, placement=placement.name
    )


@transaction.atomic
def decline(*, registration: ActivityRegistration, decline_reason: str, remark: str, by: Actor) -> None:
    """Refuse with a reason from the list and in words; the receipt says so to the home branch."""
    rules.check_two_keys(registration, by)
    rules.check_reason(remark)
    letter = _current_letter(registration)
    lifecycle.registration.move(
        registration, S.DECLINED, decline_reason=decline_reason, remark=remark.strip(), accepted_by=account(by)
    )
    _receipt(letter, ReceiptVerdict.NOT_ACCEPTED, remark.strip(), by)
    audit.record(
        "registration.declined", registration, by=by, organisation=registration.organisation, reason=decline_reason
    )


@transaction.atomic
def file_receipt(*, letter: IntroductionLetter, by: Actor) -> None:
    """The home branch has taken note of the receipt."""
    fresh = IntroductionLetter.objects.filter(pk=letter.pk, receipt_at__isnull=False, receipt_seen_at=None)
    if not fresh.update(receipt_seen_at=timezone.now()):
        return
    audit.record("letter.receipt_filed", letter, by=by, organisation=letter.issuer)


def expire_letters() -> int:
    """Paper letters that nobody handed in by their last day expire; returns how many."""
    late = ActivityRegistration.objects.filter(
        state=S.ISSUED, letters__state=LetterState.VALID, letters__valid_until__lt=today()
    )
    count = 0
    for registration in late.select_related("home_branch").distinct():
        with suppress(ActionDenied), transaction.atomic():  # handed in at the last moment
            lifecycle.registration.move(registration, S.EXPIRED)
            void_letters(registration, str(rules.LETTER_RAN_OUT))
            audit.record("letter.expired", registration, by=SYSTEM, organisation=registration.home_branch)
            outbox.put("members.tell_returned", registration.pk)
            count += 1
    return count
