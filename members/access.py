"""The door to members, registrations and letters."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Case, Q, When
from django.http import Http404
from django.utils.translation import gettext

from branches.access import fetch, may, may_anywhere, office, require
from branches.models import Appointment, Organisation
from branches.permissions import Permission
from dualmgmt.lib.secrets import lookup_hash
from members import cardcodes
from members.enums import CardState, CorrectionField, DisclosureKind, LetterState, RegistrationState, Side
from members.models import (
    ActivityRegistration,
    BatchLine,
    CorrectionRequest,
    Disclosure,
    IntroductionLetter,
    Member,
    MemberCard,
    ReportInBatch,
    User,
)
from members.values import letter_number, squeeze


def get_member(user: User, pk: int, permission: Permission | None = None) -> Member:
    """A visible member; with *permission* the user must hold it where the member's data is kept.

    That is the home branch, and of a home outside the portal the receiver; but
    cards are the home branch's own.
    """
    member = fetch(Member.objects.visible_to(user).select_related("user"), pk=pk)
    if permission == Permission.CARD_ISSUE:
        home = member.home_branch()
        if home is None:
            raise PermissionDenied
        require(user, permission, home)
    elif permission is not None and not keeps(user, member, permission):
        raise PermissionDenied
    return member


def keeps(user: User, member: Member, permission: Permission) -> bool:
    """Whether *user* holds *permission* at one of those who keep the data of *member*."""
    return any(may(user, permission, place) for place in member.keepers())


def own_member(user: User) -> Member:
    """The member this account belongs to, or 403."""
    if user.as_member is None:
        raise PermissionDenied
    return user.as_member


def get_registration(user: User, pk: int) -> ActivityRegistration:
    rows = ActivityRegistration.objects.visible_to(user)
    return fetch(rows.select_related("member", "organisation", "home_branch", "placement"), pk=pk)


def home_registration(user: User, pk: int, permission: Permission) -> ActivityRegistration:
    """A registration for the home side: *permission* at its home branch."""
    registration = get_registration(user, pk)
    require(user, permission, registration.home_branch)
    return registration


def received_registration(user: User, pk: int, permission: Permission) -> ActivityRegistration:
    """A registration for the receiver's side: *permission* at the receiving organisation."""
    registration = get_registration(user, pk)
    require(user, permission, registration.organisation)
    return registration


def registration_on_own_roll(user: User, pk: int) -> ActivityRegistration:
    """A registration of a member whose roll *user* keeps today."""
    registration = get_registration(user, pk)
    if not keeps(user, registration.member, Permission.ROSTER_EDIT):
        raise PermissionDenied
    return registration


def editable_registration(user: User, pk: int) -> ActivityRegistration:
    """For the member, or for the home branch on the member's behalf."""
    registration = get_registration(user, pk)
    if registration.member.user_id != user.pk:
        require(user, Permission.ROSTER_EDIT, registration.home_branch)
    return registration


def returnable_registration(user: User, pk: int) -> ActivityRegistration:
    """By the receiver once it is handed in; by the home branch before, or when the letter is overdue."""
    registration = get_registration(user, pk)
    if registration.state == RegistrationState.PENDING_ACCEPTANCE and not may_recall(user, registration):
        require(user, Permission.REGISTRATION_ACCEPT, registration.organisation)
    elif registration.state != RegistrationState.PENDING_ACCEPTANCE:
        require(user, Permission.LETTER_ISSUE, registration.home_branch)
    return registration


def leave_sides(user: User, registration: ActivityRegistration) -> list[Side]:
    """On whose behalf *user* may ask to close *registration*, or take that back."""
    sides = []
    if registration.member.user_id == user.pk:
        sides.append(Side.MEMBER)
    if may(user, Permission.REGISTRATION_ACCEPT, registration.organisation):
        sides.append(Side.RECEIVER)
    if may(user, Permission.LETTER_ISSUE, registration.home_branch):
        sides.append(Side.HOME)
    return sides


def leaving_registration(user: User, pk: int) -> tuple[ActivityRegistration, list[Side]]:
    """A registration with the sides on which *user* stands; none is 403."""
    registration = get_registration(user, pk)
    sides = leave_sides(user, registration)
    if not sides:
        raise PermissionDenied
    return registration, sides


def files_closing(user: User, registration: ActivityRegistration) -> bool:
    """The home branch files the closing receipt; for a home outside the portal the receiver's desk sends it."""
    if may(user, Permission.LETTER_ISSUE, registration.home_branch):
        return True
    outside = registration.home_branch.external
    return outside and may(user, Permission.REGISTRATION_ENTER, registration.organisation)


def closing_to_file(user: User, pk: int) -> ActivityRegistration:
    registration = get_registration(user, pk)
    if not files_closing(user, registration):
        raise PermissionDenied
    return registration


