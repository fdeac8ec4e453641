"""Tasks by name, so that nothing below imports a task."""

import threading
from functools import cache
from typing import Any

from celery import current_app

_loading = threading.Lock()


@cache
def _load() -> None:
    """Import every app's ``tasks`` once; a worker does it by itself, web processes and commands do not."""
    current_app.loader.import_default_modules()


def named(name: str) -> Any:
    """The registered task called *name*; raises ``celery.exceptions.NotRegistered``."""
    # Of two threads that need a task first, the second waits until all are there.
    with _loading:
        _load()
    return current_app.tasks[name]
