"""Transfers of the organisational relation 组织关系转接: sent, accepted, refused, withdrawn (domain.md §4.1)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils import timezone

from branches.actions.organisations import enter_external
from branches.models import Organisation
from dualmgmt.lib import audit, numbers, outbox
from dualmgmt.lib.actors import account
from dualmgmt.lib.clock import today
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.lifecycle import SOMEBODY_WAS_FASTER
from members import homerules, lifecycle, rules
from members.actions import cards, homes
from members.enums import CardEnd, TransferReason, TransferState
from members.models import HomeMembership, HomeTransfer, Member

if TYPE_CHECKING:
    from dualmgmt.lib.actors import Actor


@transaction.atomic
def send(
    *,
    member: Member,
    target: Organisation | dict[str, str],
    reason: TransferReason,
    valid_days: int,
    letter_number: str = "",
    by: Actor,
) -> HomeTransfer:
    """Send the relation from the member's home branch to *target*.

    That may be outside the portal, too: known there, or the fields of
    :func:`branches.actions.organisations.enter_external`.

    The number is the office's own, or the next of the portal's where none is
    given. Raises :class:`ActionDenied` where *target* holds no relations, the
    home is outside the portal, or another transfer is under way.
    """
    # Neither may be merged or dissolved while a relation is on its way to or from it.
    Organisation.objects.hold_tree()
    target = enter_external(**target, by=by) if isinstance(target, dict) else Organisation.objects.hold(target.pk)
    member = Member.objects.select_for_update().get(pk=member.pk)
    source = member.home_branch()
    homerules.check_transfer(member, source, target)
    rules.check_validity(valid_days)
    assert source is not None
    day = today()
    number = letter_number.strip()
    if not number:
        running = numbers.take(f"transfer:{source.pk}", day.year)
        number = f"{source.number_prefix()}转〔{day.year}〕{running}号"
    try:
        with transaction.atomic():
            transfer = HomeTransfer.objects.create(
                member=member,
                source=source,
                target=target,
                letter_number=number,
                reason=reason,
                sent_by=account(by),
                valid_until=day + dt.timedelta(days=valid_days),
            )
    except IntegrityError:
        raise ActionDenied(homerules.TRANSFER_OPEN, "transfer_open") from None
    audit.record("transfer.sent", transfer, by=by, organisation=source, number=number, to=target.name)
    outbox.put("members.tell_transfer", transfer.pk)
    return transfer


@transaction.atomic
def accept(*, transfer: HomeTransfer, by: Actor, on: dt.date | None = None) -> None:
    """The target takes the member in; from now on it is the home branch.

    Of a target outside the portal the sender records it from the paper
    receipt, dated *on*. What is open for the member elsewhere follows.
    Raises :class:`ActionDenied` past the last day of the letter, or when the
    member is no longer at home at the source.
    """
    day = on or today()
    homerules.check_transfer_valid(transfer, day)
    target = Organisation.objects.hold(transfer.target_id)
    # As in issuing cards and in ending membership: neither happens beside it.
    Member.objects.select_for_update().get(pk=transfer.member_id)
    lifecycle.transfer.move(transfer, TransferState.ACCEPTED, decided_by=account(by), decided_at=timezone.now())
    _move_home(transfer, target, day, by)
    audit.record("transfer.accepted", transfer, by=by, organisation=target, number=transfer.letter_number)
    if target.external:
        audit.record("transfer.accepted", transfer, by=by, organisation=transfer.source, number=transfer.letter_number)
    outbox.put("members.tell_transfer_decided", transfer.pk)


def _move_home(transfer: HomeTransfer, target: Organisation, day: dt.date, by: Actor) -> None:
    here = HomeMembership.objects.open().filter(member=transfer.member_id, organisation=transfer.source_id)
    late = here.filter(started_on__gt=day).values_list("started_on", flat=True).first()
    moved = homes.move_homes(memberships=here, target=target, on=late or day, basis=transfer.letter_number, by=by)
    if not moved:
        raise ActionDenied(SOMEBODY_WAS_FASTER, "stale")
    # The card names the former home branch; the new one issues its own.
    cards.revoke_all(members=moved, reason=CardEnd.TRANSFERRED, by=by)


@transaction.atomic
def refuse(*, transfer: HomeTransfer, remark: str, by: Actor) -> None:
    """The target does not take the member in and says why; the source has never stopped being responsible."""
    rules.check_reason(remark)
    _end(transfer, TransferState.REFUSED, remark.strip(), by)
    office = transfer.source if transfer.target.external else transfer.target
    audit.record("transfer.refused", transfer, by=by, organisation=office, number=transfer.letter_number, reason=remark)


@transaction.atomic
def withdraw(*, transfer: HomeTransfer, by: Actor) -> None:
    """The sender takes the transfer back, for instance to send it anew after its last day."""
    _end(transfer, TransferState.WITHDRAWN, "", by)
    audit.record("transfer.withdrawn", transfer, by=by, organisation=transfer.source, number=transfer.letter_number)


def _end(transfer: HomeTransfer, state: TransferState, remark: str, by: Actor) -> None:
    lifecycle.transfer.move(transfer, state, remark=remark, decided_by=account(by), decided_at=timezone.now())
    outbox.put("members.tell_transfer_decided", transfer.pk)


@transaction.atomic
def receive(
    *, member: Member, target: Organisation, reason: TransferReason, letter_number: str, by: Actor
) -> HomeTransfer:
    """A relation comes from outside the portal with its paper letter: entered and accepted by *target* in one step.

    *member* is on record with a home outside the portal. Raises
    :class:`ActionDenied` where the home is in the portal: that branch sends.
    """
    target = Organisation.objects.hold(target.pk)
    member = Member.objects.select_for_update().get(pk=member.pk)
    source = member.home_branch()
    homerules.check_comes_from_outside(member, source, target)
    assert source is not None
    now = timezone.now()
    transfer = HomeTransfer.objects.create(
        member=member,
        source=source,
        target=target,
        letter_number=letter_number.strip(),
        reason=reason,
        state=TransferState.ACCEPTED,
        sent_at=now,
        valid_until=today(),
        decided_by=account(by),
        decided_at=now,
    )
    _move_home(transfer, target, today(), by)
    audit.record("transfer.accepted", transfer, by=by, organisation=target, number=transfer.letter_number)
    outbox.put("members.tell_transfer_decided", transfer.pk)
    return transfer
