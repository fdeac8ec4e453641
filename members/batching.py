"""What a report-in of a whole unit would come to: suggested receivers and refusals, before anything is written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from branches.models import Organisation, Pairing
from dualmgmt.lib.denied import ActionDenied
from members import rules
from members.models import ActivityRegistration, HomeMembership, Member

if TYPE_CHECKING:
    from django.db.models import QuerySet


def candidates(organisation: Organisation) -> QuerySet[Member]:
    """Whom a report-in of *organisation* may be about: living members at home there or below."""
    return Member.objects.living().at_home_in(Organisation.objects.below(organisation))


def homes(members: Iterable[int]) -> dict[int, Organisation]:
    """Member → home branch of today, in one query."""
    rows = HomeMembership.objects.open().filter(member__in=list(members)).select_related("organisation")
    return {row.member_id: row.organisation for row in rows}


def elsewhere(members: Iterable[int]) -> dict[int, list[ActivityRegistration]]:
    """Member → registrations open anywhere, in one query."""
    rows = ActivityRegistration.objects.open().filter(member__in=list(members)).select_related("organisation")
    found: dict[int, list[ActivityRegistration]] = {}
    for row in rows.order_by("organisation__path"):
        found.setdefault(row.member_id, []).append(row)
    return found


def suggested(branches: Iterable[Organisation]) -> dict[int, Organisation]:
    """Branch → the receiver that it, or else the nearest organisation above it, is paired with; one query for all.

    Of several pairings of one organisation the latest counts.
    """
    branches = list(branches)
    step = Organisation.steplen
    line = {row.pk: [row.path[:end] for end in range(len(row.path), 0, -step)] for row in branches}
    paths = {path for above in line.values() for path in above}
    rows = Pairing.objects.in_force().filter(
        home_side__path__in=paths, receiver__in=Organisation.objects.receiving().values("pk")
    )
    by_path: dict[str, Organisation] = {}
    for pairing in rows.select_related("home_side", "receiver").order_by("starts_on", "pk"):
        by_path[pairing.home_side.path] = pairing.receiver
    found = {pk: next((by_path[path] for path in above if path in by_path), None) for pk, above in line.items()}
    return {pk: receiver for pk, receiver in found.items() if receiver is not None}


def refusal(
    member: Member, home: Organisation | None, receiver: Organisation, open_rows: Iterable[ActivityRegistration]
) -> str:
    """The sentence by which *member* could not report in at *receiver* today, or nothing; asks no database."""
    try:
        rules.check_receiver(member, receiver, home)
    except ActionDenied as denied:
        return str(denied)
    if any(row.organisation_id == receiver.pk for row in open_rows):
        return str(rules.ALREADY_OPEN)
    return ""
