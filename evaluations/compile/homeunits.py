"""Home units 原单位: which organisation a branch's members are reported to (design.md §9)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from branches.enums import Setting
from branches.models import Organisation
from members.enums import MembershipStatus
from members.models import HomeMembership


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

    def branches(self, day: date) -> dict[int, list[int]]:
        """Home unit → the branches with living members on *day*, in tree order."""
        homes = HomeMembership.objects.on(day).filter(member__status=MembershipStatus.NORMAL, member__merged_into=None)
        pairs = homes.order_by("organisation__path").values_list("organisation_id", "organisation__path").distinct()
        found: dict[int, list[int]] = defaultdict(list)
        for pk, path in pairs:
            found[self.of(path)].append(pk)
        return found
