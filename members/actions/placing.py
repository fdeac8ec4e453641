"""Where below the receiver a registered member is placed, with its history."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from dualmgmt.lib.actors import account
from members.models import ActivityRegistration, Placement

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from branches.models import Organisation
    from dualmgmt.lib.actors import Actor


def follow(
    *, rows: QuerySet[ActivityRegistration], target: Organisation | None, on: dt.date, reason: str, by: Actor
) -> None:
    """Put *rows* into *target*, or each into its receiver itself where there is none; open rows of history end.

    A row that began on *on* or later ends on the day it began.
    """
    found = list(rows.values_list("pk", "organisation_id"))
    end(registrations=[pk for pk, _receiver in found], on=on)
    goes = {pk: target.pk if target is not None else receiver for pk, receiver in found}
    begin: dict[int, dt.date] = {}
    for row in Placement.objects.filter(registration__in=goes, ended_on__gt=on):
        assert row.ended_on is not None  # filtered
        begin[row.registration_id] = max(row.ended_on, begin.get(row.registration_id, on))
    Placement.objects.bulk_create(
        [
            Placement(
                registration_id=pk,
                organisation_id=place,
                started_on=begin.get(pk, on),
                reason=reason[:200],
                placed_by=account(by),
            )
            for pk, place in goes.items()
        ],
        batch_size=500,
    )
    for place in set(goes.values()):
        here = [pk for pk, goal in goes.items() if goal == place]
        ActivityRegistration.objects.filter(pk__in=here).update(placement=place)


def end(*, registrations: list[int], on: dt.date) -> None:
    """Close the open placements of *registrations* on *on*, never before they began."""
    rows = Placement.objects.filter(registration__in=registrations, ended_on=None)
    rows.filter(started_on__lte=on).update(ended_on=on)
    for row in rows.filter(started_on__gt=on):
        Placement.objects.filter(pk=row.pk).update(ended_on=row.started_on)