def may_recall(user: User, registration: ActivityRegistration) -> bool:
    """Whether the home branch may take back a letter that the receiver has let lie past its last day."""
    return (
        registration.state == RegistrationState.PENDING_ACCEPTANCE
        and may(user, Permission.LETTER_ISSUE, registration.home_branch)
        and registration.letters.overdue().exists()
    )


def card_holder(user: User, pk: int) -> Member:
    """A member for whom *user* issues cards."""
    return get_member(user, pk, Permission.CARD_ISSUE)


def current_card(member: Member) -> MemberCard:
    """The valid card, or the lost one nothing has replaced yet; else 404."""
    card = member.cards.current()
    if card is None:
        raise Http404
    return card


def own_valid_card(user: User) -> MemberCard:
    return fetch(own_member(user).cards.valid().select_related("member", "issuer"))


def get_card(user: User, pk: int) -> MemberCard:
    """The valid card of a member, for its owner and for those who issue cards."""
    member = get_member(user, pk)
    if member.user_id != user.pk:
        member = card_holder(user, pk)
    return fetch(member.cards.valid().select_related("member", "issuer"))


def may_edit(user: User, registration: ActivityRegistration) -> bool:
    return registration.member.user_id == user.pk or may(user, Permission.ROSTER_EDIT, registration.home_branch)


def get_letter(user: User, pk: int) -> IntroductionLetter:
    rows = IntroductionLetter.objects.visible_to(user)
    loaded = ("registration__member", "registration__organisation", "registration__home_branch", "issuer")
    return fetch(rows.select_related(*loaded), pk=pk)


def receives(user: User) -> bool:
    """Whether letters may be addressed to an organisation for which *user* accepts."""
    return Organisation.objects.where(user, Permission.REGISTRATION_ACCEPT).receiving().exists()


def is_addressee(user: User | AnonymousUser, letter: IntroductionLetter) -> bool:
    """Whether *user* accepts members for the organisation to which *letter* is addressed."""
    return user.is_authenticated and may(user, Permission.REGISTRATION_ACCEPT, letter.registration.organisation)


def find_letter(user: User, text: str) -> IntroductionLetter | None:
    """A letter addressed to one of the user's organisations, by its number, its check code or the member's card.

    Everything else is "not found": the answer must not tell whose letter it is.
    """
    text = text.strip()
    if not text:
        return None
    receivers = Organisation.objects.where(user, Permission.REGISTRATION_ACCEPT)
    number = letter_number(text)
    code = text.upper().replace(" ", "").replace("-", "")
    named = Q(number__in=[number, f"{number}号"]) | Q(code=code)
    if (card := cardcodes.card_of(text)) is not None:
        named |= Q(registration__member=card.member_id)
    found = IntroductionLetter.objects.filter(named, registration__organisation__in=receivers)
    # Of several letters of one person the one that still counts comes first.
    valid_first = Case(When(state=LetterState.VALID, then=0), default=1)
    return (
        found.select_related("registration__member", "registration__organisation").order_by(valid_first, "-pk").first()
    )


def sees_phone(user: User, member: Member) -> bool:
    """A receiver sees the phones of those registered with it (design.md §9); everybody else states a purpose."""
    if member.user_id == user.pk:
        return True
    registered = member.registrations.registered().select_related("organisation", "placement")
    places = [place for row in registered for place in (row.organisation, row.placement) if place is not None]
    return any(may(user, Permission.REGISTRATION_VIEW, place) for place in places)


def phone_on_paper(user: User, registration: ActivityRegistration) -> bool:
    """The home branch's letter and form carry the phone by which the receiver calls; every print is on record."""
    return may(user, Permission.LETTER_VIEW, registration.home_branch) or sees_phone(user, registration.member)


def reveal_office(user: User, member: Member) -> Organisation | None:
    """The organisation by the right of whose office *user* may look at a number of *member*; ``None``: they may not.

    Only who keeps the person's data: another receiver has the registration form, and the phone with it.
    """
    offices = [row for row in Appointment.objects.of(user) if Permission.PERSONAL_REVEAL in row.permissions()]
    for place in member.keepers():
        if may(user, Permission.PERSONAL_REVEAL, place):
            return next(row.organisation for row in offices if place.path.startswith(row.organisation.path))
    return None


def issues(user: User) -> bool:
    """Whether *user* may issue letters for some organisation."""
    return may_anywhere(user, Permission.LETTER_ISSUE)


def issuing_organisation(user: User, text: str) -> Organisation:
    """The organisation that *text* (a code, or a name as suggested) means, or else the one of the user's own office.

    Outside of the right to issue letters there is none.
    """
    own = office(user, Permission.LETTER_ISSUE)
    if not text:
        return own
    code = text.strip().removesuffix("）").rpartition("（")[2]
    mine = Organisation.objects.where(user, Permission.LETTER_ISSUE).active()
    return mine.filter(Q(code=code) | Q(name=text.strip())).first() or own


