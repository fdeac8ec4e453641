"""Two decisions about the same part of the tree at the same moment: one after the other, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from branches.actions import changes, organisations
from branches.enums import ChangeKind, Kind, OrganisationState
from branches.models import Organisation, OrganisationChange
from branches.plans import ChangePlan
from dualmgmt.lib.denied import ActionDenied
from members.models import HomeMembership
from tests.branches.test_changes import plan
from tests.factories import AppointmentFactory, MemberFactory, UserFactory
from tests.world import World, build

pytestmark = pytest.mark.postgres
Pair = Callable[[World], tuple[ChangePlan, ChangePlan]]


def _split(world: World) -> ChangePlan:
    goes = frozenset([world.members["li"].pk])
    return plan(ChangeKind.SPLIT, world.branch_a, name="税务局第三党支部", code="T-third", member_ids=goes)


RACES: dict[str, tuple[Pair, set[str]]] = {
    "each into the other": (
        lambda world: (
            plan(ChangeKind.MERGED, world.branch_a, heir=world.branch_b),
            plan(ChangeKind.MERGED, world.branch_b, heir=world.branch_a),
        ),
        {"done", "not_active", "heir_not_active"},
    ),
    "the same twice": (
        lambda world: (
            plan(ChangeKind.MERGED, world.branch_a, heir=world.branch_b),
            plan(ChangeKind.DISSOLVED, world.branch_a, heir=world.branch_b),
        ),
        {"done", "not_active"},
    ),
    "each below the other": (
        lambda world: (
            plan(ChangeKind.MOVED, world.street, parent=world.street2),
            plan(ChangeKind.MOVED, world.street2, parent=world.street),
        ),
        {"done", "into_itself"},
    ),
    "divided and merged": (
        lambda world: (_split(world), plan(ChangeKind.MERGED, world.branch_a, heir=world.branch_b)),
        {"done", "not_active", "settle_first"},
    ),
}


@pytest.mark.parametrize("race", RACES)
def test_two_changes_at_once(transactional_db: None, race: str) -> None:
    world = build()
    by = UserFactory()
    AppointmentFactory(user=by, organisation=world.district)
    for _number in range(20):
        MemberFactory(home=world.branch_a)
    make, possible = RACES[race]
    start = Barrier(2)

    def carry_out(wanted: ChangePlan) -> str:
        try:
            start.wait(10)
            changes.carry_out(plan=wanted, by=by)
            return "done"
        except ActionDenied as denied:
            return denied.code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(carry_out, make(world)))
    assert set(answers) <= possible
    assert 1 <= answers.count("done") == OrganisationChange.objects.count()
    assert answers.count("done") == 1 or race == "divided and merged"
    assert Organisation.objects.find_problems() == ([], [], [], [], [])
    active = Organisation.objects.filter(state=OrganisationState.ACTIVE)
    homes = HomeMembership.objects.open()
    assert homes.count() == 23  # everybody, once
    assert not homes.exclude(organisation__in=active).exists()


def test_nothing_is_founded_below_what_is_just_being_dissolved(transactional_db: None) -> None:
    world = build()
    by = UserFactory()
    AppointmentFactory(user=by, organisation=world.district)
    start = Barrier(2)

    def found() -> str:
        try:
            start.wait(10)
            organisations.create_organisation(
                parent=world.hospital, code="T-late", name="医院第二党支部", kind=Kind.BRANCH, by=by
            )
            return "founded"
        except ActionDenied as denied:
            return denied.code
        finally:
            connection.close()

    def dissolve() -> str:
        try:
            start.wait(10)
            changes.carry_out(plan=plan(ChangeKind.MERGED, world.hospital, heir=world.bureau), by=by)
            return "merged"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        founded, merged = pool.submit(found), pool.submit(dissolve)
        assert merged.result() == "merged"
        assert founded.result() in ("founded", "parent_not_active")
    below = Organisation.objects.get_children(Organisation.objects.get(code="T-hospital"))
    assert not below.filter(state=OrganisationState.ACTIVE).exists()
