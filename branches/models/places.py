"""Divisions and units: the ground on which organisations stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.utils.translation import gettext_lazy as _

from branches.enums import Level, Sector
from branches.permissions import Permission

if TYPE_CHECKING:
    from branches.models.organisations import Organisation
    from members.models import User


class DivisionQuerySet(models.QuerySet["Division"]):
    def in_force(self) -> Self:
        return self.filter(valid_to=None)

    def within(self, division: Division) -> Self:
        """*division* itself and everything below it."""
        return self.filter(path__startswith=division.path)

    def led_in(self, organisations: models.QuerySet[Organisation]) -> Self:
        """Divisions that *organisations* lead, with everything below them."""
        area, highest = Q(pk__in=[]), ""
        for path in organisations.exclude(leads=None).order_by("leads__path").values_list("leads__path", flat=True):
            if not highest or not path.startswith(highest):
                area, highest = area | Q(path__startswith=path), path
        return self.filter(area)


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


class UnitQuerySet(models.QuerySet["Unit"]):
    def manageable_by(self, user: User) -> Self:
        """Units whose Party organisation *user* manages, and those in the area that one of these leads.

        One without an address and without an organisation is the top's business.
        """
        from branches.models.organisations import Organisation

        scope = Organisation.objects.where(user, Permission.UNIT_MANAGE)
        mine = Q(organisations__in=scope) | Q(joint_branches__in=scope)
        if scope.filter(depth=1).exists():
            mine |= Q(division=None)
        mine |= Q(division__in=Division.objects.led_in(scope))
        return self.filter(pk__in=self.model._default_manager.filter(mine).values("pk"))

    def with_coverage(self) -> Self:
        """Annotate ``has_party``: an active Party organisation of its own, or a joint branch that covers it."""
        return self.annotate(has_party=Case(When(self._covered(), then=Value(True)), default=Value(False)))

    def covered(self) -> Self:
        return self.filter(self._covered())

    def uncovered(self) -> Self:
        return self.exclude(self._covered())

    @staticmethod
    def _covered() -> Q:
        from branches.models.organisations import Organisation

        active = Organisation.objects.active()
        return Q(Exists(active.filter(unit=OuterRef("pk")))) | Q(Exists(active.filter(joint_units=OuterRef("pk"))))


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

    objects = UnitQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        constraints = [models.CheckConstraint(condition=Q(sector__in=Sector.values), name="unit_sector_known")]

    def __str__(self) -> str:
        return self.name
