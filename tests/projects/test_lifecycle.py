"""The four state machines of the service cycle: moves on real rows, and the slower of two people."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from dualmgmt.lib.denied import ActionDenied
from projects import lifecycle
from projects.enums import ClaimState, NeedState, ProjectState, RecordState
from tests.factories import ClaimFactory, NeedFactory, ProjectFactory, RecordFactory
from tests.world import World

MACHINES = {
    "need": lifecycle.need,
    "project": lifecycle.project,
    "claim": lifecycle.claim,
    "record": lifecycle.record,
}
ALLOWED = [(name, old, new) for name, machine in MACHINES.items() for old, new in machine.pairs()]


def make(world: World, name: str, state: str) -> Any:
    if name == "need":
        return NeedFactory(organisation=world.community, state=state, answer="已转交街道办事处。")
    if name == "project":
        return ProjectFactory(organisation=world.community, state=state)
    project = ProjectFactory(organisation=world.community)
    claim = ClaimFactory(project=project, member=world.members["li"])
    if name == "claim":
        if state == ClaimState.OFFERED:
            claim = ClaimFactory(project=project, member=world.members["wang"], stands_in_for=claim)
        type(claim).objects.filter(pk=claim.pk).update(state=state)
        claim.refresh_from_db()
        return claim
    return RecordFactory(claim=claim, state=state, verified_hours=Decimal(2), verified_at=timezone.now())


@pytest.mark.parametrize(("name", "old", "new"), ALLOWED)
def test_every_allowed_move_is_one_the_database_accepts(world: World, name: str, old: str, new: str) -> None:
    row = make(world, name, old)
    MACHINES[name].move(row, new)
    row.refresh_from_db()
    assert row.state == new


@pytest.mark.parametrize(
    ("name", "old", "first", "second"),
    [
        ("need", NeedState.COLLECTED, NeedState.REJECTED, NeedState.VERIFIED),
        ("project", ProjectState.IN_REVIEW, ProjectState.RETURNED, ProjectState.PUBLISHED),
        ("claim", ClaimState.APPLIED, ClaimState.WITHDRAWN, ClaimState.CONFIRMED),
        ("record", RecordState.STATED, RecordState.RETURNED, RecordState.VERIFIED),
    ],
)
def test_of_two_people_the_slower_is_told(world: World, name: str, old: str, first: str, second: str) -> None:
    """Both read the same state; the second move finds it changed and changes nothing."""
    mine = make(world, name, old)
    theirs = type(mine).objects.get(pk=mine.pk)
    MACHINES[name].move(theirs, first)
    with pytest.raises(ActionDenied) as denied:
        MACHINES[name].move(mine, second)
    assert denied.value.code == "stale"
    mine.refresh_from_db()
    assert mine.state == first
