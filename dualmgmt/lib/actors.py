"""Who does something: a signed-in user or the portal itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from members.models import User

    Actor: TypeAlias = "User | SystemActor"


class SystemActor:
    """Commands and scheduled jobs act as the portal, never as a borrowed person."""

    pk = None
    is_authenticated = True

    def __str__(self) -> str:
        return str(_("System"))


SYSTEM = SystemActor()


def account(by: Actor) -> User | None:
    """The account to store in a foreign key: ``None`` when the portal itself acted."""
    return None if isinstance(by, SystemActor) else by
