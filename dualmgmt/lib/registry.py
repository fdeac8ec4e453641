"""Where upper apps plug into lower pages, so that nothing below imports upward.

Apps register in ``AppConfig.ready()``::

    registry.todos.register(todo.letters_to_issue)
    registry.panels.register("member.detail", panels.claims_of_member)
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Todo:
    """One line of somebody's to-do list.

    ``count`` is how many things wait behind ``url``; ``due`` the nearest
    deadline; ``late`` paints the line as overdue.
    """

    title: str
    url: str
    count: int = 1
    due: dt.date | None = None
    late: bool = False
    hint: str = ""


@dataclass(frozen=True)
class Panel:
    """A block on another app's page: a template and what it needs."""

    title: str
    template: str
    context: dict[str, Any] = field(default_factory=dict)
    order: int = 50


class Todos:
    def __init__(self) -> None:
        self._providers: list[Callable[[Any], Iterable[Todo]]] = []

    def register(self, provider: Callable[[Any], Iterable[Todo]]) -> None:
        self._providers.append(provider)

    def for_user(self, user: Any) -> list[Todo]:
        """Everything that waits for *user*: overdue first, then by deadline."""
        found = [todo for provider in self._providers for todo in provider(user) if todo.count]
        return sorted(found, key=lambda todo: (not todo.late, todo.due or dt.date.max))


class Panels:
    def __init__(self) -> None:
        self._providers: dict[str, list[Callable[[Any, Any], Panel | None]]] = defaultdict(list)

    def register(self, place: str, provider: Callable[[Any, Any], Panel | None]) -> None:
        self._providers[place].append(provider)

    def at(self, place: str, user: Any, subject: Any) -> Iterator[Panel]:
        """Panels for *subject* that *user* may see, in their order."""
        made = (provider(user, subject) for provider in self._providers[place])
        yield from sorted((panel for panel in made if panel is not None), key=lambda panel: panel.order)


todos = Todos()
panels = Panels()
