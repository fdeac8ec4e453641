"""Administrative divisions from a CSV of code, name, level and parent code."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from branches.enums import Level
from branches.models import Division, Organisation, Unit
from dualmgmt.lib import audit
from dualmgmt.lib.clock import today
from dualmgmt.lib.denied import ActionDenied

if TYPE_CHECKING:
    from dualmgmt.lib.actors import Actor

COLUMNS = ("code", "name", "level", "parent_code")
BATCH = 500
MAX_FAULTS = 20


@dataclass(frozen=True)
class Line:
    row: int
    code: str
    name: str
    level: str
    parent: str


@dataclass
class Counts:
    """What an import did: rows new, renamed or moved, as they were, and ended."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    ended: int = 0


@dataclass
class Fault:
    row: int
    reason: str


class DivisionsRefused(ActionDenied):
    """The file cannot be imported; ``faults`` names rows and reasons."""

    def __init__(self, faults: list[Fault]) -> None:
        shown = "; ".join(_("row %(row)s: %(reason)s") % vars(fault) for fault in faults[:MAX_FAULTS])
        super().__init__(shown, "divisions_refused")
        self.faults = faults


def parse(data: bytes) -> list[Line]:
    """Rows of the file, parents before children. Raises :class:`DivisionsRefused`."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError:
            raise DivisionsRefused([Fault(1, _("the text is neither UTF-8 nor GB18030"))]) from None
    if "\0" in text:
        raise DivisionsRefused([Fault(1, _("this is not a CSV file"))])
    reader = csv.reader(io.StringIO(text))
    try:
        records = [(number, record) for number, record in enumerate(reader, start=1) if any(record)]
    except csv.Error:
        raise DivisionsRefused([Fault(reader.line_num, _("this is not a CSV file"))]) from None
    header = [cell.strip().lower() for cell in records[0][1]] if records else []
    if missing := [name for name in COLUMNS if name not in header]:
        raise DivisionsRefused([Fault(1, _("the header lacks %(columns)s") % {"columns": ", ".join(missing)})])
    at = [header.index(name) for name in COLUMNS]
    lines = []
    for number, record in records[1:]:
        padded = [*record, *[""] * len(header)]
        lines.append(Line(number, *(padded[index].strip() for index in at)))
    return _in_order(lines)


def _in_order(lines: list[Line]) -> list[Line]:
    """Checked, and parents before their children whatever the file's order."""
    faults: list[Fault] = []
    by_code: dict[str, Line] = {}
    for line in lines:
        if not line.code or not line.name:
            faults.append(Fault(line.row, _("code and name are needed")))
        elif len(line.code) > 20 or len(line.name) > 100:
            faults.append(Fault(line.row, _("code or name is too long")))
        elif line.level not in Level.values:
            faults.append(Fault(line.row, _("unknown level “%(level)s”") % {"level": line.level}))
        elif line.code in by_code:
            faults.append(Fault(line.row, _("code %(code)s stands in the file twice") % {"code": line.code}))
        by_code.setdefault(line.code, line)
    if faults:
        raise DivisionsRefused(faults)
    ranks = {level: rank for rank, level in enumerate(Level.values)}
    done: dict[str, Line] = {}
    for line in lines:
        chain = []
        here: Line | None = line
        while here is not None and here.code not in done:
            if here in chain:
                raise DivisionsRefused([Fault(line.row, _("the division is its own ancestor"))])
            chain.append(here)
            above = by_code.get(here.parent) if here.parent else None
            if above is not None and ranks[above.level] >= ranks[here.level]:
                faults.append(Fault(here.row, _("the parent %(code)s is not of a higher level") % {"code": above.code}))
                break
            here = above
        for item in reversed(chain):
            done[item.code] = item
    if faults:
        raise DivisionsRefused(faults)
    if not lines:
        raise DivisionsRefused([Fault(1, _("the file holds no divisions"))])
    return list(done.values())


