"""Needs: reported, verified, turned into projects, answered."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from django.db import transaction

from branches.models import Organisation
from branches.rules import check_active
from dualmgmt.lib import audit, outbox
from dualmgmt.lib.actors import account
from dualmgmt.lib.denied import ActionDenied
from projects import lifecycle, rules
from projects.enums import NeedState
from projects.models import Category, Need

if TYPE_CHECKING:
    from dualmgmt.lib.actors import Actor

# Told over the phone: no 0/O, 1/I/L. 31^8 ≈ 8.5e11 codes, behind a rate limit.
CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


@transaction.atomic
def report(*, organisation: Organisation, text: str, by: Actor, **fields: Any) -> Need:
    """A resident or, on a resident's behalf, the community's staff reports a need."""
    check_active(Organisation.objects.hold(organisation.pk))
    need = Need.objects.create(
        organisation=organisation,
        text=text,
        tracking_code="".join(secrets.choice(CODE_ALPHABET) for _place in range(8)),
        created_by=account(by),
        **fields,
    )
    audit.record("need.reported", need, by=by, organisation=organisation, source=need.source)
    outbox.put("projects.tell_need_reported", need.pk)
    return need


@transaction.atomic
def verify(*, need: Need, category: Category, by: Actor) -> None:
    lifecycle.need.move(need, NeedState.VERIFIED, category=category)
    audit.record("need.verified", need, by=by, organisation=need.organisation, category=category.code)


@transaction.atomic
def close(*, need: Need, state: NeedState, answer: str, by: Actor) -> None:
    """Refer, reject or answer: each with words for the resident."""
    if not answer.strip():
        raise ActionDenied(rules.ANSWER_MISSING, "answer_missing")
    lifecycle.need.move(need, state, answer=answer.strip())
    audit.record(f"need.{state}", need, by=by, organisation=need.organisation)
