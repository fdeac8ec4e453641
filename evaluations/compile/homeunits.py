"""Home units 原单位: which organisation a branch's members are reported to (design.md §9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from branches.enums import Setting
from branches.models import Organisation
from members.enums import MembershipStatus
from members.models import ActivityRegistration, HomeMembership


def reported(day: date, since: date | None = None) -> QuerySet[HomeMembership]:
    """Whose service is reported home: living members by their home on *day*.

    A home outside the portal is told of those who were registered here on any
    day since *since*; of others the portal knows nothing that is its business.
    """
    homes = HomeMembership.objects.on(day).filter(member__status=MembershipStatus.NORMAL, member__merged_into=None)
    registered = ActivityRegistration.objects.open_during(since or day, day)
    return homes.filter(Q(organisation__external=False) | Q(member__in=registered.values("member_id")))


def senders(units: Iterable[Organisation], day: date, since: date) -> dict[int, Organisation]:
    """For units outside the portal, who prints and sends their report.

    That is the receiver of their members; of several receivers the nearest
    organisation at or above them all, which may read what all of them wrote.
    """
    outside = [unit.pk for unit in units if unit.external]
    if not outside:
        return {}
    homes = HomeMembership.objects.on(day).filter(organisation__in=outside)
    rows = ActivityRegistration.objects.open_during(since, day).filter(member__home_memberships__in=homes)
    paths: dict[int, list[str]] = defaultdict(list)
    for member, path in rows.order_by().values_list("member_id", "organisation__path").distinct():
        paths[member].append(path)
    common: dict[int, str] = {}
    for unit, member in homes.order_by().values_list("organisation_id", "member_id"):
        known = [common[unit]] if unit in common else []
        if member in paths:
            common[unit] = _above_all([*known, *paths[member]])
    found = {row.path: row for row in Organisation.objects.filter(path__in=common.values())}
    return {unit: found[path] for unit, path in common.items() if path in found}


def _above_all(paths: list[str]) -> str:
    """The path of the nearest organisation at or above all of *paths*; empty where they share no root."""
    step, first = Organisation.steplen, paths[0]
    ends = range(len(first), 0, -step)
    return next((first[:end] for end in ends if all(path.startswith(first[:end]) for path in paths)), "")


@dataclass(frozen=True)
class Node:
    """The little of an organisation that decides about addressees."""

    pk: int
    path: str
    unit: bool
    leads: bool
    joint: bool


class HomeUnits:
    """The whole tree in memory: 30,000 organisations are a few megabytes and one query."""

    def __init__(self) -> None:
        fields = ("pk", "path", "unit_id", "leads_id", "setting")
        self._by_path: dict[str, Node] = {}
        for pk, path, unit, leads, setting in Organisation.objects.order_by().values_list(*fields):
            joint = setting == Setting.JOINT
            self._by_path[path] = Node(pk, path, unit is not None, leads is not None, joint)

    def of(self, path: str) -> int:
        """The home unit of a branch: itself if joint, else the nearest organisation at or above that
        carries a unit, else that place's own Party organisation, else the branch.
        """
        here = self._by_path[path]
        if here.joint:
            return here.pk
        line = [self._by_path[path[:end]] for end in range(len(path), 0, -Organisation.steplen)]
        for node in line:
            if node.unit:
                return node.pk
        for node in line:
            if node.leads:
                return node.pk
        return here.pk

    def branches(self, day: date, since: date | None = None) -> dict[int, list[int]]:
        """Home unit → the branches with living members on *day*, in tree order; *since* as in :func:`reported`."""
        homes = reported(day, since)
        pairs = homes.order_by("organisation__path").values_list("organisation_id", "organisation__path").distinct()
        found: dict[int, list[int]] = defaultdict(list)
        for pk, path in pairs:
            found[self.of(path)].append(pk)
        return found
