"""The hash chain over the audit log: sealed in batches by a job, checked by ``manage.py verify_audit``.

No request waits for it: rows are written plain and sealed some seconds later.
Digests are keyed (``AUDIT_KEY``), so that whoever can write to the database
cannot compute a new chain. Cutting off the newest seals shows as rows that
stay unsealed; the head digest, noted elsewhere from time to time, proves more.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from dualmgmt.models import AuditEvent, AuditPurge, AuditSeal

ENTRY = struct.Struct(">q8s")
FIELDS = (
    "pk", "at", "event", "actor_id", "actor_name", "capacity", "appointment_id", "address",
    "subject_type", "subject_id", "organisation_id", "organisation_path", "details",
)  # fmt: skip
# How long the job waits for transactions that may still commit a lower id, before it leaves them to the next run.
PATIENCE_SECONDS = 20


def _mac(data: bytes) -> bytes:
    return hmac.new(settings.AUDIT_KEY.encode(), data, hashlib.sha256).digest()


def row_digest(row: AuditEvent) -> bytes:
    """Eight bytes over every field of *row*, in a form that does not depend on the database."""
    values: list[Any] = [getattr(row, name) for name in FIELDS]
    values[1] = row.at.astimezone(dt.UTC).isoformat(timespec="microseconds")
    text = json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return _mac(text.encode())[:8]


def seal_digest(seal: AuditSeal) -> str:
    """64 hex digits over the seal's own facts and the one before it."""
    head = f"{seal.ordinal}|{seal.first_id}|{seal.last_id}|{seal.count}|{seal.previous}|".encode()
    return _mac(head + bytes(seal.rows)).hex()


def purge_digest(door: AuditPurge) -> str:
    """64 hex digits over what a purge says it took away."""
    return _mac(f"purge|{door.up_to_id}|{door.before.astimezone(dt.UTC).isoformat()}|{door.count}".encode()).hex()


def settled_id() -> int:
    """The highest id below which no row can appear any more; 0 where there is none yet.

    On PostgreSQL ids are given out before they are committed: a slow transaction
    may still bring in a low one. So note the highest id and the next transaction
    number, then wait until every transaction older than that has ended.
    """
    edge = timezone.now() - dt.timedelta(seconds=settings.AUDIT_SEAL_DELAY_SECONDS)
    last = AuditEvent.objects.filter(at__lte=edge).order_by("-pk").values_list("pk", flat=True).first() or 0
    if connection.vendor != "postgresql" or not last:
        return last
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        mark = cursor.fetchone()[0]
        for _attempt in range(PATIENCE_SECONDS * 2):
            cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
            if cursor.fetchone()[0] >= mark:
                return last
            time.sleep(0.5)
    return 0


def seal() -> int:
    """Seal what is settled, in batches; the number of rows sealed. Safe to run beside another run.

    Nothing is locked: the database role of the portal may add seals and not
    touch them (deploy/postgres), and the unique ordinal refuses a second sealer.
    """
    last, sealed = settled_id(), 0
    while True:
        head = AuditSeal.objects.order_by("-ordinal").first()
        first = head.last_id if head else 0
        rows = AuditEvent.objects.filter(pk__gt=first, pk__lte=last).order_by("pk")[: settings.AUDIT_SEAL_ROWS]
        entries = [(row.pk, row_digest(row)) for row in rows]
        if not entries:
            return sealed
        new = AuditSeal(
            ordinal=head.ordinal + 1 if head else 1,
            first_id=entries[0][0],
            last_id=entries[-1][0],
            count=len(entries),
            rows=b"".join(ENTRY.pack(*entry) for entry in entries),
            previous=head.digest if head else "",
        )
        new.digest = seal_digest(new)
        try:
            with transaction.atomic():
                new.save(force_insert=True)
        except IntegrityError:  # another run was faster and goes on
            return sealed
        sealed += len(entries)


@dataclass
class Verdict:
    """What a check found; ``faults`` are sentences, each naming a row or a seal."""

    seals: int = 0
    rows: int = 0
    purged: int = 0
    unsealed: int = 0
    overdue: int = 0
    head: str = ""
    faults: list[str] = field(default_factory=list)

    @property
    def intact(self) -> bool:
        return not self.faults


