"""Every pair of states of every machine: allowed moves move, all others are refused."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps

import evaluations.lifecycle
import members.lifecycle
import projects.lifecycle
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.lifecycle import Lifecycle, machines

assert all((evaluations.lifecycle, members.lifecycle, projects.lifecycle))  # importing them registers the machines
PAIRS = [(machine, old, new) for machine in machines.values() for old in machine.states for new in machine.states]


@pytest.mark.parametrize(
    ("machine", "old", "new"), PAIRS, ids=[f"{machine.label}:{old}-{new}" for machine, old, new in PAIRS]
)
def test_every_pair(machine: Lifecycle, old: Any, new: Any) -> None:
    row = apps.get_model(machine.label)(state=old)
    if new in machine.table[old]:
        machine.check(row, new)
    else:
        with pytest.raises(ActionDenied):
            machine.check(row, new)


def test_every_model_with_a_state_has_a_table() -> None:
    with_state = {
        model._meta.label
        for model in apps.get_models()
        if model._meta.app_label in ("members", "projects", "evaluations")
        and any(field.name == "state" for field in model._meta.fields)
    }
    assert with_state == set(machines)


@pytest.mark.parametrize("label", sorted(machines))
def test_every_state_can_be_reached(label: str) -> None:
    machine = machines[label]
    field = apps.get_model(label)._meta.get_field("state")
    reached, frontier = set(), {field.default}
    if label == "projects.Claim":
        # A claim begins confirmed, applied where the publisher confirms, or offered to a stand-in.
        frontier |= {"applied", "offered"}
    while frontier:
        state = frontier.pop()
        reached.add(state)
        frontier |= machine.table[machine.states(state)] - reached
    assert reached == set(machine.states)
