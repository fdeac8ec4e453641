"""Appointments: proposed, approved by a second person, ended, handed over (design.md §9)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.utils import timezone

from branches import rules
from branches.enums import Role
from branches.models import Appointment, Organisation
from dualmgmt.lib import audit, outbox
from dualmgmt.lib.actors import account
from dualmgmt.lib.clock import today
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.lifecycle import SOMEBODY_WAS_FASTER

if TYPE_CHECKING:
    from dualmgmt.lib.actors import Actor
    from members.models import User


@transaction.atomic
def propose(
    *,
    user: User,
    organisation: Organisation,
    role: str,
    starts_on: dt.date,
    by: Actor,
    ends_on: dt.date | None = None,
    acting: bool = False,
    reason: str = "",
    document_number: str = "",
    replaces: Appointment | None = None,
) -> Appointment:
    """Propose *user* for *role*; it gives nothing until another person approves.

    ``replaces`` is the appointment that ends when this one is approved. Raises
    :class:`ActionDenied` for a role that does not go with the person's others,
    an acting appointment without end or reason, and the same office twice.
    """
    organisation = Organisation.objects.hold(organisation.pk)
    _hold_person(user)
    rules.check_active(organisation)
    rules.check_office(organisation, role)
    rules.check_dates(starts_on, ends_on, acting=acting, reason=reason)
    rules.check_roles_of(user, role, leaving=replaces)
    try:
        with transaction.atomic():
            row = Appointment.objects.create(
                user=user,
                organisation=organisation,
                role=role,
                starts_on=starts_on,
                ends_on=ends_on,
                acting=acting,
                reason=reason.strip(),
                document_number=document_number.strip(),
                replaces=replaces,
                granted_by=account(by),
            )
    except IntegrityError:
        raise ActionDenied(rules.OFFICE_HELD, "office_held") from None
    audit.record("appointment.proposed", row, by=by, organisation=organisation, **_facts(row))
    outbox.put("branches.tell_appointment_proposed", row.pk)
    return row


def _hold_person(user: User) -> None:
    """Two proposals for one person at once must see each other's roles."""
    get_user_model()._default_manager.select_for_update(of=("self",)).get(pk=user.pk)


def _facts(row: Appointment) -> dict[str, Any]:
    facts: dict[str, Any] = {"person": str(row.user), "role": row.title, "from": str(row.starts_on)}
    if row.ends_on:
        facts["to"] = str(row.ends_on)
    if row.document_number:
        facts["document"] = row.document_number
    return facts


@transaction.atomic
def approve(*, appointment: Appointment, by: Actor) -> None:
    """The second key: neither the proposer nor the person themselves. A hand-over ends the old office now."""
    rules.check_second_key(appointment, by)
    rules.check_active(Organisation.objects.hold(appointment.organisation_id))
    _hold_person(appointment.user)
    rules.check_roles_of(appointment.user, appointment.role, leaving=appointment.replaces, besides=appointment)
    _decide(appointment, approved_at=timezone.now(), approved_by=account(by))
    audit.record(
        "appointment.approved", appointment, by=by, organisation=appointment.organisation, **_facts(appointment)
    )
    if appointment.replaces is not None:
        last = appointment.starts_on - dt.timedelta(days=1)
        _end(appointment.replaces, last, by, remark=appointment.document_number or appointment.reason)
    outbox.put("branches.tell_appointment_decided", appointment.pk)


@transaction.atomic
def decline(*, appointment: Appointment, reason: str, by: Actor) -> None:
    """The second key says no, or the proposer takes the proposal back."""
    rules.check_reason(reason)
    _decide(appointment, declined_at=timezone.now(), declined_by=account(by), remark=reason.strip())
    audit.record(
        "appointment.declined", appointment, by=by, organisation=appointment.organisation, reason=reason.strip(),
        **_facts(appointment),
    )  # fmt: skip
    outbox.put("branches.tell_appointment_decided", appointment.pk)


def _decide(appointment: Appointment, **changes: Any) -> None:
    if not Appointment.objects.proposed().filter(pk=appointment.pk).update(**changes):
        raise ActionDenied(SOMEBODY_WAS_FASTER, "stale")
    for name, value in changes.items():
        setattr(appointment, name, value)


@transaction.atomic
def end(*, appointment: Appointment, last_day: dt.date, reason: str, by: Actor, parent_acts: bool = False) -> None:
    """End an appointment on *last_day*.

    The last secretary of an organisation goes only when it is said what follows:
    a hand-over (:func:`propose` with ``replaces``) or ``parent_acts``, the
    committee above in the meantime.
    """
    organisation = Organisation.objects.hold(appointment.organisation_id)
    rules.check_reason(reason)
    appointment = Appointment.objects.select_related("user", "organisation").get(pk=appointment.pk)
    if last_day < appointment.starts_on or last_day < today() - dt.timedelta(days=1):
        raise ActionDenied(rules.LAST_DAY_WRONG, "last_day_wrong")
    if rules.is_last_secretary(appointment):
        if not parent_acts:
            raise ActionDenied(rules.LAST_SECRETARY, "last_secretary")
        if organisation.depth == 1:
            raise ActionDenied(rules.NOBODY_ABOVE, "nobody_above")
    if appointment.role in rules.ADMINISTRATOR_ROLES:
        rules.check_administrator_left(appointment)
    _end(appointment, last_day, by, remark=reason)
    outbox.put("branches.tell_appointment_ended", appointment.pk)


def _end(appointment: Appointment, last_day: dt.date, by: Actor, *, remark: str) -> None:
    """The office's last day; never before its first."""
    last_day = max(last_day, appointment.starts_on)
    rows = Appointment.objects.lasting().filter(pk=appointment.pk)
    if not rows.update(ends_on=last_day, ended_by=account(by), remark=remark.strip()[:200]):
        raise ActionDenied(SOMEBODY_WAS_FASTER, "stale")
    appointment.ends_on = last_day
    audit.record(
        "appointment.ended", appointment, by=by, organisation=appointment.organisation,
        person=str(appointment.user), role=appointment.title, last_day=str(last_day), reason=remark.strip(),
    )  # fmt: skip


@transaction.atomic
def bootstrap(*, root: Organisation, offices: list[tuple[User, Role]], by: Actor) -> list[Appointment]:
    """The first administrators and department officers of a new city; later ones take two keys.

    Raises :class:`ActionDenied` once anybody holds an administrator's office,
    where an office is missing, or where one person would hold two.
    """
    Organisation.objects.hold_tree()
    if Appointment.objects.lasting().filter(role__in=rules.ADMINISTRATOR_ROLES).exists():
        raise ActionDenied(rules.ALREADY_BOOTSTRAPPED, "already_bootstrapped")
    rules.check_first_offices(offices)
    rows = []
    for user, role in offices:
        rules.check_office(root, role)
        row = Appointment.objects.create(
            user=user, organisation=root, role=role, starts_on=today(), approved_at=timezone.now()
        )
        audit.record("appointment.approved", row, by=by, organisation=root, **_facts(row))
        rows.append(row)
    return rows
