"""Questions about members and registrations that more than one page asks."""

from __future__ import annotations

from django.db.models import Case, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When

from branches.enums import ACTIVITY_ONLY_SETTINGS
from branches.models import Organisation
from members.models import HomeMembership, Member


def search(rows: QuerySet[Member], text: str) -> QuerySet[Member]:
    """Members whose name holds *text* (1–3 characters suffice) or whose pinyin initials begin with it."""
    text = text.strip()
    if text.isascii():
        return rows.filter(name_initials__startswith=text.lower())
    return rows.filter(name__contains=text)


def with_home(rows: QuerySet[Member]) -> QuerySet[Member]:
    """Annotate ``home_name``, the name of today's home branch."""
    home = HomeMembership.objects.open().filter(member=OuterRef("pk"))
    return rows.annotate(home_name=Subquery(home.values("organisation__name")[:1]))


def placements(receiver: Organisation) -> QuerySet[Organisation]:
    """Where a receiver may place a member: itself and the active branches below, themed ones first."""
    rank = Case(When(setting__in=ACTIVITY_ONLY_SETTINGS, then=Value(0)), default=Value(1), output_field=IntegerField())
    rows = Organisation.objects.below(receiver).active().filter(Q(pk=receiver.pk) | Q(kind="branch"))
    return rows.annotate(rank=rank).order_by("rank", "path")
