"""Every bell in the schedule is hung on a door that exists."""

from celery.beat import ScheduleEntry

from dualmgmt.celery import app
from dualmgmt.schedule import SCHEDULE


def test_every_entry_names_a_task_that_exists_and_can_be_rung() -> None:
    app.autodiscover_tasks(force=True)
    unknown = {name: entry["task"] for name, entry in SCHEDULE.items() if entry["task"] not in app.tasks}
    assert unknown == {}
    for name, entry in SCHEDULE.items():
        assert ScheduleEntry(name=name, app=app, **entry).is_due().next > 0


def test_beat_reads_the_schedule_and_rings_in_local_time() -> None:
    assert app.conf.beat_schedule == SCHEDULE
    assert app.conf.timezone == "Asia/Shanghai"
