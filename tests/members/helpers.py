"""What the tests of this app share."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from dualmgmt.lib.denied import ActionDenied
from members.actions import disclosures, registrations
from members.enums import DisclosedField, Purpose
from members.models import ActivityRegistration, Disclosure, Member, Placement
from tests.factories import MemberFactory, RegistrationFactory
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


def place(world: World, name: str, branch: str, receiver: str = "community", **fields: Any) -> ActivityRegistration:
    """Somebody registered with *receiver* and placed in *branch*, with the line of history."""
    member = MemberFactory(name=name, home=world.branch_a, **fields)
    target = world.organisations[branch]
    row = RegistrationFactory(
        member=member, organisation=world.organisations[receiver], placement=target, form=registrations.snapshot(member)
    )
    Placement.objects.create(registration=row, organisation=target, started_on=row.accepted_on)
    return row
