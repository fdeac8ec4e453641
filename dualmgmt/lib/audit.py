"""Write audit rows. Actions call this, nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dualmgmt.lib.actors import account
from dualmgmt.models import AuditEvent

if TYPE_CHECKING:
    from django.db import models

    from dualmgmt.lib.actors import Actor


def record(event: str, subject: models.Model, *, by: Actor, organisation: Any = None, **details: Any) -> AuditEvent:
    """Add one row saying that *by* did *event* to *subject*.

    ``organisation`` (a ``branches.Organisation``) decides which managers may
    read the row. ``details`` must hold neither ID numbers nor phones.
    """
    return AuditEvent.objects.create(
        event=event,
        actor=account(by),
        actor_name=str(by),
        subject_type=subject._meta.label_lower,
        subject_id=str(subject.pk),
        organisation_id=getattr(organisation, "pk", None),
        organisation_path=getattr(organisation, "path", ""),
        details=details,
    )
