"""The organisation tree from a spreadsheet: one row per organisation, parents by their code."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from branches import rules
from branches.actions import changes
from branches.actions import organisations as actions
from branches.creditcode import validate_credit_code
from branches.enums import ChangeKind, Kind, OrganisationState, Sector, Setting
from branches.models import Division, Organisation
from branches.plans import ChangePlan
from dualmgmt.lib.clock import today
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.tables import Row, Table

if TYPE_CHECKING:
    from dualmgmt.lib.actors import Actor

SYNONYMS: dict[str, tuple[str, ...]] = {
    "code": ("党组织代码", "组织代码", "代码", "编码"),
    "name": ("党组织名称", "组织名称", "名称", "党组织全称"),
    "kind": ("组织类别", "党组织类别", "类别"),
    "parent": ("上级党组织代码", "上级代码", "上级组织代码"),
    "short_code": ("文号代字", "简称", "代字"),
    "setting": ("设置方式", "组建方式", "支部类型"),
    "unit": ("所属单位", "单位名称", "单位"),
    "sector": ("单位性质", "单位类别"),
    "credit_code": ("统一社会信用代码", "信用代码"),
    "division": ("行政区划代码", "区划代码"),
    "accepts": ("接收报到", "是否接收报到"),
}
# What changes by a decision with a document, never by an edit.
RENAMED = frozenset({"name", "short_code"})
IMPORT_IS_THE_DOCUMENT = _("Spreadsheet import")
NAME_FROM_ABOVE = _("The organisation above decides about the name.")
REQUIRED = ("code", "name", "kind", "parent")
LABELS = {
    "code": _("Code"),
    "name": _("Name"),
    "kind": _("Kind"),
    "parent": _("Parent organisation"),
    "short_code": _("short code"),
    "setting": _("setting"),
    "unit": _("Unit"),
    "sector": _("Sector of the unit"),
    "credit_code": _("Unified social credit code"),
    "division": _("division"),
    "accepts": _("Accepts registrations"),
}
KINDS = {
    "党委": Kind.COMMITTEE,
    "党工委": Kind.COMMITTEE,
    "党总支": Kind.GENERAL_BRANCH,
    "党支部": Kind.BRANCH,
    **{str(kind): kind for kind in Kind},
}
SETTINGS = {
    "单独组建": Setting.STANDARD,
    "单独": Setting.STANDARD,
    "联合": Setting.JOINT,
    "临时": Setting.TEMPORARY,
    "流动党员": Setting.FLOATING,
    "功能型": Setting.FUNCTIONAL,
    "特色": Setting.THEMED,
    "混编": Setting.MIXED,
    "网格": Setting.GRID,
    **{str(setting): setting for setting in Setting},
}
SECTORS = {
    "机关": Sector.ORGAN,
    "事业单位": Sector.INSTITUTION,
    "国有企业": Sector.STATE_FIRM,
    "非公企业": Sector.PRIVATE_FIRM,
    "社会组织": Sector.SOCIAL_ORGANISATION,
    "社区": Sector.COMMUNITY,
    "其他": Sector.OTHER,
    **{str(sector): sector for sector in Sector},
}

MISSING = _("This field is empty.")
BAD_CODE = _("A code has at most 40 letters, digits, dots or hyphens.")
UNKNOWN_WORD = _("“%(text)s” is not known. Use one of: %(words)s.")
TWICE = _("This code stands in the file already.")
PARENT_UNKNOWN = _("No organisation of your scope has this code, nor does an earlier row of the file.")
OUT_OF_SCOPE = _("This code belongs to an organisation outside your scope.")
DIVISION_UNKNOWN = _("No division in force has this code.")
FORMULA = _("This cell holds a formula. Paste it as a value.")
SECTOR_NEEDED = _("Choose the sector of the unit.")


@dataclass(frozen=True)
class Refusal:
    row: int
    field: str
    reason: str

    @property
    def label(self) -> str:
        return str(LABELS[self.field])


class Refused(Exception):
    def __init__(self, column: str, reason: Any) -> None:
        super().__init__(column)
        self.column = column
        self.reason = reason


@dataclass
class Line:
    row: int
    code: str
    parent: str
    fields: dict[str, Any]
    unit: dict[str, Any]


@dataclass
class Plan:
    added: list[Line] = field(default_factory=list)
    changed: list[tuple[Line, Organisation, list[str]]] = field(default_factory=list)
    unchanged: int = 0
    refused: list[Refusal] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        return {"added": len(self.added), "changed": len(self.changed), "unchanged": self.unchanged}


def _word(row: Row, column: str, words: dict[str, Any], default: Any = None) -> Any:
    text = row.get(column).text
    if not text:
        if default is None:
            raise Refused(column, MISSING)
        return default
    if text not in words:
        shown = "、".join(word for word in words if not word.isascii())
        raise Refused(column, UNKNOWN_WORD % {"text": text[:20], "words": shown})
    return words[text]


def _parse(row: Row, divisions: dict[str, Division]) -> Line:
    for column, cell in row.cells.items():
        if cell.formula:
            raise Refused(column, FORMULA)
    code, name, parent = (row.get(column).text for column in ("code", "name", "parent"))
    if not code or len(code) > 40 or not code.replace("-", "").replace(".", "").replace("_", "").isalnum():
        raise Refused("code", BAD_CODE if code else MISSING)
    if not name or len(name) > 120:
        raise Refused("name", MISSING)
    fields: dict[str, Any] = {
        "name": name,
        "kind": _word(row, "kind", KINDS),
        "setting": _word(row, "setting", SETTINGS, Setting.STANDARD),
        "accepts_registrations": row.get("accepts").text in ("是", "1", "true", "True", "yes"),
    }
    if short := row.get("short_code").text:
        fields["short_code"] = short[:20]
    if division := row.get("division").text:
        if division not in divisions:
            raise Refused("division", DIVISION_UNKNOWN)
        fields["division"] = divisions[division]
    return Line(row.number, code, parent, fields, _unit(row))


def _unit(row: Row) -> dict[str, Any]:
    name = row.get("unit").text
    if not name:
        return {}
    if not row.get("sector").text:
        raise Refused("sector", SECTOR_NEEDED)
    credit_code = row.get("credit_code").text
    try:
        if credit_code:
            validate_credit_code(credit_code)
    except ValidationError as error:
        raise Refused("credit_code", error.message) from None
    return {"name": name[:100], "sector": _word(row, "sector", SECTORS), "credit_code": credit_code}


def make(table: Table, scope: Any) -> Plan:
    """The plan for *table*; *scope* is the queryset of organisations the importer manages."""
    plan = Plan()
    codes = {row.get("division").text for row in table.rows} - {""}
    divisions = {row.code: row for row in Division.objects.in_force().filter(code__in=codes)}
    wanted = {row.get("code").text for row in table.rows} | {row.get("parent").text for row in table.rows}
    known = {row.code: row for row in Organisation.objects.filter(code__in=wanted)}
    mine = set(scope.filter(code__in=wanted).values_list("code", flat=True))
    above = {row.path[: -Organisation.steplen] for row in known.values()}
    decided = set(scope.filter(path__in=above).values_list("path", flat=True))
    seen: set[str] = set()
    parents: dict[str, Any] = {code: known[code].kind for code in mine if known[code].state == OrganisationState.ACTIVE}
    for row in table.rows:
        try:
            line = _parse(row, divisions)
            if line.code in seen:
                raise Refused("code", TWICE)
            _decide(plan, line, known, mine, parents)
            _check_rename(plan, decided)
            seen.add(line.code)
        except Refused as refused:
            plan.refused.append(Refusal(row.number, refused.column, str(refused.reason)))
    return plan


def _decide(plan: Plan, line: Line, known: dict[str, Any], mine: set[str], parents: dict[str, Any]) -> None:
    old = known.get(line.code)
    if old is not None:
        if line.code not in mine:
            raise Refused("code", OUT_OF_SCOPE)
        fields = [
            name
            for name, value in line.fields.items()
            if name in actions.EDITABLE | RENAMED and getattr(old, name) != value
        ]
        if fields:
            plan.changed.append((line, old, fields))
        else:
            plan.unchanged += 1
        return
    if line.parent not in parents:
        raise Refused("parent", PARENT_UNKNOWN if line.parent else MISSING)
    if parents[line.parent] == Kind.BRANCH:
        raise Refused("parent", rules.BRANCH_HAS_NOTHING_BELOW)
    parents[line.code] = line.fields["kind"]
    plan.added.append(line)


def _check_rename(plan: Plan, decided: set[str]) -> None:
    """Names are changed by the right of the organisation above (``access.get_changeable``)."""
    if not plan.changed:
        return
    _line, old, fields = plan.changed[-1]
    if RENAMED & set(fields) and old.depth > 1 and old.path[: -Organisation.steplen] not in decided:
        plan.changed.pop()
        raise Refused("name", NAME_FROM_ABOVE)


@transaction.atomic
def apply(*, plan: Plan, by: Actor) -> dict[str, int]:
    """Write the plan, all or nothing; refused rows make it nothing."""
    if plan.refused:
        raise ActionDenied(
            _("%(count)s rows are refused, so nothing was written.") % {"count": len(plan.refused)}, "refused_rows"
        )
    for line in plan.added:
        parent = Organisation.objects.get(code=line.parent)
        actions.create_organisation(parent=parent, by=by, code=line.code, unit=line.unit, **line.fields)
    for line, old, fields in plan.changed:
        if RENAMED & set(fields):
            _rename(old, line.fields, by)
        edited = {name: line.fields[name] for name in fields if name not in RENAMED}
        if edited:
            actions.edit_organisation(organisation=old, by=by, **edited)
    return plan.counts()


def _rename(organisation: Organisation, fields: dict[str, Any], by: Actor) -> None:
    """A name that differs in the file is a change of name, and stands in the history as one."""
    plan = ChangePlan(
        kind=ChangeKind.RENAMED,
        organisation=organisation,
        effect_on=today(),
        document_number=str(IMPORT_IS_THE_DOCUMENT),
        name=fields["name"],
        short_code=fields.get("short_code", organisation.short_code),
    )
    changes.carry_out(plan=plan, by=by)
    organisation.refresh_from_db()
