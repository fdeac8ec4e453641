"""The facts of a registration in a period, recounted from verified records by sets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from projects.models import ServiceRecord

if TYPE_CHECKING:
    from evaluations.models import FactualFeedback, Period


def empty() -> dict[str, Any]:
    return {"claims": 0, "records": 0, "hours": "0", "people": 0, "record_ids": []}


def of_feedback(rows: Iterable[FactualFeedback], period: Period) -> dict[int, dict[str, Any]]:
    """Primary key of each feedback → its facts; one query for all.

    Counted are verified records of the member on projects of the receiving
    organisation or below it, by service date. *rows* need ``registration`` and
    ``registration__organisation`` loaded.
    """
    rows = list(rows)
    by_member: dict[int, list[tuple[str, int, int, Decimal, int]]] = defaultdict(list)
    records = ServiceRecord.objects.verified().filter(
        member_id__in={row.registration.member_id for row in rows},
        service_date__gte=period.starts_on,
        service_date__lte=period.ends_on,
    )
    fields = ("member_id", "claim__project__organisation__path", "pk", "claim_id", "verified_hours", "verified_people")
    for member, path, pk, claim, hours, people in records.order_by("service_date", "pk").values_list(*fields):
        by_member[member].append((path, pk, claim, hours, people or 0))
    found = {}
    for row in rows:
        path = row.registration.organisation.path
        mine = [line for line in by_member[row.registration.member_id] if line[0].startswith(path)]
        found[row.pk] = {
            "claims": len({line[2] for line in mine}),
            "records": len(mine),
            "hours": plain(sum((line[3] for line in mine), Decimal(0))),
            "people": sum(line[4] for line in mine),
            "record_ids": [line[1] for line in mine],
        }
    return found


def plain(number: Decimal) -> str:
    """Hours as text without idle zeros, the same on every database: 2.50 → 2.5, 4.0 → 4."""
    return f"{number.normalize():f}" if number else "0"
