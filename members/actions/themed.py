"""Themed, mixed and functional branches: set up below a receiver, filled, and members moved between them."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.db import transaction

from branches.actions import organisations
from branches.enums import Kind
from branches.models import Organisation
from branches.rules import check_active, check_parent
from dualmgmt.lib import audit, numbers, outbox
from dualmgmt.lib.clock import today
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.lifecycle import SOMEBODY_WAS_FASTER
from members import rules
from members.actions import placing
from members.models import ActivityRegistration

if TYPE_CHECKING:
    from dualmgmt.lib.actors import Actor
    from members.models.registrations import RegistrationQuerySet


@transaction.atomic
def found(
    *,
    receiver: Organisation,
    name: str,
    setting: str,
    theme: str,
    purpose: str,
    first_members: Collection[int],
    by: Actor,
    document_number: str = "",
) -> Organisation:
    """Set up a branch for activities below *receiver* with its *first_members* (registrations' keys).

    Nobody's relation moves: it can be no home branch. Raises
    :class:`ActionDenied` where the tree has no place for it below *receiver*,
    the setting holds relations, or somebody chosen is not registered there.
    """
    Organisation.objects.hold_tree()
    receiver = Organisation.objects.hold(receiver.pk)
    check_parent(receiver)
    rules.check_founding(receiver, name.strip(), setting)
    branch = organisations.create_organisation(
        parent=receiver,
        code=_free_code(receiver),
        name=name.strip(),
        kind=Kind.BRANCH,
        setting=setting,
        theme=theme.strip(),
        purpose=purpose.strip(),
        sector=receiver.sector,
        division=receiver.division,
        founded_on=today(),
        document_number=document_number,
        by=by,
    )
    if first_members:
        rows = ActivityRegistration.objects.filter(pk__in=first_members, organisation=receiver)
        _put(rows=rows, expected=len(set(first_members)), target=branch, reason=branch.name, by=by)
    return branch


def _free_code(receiver: Organisation) -> str:
    while True:
        code = f"{receiver.code}-H{numbers.take(f'branch:{receiver.pk}', 0)}"[:40]
        if not Organisation.objects.filter(code=code).exists():
            return code


@transaction.atomic
def move(*, receiver: Organisation, seen: dict[int, int | None], target: Organisation, reason: str, by: Actor) -> int:
    """Place members registered with *receiver* in *target*, itself or a branch below it; how many moved.

    *seen* says for each registration where the person was placed when it was
    chosen: raises :class:`ActionDenied` where somebody was faster, and then
    nobody moves.
    """
    rules.check_reason(reason)
    check_active(Organisation.objects.hold(receiver.pk))
    target = Organisation.objects.hold(target.pk)
    rules.check_placement(receiver, target)
    going = {pk: place for pk, place in seen.items() if place != target.pk}
    if not going:
        raise ActionDenied(rules.NOBODY_TO_MOVE, "nobody_to_move")
    rows = ActivityRegistration.objects.filter(pk__in=going, organisation=receiver)
    return _put(rows=rows, expected=len(going), target=target, reason=reason.strip(), by=by, seen=going)


def _put(
    *,
    rows: RegistrationQuerySet,
    expected: int,
    target: Organisation,
    reason: str,
    by: Actor,
    seen: dict[int, int | None] | None = None,
) -> int:
    """Locked, so that of two who move the same person the second looks again, and nobody moves who has just left."""
    found = list(rows.registered().select_for_update(of=("self",)).select_related("organisation", "placement"))
    if len(found) != expected or any(seen[row.pk] != row.placement_id for row in found if seen is not None):
        raise ActionDenied(SOMEBODY_WAS_FASTER, "stale")
    found = [row for row in found if row.placement_id != target.pk]
    placing.follow(
        rows=ActivityRegistration.objects.filter(pk__in=[row.pk for row in found]),
        target=target,
        on=today(),
        reason=reason,
        by=by,
    )
    for row in found:
        before = row.placement.name if row.placement else ""
        audit.record("registration.moved", row, by=by, organisation=row.organisation, before=before, after=target.name)
        outbox.put("members.tell_moved", row.pk)
    return len(found)
