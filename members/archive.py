"""The member archive 党员档案库 of a receiving organisation: whom it lists, by what it is searched and sorted."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from branches.enums import Kind
from branches.forms.fields import OrganisationField
from branches.models import Appointment, Organisation, OrganisationQuerySet
from branches.permissions import Permission
from dualmgmt.lib import registry
from dualmgmt.lib.forms import DateInput
from dualmgmt.lib.pages import InTurn
from members.enums import REGISTERED_STATES, RegistrationState
from members.models import ActivityRegistration, MemberSkill, Skill
from members.queries import squeezed

if TYPE_CHECKING:
    from members.models import User

# So many units may go by the name somebody typed; of more, only those that say it in their own name.
UNITS_AT_MOST = 20
RECEIVERS_AT_MOST = 30
SORTS: dict[str, tuple[str, ...]] = {
    "name": ("member__name", "pk"),
    "newest": ("-accepted_on", "-pk"),
    "placement": ("organisation__path", "placement__path", "member__name", "pk"),
}
PLAIN_COLUMNS = (
    "state",
    "accepted_on",
    "closed_on",
    "member__name",
    "member__sex",
    "member__kind",
    "member__work_unit",
    "organisation__name",
    "placement__name",
    "home_branch__name",
)


def received_by(user: User) -> QuerySet[ActivityRegistration]:
    """Everybody who is or was registered with *user*'s organisations, or is placed in one of their branches now.

    What ``visible_to`` says, written so that the database walks an index: the
    place of an office in the tree as a condition on the joined row, and
    placements only where an office lies below a receiver.
    """
    seen = Q(pk__in=[])
    for office in Appointment.objects.of(user):
        if Permission.REGISTRATION_VIEW in office.permissions():
            place = office.organisation
            if not place.covers_below():
                seen |= Q(organisation=place) | Q(placement=place, state__in=REGISTERED_STATES)
                continue
            seen |= Q(organisation__path__startswith=place.path)
            if _below_a_receiver(place):
                seen |= Q(placement__path__startswith=place.path, state__in=REGISTERED_STATES)
    accepted = (*REGISTERED_STATES, RegistrationState.CLOSED)
    return ActivityRegistration.objects.filter(seen, state__in=accepted)


def _below_a_receiver(place: Organisation) -> bool:
    step = Organisation.steplen
    above = [place.path[:end] for end in range(step, len(place.path), step)]
    return Organisation.objects.filter(path__in=above, registrations__isnull=False).exists()


def named(rows: QuerySet[ActivityRegistration], text: str) -> QuerySet[ActivityRegistration]:
    """As ``queries.search``, on the joined row."""
    if text.isascii():
        return rows.filter(member__name_initials__startswith=text.lower())
    return rows.filter(member__name__holds=text)


class ReceiverField(OrganisationField):
    """Typed, because a city has a thousand receivers; a link names one by its key."""

    def clean(self, value: Any) -> Any:
        if str(value).isdecimal() and (found := self.queryset.filter(pk=value).first()):
            return found
        return super().clean(value)


class ReceiverFilter(django_filters.Filter):
    field_class = ReceiverField


class ArchiveFilter(django_filters.FilterSet):
    """``user`` narrows whatever is offered to their organisations. Without a period only those registered today."""

    q = django_filters.CharFilter(label=_("Name or pinyin initials"), method="as_it_is")
    unit = django_filters.CharFilter(label=_("Home unit or employer"), method="by_unit")
    organisation = ReceiverFilter(label=_("Receiving organisation"))
    placement = django_filters.ModelChoiceFilter(
        label=_("Placed in"), queryset=Organisation.objects.none(), empty_label=_("All")
    )
    skill = django_filters.ModelChoiceFilter(
        label=_("Skill"), queryset=Skill.objects.all(), method="by_skill", empty_label=_("All")
    )
    period = django_filters.ChoiceFilter(
        label=_("Registered during"), method="by_period", empty_label=_("Today"), choices=[]
    )
    since = django_filters.DateFilter(label=_("Registered from"), method="by_day", widget=DateInput)
    until = django_filters.DateFilter(label=_("Registered to"), method="by_day", widget=DateInput)
    status = django_filters.ChoiceFilter(
        label=_("Registered now"),
        choices=[("now", _("Registered now")), ("former", _("Former"))],
        method="by_status",
        empty_label=_("All"),
    )
    sort = django_filters.ChoiceFilter(
        label=_("Sort by"),
        choices=[("newest", _("Newest first")), ("placement", _("Branch"))],
        method="as_it_is",
        empty_label=_("Name"),
    )

    class Meta:
        model = ActivityRegistration
        fields: list[str] = []

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = Organisation.objects.where(user, Permission.REGISTRATION_VIEW)
        self.spans = {span.key: span for span in registry.spans.of(user)}
        self.filters["period"].extra["choices"] = [(span.key, span.title) for span in self.spans.values()]
        self.filters["organisation"].extra["queryset"] = mine.receiving()
        self.filters["placement"].queryset = self._branches(user, mine)

    def _branches(self, user: User, mine: OrganisationQuerySet) -> OrganisationQuerySet:
        """Where somebody is placed: below the receiver chosen; of too many receivers one has to be chosen first."""
        try:
            chosen = ReceiverField(queryset=mine.receiving(), required=False).clean(self.data.get("organisation", ""))
        except ValidationError:
            chosen = None
        places = [chosen] if chosen else list(mine.receiving()[: RECEIVERS_AT_MOST + 1])
        if len(places) > RECEIVERS_AT_MOST:
            return Organisation.objects.none()
        here = ActivityRegistration.objects.registered().filter(placement=OuterRef("pk"))
        near = Organisation.objects.below(*places) if places else mine
        return near.filter(Exists(here))

    def filter_queryset(self, queryset: QuerySet[ActivityRegistration]) -> QuerySet[ActivityRegistration]:
        rows = super().filter_queryset(queryset)
        self.of_any_name = rows if self.looks_back else rows.filter(state__in=REGISTERED_STATES)
        return named(self.of_any_name, self.text) if self.text else self.of_any_name

    @property
    def qs(self) -> QuerySet[ActivityRegistration]:
        return super().qs if self.is_bound else self.filter_queryset(super().qs)

    @property
    def looks_back(self) -> bool:
        """Whether members who have left are asked for, too."""
        asked = self.form.cleaned_data if self.form.is_valid() else {}
        return any(asked.get(name) for name in ("period", "since", "until", "status"))

    @property
    def text(self) -> str:
        return squeezed(self.form.cleaned_data.get("q") or "") if self.form.is_valid() else ""

    def by_unit(self, rows: QuerySet[ActivityRegistration], name: str, value: str) -> QuerySet[ActivityRegistration]:
        """The home branch itself, whatever lies below a unit of that name, or the employer as written on the roll."""
        named = Organisation.objects.filter(Q(name__contains=value) | Q(unit__name__contains=value))
        units = named.exclude(kind=Kind.BRANCH)[:UNITS_AT_MOST]
        homes = named.order_by() | Organisation.objects.below(*units).order_by()
        # As numbers: worked out once, for the count and for the rows.
        return rows.filter(
            Q(home_branch__in=list(homes.values_list("pk", flat=True))) | Q(member__work_unit__contains=value)
        )

    def by_skill(self, rows: QuerySet[ActivityRegistration], name: str, value: Skill) -> QuerySet[ActivityRegistration]:
        has = MemberSkill.objects.filter(member=OuterRef("member"), skill__in=Skill.objects.with_below(value))
        return rows.filter(Exists(has))

    def by_period(self, rows: Any, name: str, value: str) -> QuerySet[ActivityRegistration]:
        span = self.spans[value]
        return rows.open_during(span.first, span.last)

    def by_day(self, rows: QuerySet[ActivityRegistration], name: str, value: dt.date) -> QuerySet[ActivityRegistration]:
        if name == "until":
            return rows.filter(accepted_on__lte=value)
        return rows.filter(Q(closed_on=None) | Q(closed_on__gte=value))

    def by_status(self, rows: QuerySet[ActivityRegistration], name: str, value: str) -> QuerySet[ActivityRegistration]:
        if value == "former":
            return rows.filter(state=RegistrationState.CLOSED)
        return rows.filter(state__in=REGISTERED_STATES)

    def as_it_is(self, rows: QuerySet[ActivityRegistration], name: str, value: str) -> QuerySet[ActivityRegistration]:
        """The name is looked for last (``filter_queryset``), sorting is the page's (:func:`in_order`)."""
        return rows

    def sorted_by(self) -> str:
        return (self.form.is_valid() and self.form.cleaned_data.get("sort")) or "name"


