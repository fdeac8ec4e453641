"""Questions about members and registrations that more than one page asks."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)

from branches.enums import ACTIVITY_ONLY_SETTINGS, Kind
from branches.models import Appointment, Organisation
from branches.permissions import Permission, roles_with
from dualmgmt.lib.clock import today
from members.enums import CardState, DisclosureState, RegistrationState, SlipState
from members.models import (
    ActivationSlip,
    ActivityRegistration,
    Disclosure,
    HomeMembership,
    IntroductionLetter,
    Member,
    MemberCard,
    MemberSkill,
    Skill,
    User,
)

if TYPE_CHECKING:
    from members.models.letters import LetterQuerySet


def _asked(
    rows: QuerySet[ActivityRegistration], user: User, permission: Permission, field: str
) -> QuerySet[ActivityRegistration]:
    """Of *rows*, those that wait for *user* at the organisation in *field*.

    At one's own organisation always; at one below only where nobody else there
    can act (design.md §9, two keys without paralysis): a committee is not asked
    what its branches do themselves.
    """
    own = [row.organisation_id for row in Appointment.objects.of(user) if permission in row.permissions()]
    holders = Appointment.objects.able().filter(role__in=roles_with(permission), organisation=OuterRef(f"{field}_id"))
    if permission == Permission.REGISTRATION_ACCEPT:
        holders = holders.exclude(user=OuterRef("issued_by"))
    reach = Organisation.objects.where(user, permission)
    return rows.filter(Q(**{f"{field}__in": own}) | Q(**{f"{field}__in": reach}) & ~Exists(holders))


def letters_wanted(user: User) -> QuerySet[ActivityRegistration]:
    """Registrations for which *user* is asked to issue the letter."""
    rows = ActivityRegistration.objects.filter(state=RegistrationState.PENDING_LETTER)
    return _asked(rows, user, Permission.LETTER_ISSUE, "home_branch")


def acceptance_wanted(user: User) -> QuerySet[ActivityRegistration]:
    """Registrations that *user* is asked to accept, without those whose letter is from the same hand."""
    rows = ActivityRegistration.objects.filter(state=RegistrationState.PENDING_ACCEPTANCE)
    return _asked(rows, user, Permission.REGISTRATION_ACCEPT, "organisation").exclude(issued_by=user)


def long_overdue() -> LetterQuerySet:
    """Letters that have been without a receipt for so long that a committee is asked."""
    edge = today() - dt.timedelta(days=settings.LETTER_ESCALATE_DAYS)
    return IntroductionLetter.objects.overdue().filter(valid_until__lt=edge)


def letters_escalated(user: User) -> LetterQuerySet:
    """Of these, the ones for which *user*'s committee is asked: the nearest above the home branch with officers."""
    asked = Q(pk=None)
    holders = Appointment.objects.able().filter(role__in=roles_with(Permission.LETTER_ISSUE))
    for row in Appointment.objects.of(user):
        place = row.organisation
        if Permission.LETTER_ISSUE in row.permissions() and place.covers_below():
            nearer = (
                holders.filter(organisation__path__startswith=place.path)
                .exclude(organisation=place)
                .exclude(organisation=OuterRef("issuer_id"))
                .exclude(organisation__kind=Kind.BRANCH)
                .annotate(issuer_path=ExpressionWrapper(OuterRef("issuer__path"), output_field=CharField()))
                .filter(issuer_path__startswith=F("organisation__path"))
            )
            asked |= Q(issuer__path__startswith=place.path) & ~Q(issuer=place) & Q(~Exists(nearer))
    return long_overdue().filter(asked)


def leaving_wanted(user: User) -> QuerySet[ActivityRegistration]:
    """Registrations that *user* is asked to settle and close.

    The receiver's own; from the day after the last working day those of the
    receivers directly below one's committee; and those at which nobody else can.
    """
    permission = Permission.REGISTRATION_ACCEPT
    offices = [row.organisation for row in Appointment.objects.of(user) if permission in row.permissions()]
    late = Q(pk=None)
    for office in offices:
        if office.covers_below():
            late |= Q(organisation__path__startswith=office.path, organisation__depth=office.depth + 1)
    holders = Appointment.objects.able().filter(
        role__in=roles_with(permission), organisation=OuterRef("organisation_id")
    )
    alone = Q(organisation__in=Organisation.objects.where(user, permission)) & ~Exists(holders)
    rows = ActivityRegistration.objects.filter(state=RegistrationState.LEAVING)
    return rows.filter(Q(organisation__in=offices) | alone | late & Q(leave_due_on__lt=today()))


