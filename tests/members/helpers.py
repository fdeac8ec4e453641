"""What the tests of this app share."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from dualmgmt.lib.denied import ActionDenied
from members.actions import disclosures
from members.enums import DisclosedField, Purpose
from members.models import Disclosure, Member
from tests.world import World

ADDRESS = "烟台市芝罘区向阳街6号楼"


def sign_in(world: World, persona: str) -> Client:
    client = Client()
    client.force_login(world.users[persona], backend="members.backends.PortalBackend")
    return client


def refused(code: str, action: Any, **kwargs: Any) -> None:
    """*action* says no with *code*."""
    with pytest.raises(ActionDenied) as caught:
        action(**kwargs)
    assert caught.value.code == code


def reveal(world: World, member: Member, field: DisclosedField = DisclosedField.PHONE) -> Disclosure:
    return disclosures.reveal(
        member=member,
        field=field,
        purpose=Purpose.CONTACT,
        words="",
        organisation=world.branch_a,
        by=world.users["home_secretary"],
    )


def secrets_of(member: Member) -> list[str]:
    return [member.phone, member.id_number, ADDRESS]
