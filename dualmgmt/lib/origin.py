"""Where a request comes from and in which capacity somebody acts: what audit rows add to who and what."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    """``capacity`` in words as of this moment, ``appointment_id`` the row behind it; jobs have none of the three."""

    address: str = ""
    capacity: str = ""
    appointment_id: int | None = None


NOWHERE = Origin()
_current: ContextVar[Origin] = ContextVar("origin", default=NOWHERE)


def current() -> Origin:
    return _current.get()


@contextmanager
def of(origin: Origin) -> Iterator[None]:
    """Everything recorded inside comes from *origin*."""
    token = _current.set(origin)
    try:
        yield
    finally:
        _current.reset(token)
