"""Write audit rows. Actions call this, and the few doors where reading itself is on record."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from dualmgmt.lib import origin
from dualmgmt.lib.actors import account
from dualmgmt.models import AuditEvent

if TYPE_CHECKING:
    from django.db import models

    from dualmgmt.lib.actors import Actor

# ID numbers, phones, card numbers: runs of seven or more digits have no business in a log (design.md §8).
_NUMBERS = re.compile(r"\d{7,}[\dXx]?")


def masked(text: str) -> str:
    """*text* with every run of seven or more digits made unreadable, for words that people typed freely."""
    return _NUMBERS.sub(lambda found: found[0][:2] + "*" * (len(found[0]) - 2), text)


def record(event: str, subject: models.Model, *, by: Actor, organisation: Any = None, **details: Any) -> AuditEvent:
    """Add one row saying that *by* did *event* to *subject*, in which capacity and from where.

    ``organisation`` (a ``branches.Organisation``) decides which managers may
    read the row. ``details`` must hold neither ID numbers nor phones; in a
    ``reason``, which people type freely, they are made unreadable here.
    """
    if isinstance(details.get("reason"), str):
        details["reason"] = masked(details["reason"])
    source = origin.current()
    return AuditEvent.objects.create(
        event=event,
        actor=account(by),
        actor_name=str(by),
        capacity=source.capacity[:200],
        appointment_id=source.appointment_id,
        address=source.address,
        subject_type=subject._meta.label_lower,
        subject_id=str(subject.pk or ""),
        organisation_id=getattr(organisation, "pk", None),
        organisation_path=getattr(organisation, "path", ""),
        details=details,
    )
