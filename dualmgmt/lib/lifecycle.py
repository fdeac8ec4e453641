"""State machines as tables, moved by compare-and-set.

Each app writes its tables in ``<app>/lifecycle.py``. The diagrams in
``docs/architecture.md`` are printed from them and compared in ``make check``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from dualmgmt.lib.denied import ActionDenied

SOMEBODY_WAS_FASTER = _("Somebody else has just changed this. Please look at the current state and try again.")
NOT_FROM_HERE = _("This step is not possible in the current state “%(state)s”.")

machines: dict[str, Lifecycle] = {}


class Lifecycle:
    """The allowed moves of one model's ``state`` field.

    *table* names every state, final ones with an empty set::

        Lifecycle("members.ActivityRegistration", State, {State.DRAFT: {State.PENDING_LETTER}, …})

    Raises ``ValueError`` when a state is missing from the table.
    """

    def __init__(self, label: str, states: type[models.TextChoices], table: Mapping[Any, set[Any]]) -> None:
        if set(table) != set(states):
            raise ValueError(f"{label}: the table must name every state exactly once")
        self.label = label
        self.states = states
        self.table = table
        machines[label] = self

    def pairs(self) -> Iterator[tuple[Any, Any]]:
        """Every allowed (from, to)."""
        for old, targets in self.table.items():
            for new in sorted(targets):
                yield old, new

    def allows(self, old: Any, new: Any) -> bool:
        return self.states(new) in self.table[self.states(old)]

    def check(self, row: Any, new: Any) -> None:
        """Raise :class:`ActionDenied` unless *row* may go to *new*."""
        if not self.allows(row.state, new):
            raise ActionDenied(NOT_FROM_HERE % {"state": self.states(row.state).label}, "wrong_state")

    def move(self, row: Any, new: Any, **changes: Any) -> None:
        """Move *row* to *new* and set *changes*, unless somebody was faster.

        One conditional ``UPDATE``: the row is changed only if its state is
        still the one that was read, on every database.
        """
        self.check(row, new)
        manager = type(row)._base_manager
        if not manager.filter(pk=row.pk, state=row.state).update(state=new, **changes):
            raise ActionDenied(SOMEBODY_WAS_FASTER, "stale")
        row.state = new
        for name, value in changes.items():
            setattr(row, name, value)
