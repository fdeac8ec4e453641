"""The one tree of Party organisations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from treebeard.mp_tree import MP_Node, MP_NodeManager, MP_NodeQuerySet

from branches.enums import ENDED_STATES, Kind, OrganisationState, Sector, Setting
from branches.models.places import Division, Unit
from branches.permissions import Permission

if TYPE_CHECKING:
    from members.models import User


class OrganisationQuerySet(MP_NodeQuerySet):
    def active(self) -> Self:
        return self.filter(state=OrganisationState.ACTIVE)

    def receiving(self) -> Self:
        """Organisations where members from elsewhere may report in."""
        return self.active().filter(accepts_registrations=True)

    def hold(self, pk: int) -> Organisation:
        """The row as it is now, locked until the transaction ends.

        Whoever puts something new under an organisation holds it first, so that
        it cannot be merged or dissolved meanwhile (on SQLite the whole
        transaction holds the write lock anyway).
        """
        return self.select_for_update(of=("self",)).get(pk=pk)

    def hold_tree(self) -> None:
        """Lock the shape of the tree: paths are computed from neighbours, so changes go one after another."""
        list(self.filter(depth=1).select_for_update().values_list("pk"))

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
        from branches.models.appointments import Appointment

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
    # What a themed or mixed branch was formed for.
    purpose = models.CharField(_("purpose"), max_length=200, blank=True)
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
    # Office of the branch committee 支部委员会: how many were elected, when, for how long.
    committee_size = models.PositiveSmallIntegerField(
        _("members of the branch committee"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(31)],
    )
    elected_on = models.DateField(_("last election"), null=True, blank=True)
    term_ends_on = models.DateField(_("term of office ends on"), null=True, blank=True)
    # The units that a joint branch 联合党支部 covers besides its own.
    joint_units = models.ManyToManyField(
        Unit, blank=True, related_name="joint_branches", verbose_name=_("units of the joint branch")
    )

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
            models.CheckConstraint(
                condition=Q(state__in=ENDED_STATES, ended_on__isnull=False)
                | ~Q(state__in=ENDED_STATES) & Q(ended_on=None),
                name="ended_organisation_has_its_day",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=ENDED_STATES, accepts_registrations=True),
                name="ended_organisation_receives_nobody",
            ),
            models.CheckConstraint(
                condition=Q(term_ends_on=None) | Q(elected_on__isnull=False, term_ends_on__gt=F("elected_on")),
                name="term_ends_after_the_election",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def covers_below(self) -> bool:
        """Whether an appointment here reaches the organisations below."""
        return self.kind != Kind.BRANCH

    def number_prefix(self) -> str:
        return self.short_code or self.code
