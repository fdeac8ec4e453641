"""What waits around offices: proposals to approve, offices left empty, terms that end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Min
from django.urls import reverse
from django.utils.translation import gettext as _

from branches import queries
from branches.models import Appointment
from branches.permissions import Permission
from dualmgmt.lib.clock import today
from dualmgmt.lib.registry import Todo

if TYPE_CHECKING:
    from members.models import User


def _own(user: User, permission: Permission) -> list[int]:
    return [row.organisation_id for row in Appointment.objects.of(user) if permission in row.permissions()]


def proposals(user: User) -> Iterable[Todo]:
    if not _own(user, Permission.APPOINTMENT_APPROVE):
        return
    yield Todo(_("Approve appointments"), reverse("appointment_desk"), len(queries.proposals_for(user)))


def vacant_offices(user: User) -> Iterable[Todo]:
    if not _own(user, Permission.APPOINTMENT_PROPOSE):
        return
    rows = queries.without_secretary(user)
    yield Todo(
        _("Organisations without a secretary: act for them, appoint a successor"),
        f"{reverse('appointment_desk')}#vacant",
        len(rows),
        late=bool(rows),
    )


def ending_terms(user: User) -> Iterable[Todo]:
    """At one's own organisations: who is appointed there with a last day soon."""
    own = _own(user, Permission.APPOINTMENT_PROPOSE)
    if not own:
        return
    soon = today() + dt.timedelta(days=settings.APPOINTMENT_NOTICE_DAYS)
    rows = Appointment.objects.in_force().filter(organisation__in=own, ends_on__lte=soon)
    yield Todo(
        _("Appointments that end soon"),
        f"{reverse('appointment_desk')}#ending",
        rows.count(),
        due=rows.aggregate(first=Min("ends_on"))["first"],
    )


PROVIDERS = (proposals, vacant_offices, ending_terms)
