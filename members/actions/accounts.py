"""Accounts: opened without a password, activated with a slip, disabled when unused."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import TYPE_CHECKING

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from branches.models import Appointment
from dualmgmt.lib import audit, outbox
from dualmgmt.lib.actors import SYSTEM, account
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.secrets import lookup_hash
from members import lifecycle, rules
from members.access import account_named
from members.enums import SlipState
from members.models import ActivationSlip, Member, PastPassword, User
from members.models.accounts import OPEN_SLIPS

if TYPE_CHECKING:
    from branches.models import Organisation
    from dualmgmt.lib.actors import Actor

# Copied by hand from paper: no 0/O, 1/I/L. 31^12 ≈ 8e17 codes, and few attempts.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 12


@transaction.atomic
def open_account(*, member: Member, by: Actor) -> User:
    """Give *member* an account without a password; a slip lets them set one.

    The user name is the card's number where there is one, else made from the
    key; people sign in by card number or phone. Raises :class:`ActionDenied`
    where there is an account already.
    """
    if member.user_id is not None:
        raise ActionDenied(rules.ACCOUNT_EXISTS, "account_exists")
    user = User(username=f"dy{member.pk:07d}", name=member.name)
    user.set_unusable_password()
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:  # two officers at once
        raise ActionDenied(rules.ACCOUNT_EXISTS, "account_exists") from None
    if not Member.objects.filter(pk=member.pk, user=None).update(user=user):
        raise ActionDenied(rules.ACCOUNT_EXISTS, "account_exists")
    member.user = user
    kept = member.keepers()
    audit.record("account.opened", member, by=by, organisation=kept[0] if kept else None, username=user.username)
    return user


def needs_second_key(user: User) -> bool:
    """Officers' and administrators' accounts take two persons (issue of slips)."""
    return Appointment.objects.lasting().filter(user=user, approved_at__isnull=False).exists()


@transaction.atomic
def request_slip(
    *, user: User, organisation: Organisation | None, by: Actor, resets_second_factor: bool = False
) -> ActivationSlip:
    """Ask for a slip; an earlier one that is still open becomes void."""
    for old in ActivationSlip.objects.open_for(user).select_for_update():
        lifecycle.slip.move(old, SlipState.VOID, ended_at=timezone.now())
    state = SlipState.REQUESTED if needs_second_key(user) else SlipState.APPROVED
    try:
        with transaction.atomic():
            slip = ActivationSlip.objects.create(
                user=user, state=state, resets_second_factor=resets_second_factor, requested_by=account(by)
            )
    except IntegrityError:
        raise ActionDenied(rules.SLIP_NOT_READY, "slip_not_ready") from None
    audit.record("account.slip_requested", slip, by=by, organisation=organisation, person=str(user))
    if state == SlipState.REQUESTED:
        outbox.put("members.tell_slip_requested", slip.pk)
    return slip


@transaction.atomic
def approve_slip(*, slip: ActivationSlip, organisation: Organisation | None, by: Actor) -> None:
    """The second key."""
    person = account(by)
    if person is not None and person.pk in (slip.requested_by_id, slip.user_id):
        raise ActionDenied(rules.SLIP_ANOTHER_APPROVES, "another_approves")
    lifecycle.slip.move(slip, SlipState.APPROVED, approved_by=person)
    audit.record("account.slip_approved", slip, by=by, organisation=organisation, person=str(slip.user))


@transaction.atomic
def print_slip(*, slip: ActivationSlip, organisation: Organisation | None, by: Actor) -> str:
    """The code, shown this once; the person is told that a slip was printed."""
    code = "".join(secrets.choice(ALPHABET) for _place in range(CODE_LENGTH))
    lifecycle.slip.move(
        slip,
        SlipState.PRINTED,
        code_hash=lookup_hash(code),
        expires_at=timezone.now() + dt.timedelta(days=settings.SLIP_VALID_DAYS),
    )
    audit.record("account.slip_printed", slip, by=by, organisation=organisation, person=str(slip.user))
    outbox.put("members.tell_slip_printed", slip.pk)
    return code


def activate(*, name: str, code: str, password: str) -> User:
    """Set *password* for whom *name* (card number, phone or user name) and *code* belong to.

    Raises :class:`ActionDenied` with one and the same sentence whatever is
    wrong, and ``ValidationError`` for a password that is too weak; a wrong code
    counts against the slip even though everything else is rolled back.
    """
    user = account_named(name)
    slip = ActivationSlip.objects.usable().filter(user=user).first() if user else None
    if slip is None or slip.attempts >= settings.SLIP_ATTEMPTS:
        raise ActionDenied(rules.SLIP_REFUSED, "slip_refused")
    ActivationSlip.objects.filter(pk=slip.pk).update(attempts=F("attempts") + 1)
    if not secrets.compare_digest(slip.code_hash, lookup_hash(_plain(code))):
        raise ActionDenied(rules.SLIP_REFUSED, "slip_refused")
    assert user is not None
    validate_password(password, user)
    with transaction.atomic():
        lifecycle.slip.move(slip, SlipState.USED, ended_at=timezone.now())
        if slip.resets_second_factor:
            Authenticator.objects.filter(user=user).delete()
            SocialAccount.objects.filter(user=user).delete()
        user.is_active = True
        user.set_password(password)
        user.save(update_fields=["password", "is_active"])
        remember_password(user)
        audit.record("account.activated", slip, by=user, person=str(user))
    return user


def _plain(code: str) -> str:
    return "".join(code.upper().split()).replace("-", "")


def remember_password(user: User) -> None:
    """Keep the hash of the password just set, and no more of them than the policy asks for."""
    PastPassword.objects.create(user=user, password=user.password)
    kept = PastPassword.objects.filter(user=user).order_by("-set_at", "-pk")[: settings.PASSWORD_HISTORY]
    PastPassword.objects.filter(user=user).exclude(pk__in=[row.pk for row in kept]).delete()


def expire_slips() -> int:
    """Slips past their last day; the schedule calls this daily."""
    count = 0
    for slip in ActivationSlip.objects.filter(state=SlipState.PRINTED, expires_at__lte=timezone.now()):
        with transaction.atomic():
            lifecycle.slip.move(slip, SlipState.EXPIRED, ended_at=timezone.now())
            audit.record("account.slip_expired", slip, by=SYSTEM)
        count += 1
    return count


def disable_unused() -> int:
    """Officers' accounts that nobody has used for long; a new slip, with two keys, opens them again."""
    edge = timezone.now() - dt.timedelta(days=settings.OFFICER_UNUSED_DAYS)
    offices = Appointment.objects.in_force().filter(starts_on__lte=edge.date())
    rows = User.objects.filter(is_active=True, pk__in=offices.values("user_id"), date_joined__lt=edge)
    rows = rows.filter(Q(last_login__lt=edge) | Q(last_login=None)).exclude(slips__state__in=OPEN_SLIPS)
    count = 0
    for user in rows.distinct():
        with transaction.atomic():
            if User.objects.filter(pk=user.pk, is_active=True).update(is_active=False):
                audit.record("account.disabled", user, by=SYSTEM, person=str(user))
                count += 1
    return count
