"""The door to transfers, to the receiver's desk, and who somebody is that stands there."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from django.core.exceptions import PermissionDenied

from branches.access import fetch, may, require
from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt.lib.secrets import lookup_hash
from members import cardcodes
from members.access import get_letter, get_registration
from members.models import ActivityRegistration, HomeTransfer, IntroductionLetter, Member, MemberCard, User
from members.values import squeeze


def get_transfer(user: User, pk: int) -> HomeTransfer:
    return fetch(HomeTransfer.objects.visible_to(user).select_related("member", "source", "target"), pk=pk)


def transfer_to_decide(user: User, pk: int) -> HomeTransfer:
    """For the target; of a target outside the portal for the sender, who has the paper receipt."""
    transfer = get_transfer(user, pk)
    require(user, Permission.RELATION_TRANSFER, transfer.office)
    return transfer


def transfer_to_withdraw(user: User, pk: int) -> HomeTransfer:
    transfer = get_transfer(user, pk)
    require(user, Permission.RELATION_TRANSFER, transfer.source)
    return transfer


def sees_member(user: User, member: Member) -> bool:
    return Member.objects.visible_to(user).filter(pk=member.pk).exists()


def sees_home(user: User, registration: ActivityRegistration) -> bool:
    """Whether *user* may read what the roll says of the member; of a walk-in the desk may not, before its letter."""
    if not registration.is_unconfirmed or registration.member.user_id == user.pk:
        return True
    return may(user, Permission.LETTER_VIEW, registration.home_branch)


def printable_registration(user: User, pk: int) -> ActivityRegistration:
    registration = get_registration(user, pk)
    if not sees_home(user, registration):
        raise PermissionDenied
    return registration


def walk_in_to_refuse(user: User, pk: int) -> ActivityRegistration:
    registration = get_registration(user, pk)
    require(user, Permission.LETTER_ISSUE, registration.home_branch)
    return registration


def entered_registration(user: User, pk: int) -> ActivityRegistration:
    """What was started at the desk, for the desk: it takes its own back."""
    registration = get_registration(user, pk)
    require(user, Permission.REGISTRATION_ENTER, registration.organisation)
    return registration


def letter_to_post(user: User, pk: int) -> IntroductionLetter:
    letter = get_letter(user, pk)
    require(user, Permission.REGISTRATION_ENTER, letter.registration.organisation)
    return letter


def desks(user: User) -> list[Organisation]:
    """The receiving organisations at whose desk *user* works."""
    return list(Organisation.objects.where(user, Permission.REGISTRATION_ENTER).receiving())


def outside_home(user: User, code: str) -> Organisation:
    """A branch outside the portal, for the desks at which its members are or were registered: they write to it."""
    rows = ActivityRegistration.objects.filter(organisation__in=[desk.pk for desk in desks(user)])
    known = Organisation.objects.filter(external=True, pk__in=rows.values("home_branch_id"))
    return fetch(known, code=code)


def identified(*, name: str = "", id_number: str = "", card: str = "") -> Member | None:
    """The living member who is named by all that is given, or nobody; what did not fit is not said.

    A scanned code is enough, it is there with the card; a card's number that
    was typed goes with the name; and the name goes with the (normalised) ID number.
    """
    found = _by_card(card, name) if card else _by_number(id_number) if name and id_number else None
    if found is None:
        return None
    member = found.merged_into or found
    fits = (not name or squeeze(member.name) == squeeze(name)) and (
        not id_number or found.id_hash == lookup_hash(id_number)
    )
    return member if fits and Member.objects.living().filter(pk=member.pk).exists() else None


def _by_number(id_number: str) -> Member | None:
    return Member.objects.with_id_number(id_number).select_related("merged_into").first()


def _by_card(text: str, name: str) -> Member | None:
    """By the code, also as the address that a scanner types; by the number only together with the name."""
    text = text.strip()
    code = parse_qs(urlsplit(text).query).get("q", [text])[0] if "?" in text else text
    card = cardcodes.card_of(code)
    if card is not None:
        return card.member
    if not name:
        return None
    # Two issuers may have chosen the same short code.
    rows = MemberCard.objects.valid().filter(number=code).select_related("member__merged_into")
    people = [row.member for row in rows if squeeze(row.member.name) == squeeze(name)]
    return people[0] if len(people) == 1 else None
