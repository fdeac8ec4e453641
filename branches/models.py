"""The ground: divisions, units, organisations and appointments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from treebeard.mp_tree import MP_Node, MP_NodeManager, MP_NodeQuerySet

from branches.enums import Kind, Level, OrganisationState, Role, Sector, Setting
from branches.permissions import ROLE_PERMISSIONS, Permission, roles_with
from dualmgmt.lib.clock import today

if TYPE_CHECKING:
    from members.models import User


class DivisionQuerySet(models.QuerySet["Division"]):
    def in_force(self) -> Self:
        return self.filter(valid_to=None)

    def within(self, division: Division) -> Self:
        """*division* itself and everything below it."""
        return self.filter(path__startswith=division.path)


class Division(models.Model):
    """An administrative division 行政区划, kept for ever: a renamed or dropped one ends."""

    code = models.CharField(_("code"), max_length=20)
    name = models.CharField(_("name"), max_length=100)
    level = models.CharField(_("level"), max_length=10, choices=Level)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("parent")
    )
    # Codes from the root down, each followed by "/": a prefix finds a whole subtree.
    path = models.CharField(max_length=120, editable=False)
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    replaced_by = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="replaces", verbose_name=_("replaced by")
    )

    objects = DivisionQuerySet.as_manager()

    class Meta:
        ordering = ["code", "valid_from"]
        verbose_name = _("division")
        verbose_name_plural = _("divisions")
        constraints = [
            models.UniqueConstraint(fields=["code"], condition=Q(valid_to=None), name="one_division_in_force_per_code"),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")), name="division_ends_after_it_starts"
            ),
            models.CheckConstraint(condition=Q(level__in=Level.values), name="division_level_known"),
        ]
        indexes = [models.Index(fields=["path"], name="division_path")]

    def __str__(self) -> str:
        return self.name


class Unit(models.Model):
    """A unit 单位: an employer or social organisation, with or without a Party organisation."""

    name = models.CharField(_("name"), max_length=100)
    # GB 32100-2015; grass-roots branches have none, it belongs to the unit.
    credit_code = models.CharField(_("unified social credit code"), max_length=18, unique=True, null=True, blank=True)
    sector = models.CharField(_("sector"), max_length=20, choices=Sector)
    division = models.ForeignKey(
        Division, on_delete=models.PROTECT, null=True, blank=True, related_name="units", verbose_name=_("division")
    )
    headcount = models.PositiveIntegerField(_("headcount"), null=True, blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        constraints = [models.CheckConstraint(condition=Q(sector__in=Sector.values), name="unit_sector_known")]

    def __str__(self) -> str:
        return self.name


class OrganisationQuerySet(MP_NodeQuerySet):
    def active(self) -> Self:
        return self.filter(state=OrganisationState.ACTIVE)

    def receiving(self) -> Self:
        """Organisations where members from elsewhere may report in."""
        return self.active().filter(accepts_registrations=True)

    def below(self, *organisations: Organisation) -> Self:
        """The given organisations and everything below them; none given means nothing."""
        scope = Q(pk__in=[])
        for organisation in organisations:
            scope |= Q(path__startswith=organisation.path)
        return self.filter(scope)

    def where(self, user: User, permission: Permission) -> Self:
        """Organisations at which *user* holds *permission* today: the root of every scope.

        An appointment covers its organisation; one at a committee or general
        branch covers everything below it too. No appointment means nothing.
        """
        scope = Q(pk__in=[])
        for appointment in Appointment.objects.of(user):
            if permission in appointment.permissions():
                scope |= appointment.scope()
        return self.filter(scope)


class OrganisationManager(MP_NodeManager.from_queryset(OrganisationQuerySet)):  # type: ignore[misc]
    def get_queryset(self) -> OrganisationQuerySet:
        return OrganisationQuerySet(self.model, using=self._db).order_by("path")

    def create(self, *, parent: Organisation | None = None, **fields: Any) -> Organisation:
        """Make an organisation below *parent*, or a root where there is none."""
        if parent is None:
            return self.add_root(fields)
        parent.refresh_from_db(fields=["path", "depth", "numchild"])
        return self.add_child(parent, fields)


class Organisation(MP_Node):
    """A Party organisation 党组织 in the one tree of subordination 隶属."""

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    # Stands in letter and report numbers, e.g. 芝税 in 芝税〔2026〕12号.
    short_code = models.CharField(_("short code"), max_length=20, blank=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    setting = models.CharField(_("setting"), max_length=20, choices=Setting, default=Setting.STANDARD)
    sector = models.CharField(_("sector"), max_length=20, choices=Sector, blank=True)
    division = models.ForeignKey(
        Division,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="organisations",
        verbose_name=_("address"),
    )
    leads = models.OneToOneField(
        Division,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="led_by",
        verbose_name=_("leads division"),
    )
    unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="organisations", verbose_name=_("unit")
    )
    theme = models.CharField(_("theme"), max_length=60, blank=True)
    accepts_registrations = models.BooleanField(_("accepts registrations"), default=False)
    external = models.BooleanField(_("outside the portal"), default=False)
    external_parent = models.CharField(_("parent outside the portal"), max_length=120, blank=True)
    contact_name = models.CharField(_("contact"), max_length=50, blank=True)
    contact_phone = models.CharField(_("office phone"), max_length=30, blank=True)
    address = models.CharField(_("postal address"), max_length=200, blank=True)
    # A committee may ask a second person for every publication, not only sensitive ones (design §9).
    publish_needs_second_key = models.BooleanField(_("a second person publishes every project"), default=False)
    state = models.CharField(_("state"), max_length=12, choices=OrganisationState, default=OrganisationState.ACTIVE)
    founded_on = models.DateField(_("founded on"), null=True, blank=True)
    ended_on = models.DateField(_("ended on"), null=True, blank=True)

    node_order_by: list[str] = []
    objects = OrganisationManager()

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="organisation_kind_known"),
            models.CheckConstraint(condition=Q(setting__in=Setting.values), name="organisation_setting_known"),
            models.CheckConstraint(condition=Q(state__in=OrganisationState.values), name="organisation_state_known"),
            models.CheckConstraint(
                condition=~Q(external=True, accepts_registrations=True), name="external_organisation_receives_nobody"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def covers_below(self) -> bool:
        """Whether an appointment here reaches the organisations below."""
        return self.kind != Kind.BRANCH

    def number_prefix(self) -> str:
        return self.short_code or self.code


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def in_force(self) -> Self:
        day = today()
        return self.exclude(approved_at=None).filter(Q(ends_on=None) | Q(ends_on__gte=day), starts_on__lte=day)

    def of(self, user: User) -> list[Appointment]:
        """Appointments of *user* in force, read once per request and user object."""
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
        rows = self.in_force().filter(role__in=roles_with(permission))
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
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
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
            # Two keys: who grants a role does not approve it.
            models.CheckConstraint(
                condition=Q(granted_by=None) | Q(approved_by=None) | ~Q(granted_by=F("approved_by")),
                name="appointment_granter_is_not_approver",
            ),
            models.UniqueConstraint(
                fields=["user", "organisation", "role"],
                condition=Q(ends_on=None),
                name="one_open_appointment_per_person_and_role",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation} {self.get_role_display()}"

    def permissions(self) -> frozenset[Permission]:
        return ROLE_PERMISSIONS[Role(self.role)]

    def scope(self) -> Q:
        """The organisations this appointment covers."""
        if self.organisation.covers_below():
            return Q(path__startswith=self.organisation.path)
        return Q(pk=self.organisation_id)
