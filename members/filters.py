"""Filters of the roster and of the registration lists."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from branches.models import Organisation
from branches.permissions import Permission
from members.enums import MemberKind
from members.models import ActivityRegistration, HomeMembership, Member, Skill
from members.queries import search


class MemberFilter(django_filters.FilterSet):
    """``user`` narrows the branches offered to those whose roster they may read."""

    q = django_filters.CharFilter(label=_("Name or pinyin initials"), method="by_name")
    branch = django_filters.ModelChoiceFilter(
        label=_("Home branch"), queryset=Organisation.objects.none(), method="at_home_in", empty_label=_("All")
    )
    kind = django_filters.ChoiceFilter(label=_("Kind of member"), choices=MemberKind.choices, empty_label=_("All"))
    registered = django_filters.BooleanFilter(
        label=_("Registered elsewhere"), method="by_registration", widget=django_filters.widgets.BooleanWidget()
    )

    class Meta:
        model = Member
        fields: list[str] = []

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        homes = Organisation.objects.where(user, Permission.ROSTER_VIEW).filter(kind="branch")
        self.filters["branch"].queryset = homes

    def by_name(self, rows: QuerySet[Member], name: str, value: str) -> QuerySet[Member]:
        return search(rows, value)

    def at_home_in(self, rows: QuerySet[Member], name: str, value: Organisation) -> QuerySet[Member]:
        return rows.filter(pk__in=HomeMembership.objects.open().filter(organisation=value).values("member_id"))

    def by_registration(self, rows: QuerySet[Member], name: str, value: bool) -> QuerySet[Member]:
        registered = ActivityRegistration.objects.registered().values("member_id")
        return rows.filter(pk__in=registered) if value else rows.exclude(pk__in=registered)


class ArchiveFilter(django_filters.FilterSet):
    """The receiving organisation's archive 党员档案库."""

    q = django_filters.CharFilter(label=_("Name or pinyin initials"), method="by_name")
    organisation = django_filters.ModelChoiceFilter(
        label=_("Receiving organisation"), queryset=Organisation.objects.none(), empty_label=_("All")
    )
    home = django_filters.CharFilter(label=_("Home branch"), field_name="home_branch__name", lookup_expr="contains")
    skill = django_filters.ModelChoiceFilter(
        label=_("Skill"), field_name="member__skills", queryset=Skill.objects.all(), empty_label=_("All")
    )

    class Meta:
        model = ActivityRegistration
        fields: list[str] = []

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        receivers = Organisation.objects.where(user, Permission.REGISTRATION_VIEW).receiving()
        self.filters["organisation"].queryset = receivers

    def by_name(self, rows: QuerySet[ActivityRegistration], name: str, value: str) -> QuerySet[ActivityRegistration]:
        return rows.filter(member__in=search(Member.objects.all(), value))
