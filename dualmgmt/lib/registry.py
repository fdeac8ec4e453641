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
from typing import Any, Generic, TypeVar

from dualmgmt.lib.sheets import Sheet


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


@dataclass(frozen=True)
class Effect:
    """One consequence of a planned change, as a sentence; ``must_settle`` forbids the change until it is gone."""

    sentence: str
    url: str = ""
    must_settle: bool = False


@dataclass(frozen=True)
class Viewer:
    """An organisation that sees something of a member: why, what, and by whom."""

    organisation: Any
    why: str
    what: str
    people: list[Any] = field(default_factory=list)


@dataclass(frozen=True)
class Way:
    """What the reader may do about a loose end: a small form where ``post``, else a link to a page."""

    label: str
    url: str
    post: bool = True
    # Said before it is done, for what cannot be undone.
    warning: str = ""


@dataclass(frozen=True)
class LooseEnd:
    """One thing that is open between a member and the receiver that is being left; ``ways`` are the reader's."""

    title: str
    url: str
    state: str = ""
    label: str = ""
    note: str = ""
    must_settle: bool = True
    ways: list[Way] = field(default_factory=list)


@dataclass(frozen=True)
class Span:
    """A stretch of time with a name by which lists are narrowed: an evaluation period."""

    key: str
    title: str
    first: dt.date
    last: dt.date


@dataclass(frozen=True)
class Retention:
    """A kind of data that is deleted, or emptied of what is personal, some time after it was last needed.

    ``setting`` names the setting that holds the days; ``count`` and ``purge``
    take the moment before which rows are old and return how many they are.
    """

    kind: str
    title: Any
    setting: str
    count: Callable[[dt.datetime], int]
    purge: Callable[[dt.datetime], int]


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


class Effects:
    """What a planned change does elsewhere: said before, done inside the caller's transaction.

    A *plan* is whatever the lower app describes its change with
    (``branches.plans.ChangePlan``, ``members.plans.MergePlan``). Providers run
    in the order of the apps.
    """

    def __init__(self) -> None:
        self._providers: list[tuple[Callable[[Any], Iterable[Effect]], Callable[[Any, Any], None]]] = []

    def register(self, preview: Callable[[Any], Iterable[Effect]], apply: Callable[[Any, Any], None]) -> None:
        """*preview* takes the plan; *apply* takes the plan and who carries it out."""
        self._providers.append((preview, apply))

    def preview(self, plan: Any) -> list[Effect]:
        return [effect for preview, _apply in self._providers for effect in preview(plan)]

    def apply(self, plan: Any, by: Any) -> None:
        for _preview, apply in self._providers:
            apply(plan, by)


class People:
    """Who may be suggested for an office at an organisation: accounts, by the apps that know people."""

    def __init__(self) -> None:
        self._providers: list[Callable[[Any], Iterable[Any]]] = []

    def register(self, provider: Callable[[Any], Iterable[Any]]) -> None:
        self._providers.append(provider)

    def at(self, organisation: Any) -> list[Any]:
        """Accounts without repeats, in the order of the providers."""
        found = {user.pk: user for provider in self._providers for user in provider(organisation)}
        return list(found.values())


class Leaving:
    """What upper apps keep open on a registration that is about to close.

    *ends* takes the registration and the reader, ``None`` where only the rule is
    asked; *facts* gives sentences for the final facts; *closed* is called with the
    registration and who closes it, inside the closing transaction.
    """

    def __init__(self) -> None:
        self._ends: list[Callable[[Any, Any], Iterable[LooseEnd]]] = []
        self._facts: list[Callable[[Any], Iterable[str]]] = []
        self._closed: list[Callable[[Any, Any], None]] = []

    def register(
        self,
        ends: Callable[[Any, Any], Iterable[LooseEnd]],
        facts: Callable[[Any], Iterable[str]],
        closed: Callable[[Any, Any], None],
    ) -> None:
        self._ends.append(ends)
        self._facts.append(facts)
        self._closed.append(closed)

    def ends(self, registration: Any, user: Any = None) -> list[LooseEnd]:
        return [end for provider in self._ends for end in provider(registration, user)]

    def facts(self, registration: Any) -> list[str]:
        return [sentence for provider in self._facts for sentence in provider(registration)]

    def closed(self, registration: Any, by: Any) -> None:
        for hook in self._closed:
            hook(registration, by)


T = TypeVar("T")


class Providers(Generic[T]):
    """What several apps say about one person, in the order of the apps."""

    def __init__(self) -> None:
        self._providers: list[Callable[[Any], Iterable[T]]] = []

    def register(self, provider: Callable[[Any], Iterable[T]]) -> None:
        self._providers.append(provider)

    def of(self, person: Any) -> list[T]:
        return [found for provider in self._providers for found in provider(person)]


class Retentions:
    def __init__(self) -> None:
        self.kinds: dict[str, Retention] = {}

    def register(self, *kinds: Retention) -> None:
        self.kinds.update({kind.kind: kind for kind in kinds})


todos = Todos()
candidates = People()
organisation_effects = Effects()
panels = Panels()
merging = Effects()
leaving = Leaving()
# A member's legal status changes (``members.plans.StatusPlan``): what hangs on being a member ends with it.
status_effects = Effects()
viewers: Providers[Viewer] = Providers()
personal_data: Providers[Sheet] = Providers()
retentions = Retentions()
# Asked with an organisation and its changed settings: why they cannot be changed so.
setting_vetoes: Providers[Any] = Providers()
# Asked with the reader.
spans: Providers[Span] = Providers()
