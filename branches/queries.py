"""Questions about the organisation tree."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, Q, QuerySet

from branches.enums import OrganisationState, Role
from branches.models import Appointment, Organisation
from branches.permissions import ADMINISTRATOR_ROLES, Permission
from dualmgmt.lib.clock import today

if TYPE_CHECKING:
    from members.models import User


def ancestors(organisation: Organisation) -> list[Organisation]:
    """From the root down to the parent of *organisation*, in one query."""
    step = Organisation.steplen
    paths = [organisation.path[:end] for end in range(step, len(organisation.path), step)]
    return list(Organisation.objects.filter(path__in=paths))


def ancestors_of_many(organisations: Iterable[Organisation]) -> dict[int, list[Organisation]]:
    """Primary key → ancestors from the root down, with ``leads`` loaded; one query for all."""
    organisations = list(organisations)
    step = Organisation.steplen
    ends = {row.pk: range(step, len(row.path), step) for row in organisations}
    paths = {row.path[:end] for row in organisations for end in ends[row.pk]}
    by_path = {row.path: row for row in Organisation.objects.filter(path__in=paths).select_related("leads")}
    return {row.pk: [by_path[row.path[:end]] for end in ends[row.pk]] for row in organisations}


def in_office(organisation: Organisation) -> QuerySet[Any]:
    """Accounts that hold an office at *organisation* or directly above it."""
    places = [organisation.path, organisation.path[: -Organisation.steplen]]
    rows = Appointment.objects.in_force().filter(organisation__path__in=places).exclude(role__in=ADMINISTRATOR_ROLES)
    return get_user_model()._default_manager.filter(pk__in=rows.values("user_id"), is_active=True).order_by("name")


def _nearest(holders: list[tuple[str, int]]) -> set[int]:
    """Of (path, user) pairs the users at the lowest organisation."""
    nearest = max((len(path) for path, _user in holders), default=0)
    return {user for path, user in holders if len(path) == nearest}


def approvers(appointment: Appointment) -> set[int]:
    """Who is asked for the second key: others at the organisation itself, or else at the nearest one above.

    For an administrator's office the other security administrators.
    """
    administrator = appointment.role in ADMINISTRATOR_ROLES
    permission = Permission.ADMINISTRATOR_APPOINT if administrator else Permission.APPOINTMENT_APPROVE
    rows = Appointment.objects.holding(permission, appointment.organisation, above=True)
    rows = rows.exclude(user__in=[pk for pk in (appointment.granted_by_id, appointment.user_id) if pk])
    holders = list(rows.values_list("organisation__path", "user_id"))
    return _nearest(holders)


def proposals_for(user: User) -> list[Appointment]:
    """Proposed appointments that *user* is asked to approve."""
    scope = Organisation.objects.where(user, Permission.APPOINTMENT_APPROVE)
    rows = Appointment.objects.proposed().filter(organisation__in=scope)
    rows = rows.select_related("organisation", "user", "granted_by", "replaces__user").order_by("created_at")
    return [row for row in rows if user.pk in approvers(row)]


def without_secretary(user: User) -> list[Organisation]:
    """Organisations whose last secretary's term is over or account disabled, where *user* is the nearest to act."""
    scope = Organisation.objects.where(user, Permission.APPOINTMENT_PROPOSE)
    secretaries = Appointment.objects.filter(organisation=OuterRef("pk"), role=Role.SECRETARY)
    now = secretaries.able()
    before = secretaries.filter(Q(ends_on__lt=today()) | Q(user__is_active=False), approved_at__isnull=False)
    rows = scope.filter(Exists(before), ~Exists(now), state=OrganisationState.ACTIVE)
    return [row for row in rows if user.pk in _nearest(_proposers(row))]


def _proposers(organisation: Organisation) -> list[tuple[str, int]]:
    rows = Appointment.objects.holding(Permission.APPOINTMENT_PROPOSE, organisation, above=True)
    return list(rows.values_list("organisation__path", "user_id"))
