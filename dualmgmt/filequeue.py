"""A queue in a folder: Celery's carrier where no Redis is installed.

``settings.CELERY_BROKER_TRANSPORT`` names :class:`Transport`. Kombu's own
``filesystem`` transport loses the message in hand when its worker is killed and
stops at a half-written file. Here a message is one file that moves by rename,
which a file system does entirely or not at all::

    new/      being written            ready/<queue>/   waiting, oldest first
    held/<worker>/   being worked on   damaged/         could not be read; kept for a look

A worker locks its ``held`` folder with ``flock``. The lock ends with the process
however it dies, so the next worker to start sees what nobody holds any more and
gives it back.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import virtual

logger = logging.getLogger(__name__)
LOCK = "lock"


class Holder:
    """The folder of messages that one process works on."""

    def __init__(self, root: Path) -> None:
        name = f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
        # Locked before it is seen: a worker starting beside must not take it for a dead one's.
        fresh = root / "new" / name
        fresh.mkdir()
        self._lock = (fresh / LOCK).open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.folder = fresh.rename(root / "held" / name)

    def close(self) -> None:
        """Remove the folder if it is empty; what is still in it is given back by the next worker."""
        self._lock.close()
        if [entry.name for entry in self.folder.iterdir()] == [LOCK]:
            (self.folder / LOCK).unlink()
            self.folder.rmdir()


def give_back(root: Path) -> int:
    """Return to their queues the messages of workers that died; how many there were."""
    count = 0
    for folder in sorted((root / "held").glob("*/")):
        try:
            with (folder / LOCK).open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                for held in folder.glob("*.json"):
                    held.rename(root / "ready" / held.name.partition("@")[0] / held.name)
                    count += 1
                (folder / LOCK).unlink()
            folder.rmdir()
        except OSError:
            # Alive, just being made or already taken care of by another worker.
            continue
    return count


class QoS(virtual.QoS):  # type: ignore[misc]
    """Removes a message's file when the worker says that it is done with it."""

    channel: Channel

    def ack(self, delivery_tag: str) -> None:
        self.channel.forget(delivery_tag)
        super().ack(delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        super().reject(delivery_tag, requeue=requeue)
        self.channel.forget(delivery_tag)


class Channel(virtual.Channel):  # type: ignore[misc]
    QoS = QoS

    def __init__(self, connection: Any, **kwargs: Any) -> None:
        super().__init__(connection, **kwargs)
        self.root = Path(connection.client.transport_options["queue_dir"])
        for name in ("new", "ready", "held", "damaged"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        self._holder: Holder | None = None
        self._held: dict[str, Path] = {}
        self._without_ack: set[str] = set()

    def _folder(self, queue: str) -> Path:
        folder = self.root / "ready" / queue
        folder.mkdir(exist_ok=True)
        return folder

    def _put(self, queue: str, message: dict[str, Any], **kwargs: Any) -> None:
        # No fsync: after a power cut the outbox rings again for every row that is not done.
        name = f"{queue}@{time.time_ns():020d}-{uuid.uuid4().hex[:8]}.json"
        fresh = self.root / "new" / name
        fresh.write_text(json.dumps(message), encoding="utf-8")
        fresh.rename(self._folder(queue) / name)

    def basic_consume(self, queue: str, no_ack: bool, *args: Any, **kwargs: Any) -> Any:
        if self._holder is None:
            self._holder = Holder(self.root)
            if count := give_back(self.root):
                logger.warning("%s message(s) of a worker that died are done again", count)
        if no_ack:
            self._without_ack.add(queue)
        return super().basic_consume(queue, no_ack, *args, **kwargs)

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:
        if self._holder is None:
            self._holder = Holder(self.root)
        folder = self._folder(queue)
        for name in sorted(os.listdir(folder)):
            held = self._holder.folder / name
            try:
                (folder / name).rename(held)
            except FileNotFoundError:
                continue  # another worker was faster
            try:
                message = json.loads(held.read_text(encoding="utf-8"))
                tag = message["properties"]["delivery_tag"]
            except (ValueError, KeyError, TypeError):
                held.rename(self.root / "damaged" / name)
                logger.error("message %s cannot be read and was put aside in %s", name, self.root / "damaged")
                continue
            if queue in self._without_ack:
                held.unlink()
            else:
                self._held[tag] = held
            return dict(message)
        raise Empty

    def forget(self, delivery_tag: str) -> None:
        if held := self._held.pop(delivery_tag, None):
            held.unlink(missing_ok=True)

    def _restore(self, message: Any) -> None:
        """Put a message in hand back to its queue, at its old place in the order."""
        if held := self._held.pop(message.delivery_tag, None):
            held.rename(self._folder(held.name.partition("@")[0]) / held.name)

    def _size(self, queue: str) -> int:
        return len(os.listdir(self._folder(queue)))

    def _purge(self, queue: str) -> int:
        names = os.listdir(self._folder(queue))
        for name in names:
            (self._folder(queue) / name).unlink(missing_ok=True)
        return len(names)

    def close(self) -> None:
        super().close()
        if self._holder is not None:
            self._holder.close()
            self._holder = None


class Transport(virtual.Transport):  # type: ignore[misc]
    Channel = Channel
    driver_type = "filequeue"
    driver_name = "filequeue"
    # Seconds between two looks into an empty queue.
    polling_interval = 0.3

    def driver_version(self) -> str:
        return "1"
