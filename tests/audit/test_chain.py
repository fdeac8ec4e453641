"""The audit log is append-only, sealed, and tells when somebody has touched it."""

from __future__ import annotations

import datetime as dt
import io
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from dualmgmt import sealing
from dualmgmt.lib import audit, origin
from dualmgmt.lib.actors import SYSTEM
from dualmgmt.models import AuditEvent, AuditPurge, AuditSeal
from tests.factories import UserFactory
from tests.world import build

TABLES = ("dualmgmt_auditevent", "dualmgmt_auditseal")


@pytest.fixture
def sealed(transactional_db: None, settings: Any) -> list[int]:
    """Seven rows under three seals; their keys."""
    settings.AUDIT_SEAL_DELAY_SECONDS, settings.AUDIT_SEAL_ROWS = 0, 3
    subject = UserFactory()
    keys = [audit.record("member.edited", subject, by=SYSTEM, number=number).pk for number in range(7)]
    assert sealing.seal() == 7
    return keys


def tamper(sql: str, *params: Any) -> None:
    """What somebody with the database's password can do: take the triggers off first."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for table in TABLES:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(sql, params)
            for table in TABLES:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
            return
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
        for name, _text in triggers:
            cursor.execute(f"DROP TRIGGER {name}")
        cursor.execute(sql, params)
        for _name, text in triggers:
            cursor.execute(text)


def verify() -> tuple[dict[str, Any], str]:
    out = io.StringIO()
    try:
        call_command("verify_audit", "--format", "json", stdout=out)
    except CommandError as error:
        found = json.loads(out.getvalue())
        return {**found, "status": error.returncode}, str(error)
    return {**json.loads(out.getvalue()), "status": 0}, ""


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("sql", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_rows_and_seals_are_append_only_in_the_database(sealed: list[int], table: str, sql: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.format(table))


@pytest.mark.postgres
@pytest.mark.parametrize("table", TABLES)
def test_nobody_empties_them_at_one_blow(sealed: list[int], table: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {table}")


def test_an_untouched_log_is_intact(sealed: list[int]) -> None:
    audit.record("member.edited", UserFactory(), by=SYSTEM)
    found, error = verify()
    assert error == ""
    assert (found["seals"], found["rows"], found["unsealed"]) == (3, 7, 1)
    assert found["head"] == AuditSeal.objects.latest("ordinal").digest


@pytest.mark.parametrize("column", ["actor_name", "details", "address", "capacity", "subject_id"])
def test_a_row_changed_by_sql_is_named(sealed: list[int], column: str) -> None:
    value = '{"number": 9}' if column == "details" else "x"
    tamper(f"UPDATE dualmgmt_auditevent SET {column} = %s WHERE id = %s", value, sealed[4])
    found, error = verify()
    assert (found["status"], found["intact"]) == (1, False)
    assert error == f"row {sealed[4]} has been changed"


def test_a_row_taken_out_is_named(sealed: list[int]) -> None:
    tamper("DELETE FROM dualmgmt_auditevent WHERE id = %s", sealed[1])
    assert verify()[1] == f"row {sealed[1]} is missing"


def test_a_row_put_in_afterwards_is_named(sealed: list[int]) -> None:
    tamper("DELETE FROM dualmgmt_auditevent WHERE id = %s", sealed[1])
    AuditEvent.objects.create(pk=sealed[1], event="x", actor_name="x", subject_type="x", subject_id="1")
    assert verify()[1] == f"row {sealed[1]} has been changed"
    tamper("UPDATE dualmgmt_auditevent SET id = %s WHERE id = %s", sealed[0] - 1, sealed[1])
    assert f"row {sealed[0] - 1} was put in after sealing" in verify()[1]


def test_a_changed_or_missing_seal_is_named(sealed: list[int]) -> None:
    tamper("DELETE FROM dualmgmt_auditseal WHERE ordinal = 2")
    assert "seal 2 is missing" in verify()[1]
    tamper("UPDATE dualmgmt_auditseal SET count = 9 WHERE ordinal = 3")
    assert "seal 3 has been changed" in verify()[1]


def test_rows_left_unsealed_for_a_day_are_a_fault(sealed: list[int]) -> None:
    AuditEvent.objects.create(
        at=timezone.now() - dt.timedelta(days=2), event="x", actor_name="x", subject_type="x", subject_id="1"
    )
    assert verify()[1] == "1 rows are older than a day and not sealed"


def test_old_rows_leave_by_the_one_door_and_the_chain_holds(sealed: list[int]) -> None:
    edge = AuditEvent.objects.get(pk=sealed[5]).at
    assert sealing.purge(edge) == 3  # whole seals only: the second holds rows 4 to 6
    assert AuditEvent.objects.count() == 4
    found, error = verify()
    assert (error, found["purged"], found["rows"]) == ("", 3, 4)
    assert AuditPurge.objects.get().count == 3
    with pytest.raises(DatabaseError, match="append-only"):
        AuditEvent.objects.all().delete()


def test_a_forged_purge_excuses_nothing(sealed: list[int]) -> None:
    """Whoever has the database but not the key opens the door, deletes, and writes that it was the portal."""
    door = AuditPurge.objects.create(up_to_id=sealed[2], before=timezone.now())
    assert verify()[1] == f"purge {door.pk} stands open"
    AuditEvent.objects.filter(pk__lte=sealed[2])._raw_delete("default")
    AuditPurge.objects.filter(pk=door.pk).update(closed_at=timezone.now(), count=3, digest="0" * 64)
    found, error = verify()
    assert error.startswith(f"purge {door.pk} was not made by the portal")
    assert f"row {sealed[0]} is missing" in error
    assert found["purged"] == 0


@pytest.mark.postgres
def test_two_sealers_at_once_make_one_chain(transactional_db: None, settings: Any) -> None:
    settings.AUDIT_SEAL_DELAY_SECONDS, settings.AUDIT_SEAL_ROWS = 0, 2
    subject = UserFactory()
    for number in range(40):
        audit.record("member.edited", subject, by=SYSTEM, number=number)

    def work(_number: int) -> int:
        try:
            return sealing.seal()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        done = sum(pool.map(work, range(4)))
    assert done + sealing.seal() == 40
    found, error = verify()
    assert (error, found["rows"], found["unsealed"]) == ("", 40, 0)


@pytest.mark.postgres
def test_a_late_commit_with_a_low_id_is_not_left_out(transactional_db: None, settings: Any, monkeypatch: Any) -> None:
    """Ids are given out before they are committed; the seal waits for the slow transaction."""
    settings.AUDIT_SEAL_DELAY_SECONDS = 0
    subject = UserFactory()
    begun, finish = threading.Event(), threading.Event()

    def slow() -> None:
        try:
            with transaction.atomic():
                audit.record("member.edited", subject, by=SYSTEM, slow=True)
                begun.set()
                finish.wait(20)
        finally:
            connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    begun.wait(20)
    audit.record("member.edited", subject, by=SYSTEM, slow=False)  # a higher id, committed first
    monkeypatch.setattr(sealing, "PATIENCE_SECONDS", 1)
    assert sealing.seal() == 0
    finish.set()
    thread.join()
    assert sealing.seal() == 2
    assert verify()[1] == ""


def test_a_row_says_in_which_capacity_and_from_where(db: None) -> None:
    with origin.of(origin.Origin("10.0.0.7", "税务局党委 书记", 12)):
        row = audit.record("member.edited", UserFactory(), by=SYSTEM)
    assert (row.address, row.capacity, row.appointment_id) == ("10.0.0.7", "税务局党委 书记", 12)
    assert audit.record("member.edited", UserFactory(), by=SYSTEM).address == ""


def test_numbers_that_people_typed_are_made_unreadable() -> None:
    assert (
        audit.masked("电话13805351234 证件370602198005170019 第12号") == "电话13********* 证件37**************** 第12号"
    )


def test_a_reason_is_kept_without_them(db: None) -> None:
    row = audit.record("member.edited", UserFactory(), by=SYSTEM, reason="电话应为13805351234", number="介1号")
    assert row.details == {"reason": "电话应为13*********", "number": "介1号"}


def test_the_small_city_leaves_an_intact_log(transactional_db: None, settings: Any) -> None:
    settings.AUDIT_SEAL_DELAY_SECONDS = 0
    build()
    sealing.seal()
    assert verify()[1] == ""
