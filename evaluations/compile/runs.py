"""Runs: chunks of units, one transaction each, held by a lease and resumed by anybody."""

from __future__ import annotations

import datetime as dt
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from branches.models import Organisation
from dualmgmt.lib import audit, outbox
from dualmgmt.lib.actors import SYSTEM, account
from dualmgmt.lib.clock import today
from dualmgmt.lib.denied import ActionDenied
from evaluations import lifecycle, rules
from evaluations.compile import content as contents
from evaluations.compile.homeunits import HomeUnits, senders
from evaluations.compile.numbering import Numbers
from evaluations.enums import RunState
from evaluations.models import FeedbackReport, Period, ReportChunk, ReportRun, ReportSection

if TYPE_CHECKING:
    from dualmgmt.lib.actors import Actor

LIVE = (RunState.QUEUED, RunState.RUNNING)


@transaction.atomic
def start(*, period: Period, by: Actor) -> ReportRun:
    """Queue a run: units are cut into chunks, a worker is woken after the commit.

    Raises :class:`ActionDenied` while another run of the period is live or its
    feedback has not been prepared.
    """
    if period.prepared_at is None:
        raise ActionDenied(rules.NOT_RUN_YET, "not_prepared")
    try:
        with transaction.atomic():
            run = ReportRun.objects.create(period=period, created_by=account(by))
    except IntegrityError:
        raise ActionDenied(rules.RUN_LIVE, "run_live") from None
    units = sorted(HomeUnits().branches(period.ends_on, period.starts_on))
    paths = dict(Organisation.objects.filter(pk__in=units).values_list("pk", "path"))
    units.sort(key=lambda pk: paths[pk])
    size = settings.REPORT_CHUNK_UNITS
    ReportChunk.objects.bulk_create(
        ReportChunk(run=run, ordinal=number, organisation_ids=units[first : first + size])
        for number, first in enumerate(range(0, len(units), size))
    )
    run.total_units = len(units)
    run.save(update_fields=["total_units"])
    audit.record("reports.run_started", run, by=by, period=period.code, units=len(units))
    outbox.put("evaluations.wake_run", run.pk)
    return run


@transaction.atomic
def retry(*, run: ReportRun, by: Actor) -> None:
    """A failed run goes on where it stopped."""
    try:
        with transaction.atomic():
            lifecycle.run.move(run, RunState.QUEUED, error="", lease_until=None, lease_holder="")
    except IntegrityError:
        raise ActionDenied(rules.RUN_LIVE, "run_live") from None
    audit.record("reports.run_retried", run, by=by)
    outbox.put("evaluations.wake_run", run.pk)


def _lease() -> dt.datetime:
    return timezone.now() + dt.timedelta(seconds=settings.REPORT_LEASE_SECONDS)


def _take(run_pk: int, holder: str) -> bool:
    """Hold the run, if nobody else does or their lease has run out."""
    now = timezone.now()
    free = Q(lease_until=None) | Q(lease_until__lt=now) | Q(lease_holder=holder)
    taken = ReportRun.objects.filter(free, pk=run_pk, state__in=LIVE).update(
        state=RunState.RUNNING, lease_holder=holder, lease_until=_lease(), attempts=F("attempts") + 1
    )
    ReportRun.objects.filter(pk=run_pk, started_at=None, lease_holder=holder).update(started_at=now)
    return bool(taken)


@dataclass
class Result:
    units: int = 0
    created: int = 0
    unchanged: int = 0
    new_versions: int = 0
    seconds: float = 0.0


def work(run_pk: int) -> bool:
    """Compile what is left of a run; ``False`` when somebody else holds it or nothing is left to do.

    Killed anywhere, the chunk under way is rolled back; whoever takes the run
    next goes on with the chunks that are not done.
    """
    holder = secrets.token_hex(8)
    if not _take(run_pk, holder):
        return False
    run = ReportRun.objects.select_related("period").get(pk=run_pk)
    try:
        tree = HomeUnits().branches(run.period.ends_on, run.period.starts_on)
        previous = _previous_freeze(run)
        for chunk in run.chunks.filter(done_at=None).order_by("ordinal"):
            if not _compile_chunk(run, chunk, holder, tree, previous):
                return False  # the lease was lost to somebody else
    except Exception as error:
        _fail(run_pk, holder, error)
        raise
    return _finish(run_pk, holder)


def _previous_freeze(run: ReportRun) -> dt.datetime | None:
    """The moment up to which earlier reports have counted: later facts of old periods are "late"."""
    earlier = ReportRun.objects.filter(state=RunState.DONE, period__ends_on__lt=run.period.starts_on)
    return earlier.order_by("-as_of").values_list("as_of", flat=True).first()


