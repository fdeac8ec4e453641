"""People whom several tests of this app look at."""

from __future__ import annotations

import pytest

from branches.enums import Kind, Setting
from members.models import ActivityRegistration, Member
from tests.factories import OrganisationFactory
from tests.members.helpers import ADDRESS, place
from tests.scene import register
from tests.world import World


@pytest.fixture
def li(world: World) -> Member:
    """With an account, a phone, an address, and registered with the community."""
    row = world.members["li"]
    row.home_address = ADDRESS
    row.save()
    register(world, "li", "community", issuer="home_secretary", accepter="community_secretary")
    return row


@pytest.fixture
def people(world: World) -> list[ActivityRegistration]:
    """Two with the community itself, one in its themed branch, one with another community."""
    world.organisations["themed2"] = OrganisationFactory(
        code="T-themed2", name="文艺混编党支部", kind=Kind.BRANCH, setting=Setting.MIXED, parent=world.community
    )
    rows = [place(world, name, "community") for name in ("甲一", "乙二")]
    return [*rows, place(world, "丙三", "themed"), place(world, "丁四", "community3", "community3")]
