"""Write what a plan says: all or nothing, or the correct rows where that was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from branches.models import Organisation
from dualmgmt.lib import audit
from dualmgmt.lib.clock import today
from dualmgmt.lib.denied import ActionDenied
from members.actions.people import derive
from members.models import HomeMembership, Member
from members.roster.planning import BATCH, Plan, new_member

if TYPE_CHECKING:
    from dualmgmt.lib.actors import Actor

REFUSED_ROWS = _("%(count)s rows are refused, so nothing was written. Correct them, or import the correct rows only.")
CHANGED_MEANWHILE = _("The registry has changed in the meantime. Please look at the preview again.")


def apply(
    *, plan: Plan, organisation: Organisation, by: Actor, partial: bool = False, source: str = ""
) -> dict[str, int]:
    """Write *plan* and return its counts.

    Raises :class:`ActionDenied` when rows are refused and *partial* was not
    asked for, or when somebody has registered one of the numbers meanwhile;
    then nothing is written.
    """
    if plan.refused and not partial:
        raise ActionDenied(REFUSED_ROWS % {"count": len(plan.refused)}, "refused_rows")
    try:
        with transaction.atomic():
            return _write(plan, organisation, by, source)
    except IntegrityError:
        raise ActionDenied(CHANGED_MEANWHILE, "changed_meanwhile") from None


def _write(plan: Plan, organisation: Organisation, by: Actor, source: str) -> dict[str, int]:
    day = today()
    branches = {branch for _person, branch in plan.added}
    held = Organisation.objects.active().filter(pk__in=branches).select_for_update()
    if len(list(held.values_list("pk"))) != len(branches):
        raise ActionDenied(CHANGED_MEANWHILE, "changed_meanwhile")
    for first in range(0, len(plan.added), BATCH):
        batch = plan.added[first : first + BATCH]
        members = Member.objects.bulk_create([new_member(person) for person, _branch in batch])
        HomeMembership.objects.bulk_create(
            HomeMembership(member=member, organisation_id=branch, started_on=day, basis=source[:100])
            for member, (_person, branch) in zip(members, batch, strict=True)
        )
    _update(plan)
    counts = plan.counts()
    audit.record(
        "roster.imported",
        organisation,
        by=by,
        organisation=organisation,
        source=source,
        refused=len(plan.refused),
        **counts,
    )
    return counts


def _update(plan: Plan) -> None:
    fields: set[str] = {name for change in plan.changed for name in change.fields}
    if not fields:
        return
    members: list[Any] = [change.member for change in plan.changed]
    for member in members:
        derive(member)
    Member.objects.bulk_update(members, sorted(fields | {"phone_hash", "name_initials"}), batch_size=BATCH)