def get_batch(user: User, pk: int) -> ReportInBatch:
    """A unit's report-in, to look at: by the right to see its letters."""
    return fetch(ReportInBatch.objects.visible_to(user).select_related("organisation", "made_by"), pk=pk)


def batch_to_send(user: User, pk: int) -> ReportInBatch:
    batch = get_batch(user, pk)
    require(user, Permission.LETTER_ISSUE, batch.organisation)
    return batch


def line_to_change(user: User, pk: int) -> BatchLine:
    rows = BatchLine.objects.filter(batch__in=ReportInBatch.objects.visible_to(user))
    line = fetch(rows.select_related("batch__organisation", "member", "organisation"), pk=pk)
    require(user, Permission.LETTER_ISSUE, line.batch.organisation)
    return line


def get_disclosure(user: User, pk: int) -> Disclosure:
    """What *user* asked for themselves."""
    return fetch(Disclosure.objects.of(user).select_related("organisation"), pk=pk)


def disclosure_values(user: User, pk: int) -> Disclosure:
    """The same, to look at the values: only while the office lasts by whose right it was asked for."""
    shown = get_disclosure(user, pk)
    sheet = shown.kind == DisclosureKind.SHEET
    require(user, Permission.REGISTRATION_VIEW if sheet else Permission.PERSONAL_REVEAL, shown.organisation)
    return shown


def disclosure_to_decide(user: User, pk: int) -> Disclosure:
    """A list in bulk that waits for its second key, at an organisation where *user* may give it."""
    places = Organisation.objects.where(user, Permission.PERSONAL_REVEAL)
    rows = Disclosure.objects.filter(kind=DisclosureKind.BULK, organisation__in=places).exclude(requested_by=user)
    return fetch(rows.select_related("organisation", "requested_by"), pk=pk)


def get_correction(user: User, pk: int) -> CorrectionRequest:
    rows = CorrectionRequest.objects.visible_to(user)
    rows = rows.select_related("member", "asked_by", "registration__organisation")
    return fetch(rows, pk=pk)


def own_correction(user: User, pk: int) -> CorrectionRequest:
    """A request about oneself or by oneself, for withdrawing it."""
    asked = get_correction(user, pk)
    if user.pk not in (asked.member.user_id, asked.asked_by_id):
        raise PermissionDenied
    return asked


def sees_roll(user: User, member: Member) -> bool:
    """Whether *user* reads the roll's own words about *member*: the person and who keeps the roll, no receiver."""
    return member.user_id == user.pk or keeps(user, member, Permission.ROSTER_VIEW)


def shown_value(user: User, asked: CorrectionRequest) -> str:
    """What the roll says now where a correction is asked for; numbers masked for others than the person."""
    member = asked.member
    if not sees_roll(user, member):
        return ""
    if asked.field == CorrectionField.PHONE and not sees_phone(user, member):
        return member.masked_phone
    if asked.field == CorrectionField.HOME_ADDRESS and member.user_id != user.pk:
        return "***" if member.home_address else ""
    return str(getattr(member, asked.field))


def correction_to_answer(user: User, pk: int) -> CorrectionRequest:
    request = get_correction(user, pk)
    if not keeps(user, request.member, Permission.ROSTER_EDIT):
        raise PermissionDenied
    return request


def account_named(text: str) -> User | None:
    """The account whose user name, valid card's number or phone *text* is; a phone of two people is nobody's."""
    text = text.strip()
    if not text:
        return None
    by_card = MemberCard.objects.filter(number=text, state=CardState.ACTIVE).values("member_id")
    by_phone = Member.objects.filter(phone_hash=lookup_hash(squeeze(text))).values("pk")
    found = list(User.objects.filter(Q(username=text) | Q(member__in=by_card) | Q(member__in=by_phone)).distinct()[:3])
    named = [user for user in found if user.username == text]
    if named:
        return named[0]
    return found[0] if len(found) == 1 else None


def get_account(user: User, pk: int) -> tuple[User, Organisation]:
    """An account that *user* manages and by whose right: that of who keeps the member's data, or of an office."""
    scope = Organisation.objects.where(user, Permission.ACCOUNT_MANAGE)
    person = fetch(User.objects.select_related("member"), pk=pk)
    member = person.as_member
    kept = [place.pk for place in member.keepers()] if member is not None else []
    offices = Organisation.objects.filter(
        pk__in=Appointment.objects.lasting().filter(user=person).values("organisation_id")
    )
    place = scope.filter(Q(pk__in=kept) | Q(pk__in=offices.values("pk"))).first()
    if place is None:
        raise Http404
    return person, place


def sign_in_names(user: User) -> list[str]:
    """What *user* may type at sign-in: the valid card's number, the phone's last digits as a hint, the user name."""
    member = user.as_member
    if member is None:
        return [user.username]
    cards = member.cards.filter(state=CardState.ACTIVE).values_list("number", flat=True)
    phone = [gettext("your own phone (%(phone)s)") % {"phone": member.masked_phone}] if member.phone else []
    return [*cards, *phone, user.username]