def verify() -> Verdict:
    """Walk the whole chain and every sealed row."""
    verdict = Verdict()
    gone = 0
    for door in AuditPurge.objects.order_by("up_to_id"):
        if door.closed_at is None:
            verdict.faults.append(f"purge {door.pk} stands open")
        elif hmac.compare_digest(purge_digest(door), door.digest or ""):
            gone = door.up_to_id
        else:
            verdict.faults.append(f"purge {door.pk} was not made by the portal")
    previous, ordinal, last_id = "", 0, 0
    for seal_row in AuditSeal.objects.order_by("ordinal").iterator(chunk_size=50):
        ordinal += 1
        verdict.seals += 1
        verdict.faults += _chain_faults(seal_row, ordinal, previous, last_id)
        if seal_row.last_id <= gone:
            verdict.purged += seal_row.count
        else:
            verdict.rows += seal_row.count
            verdict.faults += _row_faults(seal_row, last_id, gone)
        previous, ordinal, last_id = seal_row.digest, seal_row.ordinal, seal_row.last_id
    verdict.head = previous
    rest = AuditEvent.objects.filter(pk__gt=last_id)
    verdict.unsealed = rest.count()
    verdict.overdue = rest.filter(at__lt=timezone.now() - dt.timedelta(days=1)).count()
    if verdict.overdue:
        verdict.faults.append(f"{verdict.overdue} rows are older than a day and not sealed")
    return verdict


def _chain_faults(seal_row: AuditSeal, ordinal: int, previous: str, last_id: int) -> Iterator[str]:
    if seal_row.ordinal != ordinal:
        yield f"seal {ordinal} is missing"
    elif seal_row.previous != previous:
        yield f"seal {seal_row.ordinal} does not follow the one before it"
    if not hmac.compare_digest(seal_digest(seal_row), seal_row.digest):
        yield f"seal {seal_row.ordinal} has been changed"
    if seal_row.first_id <= last_id:
        yield f"seal {seal_row.ordinal} overlaps the one before it"


def _row_faults(seal_row: AuditSeal, after: int, gone: int) -> Iterator[str]:
    """Compare the sealed rows with those in the table: changed, missing, put in."""
    expected = dict(ENTRY.iter_unpack(bytes(seal_row.rows)))
    found = AuditEvent.objects.filter(pk__gt=after, pk__lte=seal_row.last_id).order_by("pk")
    for row in found.iterator(chunk_size=2000):
        digest = expected.pop(row.pk, None)
        if digest is None:
            yield f"row {row.pk} was put in after sealing"
        elif not hmac.compare_digest(digest, row_digest(row)):
            yield f"row {row.pk} has been changed"
    for pk in expected:
        if pk > gone:
            yield f"row {pk} is missing"


def may_purge() -> bool:
    """Whether this database role may delete audit rows: with deploy/postgres/app_role.sql only the owner may."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege(%s, 'DELETE')", [AuditEvent._meta.db_table])
        return bool(cursor.fetchone()[0])


def purge(before: dt.datetime) -> int:
    """Delete sealed rows older than *before*, whole seals at a time; the seals stay and the chain holds.

    The only door through the triggers; ``AuditPurge`` keeps what went through it.
    """
    if not may_purge():
        return 0
    with transaction.atomic():
        old = AuditSeal.objects.order_by("-ordinal")
        for seal_row in old.iterator(chunk_size=50):
            if not AuditEvent.objects.filter(pk__lte=seal_row.last_id, at__gte=before).exists():
                break
        else:
            return 0
        rows = AuditEvent.objects.filter(pk__lte=seal_row.last_id)
        door = AuditPurge.objects.create(up_to_id=seal_row.last_id, before=before)
        door.count = rows.count()
        rows._raw_delete(rows.db)
        door.closed_at, door.digest = timezone.now(), purge_digest(door)
        door.save(update_fields=["closed_at", "count", "digest"])
    return door.count
