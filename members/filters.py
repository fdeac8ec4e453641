"""Filters of the roster and of the registration lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from branches.models import Organisation
from branches.permissions import Permission
from members.enums import LetterState, MemberKind, RegistrationState
from members.models import ActivityRegistration, HomeMembership, IntroductionLetter, Member, Skill
from members.queries import search
from members.values import letter_number

if TYPE_CHECKING:
    from members.models.registrations import LetterQuerySet


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


class RegistrationFilter(django_filters.FilterSet):
    """For officers: by name, state, and whether one acts as the home side or as the receiver."""

    q = django_filters.CharFilter(label=_("Name or pinyin initials"), method="by_name")
    side = django_filters.ChoiceFilter(
        label=_("Direction"),
        choices=[("out", _("Our members, elsewhere")), ("in", _("Members from elsewhere, with us"))],
        empty_label=_("All"),
        method="by_side",
    )
    state = django_filters.ChoiceFilter(label=_("State"), choices=RegistrationState.choices, empty_label=_("All"))

    class Meta:
        model = ActivityRegistration
        fields: list[str] = []

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def by_name(self, rows: QuerySet[ActivityRegistration], name: str, value: str) -> QuerySet[ActivityRegistration]:
        return rows.filter(member__in=search(Member.objects.all(), value))

    def by_side(self, rows: QuerySet[ActivityRegistration], name: str, value: str) -> QuerySet[ActivityRegistration]:
        if value == "out":
            return rows.filter(home_branch__in=Organisation.objects.where(self.user, Permission.LETTER_VIEW))
        return rows.filter(organisation__in=Organisation.objects.where(self.user, Permission.REGISTRATION_VIEW))


class LetterFilter(django_filters.FilterSet):
    """The stub register: by number or name, by what became of the letter."""

    q = django_filters.CharFilter(label=_("Letter number or name"), method="by_text")
    issuer = django_filters.ModelChoiceFilter(
        label=_("Home branch"), queryset=Organisation.objects.none(), empty_label=_("All")
    )
    receipt = django_filters.ChoiceFilter(
        label=_("Receipt"),
        choices=[
            ("none", _("Not back yet")),
            ("overdue", _("Overdue")),
            ("new", _("Back, not filed")),
            ("filed", _("On file")),
        ],
        empty_label=_("All"),
        method="by_receipt",
    )

    class Meta:
        model = IntroductionLetter
        fields: list[str] = []

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["issuer"].queryset = Organisation.objects.where(user, Permission.LETTER_VIEW).filter(kind="branch")

    def by_text(self, rows: QuerySet[IntroductionLetter], name: str, value: str) -> QuerySet[IntroductionLetter]:
        people = search(Member.objects.all(), value)
        return rows.filter(Q(number__contains=letter_number(value)) | Q(registration__member__in=people))

    def by_receipt(self, rows: LetterQuerySet, name: str, value: str) -> QuerySet[IntroductionLetter]:
        if value == "overdue":
            return rows.overdue()
        if value == "none":
            return rows.filter(state=LetterState.VALID)
        return rows.filter(receipt_at__isnull=False, receipt_seen_at__isnull=value == "new")


class ArchiveFilter(django_filters.FilterSet):
    """The receiving organisation's archive 党员档案库."""

    q = django_filters.CharFilter(label=_("Name or pinyin initials"), method="by_name")
    organisation = django_filters.ModelChoiceFilter(
        label=_("Receiving organisation"), queryset=Organisation.objects.none(), empty_label=_("All")
    )
    placement = django_filters.ModelChoiceFilter(
        label=_("Placed in"), queryset=Organisation.objects.none(), empty_label=_("All")
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
        mine = Organisation.objects.where(user, Permission.REGISTRATION_VIEW)
        self.filters["organisation"].queryset = mine.receiving()
        placed = ActivityRegistration.objects.registered().filter(organisation__in=mine)
        self.filters["placement"].queryset = Organisation.objects.filter(pk__in=placed.values("placement_id"))

    def by_name(self, rows: QuerySet[ActivityRegistration], name: str, value: str) -> QuerySet[ActivityRegistration]:
        return rows.filter(member__in=search(Member.objects.all(), value))
