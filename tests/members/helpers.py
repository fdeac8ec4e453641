"""What the tests of this app share."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from dualmgmt.lib.denied import ActionDenied
from tests.world import World


def sign_in(world: World, persona: str) -> Client:
    client = Client()
    client.force_login(world.users[persona], backend="members.backends.PortalBackend")
    return client


def refused(code: str, action: Any, **kwargs: Any) -> None:
    """*action* says no with *code*."""
    with pytest.raises(ActionDenied) as caught:
        action(**kwargs)
    assert caught.value.code == code
