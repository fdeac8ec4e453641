"""Transactional outbox: work promised in a transaction is done exactly once after it.

An action calls :func:`put` inside its transaction. After the commit a worker is
woken; should the wake-up be lost, :func:`due` finds the row and the schedule
wakes the worker again. :func:`deliver` marks the row done in the same
transaction as the work, so a worker killed half-way leaves the row to be done
again and its half-done work is rolled back.
"""

from __future__ import annotations

import datetime as dt
import logging

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from kombu.exceptions import OperationalError

from dualmgmt.lib import jobs
from dualmgmt.models import Outbox

logger = logging.getLogger(__name__)
DELIVER_TASK = "dualmgmt.deliver"
LONGEST_WAIT = dt.timedelta(hours=1)


def put(task: str, *args: int | str, key: str | None = None) -> None:
    """Promise to run the Celery task named *task* with *args* after the commit.

    *key*, where given, makes the promise unique for ever: a second ``put`` with
    the same key does nothing.
    """
    if key is None:
        row = Outbox.objects.create(task=task, args=list(args))
    else:
        row, created = Outbox.objects.get_or_create(key=key, defaults={"task": task, "args": list(args)})
        if not created:
            return
    transaction.on_commit(lambda: ring(row.pk))


def ring(pk: int) -> None:
    """Wake a worker for one row; an unreachable broker is logged, the sweeper tries again."""
    try:
        jobs.named(DELIVER_TASK).delay(pk)
    except (OSError, OperationalError):
        logger.warning("outbox row %s: broker not reachable, left to the sweeper", pk)


def deliver(pk: int) -> bool:
    """Do the work of one row; ``False`` if another worker has it or it is not due."""
    now = timezone.now()
    try:
        with transaction.atomic():
            claimed = Outbox.objects.filter(pk=pk, done_at=None, due_at__lte=now).update(
                done_at=now, attempts=F("attempts") + 1
            )
            if not claimed:
                return False
            row = Outbox.objects.get(pk=pk)
            jobs.named(row.task).run(*row.args)
    except Exception as error:
        _postpone(pk, error)
        logger.exception("outbox row %s failed", pk)
        raise
    return True


def _postpone(pk: int, error: Exception) -> None:
    """Try a failed row again, later each time, for ever: nothing promised is dropped."""
    row = Outbox.objects.get(pk=pk)
    wait = min(dt.timedelta(seconds=15 * 2 ** min(row.attempts, 10)), LONGEST_WAIT)
    Outbox.objects.filter(pk=pk, done_at=None).update(
        attempts=F("attempts") + 1, due_at=timezone.now() + wait, last_error=type(error).__name__
    )


def due(limit: int = 500) -> list[int]:
    """Rows whose wake-up may have been lost, oldest first."""
    overdue = Outbox.objects.filter(done_at=None, due_at__lte=timezone.now() - dt.timedelta(seconds=20))
    return list(overdue.order_by("due_at").values_list("pk", flat=True)[:limit])
