"""What the tests of leaving share."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from members.actions import leaving
from members.enums import CloseReason, Side
from members.models import ActivityRegistration
from projects.actions import claims
from projects.models import Claim
from tests.factories import ProjectFactory
from tests.world import World


def leave(world: World, registration: ActivityRegistration, side: Side = Side.MEMBER, **words: str) -> None:
    by = {Side.MEMBER: "member", Side.RECEIVER: "community_secretary", Side.HOME: "home_secretary"}[side]
    given = {"reason": CloseReason.MOVED_RESIDENCE, "remark": "", **words}
    leaving.ask(registration=registration, side=side, by=world.users[by], **given)


def close(world: World, registration: ActivityRegistration, by: str = "community_secretary") -> None:
    leaving.close(registration=registration, final_facts="巡逻两次。", by=world.users[by])


def claimed(world: World, organisation: str = "community", **project: Any) -> Claim:
    made = ProjectFactory(organisation=world.organisations[organisation], **project)
    return claims.claim_as_member(project=made, member=world.members["li"], by=world.users["member"])


def todo_urls(client: Client) -> list[str]:
    return [todo.url for todo in client.get(reverse("todo")).context["todos"]]
