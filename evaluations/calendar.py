"""The calendar of a quarter (design.md §9): the year runs 1 December – 30 November."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from dualmgmt.lib.clock import add_working_days

FEEDBACK_DAYS = 15  # working days to write, after the period's end
MEMBER_DAYS = 5  # working days for the member to answer
ACKNOWLEDGE_DAYS = 10  # working days to acknowledge, after delivery
GUIDE_DAYS = 30  # days for the guidance, after delivery


@dataclass(frozen=True)
class Steps:
    feedback_due_on: dt.date
    compile_on: dt.date
    acknowledge_due_on: dt.date
    guide_due_on: dt.date


def steps(ends_on: dt.date) -> Steps:
    """The deadlines that follow from a period's last day."""
    feedback = add_working_days(ends_on, FEEDBACK_DAYS)
    compile_on = add_working_days(feedback, MEMBER_DAYS + 1)
    acknowledge = add_working_days(compile_on, ACKNOWLEDGE_DAYS)
    return Steps(feedback, compile_on, acknowledge, max(acknowledge, compile_on + dt.timedelta(days=GUIDE_DAYS)))


def quarter_of(day: dt.date) -> tuple[str, dt.date, dt.date]:
    """Code, first and last day of the quarter that holds *day*.

    2026Q1 is December 2025 to February 2026: the year is that of its 30 November.
    """
    year = day.year + (day.month == 12)
    number = day.month % 12 // 3 + 1
    first = dt.date(year - 1, 12, 1) if number == 1 else dt.date(year, 3 * number - 3, 1)
    after = dt.date(year, 3 * number, 1)
    return f"{year}Q{number}", first, after - dt.timedelta(days=1)
