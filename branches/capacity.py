"""In which capacity somebody acts: one appointment at a time, chosen for the session."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from branches.models import Appointment

if TYPE_CHECKING:
    from members.models import User

SESSION_KEY = "capacity"


def assume(user: User, wanted: int | None) -> Appointment | None:
    """Let *user* act in the appointment *wanted*, or in their first one where it is gone.

    ``None`` for somebody without appointments: a member, or nobody yet.
    """
    rows = Appointment.objects.all_of(user)
    chosen = next((row for row in rows if row.pk == wanted), rows[0] if rows else None)
    user.__dict__["_capacity"] = chosen.pk if chosen else None
    return chosen


def others(user: User) -> list[Appointment]:
    """The appointments of *user* that are not the chosen one."""
    chosen = user.__dict__.get("_capacity")
    return [row for row in Appointment.objects.all_of(user) if row.pk != chosen]


def acting_as(user: User, appointment: Appointment) -> User:
    """The same account in another capacity, for counting what waits there; *user* itself is not changed."""
    double = copy.copy(user)
    double.__dict__["_capacity"] = appointment.pk
    return double
