"""The demo can be built on any day: the first and last of a quarter, a leap day, a new year."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import transaction

from dualmgmt.management.commands.seed_demo import seed
from evaluations.models import Period
from members.models import Member


@pytest.mark.django_db
@pytest.mark.parametrize("day", ["2026-09-01", "2026-08-31", "2024-02-29", "2026-01-01", "2025-12-03"])
def test_it_can_be_built_on(day: str) -> None:
    today = dt.date.fromisoformat(day)
    seed("small", today)
    assert Period.objects.filter(ends_on__lt=today).count() == 2


@pytest.mark.django_db
def test_the_same_day_gives_the_same_people() -> None:
    def names() -> list[str]:
        return list(Member.objects.order_by("pk").values_list("name", flat=True))

    found = []
    for _turn in range(2):
        with transaction.atomic():
            seed("small", dt.date(2026, 11, 23))
            found.append(names())
            transaction.set_rollback(True)
    assert found[0] == found[1]
    assert len(found[0]) == 166, "160 at home in the portal, 6 with a home outside"
