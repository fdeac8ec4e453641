"""Members who look like one person: the same name with the same birth date or phone."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from django.db.models import Count, Q

from branches.models import Organisation
from branches.permissions import Permission
from members.models import DistinctPair, Member
from members.queries import with_home

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from members.models import User

# The same ID number cannot stand on the roll twice: the database holds that (``Member.id_hash``).
SHOWN = 200


@dataclass(frozen=True)
class Pair:
    first: Member
    second: Member
    same_birth_date: bool
    same_phone: bool


def scope(user: User) -> QuerySet[Member]:
    """Whom *user* may merge: members at home in the branches by whose right they may; of both rows."""
    homes = Organisation.objects.where(user, Permission.MEMBER_MERGE)
    return Member.objects.filter(merged_into=None).at_home_in(homes)


def pairs(user: User) -> list[Pair]:
    """Pairs within the scope of *user* that nobody has told apart, at most ``SHOWN``."""
    rows = scope(user)
    found: dict[tuple[int, int], Pair] = {}
    for column in ("birth_date", "phone_hash"):
        known = rows.filter(birth_date__isnull=False) if column == "birth_date" else rows.exclude(phone_hash="")
        groups = known.values("name", column).annotate(n=Count("pk")).filter(n__gt=1).order_by("name")[:SHOWN]
        wanted = Q(pk__in=[])
        for group in groups:
            wanted |= Q(name=group["name"], **{column: group[column]})
        people: dict[tuple[str, object], list[Member]] = {}
        for member in with_home(known.filter(wanted)).order_by("pk"):
            people.setdefault((member.name, getattr(member, column)), []).append(member)
        for group_members in people.values():
            for first, second in combinations(group_members, 2):
                found[first.pk, second.pk] = Pair(
                    first,
                    second,
                    first.birth_date is not None and first.birth_date == second.birth_date,
                    bool(first.phone_hash) and first.phone_hash == second.phone_hash,
                )
    apart = DistinctPair.objects.filter(first__in={key[0] for key in found}).values_list("first_id", "second_id")
    for key in apart:
        found.pop(key, None)
    return sorted(found.values(), key=lambda pair: (pair.first.name, pair.first.pk))[:SHOWN]
