"""Filters of needs, projects and records."""

from __future__ import annotations

import datetime as dt
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from branches.models import Organisation
from branches.permissions import Permission
from projects.enums import NeedSource, NeedState, ProjectKind, RecordState
from projects.models import Category, Need, ServiceProject, ServiceRecord
from projects.rules import Claimant


class NeedFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(label=_("State"), choices=NeedState.choices, empty_label=_("All"))
    category = django_filters.ModelChoiceFilter(
        label=_("Category"), queryset=Category.objects.all(), empty_label=_("All")
    )
    source = django_filters.ChoiceFilter(label=_("Source"), choices=NeedSource.choices, empty_label=_("All"))
    q = django_filters.CharFilter(label=_("Words"), field_name="text", lookup_expr="icontains")

    class Meta:
        model = Need
        fields: list[str] = []


class ProjectFilter(django_filters.FilterSet):
    """The hall's filter; ``member`` turns "near me" on."""

    q = django_filters.CharFilter(label=_("Words"), method="by_words")
    category = django_filters.ModelChoiceFilter(
        label=_("Category"), queryset=Category.objects.filter(active=True), empty_label=_("All")
    )
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=ProjectKind.choices, empty_label=_("All"))
    publisher = django_filters.ModelChoiceFilter(
        label=_("Publisher"), field_name="organisation", queryset=Organisation.objects.receiving(), empty_label=_("All")
    )
    within = django_filters.ChoiceFilter(
        label=_("Begins"),
        method="by_days",
        choices=[("7", _("Within 7 days")), ("30", _("Within 30 days"))],
        empty_label=_("All"),
    )
    show = django_filters.ChoiceFilter(
        label=_("Show"),
        method="by_show",
        choices=[("mine", _("Where I am registered or at home")), ("open", _("With free places"))],
        empty_label=_("All"),
    )

    class Meta:
        model = ServiceProject
        fields: list[str] = []

    def by_words(self, rows: QuerySet[ServiceProject], name: str, value: str) -> QuerySet[ServiceProject]:
        return rows.filter(
            Q(title__icontains=value) | Q(place__icontains=value) | Q(organisation__name__icontains=value)
        )

    def by_days(self, rows: QuerySet[ServiceProject], name: str, value: str) -> QuerySet[ServiceProject]:
        """What begins from now on; projects without a fixed time stay, they can be done within it."""
        now = timezone.now()
        return rows.filter(Q(starts_at=None) | Q(starts_at__range=(now, now + dt.timedelta(days=int(value)))))

    def by_show(self, rows: Any, name: str, value: str) -> Any:
        if value == "open":
            return rows.open_for_claims()
        member = self.request.user.as_member
        if member is None:
            return rows
        return rows.filter(organisation__in=Claimant(member).publishers_near())


class RecordFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(label=_("State"), choices=RecordState.choices, empty_label=_("All"))
    organisation = django_filters.ModelChoiceFilter(
        label=_("Publisher"),
        field_name="claim__project__organisation",
        queryset=Organisation.objects.none(),
        empty_label=_("All"),
    )

    class Meta:
        model = ServiceRecord
        fields: list[str] = []

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        publishers = Organisation.objects.where(user, Permission.RECORD_VIEW).receiving()
        self.filters["organisation"].queryset = publishers
