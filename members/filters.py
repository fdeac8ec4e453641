"""Filters of the roster and of the registration lists; the archive's is in ``members.archive``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt.lib.forms import DateInput
from dualmgmt.lib.pages import InTurn
from members.enums import LetterState, MemberKind, ReceiptState, RegistrationState, TransferState
from members.models import ActivityRegistration, HomeMembership, HomeTransfer, IntroductionLetter, Member, Skill
from members.queries import search, squeezed, with_skill
from members.values import letter_number

if TYPE_CHECKING:
    from members.models.letters import LetterQuerySet


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
    skill = django_filters.ModelChoiceFilter(
        label=_("Skill"), queryset=Skill.objects.all(), method="by_skill", empty_label=_("All")
    )

    class Meta:
        model = Member
        fields: list[str] = []

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        homes = Organisation.objects.where(user, Permission.ROSTER_VIEW).filter(kind="branch")
        self.filters["branch"].queryset = homes

    def filter_queryset(self, queryset: QuerySet[Member]) -> QuerySet[Member]:
        """The name is looked for last: a page reads from ``of_any_name`` what begins with it, then the others."""
        self.text = squeezed(self.form.cleaned_data.get("q") or "")
        self.of_any_name = super().filter_queryset(queryset)
        return search(self.of_any_name, self.text) if self.text else self.of_any_name

    def by_name(self, rows: QuerySet[Member], name: str, value: str) -> QuerySet[Member]:
        return rows

    def in_order(self) -> QuerySet[Member] | InTurn:
        """What is filtered, by name."""
        rows = self.qs.order_by("name", "pk")
        if not self.is_bound or not self.text:
            return rows
        if self.text.isascii():
            return rows.order_by("name_initials", "name", "pk")
        rows = self.of_any_name.order_by("name", "pk")
        return InTurn(rows.filter(name__startswith=self.text), rows.filter(name__holds_later=self.text))

    def at_home_in(self, rows: QuerySet[Member], name: str, value: Organisation) -> QuerySet[Member]:
        return rows.filter(pk__in=HomeMembership.objects.open().filter(organisation=value).values("member_id"))

    def by_skill(self, rows: QuerySet[Member], name: str, value: Skill) -> QuerySet[Member]:
        return with_skill(rows, value)

    def by_registration(self, rows: QuerySet[Member], name: str, value: bool) -> QuerySet[Member]:
        registered = ActivityRegistration.objects.registered().values("member_id")
        return rows.filter(pk__in=registered) if value else rows.exclude(pk__in=registered)


class CardFilter(MemberFilter):
    """The card register: by name, branch, and whether there is a card; the rows come ``queries.with_card``."""

    registered = None
    kind = None
    skill = None
    card = django_filters.ChoiceFilter(
        label=_("Member card"),
        choices=[("valid", _("with a valid card")), ("none", _("without a card")), ("lost", _("lost, not replaced"))],
        empty_label=_("All"),
        method="by_card",
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        homes = Organisation.objects.where(user, Permission.CARD_ISSUE).filter(kind="branch")
        self.filters["branch"].queryset = homes

    def by_card(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        if value == "valid":
            return rows.filter(card_number__isnull=False)
        rows = rows.filter(card_number=None)
        return rows.filter(card_lost=True) if value == "lost" else rows


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
        mine = Organisation.objects.where(self.user, Permission.REGISTRATION_VIEW)
        return rows.filter(Q(organisation__in=mine) | Q(placement__in=mine))


class TransferFilter(django_filters.FilterSet):
    """Transfers from and to one's branches."""

    q = django_filters.CharFilter(label=_("Name or pinyin initials"), method="by_name")
    side = django_filters.ChoiceFilter(
        label=_("Direction"),
        choices=[("out", _("From our branches")), ("in", _("To our branches"))],
        empty_label=_("All"),
        method="by_side",
    )
    state = django_filters.ChoiceFilter(label=_("State"), choices=TransferState.choices, empty_label=_("All"))

    class Meta:
        model = HomeTransfer
        fields: list[str] = []

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.mine = Organisation.objects.where(user, Permission.ROSTER_VIEW)

    def by_name(self, rows: QuerySet[HomeTransfer], name: str, value: str) -> QuerySet[HomeTransfer]:
        return rows.filter(member__in=search(Member.objects.all(), value))

    def by_side(self, rows: QuerySet[HomeTransfer], name: str, value: str) -> QuerySet[HomeTransfer]:
        return rows.filter(**{"source__in" if value == "out" else "target__in": self.mine})


class LetterFilter(django_filters.FilterSet):
    """The stub register: by number or name, addressee, day of issue, and by what became of the letter."""

    q = django_filters.CharFilter(label=_("Letter number or name"), method="by_text")
    issuer = django_filters.ModelChoiceFilter(
        label=_("Home branch"), queryset=Organisation.objects.none(), empty_label=_("All")
    )
    receiver = django_filters.CharFilter(
        label=_("Addressee"), field_name="registration__organisation__name", lookup_expr="contains"
    )
    issued_from = django_filters.DateFilter(
        label=_("Issued from"), field_name="issued_on", lookup_expr="gte", widget=DateInput
    )
    issued_to = django_filters.DateFilter(
        label=_("Issued until"), field_name="issued_on", lookup_expr="lte", widget=DateInput
    )
    state = django_filters.ChoiceFilter(label=_("State"), choices=LetterState.choices, empty_label=_("All"))
    receipt = django_filters.ChoiceFilter(
        label=_("Receipt"), choices=ReceiptState.choices, empty_label=_("All"), method="by_receipt"
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
        return rows.with_receipt(value)
