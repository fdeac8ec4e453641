"""Tasks of the floor: delivering the outbox."""

from celery import shared_task

from dualmgmt import retention, sealing
from dualmgmt.lib import outbox


@shared_task(name=outbox.DELIVER_TASK)
def deliver(pk: int) -> None:
    outbox.deliver(pk)


@shared_task(name="dualmgmt.seal_audit")
def seal_audit() -> None:
    sealing.seal()


@shared_task(name="dualmgmt.retain")
def retain() -> None:
    retention.run()


@shared_task(name="dualmgmt.sweep_outbox")
def sweep_outbox() -> None:
    """Wake workers for rows whose first wake-up was lost."""
    for pk in outbox.due():
        outbox.ring(pk)
