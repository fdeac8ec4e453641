"""The floor: outbox, numbers, secrets, working days, dates, language."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from celery import shared_task
from cryptography.fernet import Fernet
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from dualmgmt.lib import numbers, outbox, secrets
from dualmgmt.lib.clock import add_working_days
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.tables import Cell
from dualmgmt.lib.values import parse_date
from dualmgmt.models import Outbox, RunningNumber, WorkingDayException
from members.models import Member
from tests.world import World

pytestmark = pytest.mark.django_db


@shared_task(name="tests.mark")
def mark(scope: str) -> None:
    """Leaves a row, then fails if asked to: the row must go with the failure."""
    RunningNumber.objects.create(scope=scope, year=2026, last=1)
    if scope == "broken":
        raise ValueError("on purpose")


def test_promised_work_is_done_once_after_the_commit(django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        outbox.put("tests.mark", "once")
        assert not RunningNumber.objects.exists()
    row = Outbox.objects.get()
    assert (RunningNumber.objects.count(), row.done_at is not None, row.attempts) == (1, True, 1)
    assert outbox.deliver(row.pk) is False
    assert RunningNumber.objects.count() == 1


def test_failed_work_is_rolled_back_and_tried_again_later() -> None:
    outbox.put("tests.mark", "broken")
    row = Outbox.objects.get()
    with pytest.raises(ValueError, match="on purpose"):
        outbox.deliver(row.pk)
    row.refresh_from_db()
    assert not RunningNumber.objects.exists()
    assert (row.done_at, row.last_error, row.due_at > timezone.now()) == (None, "ValueError", True)


def test_a_keyed_promise_is_made_once() -> None:
    outbox.put("tests.mark", "a", key="k")
    outbox.put("tests.mark", "b", key="k")
    assert [row.args for row in Outbox.objects.all()] == [["a"]]


def test_the_sweeper_finds_what_was_never_rung() -> None:
    outbox.put("tests.mark", "late")
    row = Outbox.objects.get()
    assert outbox.due() == []
    Outbox.objects.update(due_at=timezone.now() - dt.timedelta(minutes=1))
    assert outbox.due() == [row.pk]


def test_numbers_run_without_gaps_even_when_a_caller_rolls_back() -> None:
    assert numbers.take("a", 2026) == 1
    with transaction.atomic():
        numbers.take("a", 2026)
        transaction.set_rollback(True)
    assert [numbers.take("a", 2026), numbers.take("a", 2027), numbers.take("b", 2026)] == [2, 1, 1]


def test_personal_numbers_are_unreadable_in_the_database(world: World) -> None:
    li = world.members["li"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT id_number, phone FROM members_member WHERE id = %s", [li.pk])
        stored = cursor.fetchone()
    assert li.id_number not in stored[0]
    assert li.phone not in stored[1]
    assert Member.objects.with_id_number(li.id_number).get() == li


def test_old_keys_still_read(settings: Any) -> None:
    token = secrets.encrypt("370602198005170011")
    settings.FIELD_KEYS = [Fernet.generate_key().decode(), *settings.FIELD_KEYS]
    assert secrets.decrypt(token) == "370602198005170011"


def test_masks() -> None:
    assert secrets.mask_id_number("37060219800517001X") == "370602********001X"
    assert secrets.mask_phone("13812345678") == "138****5678"


def test_working_days_know_holidays_moved_saturdays_and_exceptions() -> None:
    """National Day 2026: 1–7 October off, Saturday 10 October worked."""
    assert add_working_days(dt.date(2026, 9, 30), 1) == dt.date(2026, 10, 8)
    assert add_working_days(dt.date(2026, 10, 9), 1) == dt.date(2026, 10, 10)
    WorkingDayException.objects.create(day=dt.date(2026, 10, 8), is_working=False)
    assert add_working_days(dt.date(2026, 9, 30), 1) == dt.date(2026, 10, 9)


@given(
    st.dates(dt.date(1930, 1, 1), dt.date(2026, 1, 1)),
    st.sampled_from(["%Y.%m.%d", "%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y年%m月%d日"]),
)
def test_dates_are_read_however_they_are_written(day: dt.date, pattern: str) -> None:
    assert parse_date(Cell(day.strftime(pattern))) == day


@given(st.text(max_size=12))
def test_any_text_is_a_date_or_a_sentence(text: str) -> None:
    try:
        result = parse_date(Cell(text))
    except ActionDenied:
        return
    assert result is None or isinstance(result, dt.date)


def test_chinese_unless_english_was_chosen() -> None:
    client = Client(headers={"Accept-Language": "en-US,en;q=0.9"})
    assert "反映诉求" in client.get(reverse("front")).content.decode()
    client.post(reverse("set_language"), {"language": "en", "next": "/"})
    assert "Report a need" in client.get(reverse("front")).content.decode()


def test_the_content_policy_is_on() -> None:
    policy = Client().get(reverse("front"))["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
