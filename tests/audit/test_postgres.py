"""What deploy/postgres does to a database of its own: the log by month, and a role that can only add to it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pytest

from tests.processes import ROOT, database, environment, migrate, python

SCRIPTS = ROOT / "deploy" / "postgres"
ROLE, WORD = "dualmgmt_app", "only-for-this-test"
RECORD = "from dualmgmt.lib import audit; from dualmgmt.lib.actors import SYSTEM; from members.models import User\n"
# The role is the cluster's: one test after the other.
pytestmark = [pytest.mark.postgres, pytest.mark.xdist_group("dualmgmt_app")]


@dataclass
class Portal:
    """One database, seen by its owner and by the portal's own role."""

    url: str
    env: dict[str, str]

    @property
    def app(self) -> dict[str, str]:
        parts = urlsplit(self.url)
        return {
            **self.env,
            "DATABASE_URL": parts._replace(netloc=f"{ROLE}:{WORD}@{parts.hostname}:{parts.port}").geturl(),
        }

    def sql(self, statement: str, url: str = "") -> list[Any]:
        with closing(psycopg2.connect(url or self.url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []

    def refused(self, statement: str, *, by_app: bool = False) -> str:
        with pytest.raises(psycopg2.Error) as error:
            self.sql(statement, self.app["DATABASE_URL"] if by_app else "")
        return str(error.value).partition("\n")[0]

    def script(self, name: str) -> None:
        self.sql((SCRIPTS / name).read_text())

    def record(self, count: int, env: dict[str, str], at: dt.datetime | None = None) -> None:
        code = f"rows = [audit.record('account.opened', User(), by=SYSTEM, number=n) for n in range({count})]\n"
        python(f"{RECORD}{code}", env)
        if at:  # as if they were from that day: before they are sealed
            self.sql(
                "ALTER TABLE dualmgmt_auditevent DISABLE TRIGGER USER;"
                f"UPDATE dualmgmt_auditevent SET at = '{at.isoformat()}'"
                f" WHERE id > (SELECT max(id) - {count} FROM dualmgmt_auditevent);"
                "ALTER TABLE dualmgmt_auditevent ENABLE TRIGGER USER"
            )

    def verify(self, env: dict[str, str]) -> dict[str, Any]:
        """Seal what is settled and check everything."""
        code = (
            "import io, sys\nfrom django.core.management import CommandError, call_command\n"
            "try: call_command('verify_audit', '--seal', '--format', 'json')\nexcept CommandError: pass"
        )
        found: dict[str, Any] = json.loads(python(code, env))
        return found


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    with database(tmp_path) as url:
        env = environment(tmp_path, DATABASE_URL=url, AUDIT_SEAL_DELAY_SECONDS="0")
        migrate(env)
        made = Portal(url, env)
        made.sql(
            f"DO $$ BEGIN CREATE ROLE {ROLE} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
            f"ALTER ROLE {ROLE} PASSWORD '{WORD}'"
        )
        yield made
        made.sql(
            f"DROP OWNED BY {ROLE};"  # the role itself is the cluster's: another suite may still be using it
            f"DO $$ BEGIN DROP ROLE {ROLE}; EXCEPTION WHEN dependent_objects_still_exist THEN NULL; END $$"
        )


def months(portal: Portal) -> dict[str, int]:
    """Rows by partition, empty ones left out."""
    names = [
        row[0] for row in portal.sql("SELECT relid::text FROM pg_partition_tree('dualmgmt_auditevent') WHERE isleaf")
    ]
    counted = {name: portal.sql(f"SELECT count(*) FROM {name}")[0][0] for name in names}
    return {name.removeprefix("dualmgmt_auditevent_"): count for name, count in counted.items() if count}


def test_the_log_by_month_is_the_same_log(portal: Portal) -> None:
    now = dt.datetime.now(dt.UTC)
    portal.record(4, portal.env, at=now - dt.timedelta(days=400))
    portal.verify(portal.env)
    portal.record(3, portal.env)
    before = portal.verify(portal.env)
    assert (before["intact"], before["rows"], before["seals"]) == (True, 7, 2)

    portal.script("audit_partitions.sql")
    assert portal.verify(portal.env) == before
    portal.record(2, portal.env)
    assert portal.verify(portal.env)["rows"] == 9
    assert months(portal) == {"first": 9}

    # A month nobody prepared: the rows wait, and the next run puts them where they belong.
    far = now + dt.timedelta(days=31 * 30)
    portal.record(2, portal.env, at=far)
    assert months(portal) == {"first": 9, "default": 2}
    after = portal.verify(portal.env)
    portal.script("audit_partitions.sql")
    assert months(portal) == {"first": 9, f"{far + dt.timedelta(hours=8):%Y_%m}": 2}
    portal.script("audit_partitions.sql")
    assert portal.verify(portal.env) == {**after, "intact": True}

    for table in ("dualmgmt_auditevent", "dualmgmt_auditevent_first"):
        for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}", f"TRUNCATE {table}"):
            assert "append-only" in portal.refused(statement), statement
    portal.sql("ALTER TABLE dualmgmt_auditevent_first DISABLE TRIGGER USER")
    victim = portal.sql("UPDATE dualmgmt_auditevent SET details = '{\"number\": 9}' WHERE id = 5 RETURNING id")[0][0]
    assert portal.verify(portal.env)["faults"] == [f"row {victim} has been changed"]


def test_old_months_leave_by_the_one_door(portal: Portal) -> None:
    portal.record(4, portal.env, at=dt.datetime.now(dt.UTC) - dt.timedelta(days=400))
    portal.verify(portal.env)
    portal.script("audit_partitions.sql")
    portal.record(1, portal.env)
    portal.verify(portal.env)
    portal.script("app_role.sql")
    keep = {"RETAIN_AUDIT_DAYS": "180"}
    retain = "from django.core.management import call_command; call_command('retain', '--format', 'json')"
    said = {line["kind"]: line for line in json.loads(python(retain, {**portal.app, **keep}))}
    assert (said["audit"]["due"], said["audit"]["deleted"]) == (4, 0)  # the owner's business
    said = {line["kind"]: line for line in json.loads(python(retain, {**portal.env, **keep}))}
    assert said["audit"]["deleted"] == 4
    found = portal.verify(portal.env)
    assert (found["intact"], found["purged"]) == (True, 4)


@pytest.mark.parametrize("by_month", [False, True])
def test_the_portals_role_adds_to_the_log_and_nothing_else(portal: Portal, by_month: bool) -> None:
    if by_month:
        portal.script("audit_partitions.sql")
    portal.script("app_role.sql")
    portal.record(3, portal.app)
    found = portal.verify(portal.app)
    assert (found["intact"], found["rows"], found["unsealed"]) == (True, 3, 0)
    tables = ["dualmgmt_auditevent", "dualmgmt_auditseal", *(["dualmgmt_auditevent_first"] if by_month else [])]
    for table in tables:
        for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}", f"TRUNCATE {table}"):
            assert "permission denied" in portal.refused(statement, by_app=True), statement
    assert "permission denied" in portal.refused(
        "INSERT INTO dualmgmt_auditpurge (up_to_id, before, count, opened_at, digest) VALUES (9, now(), 0, now(), '')",
        by_app=True,
    )
    assert "must be owner" in portal.refused("ALTER TABLE dualmgmt_auditevent DISABLE TRIGGER USER", by_app=True)
    assert "run this as the owner" in portal.refused((SCRIPTS / "audit_partitions.sql").read_text(), by_app=True)
