"""Filters of the organisation list."""

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from branches.enums import Kind, Sector
from branches.models import Organisation, OrganisationQuerySet


class OrganisationFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Name or code"), method="search")
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=Kind.choices, empty_label=_("All"))
    sector = django_filters.ChoiceFilter(
        label=_("Sector"), field_name="unit__sector", choices=Sector.choices, empty_label=_("All")
    )
    receiving = django_filters.BooleanFilter(
        label=_("Accepts registrations"),
        field_name="accepts_registrations",
        widget=django_filters.widgets.BooleanWidget(),
    )

    class Meta:
        model = Organisation
        fields: list[str] = []

    def search(self, rows: OrganisationQuerySet, name: str, value: str) -> OrganisationQuerySet:
        value = value.strip()
        return rows.filter(Q(name__icontains=value) | Q(code__istartswith=value))
