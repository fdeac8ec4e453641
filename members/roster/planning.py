"""What an import would do: added, changed, unchanged, refused. Preview and import use the same plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from branches.enums import ACTIVITY_ONLY_SETTINGS, Kind
from branches.models import Organisation
from dualmgmt.lib.secrets import lookup_hash
from dualmgmt.lib.tables import Row, Table
from members.actions.people import derive
from members.models import HomeMembership, Member
from members.roster.columns import LABELS
from members.roster.parsing import MISSING, Person, Refused, parse
from members.rules import ID_TAKEN

BATCH = 500
TWICE_IN_FILE = _("This ID number stands in row %(row)s already; that row counts.")
BRANCH_UNKNOWN = _("No branch of this name or code is below the organisation you import for.")
BRANCH_AMBIGUOUS = _("Several branches have this name. Write the branch's code instead.")
OTHER_BRANCH = _("The row names another branch than the one you import for.")
NOT_A_HOME = _("Members cannot be at home here: a branch that holds organisational relations is needed.")


@dataclass(frozen=True)
class Refusal:
    row: int
    field: str
    reason: str

    @property
    def label(self) -> str:
        return str(LABELS[self.field])


@dataclass
class Change:
    """A member as known, with the fields that the file says otherwise."""

    row: int
    member: Member
    fields: list[str]

    @property
    def labels(self) -> str:
        return "、".join(str(LABELS[name]) for name in self.fields)


@dataclass
class Plan:
    added: list[tuple[Person, int]] = field(default_factory=list)  # with the branch's key
    changed: list[Change] = field(default_factory=list)
    unchanged: int = 0
    refused: list[Refusal] = field(default_factory=list)
    warnings: list[tuple[int, str]] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        return {"added": len(self.added), "changed": len(self.changed), "unchanged": self.unchanged}


class Branches:
    """Home branches below the organisation imported for, found by code or exact name."""

    def __init__(self, organisation: Organisation) -> None:
        self.own = organisation if organisation.kind == Kind.BRANCH else None
        rows = Organisation.objects.below(organisation).active().filter(kind=Kind.BRANCH)
        self._by_code: dict[str, int] = {}
        self._by_name: dict[str, list[int]] = {}
        homes = rows.exclude(setting__in=ACTIVITY_ONLY_SETTINGS).values_list("pk", "code", "name")
        for pk, code, name in homes:
            self._by_code[code] = pk
            self._by_name.setdefault(name, []).append(pk)
        self.usable = self.own is None or bool(self._by_code)

    def of(self, text: str) -> int:
        """The branch a row belongs to; raises :class:`Refused`."""
        if not self.usable:
            raise Refused("branch", NOT_A_HOME)
        if not text:
            if self.own is None:
                raise Refused("branch", MISSING)
            return self.own.pk
        if text in self._by_code:
            return self._by_code[text]
        found = self._by_name.get(text, [])
        if len(found) > 1:
            raise Refused("branch", BRANCH_AMBIGUOUS)
        if not found:
            raise Refused("branch", OTHER_BRANCH if self.own else BRANCH_UNKNOWN)
        return found[0]


def make(table: Table, organisation: Organisation) -> Plan:
    """The plan for *table* below *organisation*; the number of queries grows with thousands of rows only."""
    plan = Plan()
    branches = Branches(organisation)
    seen: dict[str, int] = {}
    for rows in _batches(table.rows):
        people: list[tuple[Person, int]] = []
        for row in rows:
            try:
                person = parse(row)
                if person.id_number in seen:
                    raise Refused("id_number", TWICE_IN_FILE % {"row": seen[person.id_number]})
                seen[person.id_number] = row.number
                people.append((person, branches.of(person.branch)))
            except Refused as refused:
                plan.refused.append(Refusal(row.number, refused.column, str(refused.reason)))
        _match(plan, people)
    plan.refused.sort(key=lambda refusal: refusal.row)
    return plan


def _batches(rows: list[Row]) -> Iterator[list[Row]]:
    for first in range(0, len(rows), BATCH):
        yield rows[first : first + BATCH]


def _match(plan: Plan, people: Iterable[tuple[Person, int]]) -> None:
    """Compare one batch with the registry: two queries."""
    hashed = {lookup_hash(person.id_number): (person, branch) for person, branch in people}
    found = Member.objects.filter(id_hash__in=hashed).select_related("merged_into")
    # A file may still list a row that was merged: it means the person of the row that stayed.
    known = {member.id_hash: member.merged_into or member for member in found}
    homes = dict(
        HomeMembership.objects.open()
        .filter(member__in=[member.pk for member in known.values()])
        .values_list("member_id", "organisation_id")
    )
    for digest, (person, branch) in hashed.items():
        plan.warnings += [(person.row, str(warning)) for warning in person.warnings]
        member = known.get(digest)
        if member is None:
            plan.added.append((person, branch))
        elif homes.get(member.pk) != branch:
            # Never where: the answer must not tell which branch somebody belongs to.
            plan.refused.append(Refusal(person.row, "id_number", str(ID_TAKEN)))
        else:
            fields = [name for name, value in person.values.items() if getattr(member, name) != value]
            if fields:
                for name in fields:
                    setattr(member, name, person.values[name])
                plan.changed.append(Change(person.row, member, fields))
            else:
                plan.unchanged += 1


def new_member(person: Person) -> Member:
    member = Member(id_number=person.id_number, **person.values)
    derive(member)
    return member
