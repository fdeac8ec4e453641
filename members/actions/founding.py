"""A new city: the topmost committee, the first offices, and a slip for each of their holders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from branches.actions import appointments, organisations
from branches.enums import Role
from branches.models import Division, Organisation
from dualmgmt.lib import audit
from dualmgmt.lib.actors import account
from dualmgmt.lib.denied import ActionDenied
from members import rules
from members.actions import accounts
from members.enums import SlipState
from members.models import ActivationSlip, User

if TYPE_CHECKING:
    from dualmgmt.lib.actors import Actor


@dataclass(frozen=True)
class Officer:
    """Somebody who holds an office from the first day; ``username`` is what they sign in with."""

    role: Role
    username: str
    name: str


@transaction.atomic
def found_city(
    *, code: str, name: str, short_code: str, leads: Division | None, officers: list[Officer], by: Actor
) -> tuple[Organisation, list[tuple[Officer, str]]]:
    """The root and every officer with the code of their slip, told this once.

    Raises :class:`ActionDenied` where the portal has its administrators
    already, an office is missing or a user name is taken; nothing is written
    then.
    """
    root = organisations.found_root(code=code, name=name, short_code=short_code, leads=leads, by=by)
    users = [_open_account(officer, root, by) for officer in officers]
    offices = [(user, officer.role) for user, officer in zip(users, officers, strict=True)]
    appointments.bootstrap(root=root, offices=offices, by=by)
    codes = [_first_slip(user, root, by) for user in users]
    return root, list(zip(officers, codes, strict=True))


def _open_account(officer: Officer, root: Organisation, by: Actor) -> User:
    if User.objects.filter(username=officer.username).exists():
        raise ActionDenied(rules.USERNAME_TAKEN, "username_taken")
    user = User(username=officer.username, name=officer.name)
    user.set_unusable_password()
    user.save()
    audit.record("account.opened", user, by=by, organisation=root, username=user.username)
    return user


def _first_slip(user: User, root: Organisation, by: Actor) -> str:
    """Nobody is there yet who could be the second key: whoever runs the command has the machine."""
    slip = ActivationSlip.objects.create(user=user, state=SlipState.APPROVED, requested_by=account(by))
    return accounts.print_slip(slip=slip, organisation=root, by=by)