def in_order(filters: ArchiveFilter) -> QuerySet[ActivityRegistration] | InTurn:
    """What is filtered, sorted as chosen, only with the columns a list shows.

    A search by name shows the names that begin with the text first.
    """
    sort, text = filters.sorted_by(), filters.text
    rows = _columns(filters.qs)
    if sort == "name" and text:
        if text.isascii():
            return rows.order_by("member__name_initials", "member__name", "pk")
        ordered = _columns(filters.of_any_name).order_by(*SORTS["name"])
        first = ordered.filter(member__name__startswith=text)
        return InTurn(first, ordered.filter(member__name__holds_later=text))
    return rows.order_by(*SORTS[sort])


def _columns(rows: QuerySet[ActivityRegistration]) -> QuerySet[ActivityRegistration]:
    rows = rows.select_related("member", "organisation", "placement", "home_branch").only(*PLAIN_COLUMNS)
    return rows.prefetch_related("member__skills")


def cells(row: ActivityRegistration) -> list[Any]:
    """What the archive's spreadsheet and its paper say of a registration: no phone, no ID number, no address."""
    return [
        row.member.name,
        row.member.get_sex_display(),
        row.member.get_kind_display(),
        row.organisation.name,
        str(row.placement or ""),
        row.home_branch.name,
        row.member.work_unit,
        "、".join(skill.name for skill in row.member.skills.all()),
        row.accepted_on,
    ]
