"""Terms of office of branch committees and committees (domain.md §4.7)."""

from __future__ import annotations

import datetime as dt

from django.conf import settings

from branches.enums import Kind, Level
from branches.models import Organisation


def term_years(organisation: Organisation) -> int:
    """How many years an election holds: villages and communities, committees, all others."""
    years: dict[str, int] = settings.TERM_YEARS
    if organisation.leads is not None and organisation.leads.level == Level.COMMUNITY:
        return years["community"]
    return years["committee"] if organisation.kind == Kind.COMMITTEE else years["other"]


def term_end(organisation: Organisation, elected_on: dt.date) -> dt.date:
    """The same day when the term is over; 29 February becomes 28 February."""
    year = elected_on.year + term_years(organisation)
    try:
        return elected_on.replace(year=year)
    except ValueError:
        return elected_on.replace(year=year, day=28)