@dataclass
class _Import:
    """The state of one import: divisions in force by code, and what becomes of them."""

    current: dict[str, Division]
    fresh: list[Division] = field(default_factory=list)
    replaced: list[tuple[Division, Division]] = field(default_factory=list)
    moved: list[Division] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)


@transaction.atomic
def load(lines: list[Line], *, by: Actor, source: str = "") -> Counts:
    """Bring the divisions in force in line with *lines*.

    A renamed or moved division ends and a new row takes its place, with
    ``replaced_by`` as the thread between them; what points at it (children,
    units, organisations) follows. Divisions absent from the file end only below
    the roots that stand in it. Repeating the same file changes nothing.
    """
    day = today()
    state = _Import({row.code: row for row in Division.objects.in_force()})
    in_file = {line.code for line in lines}
    faults = [
        Fault(line.row, _("parent %(code)s is neither in the file nor known") % {"code": line.parent})
        for line in lines
        if line.parent and line.parent not in in_file and line.parent not in state.current
    ]
    if faults:
        raise DivisionsRefused(faults)
    roots = [line for line in lines if not line.parent or line.parent not in in_file]
    old_roots = [state.current[line.code].path for line in roots if line.code in state.current]
    before = list(state.current.values())
    for line in lines:
        _place(state, line, day)
    _write(state, day)
    gone = [row for row in before if row.code not in in_file and any(row.path.startswith(path) for path in old_roots)]
    for first in range(0, len(gone), BATCH):
        Division.objects.filter(pk__in=[row.pk for row in gone[first : first + BATCH]]).update(valid_to=day)
    state.counts.ended = len(gone)
    if state.fresh or gone:
        audit.record("divisions.imported", _subject(state, lines), by=by, source=source, **vars(state.counts))
    return state.counts


def _subject(state: _Import, lines: list[Line]) -> Division:
    return state.current[lines[0].code]


def _place(state: _Import, line: Line, day: Any) -> None:
    """Decide about one line; its parent has been decided already."""
    parent = state.current.get(line.parent) if line.parent else None
    path = f"{parent.path if parent else ''}{line.code}/"
    old = state.current.get(line.code)
    if old is not None and (old.name, old.level) == (line.name, line.level) and _parent_code(old) == line.parent:
        if old.path != path:
            old.path = path
            state.moved.append(old)
        state.counts.unchanged += 1
        return
    new = Division(code=line.code, name=line.name, level=line.level, parent=parent, path=path, valid_from=day)
    if old is None:
        state.counts.added += 1
    else:
        state.counts.changed += 1
        state.replaced.append((old, new))
    state.fresh.append(new)
    state.current[line.code] = new


def _parent_code(row: Division) -> str:
    """The parent's code, read from the path: …/370602/370602001/ → 370602."""
    parts = row.path.split("/")
    return parts[-3] if len(parts) > 2 else ""


def _write(state: _Import, day: Any) -> None:
    """End what is replaced, insert what is new level by level, let references follow."""
    for first in range(0, len(state.replaced), BATCH):
        ended = [old.pk for old, _new in state.replaced[first : first + BATCH]]
        Division.objects.filter(pk__in=ended).update(valid_to=day)
    for level in Level.values:  # parents get their keys before their children
        batch = [row for row in state.fresh if row.level == level]
        for row in batch:
            row.parent = row.parent  # the key is known only now
        Division.objects.bulk_create(batch, batch_size=BATCH)
    for old, new in state.replaced:
        Division.objects.filter(pk=old.pk).update(replaced_by=new)
        Division.objects.filter(parent=old, valid_to=None).update(parent=new)
        Unit.objects.filter(division=old).update(division=new)
        Organisation.objects.filter(division=old).update(division=new)
        Organisation.objects.filter(leads=old).update(leads=new)
    Division.objects.bulk_update(state.moved, ["path"], batch_size=BATCH)


def summary(counts: Counts) -> Iterable[str]:
    yield _("added: %(added)s, changed: %(changed)s, unchanged: %(unchanged)s, ended: %(ended)s") % vars(counts)
