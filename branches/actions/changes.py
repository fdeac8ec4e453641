"""Rename, move, split, merge, dissolve: one decision, one transaction, nothing orphaned (features.md A5)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.db import transaction

from branches import rules
from branches.enums import ChangeKind, ChangePartKind
from branches.models import ChangePart, Organisation, OrganisationChange
from branches.plans import ChangePlan, fingerprint
from dualmgmt.lib import audit, registry
from dualmgmt.lib.actors import account
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.registry import Effect

if TYPE_CHECKING:
    from dualmgmt.lib.actors import Actor


def preview(plan: ChangePlan) -> list[Effect]:
    """What *plan* would do, what must be settled first among it. Raises :class:`ActionDenied` where it cannot be."""
    rules.check_change(plan)
    return registry.organisation_effects.preview(plan)


@transaction.atomic
def carry_out(*, plan: ChangePlan, by: Actor, shown: str | None = None) -> OrganisationChange:
    """Do what *plan* says, with all its effects, or nothing.

    *shown* is the fingerprint of the preview that was confirmed; where the
    effects are different by now the person looks again (``preview_changed``).
    """
    Organisation.objects.hold_tree()
    plan = _as_it_is_now(plan)
    effects = preview(plan)
    if blocking := [effect.sentence for effect in effects if effect.must_settle]:
        raise ActionDenied(rules.SETTLE_FIRST % {"what": " ".join(blocking)}, "settle_first")
    if shown is not None and shown != fingerprint(effects):
        raise ActionDenied(rules.PREVIEW_CHANGED, "preview_changed")
    return _DO[plan.kind](plan, [effect.sentence for effect in effects], by)


def _as_it_is_now(plan: ChangePlan) -> ChangePlan:
    """The plan with fresh, locked rows: nobody may put anything under them meanwhile."""
    rows = {
        name: Organisation.objects.hold(row.pk)
        for name in ("organisation", "parent", "heir")
        if (row := getattr(plan, name)) is not None
    }
    return replace(plan, **rows)


def _write(
    plan: ChangePlan,
    effects: list[str],
    parts: list[tuple[Organisation, ChangePartKind, str]],
    by: Actor,
    **details: Any,
) -> OrganisationChange:
    change = OrganisationChange.objects.create(
        kind=plan.kind,
        effect_on=plan.effect_on,
        document_number=plan.document_number.strip(),
        reason=plan.reason.strip(),
        details={**details, "effects": effects},
        made_by=account(by),
    )
    ChangePart.objects.bulk_create(
        ChangePart(change=change, organisation=row, part=part, name=name) for row, part, name in parts
    )
    for row, _part, name in parts:
        audit.record(
            f"organisation.{plan.kind}",
            row,
            by=by,
            organisation=row,
            name=name,
            document=change.document_number,
            **details,
        )
    return change


def _rename(plan: ChangePlan, effects: list[str], by: Actor) -> OrganisationChange:
    row = plan.organisation
    before = {"name": row.name, "short_code": row.short_code}
    row.name, row.short_code = plan.name.strip(), plan.short_code.strip()
    row.save(update_fields=["name", "short_code"])
    after = {"name": row.name, "short_code": row.short_code}
    parts = [(row, ChangePartKind.SUBJECT, before["name"])]
    registry.organisation_effects.apply(plan, by)
    return _write(plan, effects, parts, by, before=before, after=after)


def _move(plan: ChangePlan, effects: list[str], by: Actor) -> OrganisationChange:
    row, parent = plan.organisation, plan.parent
    assert parent is not None
    old = Organisation.objects.get(path=row.path[: -Organisation.steplen])
    Organisation.objects.move(row, parent, "last-child")
    row.refresh_from_db()
    registry.organisation_effects.apply(plan, by)
    parts = [(row, ChangePartKind.SUBJECT, row.name), (parent, ChangePartKind.PARENT, parent.name)]
    return _write(plan, effects, parts, by, before=old.name, after=parent.name)


def _split(plan: ChangePlan, effects: list[str], by: Actor) -> OrganisationChange:
    source = plan.organisation
    parent = Organisation.objects.get(path=source.path[: -Organisation.steplen])
    made = Organisation.objects.create(
        parent=parent,
        code=plan.code,
        name=plan.name.strip(),
        short_code=plan.short_code.strip(),
        kind=source.kind,
        setting=source.setting,
        sector=source.sector,
        division=source.division,
        unit=source.unit,
        founded_on=plan.effect_on,
    )
    registry.organisation_effects.apply(replace(plan, heir=made), by)
    parts = [(source, ChangePartKind.SUBJECT, source.name), (made, ChangePartKind.SUCCESSOR, made.name)]
    return _write(plan, effects, parts, by, members=len(plan.member_ids))


def _end(plan: ChangePlan, effects: list[str], by: Actor) -> OrganisationChange:
    row, heir = plan.organisation, plan.heir
    registry.organisation_effects.apply(plan, by)
    row.state, row.ended_on, row.accepts_registrations = plan.end_state, plan.effect_on, False
    row.save(update_fields=["state", "ended_on", "accepts_registrations"])
    parts = [(row, ChangePartKind.SUBJECT, row.name)]
    if heir is not None:
        parts.append((heir, ChangePartKind.SUCCESSOR, heir.name))
    return _write(plan, effects, parts, by)


_DO = {
    ChangeKind.RENAMED: _rename,
    ChangeKind.MOVED: _move,
    ChangeKind.SPLIT: _split,
    ChangeKind.MERGED: _end,
    ChangeKind.DISSOLVED: _end,
}


def record_founding(organisation: Organisation, *, by: Actor, document_number: str = "") -> None:
    """The first line of an organisation's history."""
    assert organisation.founded_on is not None
    change = OrganisationChange.objects.create(
        kind=ChangeKind.FOUNDED,
        effect_on=organisation.founded_on,
        document_number=document_number,
        made_by=account(by),
    )
    ChangePart.objects.create(
        change=change, organisation=organisation, part=ChangePartKind.SUBJECT, name=organisation.name
    )
