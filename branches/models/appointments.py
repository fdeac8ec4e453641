"""Appointments: the root of all access."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from branches.enums import ENDED_STATES, Kind, Role
from branches.models.organisations import Organisation
from branches.permissions import ADMINISTRATOR_ROLES, ROLE_PERMISSIONS, Permission, roles_with
from dualmgmt.lib.clock import today

if TYPE_CHECKING:
    from members.models import User


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def in_force(self) -> Self:
        """Approved, begun, not ended, at an organisation that still exists."""
        day = today()
        return self.filter(
            Q(ends_on=None) | Q(ends_on__gte=day), starts_on__lte=day, approved_at__isnull=False
        ).exclude(organisation__state__in=ENDED_STATES)

    def able(self) -> Self:
        """In force, of people whose account is not disabled: who can really be asked today."""
        return self.in_force().filter(user__is_active=True)

    def proposed(self) -> Self:
        """Waiting for the second key."""
        return self.filter(approved_at=None, declined_at=None)

    def lasting(self) -> Self:
        """Not declined and not over: in force, still to begin, or waiting for approval."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gte=today()), declined_at=None)

    def of(self, user: User) -> list[Appointment]:
        """The appointments *user* acts in: the one chosen for this request, outside of requests all in force."""
        rows = self.all_of(user)
        chosen = user.__dict__.get("_capacity")
        return [row for row in rows if row.pk == chosen] if chosen else rows

    def all_of(self, user: User) -> list[Appointment]:
        """Every appointment of *user* in force, read once per request and user object."""
        if user.pk is None or not user.is_active:
            return []
        if "_appointments_in_force" not in user.__dict__:
            rows = self.in_force().filter(user_id=user.pk).select_related("organisation").order_by("starts_on", "pk")
            user.__dict__["_appointments_in_force"] = list(rows)
        return user.__dict__["_appointments_in_force"]

    def holding(self, permission: Permission, organisation: Organisation, *, above: bool = False) -> Self:
        """Appointments that give *permission* at *organisation*.

        With ``above`` also those of the committees over it, which is where the
        second key is asked for when a branch has one officer only (design §9).
        """
        rows = self.able().filter(role__in=roles_with(permission))
        if not above:
            return rows.filter(organisation=organisation)
        step = Organisation.steplen
        paths = [organisation.path[: i + step] for i in range(0, len(organisation.path), step)]
        return rows.filter(
            Q(organisation=organisation) | Q(organisation__path__in=paths[:-1]) & ~Q(organisation__kind=Kind.BRANCH)
        )


class Appointment(models.Model):
    """An appointment 任职: the root of all access."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="appointments", verbose_name=_("person")
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="appointments", verbose_name=_("organisation")
    )
    role = models.CharField(_("role"), max_length=24, choices=Role)
    starts_on = models.DateField(_("from"), default=today)
    ends_on = models.DateField(_("to"), null=True, blank=True)
    acting = models.BooleanField(_("acting"), default=False)
    # Why somebody acts for another, or the decision behind the appointment.
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    document_number = models.CharField(_("document number"), max_length=60, blank=True)
    # The appointment that ends when this one is approved: a hand-over 交接.
    replaces = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by", verbose_name=_("replaces")
    )
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    declined_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    declined_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    # Why it was declined or ended before its time.
    remark = models.CharField(_("reason"), max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("appointment")
        verbose_name_plural = _("appointments")
        constraints = [
            models.CheckConstraint(condition=Q(role__in=Role.values), name="appointment_role_known"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="appointment_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("user")), name="nobody_approves_their_own_appointment"
            ),
            # Two keys: who grants a role does not approve it.
            models.CheckConstraint(
                condition=Q(granted_by=None) | Q(approved_by=None) | ~Q(granted_by=F("approved_by")),
                name="appointment_granter_is_not_approver",
            ),
            models.UniqueConstraint(
                fields=["user", "organisation", "role"],
                condition=Q(ends_on=None, declined_at=None),
                name="one_open_appointment_per_person_and_role",
            ),
            # Acting for somebody 代理 is dated and says why (features.md A7).
            models.CheckConstraint(
                condition=Q(acting=False) | Q(ends_on__isnull=False) & ~Q(reason=""),
                name="acting_is_dated_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(approved_at=None) | Q(declined_at=None), name="appointment_approved_or_declined"
            ),
            # System, security and audit administrators exclude each other (MLPS level 3).
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(role__in=sorted(ADMINISTRATOR_ROLES), ends_on=None, declined_at=None),
                name="one_administrator_role_per_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation} {self.title}"

    @property
    def title(self) -> str:
        """书记, or 代理书记 for somebody who acts."""
        role = self.get_role_display()
        return _("Acting %(role)s") % {"role": role} if self.acting else role

    def permissions(self) -> frozenset[Permission]:
        return ROLE_PERMISSIONS[Role(self.role)]

    def scope(self) -> Q:
        """The organisations this appointment covers."""
        if self.organisation.covers_below():
            return Q(path__startswith=self.organisation.path)
        return Q(pk=self.organisation_id)
