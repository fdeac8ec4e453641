"""The queue in a folder: nothing is lost, nothing stops it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kombu import Connection, Exchange, Queue

from dualmgmt import filequeue

WORKER = """
import os, sys, time
from pathlib import Path
from celery import Celery
root = Path(sys.argv[1])
app = Celery("probe")
app.conf.update(
    broker_url="filequeue://", broker_transport="dualmgmt.filequeue:Transport",
    broker_transport_options={"queue_dir": str(root / "queue")},
    task_acks_late=True, worker_prefetch_multiplier=1, task_ignore_result=True, worker_enable_remote_control=False,
)
@app.task(name="probe.slow")
def slow(name):
    with (root / f"{name}.log").open("a") as log:
        log.write("begun\\n")
    while (root / "hold").exists():
        time.sleep(0.05)
    with (root / f"{name}.log").open("a") as log:
        log.write("done\\n")
if sys.argv[2] == "send":
    for name in sys.argv[3:]:
        slow.delay(name)
else:
    app.worker_main(["worker", "-P", "threads", "-c", "1", "--without-gossip", "--without-mingle", "-l", "WARNING"])
"""


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


class Probe:
    """A Celery application in a folder, its workers real processes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.workers: list[subprocess.Popen[bytes]] = []
        (root / "probe.py").write_text(WORKER)

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, str(self.root / "probe.py"), str(self.root), *arguments]

    @property
    def environment(self) -> dict[str, str]:
        """Without Django's settings: a plain Celery application that only borrows the transport."""
        kept = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
        return {**kept, "PYTHONPATH": str(Path(filequeue.__file__).parent.parent)}

    def send(self, *names: str) -> None:
        subprocess.run(self.command("send", *names), check=True, env=self.environment)

    def start(self) -> subprocess.Popen[bytes]:
        with (self.root / "worker.err").open("ab") as errors:
            worker = subprocess.Popen(self.command("work"), env=self.environment, stderr=errors)
        self.workers.append(worker)
        return worker

    def log(self, name: str) -> str:
        path = self.root / f"{name}.log"
        return path.read_text() if path.exists() else ""

    def messages(self, where: str) -> list[Path]:
        return list((self.root / "queue" / where).glob("**/*.json"))


@pytest.fixture
def probe(tmp_path: Path) -> Iterator[Probe]:
    probe = Probe(tmp_path)
    yield probe
    for worker in probe.workers:
        worker.kill()
        worker.wait()


@pytest.mark.slow
def test_a_task_of_a_killed_worker_is_done_again(probe: Probe) -> None:
    (probe.root / "hold").touch()
    probe.send("one")
    first = probe.start()
    wait_for(lambda: probe.log("one") == "begun\n")
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert len(probe.messages("held")) == 1

    (probe.root / "hold").unlink()
    probe.start()
    wait_for(lambda: probe.log("one") == "begun\nbegun\ndone\n")
    wait_for(lambda: not probe.messages("held"))
    assert probe.messages("ready") == []


@pytest.mark.slow
def test_a_half_written_message_is_put_aside_and_the_next_one_done(probe: Probe) -> None:
    ready = probe.root / "queue" / "ready" / "celery"
    ready.mkdir(parents=True)
    (ready / "celery@00000000000000000001-half.json").write_text('{"body": "W1")')
    (ready / "celery@00000000000000000002-list.json").write_text("[]")
    probe.send("two")
    worker = probe.start()
    wait_for(lambda: probe.log("two") == "begun\ndone\n")
    wait_for(lambda: not probe.messages("ready") and not probe.messages("held"))
    assert worker.poll() is None
    assert sorted(path.name.partition("-")[2] for path in probe.messages("damaged")) == ["half.json", "list.json"]


@pytest.mark.slow
def test_a_worker_asked_to_stop_finishes_its_task(probe: Probe) -> None:
    (probe.root / "hold").touch()
    probe.send("three", "four")
    worker = probe.start()
    wait_for(lambda: probe.log("three") == "begun\n")
    worker.send_signal(signal.SIGTERM)
    (probe.root / "hold").unlink()
    assert worker.wait(timeout=30) == 0
    assert probe.log("three") == "begun\ndone\n"
    # What it had not begun waits for the next worker; nothing is left in its hands.
    assert probe.messages("held") == []
    assert len(probe.messages("ready")) == (0 if probe.log("four") else 1)


@pytest.fixture
def link(tmp_path: Path) -> Iterator[Connection]:
    options = {"queue_dir": str(tmp_path / "queue")}
    with Connection("filequeue://", transport="dualmgmt.filequeue:Transport", transport_options=options) as connection:
        yield connection


def test_messages_come_in_the_order_they_were_sent_and_go_when_acknowledged(link: Connection, tmp_path: Path) -> None:
    queue = Queue("letters", Exchange("letters"), routing_key="letters", channel=link.default_channel)
    producer = link.Producer()
    for number in range(3):
        producer.publish({"n": number}, exchange=queue.exchange, routing_key="letters", declare=[queue])
    files = sorted((tmp_path / "queue" / "ready" / "letters").iterdir())
    assert [json.loads(path.read_text())["properties"]["delivery_info"]["routing_key"] for path in files] == (
        ["letters"] * 3
    )
    first = queue.get()
    assert first.payload == {"n": 0}
    second = queue.get()
    assert second.payload == {"n": 1}
    first.ack()
    second.requeue()
    again = queue.get()
    assert again.payload == {"n": 1}
    again.reject()
    assert queue.get(no_ack=False).payload == {"n": 2}
    assert len(list((tmp_path / "queue" / "held").glob("*/*.json"))) == 1


def test_closing_gives_back_what_was_not_acknowledged(link: Connection, tmp_path: Path) -> None:
    queue = Queue("letters", Exchange("letters"), routing_key="letters", channel=link.default_channel)
    link.Producer().publish({"n": 1}, exchange=queue.exchange, routing_key="letters", declare=[queue])
    assert queue.get().payload == {"n": 1}
    link.default_channel.close()
    assert list((tmp_path / "queue" / "held").iterdir()) == []
    assert len(list((tmp_path / "queue" / "ready" / "letters").iterdir())) == 1


def test_what_a_living_worker_holds_is_not_given_back(tmp_path: Path) -> None:
    for name in ("new", "held", "ready/letters"):
        (tmp_path / name).mkdir(parents=True)
    holder = filequeue.Holder(tmp_path)
    (holder.folder / "letters@1.json").write_text("{}")
    # flock belongs to the open file: another opening of it in the same process is refused like another process's.
    assert filequeue.give_back(tmp_path) == 0
    holder.close()
    assert filequeue.give_back(tmp_path) == 1
    assert [path.name for path in (tmp_path / "ready" / "letters").iterdir()] == ["letters@1.json"]
    assert list((tmp_path / "held").iterdir()) == []
