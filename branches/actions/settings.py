"""Units and approved exceptions."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from branches import rules
from branches.enums import RULES_WITH_EXCEPTIONS, BranchRule
from branches.models import Organisation, RuleException, Unit
from dualmgmt.lib import audit
from dualmgmt.lib.actors import account
from dualmgmt.lib.clock import today
from dualmgmt.lib.denied import ActionDenied

if TYPE_CHECKING:
    from dualmgmt.lib.actors import Actor


UNIT_FIELDS = ("name", "credit_code", "sector", "division", "headcount")


@transaction.atomic
def save_unit(*, unit: Unit, organisation: Organisation, by: Actor) -> Unit:
    """Add *unit* or write its changed fields, in the name of *organisation*; the credit code is one unit's only."""
    old = Unit.objects.select_for_update(of=("self",)).filter(pk=unit.pk).first()
    changed = [name for name in UNIT_FIELDS if old is None or getattr(old, name) != getattr(unit, name)]
    if not changed:
        return unit
    try:
        with transaction.atomic():
            unit.save()
    except IntegrityError:
        raise ActionDenied(rules.CREDIT_CODE_TAKEN, "credit_code_taken") from None
    details: dict[str, Any] = {"name": unit.name, "after": _facts(unit, changed)}
    if old is not None:
        details["before"] = _facts(old, changed)
    event = "unit.edited" if old else "unit.added"
    audit.record(event, unit, by=by, organisation=organisation, **details)
    return unit


def _facts(unit: Unit, names: list[str]) -> dict[str, Any]:
    values = {name: getattr(unit, name) for name in names}
    return {name: value if isinstance(value, int) else str(value or "") for name, value in values.items()}


@transaction.atomic
def except_from_rule(
    *, organisation: Organisation, rule: str, ends_on: dt.date, document_number: str, reason: str, by: Actor
) -> RuleException:
    """Record an exception that the organisation above approved, until *ends_on* (domain.md §4.7, §10.12)."""
    rules.check_active(organisation)
    rules.check_reason(reason)
    if rule not in RULES_WITH_EXCEPTIONS:
        raise ActionDenied(rules.NO_EXCEPTION, "no_exception")
    if not document_number.strip():
        raise ActionDenied(rules.DOCUMENT_MISSING, "document_missing")
    if ends_on < today():
        raise ActionDenied(rules.ENDS_BEFORE_START, "ends_before_start")
    row = RuleException.objects.create(
        organisation=organisation,
        rule=rule,
        ends_on=ends_on,
        document_number=document_number.strip(),
        reason=reason.strip(),
        approved_by=account(by),
    )
    details: dict[str, Any] = {"rule": str(BranchRule(rule).label), "document": row.document_number, "to": str(ends_on)}
    audit.record("exception.approved", row, by=by, organisation=organisation, **details)
    return row
