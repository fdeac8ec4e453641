"""Homes outside the portal, for tests: a branch, its paper letter, and members at home there."""

from __future__ import annotations

import datetime as dt
from typing import Any

from branches.actions.organisations import enter_external
from branches.models import Organisation
from dualmgmt.lib.actors import SYSTEM
from dualmgmt.lib.clock import today
from members.actions import desk, letters
from members.actions.desk import PaperLetter
from members.enums import MemberKind, Sex
from members.models import ActivityRegistration, Member
from tests.factories import id_number
from tests.world import World

NAME, NUMBER, PHONE = "孙流动", id_number(321, born=dt.date(1990, 2, 3)), "13905350321"


def outside_branch(
    name: str = "杭州市西湖区文新街道德加社区第二党支部", parent: str = "杭州市西湖区文新街道党工委"
) -> Organisation:
    return enter_external(
        name=name,
        parent=parent,
        contact_name="周敏",
        contact_phone="0571-88880000",
        address="杭州市文二西路1号",
        by=SYSTEM,
    )


def person(**changes: Any) -> Member:
    """Unsaved, as it is typed from the letter."""
    fields = {
        "name": NAME, "sex": Sex.MALE, "id_number": NUMBER, "birth_date": dt.date(1990, 2, 3), "phone": PHONE,
        "kind": MemberKind.FULL, "work_unit": "三站市场A区12号",
    }  # fmt: skip
    return Member(**{**fields, **changes})


def paper(home: Organisation | dict[str, str], number: str = "杭西文党介〔2026〕17号", **changes: Any) -> PaperLetter:
    fields: dict[str, Any] = {
        "home": home,
        "number": number,
        "issued_on": today() - dt.timedelta(days=3),
        "valid_until": today() + dt.timedelta(days=27),
        "person": person(),
    }
    return PaperLetter(**{**fields, **changes})


def entered(
    world: World, receiver: str = "community", *, by: str = "community_clerk", **changes: Any
) -> ActivityRegistration:
    """A letter entered at the desk of *receiver*, waiting for the second person."""
    home = changes.pop("home", None) or outside_branch()
    letter = paper(home, **changes)
    return desk.enter_letter(receiver=world.organisations[receiver], letter=letter, by=world.users[by])


def accepted(
    world: World, receiver: str = "community", *, by: str = "community_secretary", **changes: Any
) -> ActivityRegistration:
    registration = entered(world, receiver, **changes)
    letters.accept(registration=registration, placement=registration.organisation, by=world.users[by])
    return registration
