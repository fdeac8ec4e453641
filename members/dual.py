"""Dual management, dual duty 双管双责 of one member: who manages over time, post duty beside service duty.

Each reader gets their part: the person everything; the home side the home, all
registrations and letters, what was reported, its own notes; a receiver its own
registration and what hangs on it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.urls import reverse

from branches.access import may
from branches.permissions import Permission
from members.models import ActivityRegistration, HomeMembership, IntroductionLetter, Member

if TYPE_CHECKING:
    from members.models import User


@dataclass(frozen=True)
class Stretch:
    """Some time in which a branch managed the member; ``last`` is ``None`` while it does."""

    side: str  # home | activity | placement
    name: str
    first: dt.date
    last: dt.date | None
    note: str = ""
    url: str = ""


def is_home_side(user: User, member: Member) -> bool:
    """The person, and whoever keeps the roll of their home branch."""
    home = member.home_branch()
    return member.user_id == user.pk or (home is not None and may(user, Permission.ROSTER_VIEW, home))


def homes_of(member: Member) -> list[HomeMembership]:
    """Home branches over time, also of rows that turned out to be the same person."""
    rows = HomeMembership.objects.filter(Q(member=member) | Q(member__merged_into=member))
    return list(rows.select_related("organisation").order_by("-started_on", "-pk"))


def both_sides(user: User, member: Member) -> dict[str, Any]:
    """What the page of *member* shows *user*; the panels of upper apps are narrowed by themselves."""
    home_side = is_home_side(user, member)
    rows = ActivityRegistration.objects.visible_to(user).filter(Q(member=member) | Q(member__merged_into=member))
    rows = rows.select_related("organisation", "placement").prefetch_related("placements__organisation")
    registrations = list(rows.order_by("-created_at", "-pk"))
    letters = IntroductionLetter.objects.filter(registration__in=[row.pk for row in registrations])
    homes = homes_of(member) if home_side else []
    return {
        "member": member,
        "home": member.home_branch(),
        "home_side": home_side,
        "own": member.user_id == user.pk,
        "stretches": _over_time(homes, registrations),
        "registrations": registrations,
        "letters": letters.visible_to(user).select_related("registration__organisation").order_by("-pk"),
    }


def _over_time(homes: list[HomeMembership], registrations: list[ActivityRegistration]) -> list[Stretch]:
    """The newest first; a registration is followed by the branches in which the member was placed."""
    lines = [
        [Stretch("home", row.organisation.name, row.started_on, row.ended_on, row.basis if row.ended_on else "")]
        for row in homes
    ]
    for row in registrations:
        if row.accepted_on is None:
            continue
        why = row.get_close_reason_display() if row.closed_on else ""
        url = reverse("registration_detail", args=[row.pk])
        placed = [
            Stretch("placement", line.organisation.name, line.started_on, line.ended_on, line.reason)
            for line in row.placements.all()
            if line.organisation_id != row.organisation_id
        ]
        lines.append([Stretch("activity", row.organisation.name, row.accepted_on, row.closed_on, why, url), *placed])
    lines.sort(key=lambda line: (line[0].last is not None, -line[0].first.toordinal()))
    return [stretch for line in lines for stretch in line]
