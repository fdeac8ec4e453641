"""Doorbells of the evaluations app. Long work is held by a lease, not by the queue."""

from celery import shared_task
from django.db import transaction

from dualmgmt.lib import jobs
from evaluations import notices
from evaluations.actions import feedback as feedback_actions
from evaluations.compile import runs
from evaluations.models import FactualFeedback, Guidance, ReportChunk


@shared_task(name="evaluations.wake_run")
def wake_run(pk: int) -> None:
    """From the outbox: wake a worker for a run. Should the call be lost, the sweeper makes it again."""
    transaction.on_commit(lambda: jobs.named("evaluations.compile_run").delay(pk))


@shared_task(name="evaluations.compile_run")
def compile_run(pk: int) -> None:
    runs.work(pk)


@shared_task(name="evaluations.sweep_runs")
def sweep_runs() -> None:
    for pk in runs.stalled():
        jobs.named("evaluations.compile_run").delay(pk)


@shared_task(name="evaluations.daily")
def daily() -> None:
    """What the calendar asks for: prepare ended periods, confirm silence, start due runs."""
    feedback_actions.prepare_due()
    feedback_actions.confirm_silent()
    runs.start_due()


@shared_task(name="evaluations.tell_feedback_shown")
def tell_feedback_shown(pk: int) -> None:
    rows = FactualFeedback.objects.select_related("period", "registration__member", "registration__organisation")
    notices.feedback_shown(rows.get(pk=pk))


@shared_task(name="evaluations.tell_reports")
def tell_reports(run_pk: int, ordinal: int) -> None:
    chunk = ReportChunk.objects.get(run_id=run_pk, ordinal=ordinal)
    notices.reports_delivered(run_pk, chunk.organisation_ids)


@shared_task(name="evaluations.tell_guidance")
def tell_guidance(pk: int) -> None:
    notices.guidance_written(Guidance.objects.select_related("member").get(pk=pk))
