"""`manage.py run`: one command starts everything, one signal ends everything, no data is touched."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings

from dualmgmt.management.commands.run import pad
from dualmgmt.processes import Child, stop_all

ROOT = Path(settings.BASE_DIR)


def wait_for(condition: Callable[[], object], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def processes_of(folder: Path) -> set[int]:
    """Living processes that were started with this VAR_DIR."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if f"VAR_DIR={folder}\0".encode() in (entry / "environ").read_bytes() + b"\0":
                found.add(int(entry.name))
        except OSError:
            continue
    return found


class Portal:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.running: subprocess.Popen[str] | None = None

    @property
    def environment(self) -> dict[str, str]:
        ours = ("DATABASE_URL", "REDIS_URL", "CELERY_EAGER")
        kept = {name: value for name, value in os.environ.items() if name not in ours}
        return {**kept, "VAR_DIR": str(self.folder), "PORT": str(self.port)}

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "manage.py", "run", "--no-demo", *arguments]

    def start(self) -> None:
        with (self.folder / "out").open("w") as output:
            self.running = subprocess.Popen(
                self.command(), cwd=ROOT, env=self.environment, stdout=output, stderr=output, text=True
            )
        wait_for(lambda: "Ctrl-C" in self.output() or self.running.poll() is not None)
        assert self.running.poll() is None, self.output()

    def output(self) -> str:
        return (self.folder / "out").read_text()

    def health(self) -> int:
        asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            asked.request("GET", "/health/")
            return asked.getresponse().status
        finally:
            asked.close()


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    portal = Portal(tmp_path)
    yield portal
    if portal.running is not None and portal.running.poll() is None:
        portal.running.kill()
        portal.running.wait()


@pytest.mark.slow
def test_it_starts_web_worker_and_schedule_and_one_signal_ends_them_all(portal: Portal) -> None:
    portal.start()
    assert portal.health() == 200
    assert f"http://127.0.0.1:{portal.port}/" in portal.output()
    assert len(processes_of(portal.folder)) == 4
    portal.running.send_signal(signal.SIGINT)
    assert portal.running.wait(timeout=30) == 0
    wait_for(lambda: processes_of(portal.folder) == set(), 5)


@pytest.mark.slow
def test_a_second_start_leaves_the_data_alone(portal: Portal) -> None:
    portal.start()
    with sqlite3.connect(portal.folder / "portal.sqlite3") as database:
        database.execute("INSERT INTO branches_division (code, name, level, path, valid_from) VALUES (?, ?, ?, ?, ?)",
                         ("37", "山东", "city", "37/", "2023-01-01"))  # fmt: skip
    database.close()
    portal.running.send_signal(signal.SIGTERM)
    assert portal.running.wait(timeout=30) == 0
    # Without --no-demo this time: the database is not one that this start has created, so no demo either.
    portal.command = lambda *arguments: [sys.executable, "manage.py", "run", *arguments]  # type: ignore[method-assign]
    portal.start()
    with sqlite3.connect(portal.folder / "portal.sqlite3") as database:
        assert database.execute("SELECT code, name FROM branches_division").fetchall() == [("37", "山东")]
    database.close()
    portal.running.send_signal(signal.SIGTERM)
    assert portal.running.wait(timeout=30) == 0


@pytest.mark.slow
def test_a_killed_parent_leaves_nothing_behind(portal: Portal) -> None:
    portal.start()
    portal.running.kill()
    portal.running.wait()
    wait_for(lambda: processes_of(portal.folder) == set(), 20)


def test_a_busy_port_is_named_with_what_to_type(portal: Portal) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", portal.port))
        busy.listen()
        done = subprocess.run(portal.command(), cwd=ROOT, env=portal.environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert f"PORT={portal.port + 1} make run" in done.stderr
    assert not (portal.folder / "portal.sqlite3").exists()


def test_a_child_that_dies_is_started_again_after_a_growing_pause(tmp_path: Path) -> None:
    child = Child("probe", [sys.executable, "-c", "raise SystemExit(7)"], tmp_path / "probe.log")
    child.start()
    ended = []
    deadline = time.monotonic() + 10
    while len(ended) < 2 and time.monotonic() < deadline:
        if (status := child.ended()) is not None:
            ended.append((status, time.monotonic()))
        time.sleep(0.01)
    stop_all([child])
    assert [status for status, _at in ended] == [7, 7]
    assert ended[1][1] - ended[0][1] >= 1.0


def test_a_child_that_does_not_listen_is_ended_all_the_same(tmp_path: Path) -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    child = Child("deaf", [sys.executable, "-c", deaf], tmp_path / "deaf.log")
    child.start()
    wait_for(lambda: child.log.read_text() == "up\n")
    stop_all([child], seconds=0.2)
    assert child.process.returncode == -signal.SIGKILL


def test_chinese_titles_line_up() -> None:
    assert pad("书记", 6) + "|" == "书记  |"
    assert pad("abc", 6) + "|" == "abc   |"
    assert pad("太长的身份", 4) + "|" == "太长的身份 |"