def closings_to_file(user: User) -> QuerySet[ActivityRegistration]:
    """Closing receipts that came back to the branches *user* is appointed to, or that its desk has to send."""
    rows = Appointment.objects.of(user)
    own = [row.organisation_id for row in rows if Permission.LETTER_ISSUE in row.permissions()]
    desks = [row.organisation_id for row in rows if Permission.REGISTRATION_ENTER in row.permissions()]
    fresh = ActivityRegistration.objects.filter(closing_receipt__isnull=False, closing_seen_at=None)
    return fresh.filter(Q(home_branch__in=own) | Q(home_branch__external=True, organisation__in=desks))


def own_letters(user: User) -> LetterQuerySet:
    """Letters that the branches answer for to which *user* is appointed, and for which they may issue letters."""
    own = [row.organisation_id for row in Appointment.objects.of(user) if Permission.LETTER_ISSUE in row.permissions()]
    return IntroductionLetter.objects.followed_up_by(own)


def squeezed(text: str) -> str:
    """Without spaces: people type 王 明."""
    return "".join(text.split())


def search(rows: QuerySet[Member], text: str) -> QuerySet[Member]:
    """Members whose name holds *text* (1–3 characters suffice) or whose pinyin initials begin with it."""
    text = squeezed(text)
    if text.isascii():
        return rows.filter(name_initials__startswith=text.lower())
    return rows.filter(name__holds=text)


def with_home(rows: QuerySet[Member]) -> QuerySet[Member]:
    """Annotate ``home_name``, the name of today's home branch."""
    home = HomeMembership.objects.open().filter(member=OuterRef("pk"))
    return rows.annotate(home_name=Subquery(home.values("organisation__name")[:1]))


def with_skill(rows: QuerySet[Member], skill: Skill) -> QuerySet[Member]:
    """Of *rows*, those who have *skill* or one below it."""
    return rows.filter(pk__in=MemberSkill.objects.filter(skill__in=Skill.objects.with_below(skill)).values("member_id"))


def card_holders(user: User) -> QuerySet[Member]:
    """Members in good standing for whom *user* issues cards."""
    return Member.objects.living().at_home_in(Organisation.objects.where(user, Permission.CARD_ISSUE))


def without_card(user: User) -> QuerySet[Member]:
    return card_holders(user).exclude(pk__in=MemberCard.objects.valid().values("member_id"))


def with_card(rows: QuerySet[Member]) -> QuerySet[Member]:
    """Annotate ``card_number`` and ``card_issued_on`` of the valid card, and ``card_lost`` where one is missed."""
    valid = MemberCard.objects.valid().filter(member=OuterRef("pk"))
    lost = MemberCard.objects.filter(member=OuterRef("pk"), state=CardState.LOST)
    return rows.annotate(
        card_number=Subquery(valid.values("number")[:1]),
        card_issued_on=Subquery(valid.values("issued_on")[:1]),
        card_lost=Exists(lost),
    )


def card_figures(rows: QuerySet[Member]) -> dict[str, int]:
    """How many of *rows* have a valid card, have none, and of these how many lost it."""
    counted = with_card(rows).aggregate(
        members=Count("pk"),
        valid=Count("pk", filter=Q(card_number__isnull=False)),
        lost=Count("pk", filter=Q(card_number=None, card_lost=True)),
    )
    return {**counted, "none": counted["members"] - counted["valid"]}


def cards_missed(user: User) -> QuerySet[Member]:
    """Members at home in the very branches where *user* issues cards whose lost card nothing has replaced yet."""
    own = [row.organisation_id for row in Appointment.objects.of(user) if Permission.CARD_ISSUE in row.permissions()]
    lost = MemberCard.objects.filter(state=CardState.LOST).values("member_id")
    homes = Organisation.objects.filter(pk__in=own)
    return (
        Member.objects.living()
        .at_home_in(homes)
        .filter(pk__in=lost)
        .exclude(pk__in=MemberCard.objects.valid().values("member_id"))
    )


def placements(receiver: Organisation) -> QuerySet[Organisation]:
    """Where a receiver may place a member: itself and the active branches below, themed ones first."""
    rank = Case(When(setting__in=ACTIVITY_ONLY_SETTINGS, then=Value(0)), default=Value(1), output_field=IntegerField())
    rows = Organisation.objects.below(receiver).active().filter(Q(pk=receiver.pk) | Q(kind="branch"))
    return rows.annotate(rank=rank).order_by("rank", "path")


