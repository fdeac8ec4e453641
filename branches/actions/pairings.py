"""Pairings 结对 of a unit's Party organisation with a receiving one, and the resource list the unit brings along."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from branches import rules
from branches.models import Organisation, Pairing, PairingResource
from dualmgmt.lib import audit
from dualmgmt.lib.actors import account
from dualmgmt.lib.clock import today
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.lifecycle import SOMEBODY_WAS_FASTER

if TYPE_CHECKING:
    from dualmgmt.lib.actors import Actor


@transaction.atomic
def pair(*, home_side: Organisation, receiver: Organisation, document_number: str, by: Actor) -> Pairing:
    """Pair a unit's Party organisation with a receiving one: the area line beside the tree."""
    receiver = Organisation.objects.hold(receiver.pk)
    rules.check_active(home_side)
    same_line = receiver.path.startswith(home_side.path) or home_side.path.startswith(receiver.path)
    if not receiver.accepts_registrations or same_line:
        raise ActionDenied(rules.PAIR_WITH_RECEIVER, "pair_with_receiver")
    try:
        with transaction.atomic():
            row = Pairing.objects.create(
                home_side=home_side, receiver=receiver, document_number=document_number.strip(), made_by=account(by)
            )
    except IntegrityError:
        raise ActionDenied(rules.ALREADY_PAIRED, "already_paired") from None
    audit.record("pairing.made", row, by=by, organisation=home_side, receiver=receiver.name)
    return row


@transaction.atomic
def edit(
    *, pairing: Pairing, document_number: str, agreement: str, contact_name: str, contact_phone: str, by: Actor
) -> None:
    """What the two agreed on and who answers the phone on the unit's side, while the pairing lasts."""
    changes = {
        "document_number": document_number.strip(),
        "agreement": agreement.strip(),
        "contact_name": contact_name.strip(),
        "contact_phone": contact_phone.strip(),
    }
    fields = [name for name, value in changes.items() if getattr(pairing, name) != value]
    if not Pairing.objects.in_force().filter(pk=pairing.pk).update(**changes):
        raise ActionDenied(rules.PAIRING_ENDED, "pairing_ended")
    for name, value in changes.items():
        setattr(pairing, name, value)
    audit.record("pairing.edited", pairing, by=by, organisation=pairing.home_side, fields=fields)


@transaction.atomic
def end(*, pairing: Pairing, by: Actor) -> None:
    """The pairing ends today; its agreement and resources stay readable."""
    if not Pairing.objects.in_force().filter(pk=pairing.pk).update(ends_on=max(today(), pairing.starts_on)):
        raise ActionDenied(SOMEBODY_WAS_FASTER, "stale")
    audit.record("pairing.ended", pairing, by=by, organisation=pairing.home_side, receiver=pairing.receiver.name)


def _hold(pairing: Pairing) -> None:
    """Raise where the pairing has ended; held, so that it does not end meanwhile."""
    if not Pairing.objects.in_force().select_for_update(of=("self",)).filter(pk=pairing.pk).exists():
        raise ActionDenied(rules.PAIRING_ENDED, "pairing_ended")


@transaction.atomic
def offer(*, pairing: Pairing, kind: str, name: str, details: str, by: Actor) -> PairingResource:
    """Put a line on the resource list 资源清单."""
    _hold(pairing)
    row = PairingResource.objects.create(pairing=pairing, kind=kind, name=name.strip(), details=details.strip())
    audit.record("pairing.resource_offered", row, by=by, organisation=pairing.home_side, name=row.name)
    return row


@transaction.atomic
def edit_resource(*, resource: PairingResource, kind: str, name: str, details: str, by: Actor) -> None:
    _hold(resource.pairing)
    changes = {"kind": kind, "name": name.strip(), "details": details.strip()}
    if not PairingResource.objects.offered().filter(pk=resource.pk).update(**changes):
        raise ActionDenied(rules.RESOURCE_WITHDRAWN, "resource_withdrawn")
    place = resource.pairing.home_side
    audit.record("pairing.resource_edited", resource, by=by, organisation=place, name=changes["name"])


@transaction.atomic
def withdraw_resource(*, resource: PairingResource, by: Actor) -> None:
    """No longer offered; the line stays as history."""
    rows = PairingResource.objects.offered().filter(pk=resource.pk)
    if not rows.update(withdrawn_on=max(today(), resource.offered_on)):
        raise ActionDenied(rules.RESOURCE_WITHDRAWN, "resource_withdrawn")
    place = resource.pairing.home_side
    audit.record("pairing.resource_withdrawn", resource, by=by, organisation=place, name=resource.name)
