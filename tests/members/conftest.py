"""People whom several tests of this app look at."""

from __future__ import annotations

import pytest

from members.models import Member
from tests.members.helpers import ADDRESS
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
