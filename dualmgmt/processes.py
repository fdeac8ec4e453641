"""Child processes that are kept alive and never outlive their parent."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

LONGEST_WAIT = 30.0
STEADY_AFTER = 60.0
LOG_BYTES = 5 * 1024 * 1024
PR_SET_PDEATHSIG = 1


def die_with_parent() -> Callable[[], None] | None:
    """On Linux a child asks the kernel to end it when its parent is gone, even by ``kill -9``."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

    return ask


class Child:
    """One command, started again with growing pauses (1, 2, 4 … 30 seconds) when it ends by itself."""

    def __init__(self, name: str, command: list[str], log: Path) -> None:
        self.name = name
        self.command = command
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._failures = 0
        self._again_at = 0.0

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".1.log"))
        with self.log.open("ab") as output:
            # A session of its own: Ctrl-C reaches the parent only, which then ends its children in order.
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=die_with_parent(),  # the parent has one thread
            )
        self._started = time.monotonic()

    def ended(self) -> int | None:
        """The exit status of a child that has just ended by itself, once; then it waits to be started again."""
        now = time.monotonic()
        if self.process is None:
            if now >= self._again_at:
                self.start()
            return None
        status = self.process.poll()
        if status is None:
            return None
        self.process = None
        self._failures = 1 if now - self._started > STEADY_AFTER else self._failures + 1
        self._again_at = now + min(2.0 ** (self._failures - 1), LONGEST_WAIT)
        return status

    def signal(self, number: int) -> None:
        if self.process is not None and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)


def stop_all(children: list[Child], seconds: float = 15.0) -> None:
    """End all children: asked first, then made to. A worker finishes the task in hand if it is short."""
    for child in children:
        child.signal(signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and any(c.process and c.process.poll() is None for c in children):
        time.sleep(0.05)
    for child in children:
        child.signal(signal.SIGKILL)
        if child.process is not None:
            child.process.wait()
