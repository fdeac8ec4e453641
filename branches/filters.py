"""Filters of the lists of units, organisations and pairings."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from branches.enums import Kind, ResourceKind, Sector, Setting
from branches.models import Organisation, OrganisationQuerySet, Pairing, PairingResource, Unit, UnitQuerySet
from branches.models.changes import PairingQuerySet
from branches.permissions import Permission


class UnitFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Name or credit code"), method="search")
    sector = django_filters.ChoiceFilter(label=_("Sector"), choices=Sector.choices, empty_label=_("All"))
    covered = django_filters.ChoiceFilter(
        label=_("Party organisation"),
        choices=[("yes", _("With a Party organisation")), ("no", _("Without a Party organisation"))],
        empty_label=_("All"),
        method="by_coverage",
    )

    class Meta:
        model = Unit
        fields: list[str] = []

    def search(self, rows: UnitQuerySet, name: str, value: str) -> UnitQuerySet:
        value = value.strip()
        return rows.filter(Q(name__icontains=value) | Q(credit_code__istartswith=value))

    def by_coverage(self, rows: UnitQuerySet, name: str, value: str) -> UnitQuerySet:
        return rows.covered() if value == "yes" else rows.uncovered()


class OrganisationFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Name or code"), method="search")
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=Kind.choices, empty_label=_("All"))
    sector = django_filters.ChoiceFilter(
        label=_("Sector"), field_name="unit__sector", choices=Sector.choices, empty_label=_("All")
    )
    receiving = django_filters.ChoiceFilter(
        label=_("Accepts registrations"),
        field_name="accepts_registrations",
        choices=[(True, _("Yes")), (False, _("No"))],
        empty_label=_("All"),
    )
    setting = django_filters.ChoiceFilter(label=_("setting"), choices=Setting.choices, empty_label=_("All"))

    class Meta:
        model = Organisation
        fields: list[str] = []

    def search(self, rows: OrganisationQuerySet, name: str, value: str) -> OrganisationQuerySet:
        value = value.strip()
        return rows.filter(Q(name__icontains=value) | Q(code__istartswith=value))


class PairingFilter(django_filters.FilterSet):
    """By side, by name, by what is offered; ``user`` tells which side is one's own."""

    q = django_filters.CharFilter(label=pgettext_lazy("pairing", "Name of either side"), method="search")
    side = django_filters.ChoiceFilter(
        label=_("Direction"),
        choices=[("in", _("Units paired with us")), ("out", _("Whom our units are paired with"))],
        empty_label=_("All"),
        method="by_side",
    )
    kind = django_filters.ChoiceFilter(
        label=_("Kind of resource"), choices=ResourceKind.choices, empty_label=_("All"), method="by_kind"
    )

    class Meta:
        model = Pairing
        fields: list[str] = []

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def search(self, rows: PairingQuerySet, name: str, value: str) -> PairingQuerySet:
        value = value.strip()
        return rows.filter(Q(home_side__name__icontains=value) | Q(receiver__name__icontains=value))

    def by_side(self, rows: PairingQuerySet, name: str, value: str) -> PairingQuerySet:
        mine = Organisation.objects.where(self.user, Permission.PAIRING_VIEW).values("pk")
        return rows.filter(receiver__in=mine) if value == "in" else rows.filter(home_side__in=mine)

    def by_kind(self, rows: PairingQuerySet, name: str, value: str) -> PairingQuerySet:
        offered = PairingResource.objects.offered().filter(kind=value)
        return rows.filter(pk__in=offered.values("pairing_id"))