def receiver_above(organisation: Organisation) -> Organisation | None:
    """Who accepts registrations and places members in *organisation*: itself, or the nearest above."""
    step = Organisation.steplen
    paths = [organisation.path[:end] for end in range(step, len(organisation.path) + 1, step)]
    return Organisation.objects.receiving().filter(path__in=paths).order_by("-path").first()


def placed(organisation: Organisation) -> QuerySet[ActivityRegistration]:
    """Registered members of a receiver, or of a branch below it those placed there; by name."""
    rows = ActivityRegistration.objects.registered().filter(Q(organisation=organisation) | Q(placement=organisation))
    rows = rows.select_related("member", "organisation", "placement", "home_branch")
    return rows.prefetch_related("member__skills").order_by("member__name", "pk")


def seen_as(row: ActivityRegistration) -> str:
    """A registration with the place it has on the page: who moves it says from where."""
    return f"{row.pk}-{row.placement_id or ''}"


def accounts_placed(organisation: Organisation) -> QuerySet[User]:
    """Accounts of members registered and placed in *organisation*: from among them its head is appointed."""
    rows = ActivityRegistration.objects.registered().filter(placement=organisation, member__user__is_active=True)
    return User.objects.filter(pk__in=rows.values("member__user_id")).order_by("name")[:100]


def accounts_at_home(organisation: Organisation) -> QuerySet[User]:
    """Accounts of members at home in *organisation* or below: who may be suggested for an office there."""
    homes = HomeMembership.objects.open().filter(organisation__path__startswith=organisation.path)
    rows = Member.objects.living().filter(pk__in=homes.values("member_id"), user__is_active=True)
    return User.objects.filter(pk__in=rows.values("user_id")).order_by("name")[:100]


def slip_places(slip: ActivationSlip) -> list[Organisation]:
    """The organisations by whose right a slip is handled: the holder's offices, and who keeps the member's data."""
    member = slip.user.as_member
    kept = member.keepers() if member is not None else []
    offices = Appointment.objects.lasting().filter(user=slip.user).select_related("organisation")
    return [*(row.organisation for row in offices), *kept]


def slip_approvers(slip: ActivationSlip) -> set[int]:
    """Who is asked for the second key of a slip: others, the nearest at or above one of its places."""
    asked: set[int] = set()
    for place in slip_places(slip):
        rows = Appointment.objects.holding(Permission.ACCOUNT_MANAGE, place, above=True)
        rows = rows.exclude(user__in=[pk for pk in (slip.requested_by_id, slip.user_id) if pk])
        found = list(rows.values_list("organisation__path", "user_id"))
        nearest = max((len(path) for path, _user in found), default=0)
        asked |= {user for path, user in found if len(path) == nearest}
    return asked


def slips_for(user: User) -> list[ActivationSlip]:
    """Slips that *user* is asked to approve."""
    rows = ActivationSlip.objects.filter(state=SlipState.REQUESTED).select_related("user__member", "requested_by")
    if not Appointment.objects.of(user):
        return []
    return [slip for slip in rows.order_by("requested_at") if user.pk in slip_approvers(slip)]


def own_slips(user: User) -> QuerySet[ActivationSlip]:
    """Slips *user* asked for and can print now or waits for."""
    open_states = [SlipState.REQUESTED, SlipState.APPROVED]
    return ActivationSlip.objects.filter(requested_by=user, state__in=open_states).select_related("user")


def with_people(rows: QuerySet[Disclosure]) -> QuerySet[Disclosure]:
    """With ``people``: how many members stand on the list."""
    return rows.annotate(people=Count("members"))


def disclosures_to_decide(user: User) -> QuerySet[Disclosure]:
    """Lists in bulk for which *user* is asked for the second key: at their own organisation, below it only where
    nobody else there could give it."""
    own = [
        row.organisation_id for row in Appointment.objects.of(user) if Permission.PERSONAL_REVEAL in row.permissions()
    ]
    others = Appointment.objects.able().filter(
        role__in=roles_with(Permission.PERSONAL_REVEAL), organisation=OuterRef("organisation_id")
    )
    reach = Organisation.objects.where(user, Permission.PERSONAL_REVEAL)
    rows = Disclosure.objects.filter(state=DisclosureState.REQUESTED).exclude(requested_by=user)
    others = others.exclude(user=OuterRef("requested_by"))
    return rows.filter(Q(organisation__in=own) | Q(organisation__in=reach) & ~Exists(others))
