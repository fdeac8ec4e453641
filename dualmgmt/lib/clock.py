"""Dates of the office: today in the portal's zone, and working days."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

import holidays
from django.conf import settings
from django.utils import timezone

from dualmgmt.models import WorkingDayException


def today() -> dt.date:
    return timezone.localdate()


@lru_cache(maxsize=2)
def _calendar(country: str) -> holidays.HolidayBase:
    return holidays.country_holidays(country)


def add_working_days(day: dt.date, count: int) -> dt.date:
    """The *count*-th working day after *day*.

    Public holidays and moved working Saturdays come from the ``holidays``
    library; rows of ``WorkingDayException`` win over it.
    """
    last = day + dt.timedelta(days=count * 3 + 30)
    exceptions = dict(WorkingDayException.objects.filter(day__gt=day, day__lte=last).values_list("day", "is_working"))
    calendar = _calendar(settings.WORKING_DAYS_COUNTRY)
    while count:
        day += dt.timedelta(days=1)
        if exceptions.get(day, calendar.is_working_day(day)):
            count -= 1
    return day
