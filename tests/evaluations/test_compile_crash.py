"""A worker killed in the middle of a compilation: afterwards every unit has exactly one report."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests import processes

UNITS = 200

SCENE = f"""
import datetime as dt
from branches.enums import Kind
from branches.models import Appointment
from dualmgmt.lib.actors import SYSTEM
from evaluations.actions import feedback
from evaluations.compile import runs
from tests.factories import *
city = OrganisationFactory(kind=Kind.COMMITTEE, short_code="市")
period = PeriodFactory()
for number in range({UNITS}):
    branch = OrganisationFactory(parent=city, unit=UnitFactory())
    AppointmentFactory(organisation=branch)
    for _member in range(3):
        MemberFactory(home=branch)
feedback.prepare(period=period, by=SYSTEM)
print(runs.start(period=period, by=SYSTEM).pk)
"""
STATE = """
import json
from evaluations.models import *
from dualmgmt.models import Notice, Outbox
run = ReportRun.objects.get()
print(json.dumps({
    "state": run.state, "done": run.done_units, "attempts": run.attempts, "created": run.created,
    "reports": FeedbackReport.objects.count(),
    "units": FeedbackReport.objects.values("organisation").distinct().count(),
    "open_chunks": run.chunks.filter(done_at=None).count(),
    "numbers": FeedbackReport.objects.values("number").distinct().count(),
    "notices": Notice.objects.filter(kind="report.delivered").count(),
    "promised": Outbox.objects.filter(done_at=None).count(),
}))
"""
DONE = "SELECT done_units FROM evaluations_reportrun"
SWEEP = """
from dualmgmt.tasks import sweep_outbox
from evaluations.tasks import sweep_runs
sweep_runs.run(); sweep_outbox.run()
"""


@pytest.mark.skipif(shutil.which("redis-server") is None, reason="no redis-server to start: the crash was NOT tried")
def test_a_killed_worker_leaves_exactly_one_report_per_unit(tmp_path: Path) -> None:
    with processes.database(tmp_path) as url, processes.private_redis(tmp_path) as redis:
        env = processes.environment(
            tmp_path, DATABASE_URL=url, REDIS_URL=redis, REPORT_CHUNK_UNITS="1", REPORT_LEASE_SECONDS="2"
        )
        processes.migrate(env)
        processes.python(SCENE, env)

        def state() -> dict[str, int | str]:
            return dict(json.loads(processes.python(STATE, env)))

        first = processes.worker(env)
        try:
            processes.wait(lambda: processes.scalar(url, DONE) > 0, 60, "the worker never began", 0.005)
        finally:
            processes.kill_group(first)
        killed = state()
        assert 0 < int(killed["done"]) < UNITS, "the worker was to be killed in the middle"
        assert killed["reports"] == killed["done"]

        second = processes.worker(env)
        try:

            def caught_up() -> bool:
                processes.python(SWEEP, env)
                now = state()
                return now["state"] == "done" and now["notices"] == UNITS

            processes.wait(caught_up, 150, "nobody took the run over", 0.5)
        finally:
            processes.kill_group(second)
        end = state()
    assert (end["reports"], end["units"], end["numbers"], end["created"], end["notices"]) == (UNITS,) * 5
    assert end["open_chunks"] == 0
    assert int(end["attempts"]) >= 2
