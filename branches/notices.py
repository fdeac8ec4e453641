"""What people are told about offices."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from branches import queries
from branches.models import Appointment
from dualmgmt.lib import notices

notices.register("appointment.proposed", _("%(proposer)s proposes %(person)s as %(role)s of %(organisation)s."))
notices.register("appointment.granted", _("You have been appointed %(role)s of %(organisation)s from %(day)s."))
notices.register("appointment.approved", _("%(person)s has been approved as %(role)s of %(organisation)s."))
notices.register("appointment.declined", _("%(person)s as %(role)s of %(organisation)s was not approved: %(reason)s"))
notices.register("appointment.ended", _("Your appointment as %(role)s of %(organisation)s ends on %(day)s: %(reason)s"))


def _words(row: Appointment) -> dict[str, str]:
    return {"person": str(row.user), "role": str(row.title), "organisation": row.organisation.name}


def proposed(row: Appointment) -> None:
    """The second key is told at once (design.md §9)."""
    notices.tell(
        queries.approvers(row),
        "appointment.proposed",
        key=f"appointment.proposed:{row.pk}",
        url=reverse("appointment_desk"),
        proposer=str(row.granted_by or ""),
        **_words(row),
    )


def decided(row: Appointment) -> None:
    proposer = [row.granted_by_id] if row.granted_by_id else []
    if row.approved_at is None:
        notices.tell(
            proposer, "appointment.declined", key=f"appointment.declined:{row.pk}", reason=row.remark, **_words(row)
        )
        return
    notices.tell(proposer, "appointment.approved", key=f"appointment.approved:{row.pk}", **_words(row))
    notices.tell(
        [row.user_id],
        "appointment.granted",
        key=f"appointment.granted:{row.pk}",
        url=reverse("todo"),
        day=str(row.starts_on),
        **_words(row),
    )
    if row.replaces is not None:
        ended(row.replaces)


def ended(row: Appointment) -> None:
    notices.tell(
        [row.user_id],
        "appointment.ended",
        key=f"appointment.ended:{row.pk}:{row.ends_on}",
        day=str(row.ends_on),
        reason=row.remark or "—",
        **_words(row),
    )
