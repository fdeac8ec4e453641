"""Members and what the roll says about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from pypinyin import Style, lazy_pinyin

from branches.models import Organisation
from dualmgmt.lib import audit
from dualmgmt.lib.clock import today
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.secrets import lookup_hash
from members import rules
from members.models import HomeMembership, Member

if TYPE_CHECKING:
    from dualmgmt.lib.actors import Actor


def initials(name: str) -> str:
    """First letters of the name's pinyin: 王小明 → wxm."""
    return "".join(lazy_pinyin(name, style=Style.FIRST_LETTER))[:50].lower()


def derive(member: Member) -> None:
    """Set what follows from other fields: look-up hashes and initials."""
    member.id_hash = lookup_hash(member.id_number)
    member.phone_hash = lookup_hash(member.phone) if member.phone else ""
    member.name_initials = initials(member.name)


@transaction.atomic
def add_member(*, member: Member, branch: Organisation, by: Actor, skills: Any = (), basis: str = "") -> Member:
    """Put an unsaved *member* on the roll of *branch*, by *basis*; the ID number must be normalised already."""
    rules.check_home_branch(Organisation.objects.hold(branch.pk))
    derive(member)
    try:
        with transaction.atomic():
            member.save()
    except IntegrityError:
        raise ActionDenied(rules.ID_TAKEN, "id_taken") from None
    member.skills.set(skills)
    HomeMembership.objects.create(member=member, organisation=branch, started_on=today(), basis=basis.strip()[:100])
    audit.record("member.added", member, by=by, organisation=branch)
    return member


@transaction.atomic
def edit_member(*, member: Member, changed: list[str], by: Actor, skills: Any = None) -> None:
    """Save the fields named in *changed*; the audit row holds before and after, personal numbers masked."""
    derive(member)
    before, after = {}, {}
    if changed:
        old = Member.objects.get(pk=member.pk)
        before, after = _shown(old, changed), _shown(member, changed)
        member.save(update_fields=[*changed, "id_hash", "phone_hash", "name_initials"])
    if skills is not None:
        before["skills"] = [skill.name for skill in member.skills.all()]
        member.skills.set(skills)
        after["skills"] = [skill.name for skill in skills]
        if before["skills"] == after["skills"]:
            del before["skills"], after["skills"]
    audit.record("member.edited", member, by=by, organisation=member.home_branch(), before=before, after=after)


def _shown(member: Member, names: list[str]) -> dict[str, Any]:
    """The fields as an audit row may hold them: numbers masked, the address not at all."""
    shown = {name: str(getattr(member, name)) for name in names}
    masks = {"id_number": member.masked_id_number, "phone": member.masked_phone, "home_address": "***"}
    return {name: masks.get(name, value) for name, value in shown.items()}
