"""How long what is kept: every app registers its kinds, one job deletes what is too old and says what it did."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dualmgmt import sealing
from dualmgmt.lib import audit, registry
from dualmgmt.lib.actors import SYSTEM
from dualmgmt.lib.registry import Retention
from dualmgmt.models import AuditEvent, FormDraft, Notice, Outbox, RetentionRun


@dataclass(frozen=True)
class Finding:
    """One kind of data: ``due`` rows are older than ``before``; ``deleted`` is ``None`` in a dry run."""

    kind: str
    title: str
    days: int
    before: dt.datetime
    due: int
    deleted: int | None = None


def edge(kind: Retention) -> tuple[int, dt.datetime] | None:
    """Days kept and the moment before which rows are old; ``None`` where the office keeps them for ever (0 days)."""
    days: int = settings.RETENTION_DAYS[kind.setting]
    return (days, timezone.now() - dt.timedelta(days=days)) if days else None


def look() -> list[Finding]:
    """What the next run would do; nothing is changed."""
    found = []
    for kind in registry.retentions.kinds.values():
        limit = edge(kind)
        if limit is not None:
            found.append(Finding(kind.kind, str(kind.title), limit[0], limit[1], kind.count(limit[1])))
    return found


def run() -> list[Finding]:
    """Delete what is too old, kind by kind, each in a transaction of its own, with a row that says how many."""
    done = []
    for kind in registry.retentions.kinds.values():
        limit = edge(kind)
        if limit is None:
            continue
        days, before = limit
        with transaction.atomic():
            due = kind.count(before)
            deleted = kind.purge(before) if due else 0
            if deleted:
                row = RetentionRun.objects.create(kind=kind.kind, days=days, before=before, deleted=deleted)
                audit.record("retention.deleted", row, by=SYSTEM, source=kind.kind, rows=deleted)
        done.append(Finding(kind.kind, str(kind.title), days, before, due, deleted))
    return done


def _sealed(before: dt.datetime) -> Any:
    return AuditEvent.objects.filter(at__lt=before)


def _read_notices(before: dt.datetime) -> Any:
    return Notice.objects.filter(created_at__lt=before)


def _done_work(before: dt.datetime) -> Any:
    return Outbox.objects.filter(done_at__lt=before)


def _old_drafts(before: dt.datetime) -> Any:
    return FormDraft.objects.filter(saved_at__lt=before)


KINDS = (
    Retention(
        "audit",
        _("Audit log, sealed batches only"),
        "RETAIN_AUDIT_DAYS",
        lambda before: _sealed(before).count(),
        sealing.purge,
    ),
    Retention(
        "notices",
        _("Notices"),
        "RETAIN_NOTICES_DAYS",
        lambda before: _read_notices(before).count(),
        lambda before: _read_notices(before).delete()[0],
    ),
    Retention(
        "outbox",
        _("Jobs that are done"),
        "RETAIN_JOBS_DAYS",
        lambda before: _done_work(before).count(),
        lambda before: _done_work(before).delete()[0],
    ),
    Retention(
        "sessions",
        _("Sign-ins that have run out"),
        "RETAIN_SESSIONS_DAYS",
        lambda before: Session.objects.filter(expire_date__lt=before).count(),
        lambda before: Session.objects.filter(expire_date__lt=before).delete()[0],
    ),
    Retention(
        "drafts",
        _("Forms that were typed and not sent"),
        "RETAIN_DRAFTS_DAYS",
        lambda before: _old_drafts(before).count(),
        lambda before: _old_drafts(before).delete()[0],
    ),
)
