"""Filters of the organisation list."""

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from branches.enums import Kind, Sector, Setting
from branches.models import Organisation, OrganisationQuerySet, Unit, UnitQuerySet


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
