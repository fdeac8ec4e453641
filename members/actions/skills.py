"""What a member is good at: stated by the member or by the home branch."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db import transaction

from dualmgmt.lib import audit
from members.models import Member, MemberSkill, Skill

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dualmgmt.lib.actors import Actor


@transaction.atomic
def state(
    *, member: Member, skill: Skill, level: str, certificate: str = "", valid_until: dt.date | None = None, by: Actor
) -> MemberSkill:
    """Say how well *member* masters *skill* and by which certificate; what was said before is replaced."""
    row, _made = MemberSkill.objects.update_or_create(
        member=member,
        skill=skill,
        defaults={"level": level, "certificate": certificate.strip(), "certificate_valid_until": valid_until},
    )
    _record(member, by, [str(row)])
    return row


@transaction.atomic
def remove(*, member: Member, skill: Skill, by: Actor) -> None:
    """Safe to repeat: what is not there any more is not recorded again."""
    if MemberSkill.objects.filter(member=member, skill=skill).delete()[0]:
        audit.record(
            "member.skill_removed", member, by=by, organisation=member.home_branch(), before={"skills": [skill.name]}
        )


def add(*, member: Member, skills: Iterable[Skill], by: Actor) -> None:
    """Inside the caller's transaction: what a form ticks beyond what is known, at the lowest level; nothing is lost."""
    known = set(MemberSkill.objects.filter(member=member).values_list("skill_id", flat=True))
    fresh = [skill for skill in skills if skill.pk not in known]
    if fresh:
        MemberSkill.objects.bulk_create(
            [MemberSkill(member=member, skill=skill) for skill in fresh], ignore_conflicts=True
        )
        _record(member, by, [skill.name for skill in fresh])


def join(*, keep: Member, lose: Member) -> None:
    """Two rows are one person: their skills together; of the same skill the row with a certificate stays."""
    kept = {row.skill_id: row for row in keep.skill_rows.all()}
    for row in lose.skill_rows.all():
        mine = kept.get(row.skill_id)
        if mine is not None and (mine.certificate or not row.certificate):
            row.delete()
            continue
        if mine is not None:
            mine.delete()
        row.member = keep
        row.save(update_fields=["member"])


def _record(member: Member, by: Actor, stated: list[str]) -> None:
    audit.record("member.skills", member, by=by, organisation=member.home_branch(), after={"skills": stated})
