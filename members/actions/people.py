"""Members, their accounts and cards."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from pypinyin import Style, lazy_pinyin

from branches.models import Organisation
from dualmgmt.lib import audit, numbers
from dualmgmt.lib.actors import account
from dualmgmt.lib.clock import today
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.secrets import lookup_hash
from members import lifecycle, rules
from members.enums import CardState
from members.models import HomeMembership, Member, MemberCard

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
def add_member(*, member: Member, branch: Organisation, by: Actor, skills: Any = ()) -> Member:
    """Put an unsaved *member* on the roll of *branch*; the ID number must be normalised already."""
    rules.check_home_branch(Organisation.objects.hold(branch.pk))
    derive(member)
    try:
        with transaction.atomic():
            member.save()
    except IntegrityError:
        raise ActionDenied(rules.ID_TAKEN, "id_taken") from None
    member.skills.set(skills)
    HomeMembership.objects.create(member=member, organisation=branch, started_on=today())
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


@transaction.atomic
def issue_card(*, member: Member, by: Actor) -> MemberCard:
    """Issue the member's card, in place of a lost one; one valid card per member, held by the database."""
    home = member.home_branch()
    if home is None:
        raise ActionDenied(rules.NO_HOME, "no_home")
    for old in member.cards.filter(state=CardState.LOST):
        lifecycle.card.move(old, CardState.REPLACED)
    year = today().year
    running = numbers.take(f"card:{home.pk}", year)
    try:
        with transaction.atomic():
            card = MemberCard.objects.create(
                member=member,
                number=f"{home.number_prefix()}-{year}-{running:04d}",
                token=secrets.token_urlsafe(24),
                issuer=home,
                issued_by=account(by),
            )
    except IntegrityError:
        raise ActionDenied(rules.CARD_EXISTS, "card_exists") from None
    audit.record("card.issued", card, by=by, organisation=home, number=card.number)
    return card


@transaction.atomic
def end_card(*, card: MemberCard, lost: bool, by: Actor) -> None:
    """Report a card lost or revoke it; its code is worth nothing from now on."""
    lifecycle.card.move(card, CardState.LOST if lost else CardState.REVOKED)
    audit.record("card.lost" if lost else "card.revoked", card, by=by, organisation=card.issuer, number=card.number)
