"""The door: fetch a row and authorise, in one place.

Not visible is 404, visible but not allowed is 403.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404
from django.shortcuts import get_object_or_404

from branches.models import Appointment, Division, Organisation, Pairing, PairingResource, Unit
from branches.permissions import ADMINISTRATOR_ROLES, Permission

if TYPE_CHECKING:
    from members.models import User

M = TypeVar("M", bound=models.Model)


def may(user: User, permission: Permission, organisation: Organisation) -> bool:
    """Whether *user* holds *permission* at *organisation* today; no query beyond the appointments."""
    return any(
        permission in appointment.permissions()
        and (
            organisation.path.startswith(appointment.organisation.path)
            if appointment.organisation.covers_below()
            else organisation.pk == appointment.organisation_id
        )
        for appointment in Appointment.objects.of(user)
    )


def may_anywhere(user: User, permission: Permission) -> bool:
    return any(permission in appointment.permissions() for appointment in Appointment.objects.of(user))


def require(user: User, permission: Permission, organisation: Organisation) -> None:
    """Raise ``PermissionDenied`` unless *user* holds *permission* at *organisation*."""
    if not may(user, permission, organisation):
        raise PermissionDenied


def require_anywhere(user: User, permission: Permission) -> None:
    """For list pages: raise ``PermissionDenied`` unless *user* holds *permission* somewhere."""
    if not may_anywhere(user, permission):
        raise PermissionDenied


def is_administrator(user: User) -> bool:
    """The three administrators see no business data."""
    return any(appointment.role in ADMINISTRATOR_ROLES for appointment in Appointment.objects.all_of(user))


def require_business(user: User) -> None:
    """For pages open to members and officers alike: accounts without either, and the three administrators, stay out."""
    if is_administrator(user) or (user.as_member is None and not Appointment.objects.of(user)):
        raise PermissionDenied


def office(user: User, permission: Permission) -> Organisation:
    """The organisation in whose name *user* does something by the right of *permission*, or 403."""
    for row in Appointment.objects.of(user):
        if permission in row.permissions():
            return row.organisation
    raise PermissionDenied


def area(user: User, permission: Permission) -> models.QuerySet[Division]:
    """The divisions that organisations lead at which *user* holds *permission*; 403 where there are none."""
    divisions = Division.objects.led_in(Organisation.objects.where(user, permission)).in_force()
    if not divisions.exists():
        raise PermissionDenied
    return divisions


def get_unit(user: User, pk: int) -> Unit:
    """A unit that *user* looks after."""
    require_anywhere(user, Permission.UNIT_MANAGE)
    return fetch(Unit.objects.manageable_by(user).select_related("division"), pk=pk)


def fetch(rows: models.QuerySet[M], **lookup: Any) -> M:
    """One row out of *rows* (already narrowed by ``visible_to``) or 404."""
    return get_object_or_404(rows, **lookup)


def above(organisation: Organisation) -> Organisation:
    """The organisation that decides about *organisation*: its parent, or the root about itself."""
    if organisation.depth == 1:
        return organisation
    return Organisation.objects.get(path=organisation.path[: -Organisation.steplen])


def get_changeable(user: User, code: str) -> Organisation:
    """An organisation whose place and name *user* may change: by the right of the one above it."""
    organisation = get_organisation(user, code)
    require(user, Permission.ORGANISATION_CHANGE, above(organisation))
    return organisation


def get_appointment(user: User, pk: int, permission: Permission) -> Appointment:
    """An appointment within the scope of *permission*; outside of it there is none."""
    rows = Appointment.objects.filter(organisation__in=Organisation.objects.where(user, Permission.APPOINTMENT_VIEW))
    appointment = fetch(rows.select_related("organisation", "user", "granted_by", "replaces__user"), pk=pk)
    if appointment.role in ADMINISTRATOR_ROLES:
        permission = Permission.ADMINISTRATOR_APPOINT
    require(user, permission, appointment.organisation)
    return appointment


def get_pairing(user: User, pk: int, permission: Permission | None = None) -> Pairing:
    """A pairing of which either side is the user's; with *permission* they must hold it on the unit's side."""
    rows = Pairing.objects.visible_to(user).select_related("home_side__unit", "receiver")
    pairing = fetch(rows, pk=pk)
    if permission is not None:
        require(user, permission, pairing.home_side)
    return pairing


def get_resource(user: User, pk: int, permission: Permission) -> PairingResource:
    rows = PairingResource.objects.filter(pairing__in=Pairing.objects.visible_to(user))
    resource = fetch(rows.select_related("pairing__home_side", "pairing__receiver"), pk=pk)
    require(user, permission, resource.pairing.home_side)
    return resource


def get_organisation(user: User, code: str, permission: Permission | None = None) -> Organisation:
    """An organisation by its code; names are visible to everyone signed in."""
    organisation = fetch(Organisation.objects.select_related("division", "unit", "leads"), code=code)
    if permission is not None:
        require(user, permission, organisation)
    return organisation


def get_node(user: User, code: str, permission: Permission) -> Organisation:
    """For pages that walk down the tree: the organisation named by *code*, or the highest one in scope."""
    scope = Organisation.objects.where(user, permission)
    if code:
        return fetch(scope, code=code)
    require_anywhere(user, permission)
    top = scope.order_by("depth", "path").first()
    if top is None:
        raise Http404
    return top