def _compile_chunk(
    run: ReportRun, chunk: ReportChunk, holder: str, tree: dict[int, list[int]], previous: dt.datetime | None
) -> bool:
    """One chunk, one transaction: reports, progress and the promise to tell the addressees."""
    with transaction.atomic():
        # Lock first: of two workers at the same chunk the later one finds it done.
        held = ReportRun.objects.filter(pk=run.pk, lease_holder=holder, state=RunState.RUNNING)
        if not held.update(lease_until=_lease()):
            return False
        if not ReportChunk.objects.filter(pk=chunk.pk, done_at=None).update(done_at=timezone.now()):
            return True
        units = {pk: tree[pk] for pk in chunk.organisation_ids if pk in tree}
        sent_by = senders(Organisation.objects.filter(pk__in=units), run.period.ends_on, run.period.starts_on)
        found = contents.of_units(units, run.period, run.as_of, previous, sent_by)
        counts = _store(run, found, sent_by)
        ReportRun.objects.filter(pk=run.pk).update(
            done_units=F("done_units") + len(chunk.organisation_ids),
            created=F("created") + counts.created,
            unchanged=F("unchanged") + counts.unchanged,
            new_versions=F("new_versions") + counts.new_versions,
        )
        if counts.created or counts.new_versions:
            outbox.put("evaluations.tell_reports", run.pk, chunk.ordinal, key=f"reports:{run.pk}:{chunk.ordinal}")
    return True


def _store(run: ReportRun, found: dict[int, dict[str, Any]], sent_by: dict[int, Organisation]) -> Result:
    """Write what is new: a first version, or another one where the facts have changed."""
    result = Result()
    current = {
        row.organisation_id: row
        for row in FeedbackReport.objects.current().filter(period=run.period, organisation_id__in=found)
    }
    numbers = Numbers(run, [pk for pk in found if pk not in current], sent_by)
    fresh, outdated = [], []
    for unit, content in found.items():
        sum_of = contents.checksum(content)
        old = current.get(unit)
        if old is not None and old.checksum == sum_of:
            result.unchanged += 1
            continue
        if old is None:
            result.created += 1
        else:
            result.new_versions += 1
            outdated.append(old.pk)
        fresh.append(
            FeedbackReport(
                period=run.period,
                organisation_id=unit,
                version=old.version + 1 if old else 1,
                number=old.number if old else numbers.of(unit),
                run=run,
                content=content,
                checksum=sum_of,
                changes=changes(old.content, content) if old else [],
                member_count=content["totals"]["members"],
                active_count=content["totals"]["active"],
                sender=sent_by.get(unit),
            )
        )
    FeedbackReport.objects.filter(pk__in=outdated).update(superseded=True)
    FeedbackReport.objects.bulk_create(fresh, batch_size=500)
    made = FeedbackReport.objects.current().filter(run=run, organisation_id__in=found)
    sections = [
        ReportSection(report_id=report.pk, branch_id=section["branch_id"])
        for report in made
        for section in report.content["sections"]
    ]
    ReportSection.objects.bulk_create(sections, batch_size=500, ignore_conflicts=True)
    return result


def changes(old: dict[str, Any], new: dict[str, Any]) -> list[dict[str, Any]]:
    """Which members' lines differ between two versions: ``[{"name", "what": "added"|"removed"|"changed"}]``."""

    def lines(content: dict[str, Any]) -> dict[int, dict[str, Any]]:
        return {
            line["member_id"]: line
            for section in content["sections"]
            for line in [*section["active"], *section["inactive"]]
        }

    before, after = lines(old), lines(new)
    found = [{"name": after[pk]["name"], "what": "added"} for pk in after if pk not in before]
    found += [{"name": before[pk]["name"], "what": "removed"} for pk in before if pk not in after]
    found += [
        {"name": after[pk]["name"], "what": "changed"} for pk in after if pk in before and after[pk] != before[pk]
    ]
    return found


def _fail(run_pk: int, holder: str, error: Exception) -> None:
    ReportRun.objects.filter(pk=run_pk, lease_holder=holder, state=RunState.RUNNING).update(
        state=RunState.FAILED, error=type(error).__name__, lease_until=None, lease_holder=""
    )


def _finish(run_pk: int, holder: str) -> bool:
    open_chunks = ReportChunk.objects.filter(run=OuterRef("pk"), done_at=None)
    held = ReportRun.objects.filter(~Exists(open_chunks), pk=run_pk, lease_holder=holder, state=RunState.RUNNING)
    return bool(held.update(state=RunState.DONE, finished_at=timezone.now(), lease_until=None, lease_holder=""))


def stalled() -> list[int]:
    """Live runs that nobody holds: never started, or their worker died."""
    now = timezone.now()
    fresh = now - dt.timedelta(seconds=settings.REPORT_LEASE_SECONDS)
    waiting = Q(lease_until=None, created_at__lt=fresh) | Q(lease_until__lt=now)
    return list(ReportRun.objects.filter(waiting, state__in=LIVE).values_list("pk", flat=True))


def start_due() -> None:
    """Start the runs whose compile date has come; the schedule calls this daily."""
    due = Period.objects.filter(compile_on__lte=today(), runs=None).exclude(prepared_at=None)
    for period in due:
        start(period=period, by=SYSTEM)


def compile_now(*, period: Period, by: Actor) -> Result:
    """Run to the end in this process, joining a live run; for the command and for tests."""
    began = time.monotonic()
    run = period.runs.filter(state__in=LIVE).first() or start(period=period, by=by)
    while not work(run.pk):
        run.refresh_from_db()
        if run.state not in LIVE:
            break
        time.sleep(0.5)  # another worker holds it; wait for its end or its lease
    run.refresh_from_db()
    if run.state != RunState.DONE:
        raise RuntimeError(f"run {run.pk} ended as {run.state}: {run.error}")
    seconds = round(time.monotonic() - began, 3)
    return Result(run.total_units, run.created, run.unchanged, run.new_versions, seconds)
