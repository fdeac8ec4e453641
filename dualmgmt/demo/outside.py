"""The demo's members with homes outside the portal, its other receivers, and organisational relations on their way."""

from __future__ import annotations

import datetime as dt
import secrets

from django.db.models import QuerySet
from django.utils import timezone
from faker import Faker

from branches.enums import Kind, Sector
from branches.models import Organisation
from dualmgmt.demo.ledger import Ledger
from dualmgmt.demo.people import _letter as portal_letter
from dualmgmt.demo.people import id_number
from dualmgmt.demo.tree import Ground
from members.actions.letters import CODE_ALPHABET, CODE_LENGTH
from members.actions.people import derive
from members.actions.registrations import snapshot
from members.enums import (
    LetterOrigin,
    LetterState,
    ReceiptVerdict,
    RegistrationReason,
    RegistrationState,
    Sex,
    TransferReason,
    TransferState,
    WorkStatus,
)
from members.models import (
    ActivityRegistration,
    HomeMembership,
    HomeTransfer,
    IntroductionLetter,
    Member,
    MemberCard,
    Placement,
)

S = RegistrationState
OUTSIDE = [
    ("杭州市西湖区文新街道德加社区第二党支部", "杭州市西湖区文新街道党工委", "杭西文党介", "浙江省杭州市文二西路1号"),
    ("菏泽市单县浮岗镇党支部", "菏泽市单县浮岗镇党委", "单浮党介", "山东省菏泽市单县浮岗镇"),
]


def build(ground: Ground, ledger: Ledger) -> None:
    homes = [_home(ground, number, *row) for number, row in enumerate(OUTSIDE, start=1)]
    market, first = ground.communities[-1], ground.communities[0]
    charity = _charity(ground)
    # Receiver, home, days ago, whether accepted; the last one waits for the second person.
    plan = [
        (market, homes[0], 200, True),
        (market, homes[1], 120, True),
        (first, homes[0], 20, True),
        (charity, homes[1], 60, True),
        (market, homes[1], 3, False),
        (first, homes[1], 2, False),
    ]
    people = Faker("zh_CN")
    people.seed_instance(20260702)
    for number, (receiver, home, ago, accepted) in enumerate(plan):
        member = _member(ground, people, number, home)
        _registration(ground, ledger, member, receiver, home, number, ago, accepted=accepted)
    _at_charity(ground, ledger, charity)
    _transfers(ground, homes[0])


def _at_charity(ground: Ground, ledger: Ledger, charity: Organisation) -> None:
    """Two members of units who serve with the social organisation."""
    rest = _free().filter(pk__in=HomeMembership.objects.open().exclude(organisation=charity).values("member_id"))
    units = HomeMembership.objects.open().filter(organisation__in=ground.homes[3:]).values("member_id")
    for member in rest.filter(pk__in=units).order_by("pk")[:2]:
        home = member.home_branch()
        assert home is not None  # just filtered by it
        moment = timezone.make_aware(dt.datetime.combine(ground.today - dt.timedelta(days=90), dt.time(9, 0)))
        row = ActivityRegistration.objects.create(
            member=member, organisation=charity, home_branch=home, state=S.ACTIVE, placement=charity,
            reason=RegistrationReason.TWO_NEW, form=snapshot(member), created_at=moment, submitted_at=moment,
            issued_by=ground.secretaries[home.pk], handed_in_at=moment, accepted_by=ground.secretaries[charity.pk],
            accepted_on=moment.date(),
        )  # fmt: skip
        Placement.objects.create(registration=row, organisation=charity, started_on=moment.date())
        portal_letter(ledger, row).save()


def _free() -> QuerySet[Member]:
    """Members of whom the demo's story tells nothing yet."""
    told = ActivityRegistration.objects.values("member_id")
    held = MemberCard.objects.values("member_id")
    return Member.objects.living().filter(exempt=False, user=None).exclude(pk__in=told).exclude(pk__in=held)


def _home(ground: Ground, number: int, name: str, parent: str, _prefix: str, address: str) -> Organisation:
    return Organisation.objects.create(
        code=f"EXT-{ground.today.year}-D{number:03d}", name=name, kind=Kind.BRANCH, external=True, external_parent=parent,
        contact_name="党务干事", contact_phone="0571-88880000", address=address,
    )  # fmt: skip


def _charity(ground: Ground) -> Organisation:
    """A social organisation's branch that receives members, too."""
    branch = next(home for home in ground.homes if home.unit and home.unit.sector == Sector.SOCIAL_ORGANISATION)
    Organisation.objects.filter(pk=branch.pk).update(accepts_registrations=True)
    branch.accepts_registrations = True
    return branch


def _member(ground: Ground, people: Faker, number: int, home: Organisation) -> Member:
    born = dt.date(1975 + number * 3, 4, 5 + number)
    member = Member(
        name=people.name_male(),
        sex=Sex.MALE,
        ethnicity="汉族",
        birth_date=born,
        id_number=id_number(born, Sex.MALE, 450 + number, area="330106"),
        phone=f"1380571{number:04d}",
        joined_on=dt.date(born.year + 24, 7, 1),
        full_on=dt.date(born.year + 25, 7, 1),
        work_unit=f"三站市场A区{number + 1}号商户",
        work_status=WorkStatus.FLEXIBLE,
    )
    derive(member)
    member.save()
    HomeMembership.objects.create(
        member=member, organisation=home, started_on=ground.today - dt.timedelta(days=250), basis="纸质介绍信"
    )
    return member


def _registration(
    ground: Ground,
    ledger: Ledger,
    member: Member,
    receiver: Organisation,
    home: Organisation,
    number: int,
    ago: int,
    *,
    accepted: bool,
) -> None:
    """Entered by the receiver's clerk, accepted by its secretary; receipts of the last month are not posted yet."""
    moment = timezone.make_aware(dt.datetime.combine(ground.today - dt.timedelta(days=ago), dt.time(10, 0)))
    secretary = ground.secretaries[receiver.pk]
    clerk = ground.clerks.get(receiver.pk, ground.users["street_officer"])
    places = ground.placements.get(
        ground.communities.index(receiver) if receiver in ground.communities else -1, [receiver]
    )
    row = ActivityRegistration.objects.create(
        member=member,
        organisation=receiver,
        home_branch=home,
        state=S.ACTIVE if accepted else S.PENDING_ACCEPTANCE,
        placement=places[0] if accepted else None,
        reason=RegistrationReason.FLOATING,
        form=snapshot(member),
        pledge="每季度至少参加一次社区服务。",
        created_by=clerk,
        created_at=moment,
        submitted_at=moment,
        issued_by=clerk,
        handed_in_at=moment,
        accepted_by=secretary if accepted else None,
        accepted_on=moment.date() if accepted else None,
    )
    if accepted:
        Placement.objects.create(registration=row, organisation=places[0], started_on=moment.date())
    _letter(ledger, row, number, posted=ago > 30)


def _letter(ledger: Ledger, row: ActivityRegistration, number: int, *, posted: bool) -> None:
    home, receiver, clerk, moment = row.home_branch, row.organisation, row.issued_by, row.handed_in_at
    assert moment is not None  # set when it was entered
    issued = moment.date() - dt.timedelta(days=5)
    letter = IntroductionLetter(
        registration=row,
        issuer=home,
        number=f"{OUTSIDE[0][2] if home.name == OUTSIDE[0][0] else OUTSIDE[1][2]}〔{issued.year}〕{number + 11}号",
        code="".join(secrets.choice(CODE_ALPHABET) for _place in range(CODE_LENGTH)),
        origin=LetterOrigin.OUTSIDE,
        issued_by=clerk,
        issued_on=issued,
        valid_until=issued + dt.timedelta(days=60),
        content={
            "addressee": receiver.name,
            "home_branch": home.name,
            "parent_committee": home.external_parent,
            "address": home.address,
            "contact_name": home.contact_name,
            "contact_phone": home.contact_phone,
            "reason": row.reason,
            "handler": str(clerk),
            "form": row.form,
        },
    )
    if row.state == S.ACTIVE:
        letter.state, letter.verdict = LetterState.USED, ReceiptVerdict.ACCEPTED
        letter.receipt_number = ledger.number(
            f"receipt:{receiver.pk}", moment.year, f"{receiver.number_prefix()}回〔{{}}〕{{}}号"
        )
        letter.receipt_by, letter.receipt_at = row.accepted_by, moment
        if posted:
            letter.receipt_sent_on, letter.receipt_sent_by = moment.date() + dt.timedelta(days=1), clerk
    letter.save()


def _transfers(ground: Ground, outside: Organisation) -> None:
    """One on its way within the portal, one to a branch outside of it, one accepted a month ago."""
    first = ground.homes[0]
    at_first = HomeMembership.objects.open().filter(organisation=first)
    elsewhere = HomeMembership.objects.open().filter(organisation__in=ground.homes[1:])
    free, anybody = _free(), Member.objects.living().filter(exempt=False, user=None)
    coming, gone = [
        *free.filter(pk__in=elsewhere.values("member_id")).order_by("pk")[:2], None, None
    ][:2]  # fmt: skip
    leaving = anybody.filter(pk__in=at_first.values("member_id")).order_by("-pk").first()
    # The member, where to, days ago, whether accepted; a small demo has fewer.
    plan = [(coming, first, 4, False), (leaving, outside, 9, False), (gone, first, 40, True)]
    for number, (member, target, ago, accepted) in enumerate(plan, start=1):
        source = member.home_branch() if member is not None else None
        if member is None or source is None:
            continue
        sent = timezone.now() - dt.timedelta(days=ago)
        day = ground.today - dt.timedelta(days=ago - 6)
        letter = f"{source.number_prefix()}转〔{ground.today.year}〕{number + 100}号"
        HomeTransfer.objects.create(
            member=member,
            source=source,
            target=target,
            letter_number=letter,
            reason=TransferReason.NEW_UNIT if not target.external else TransferReason.MOVED_HOUSE,
            state=TransferState.ACCEPTED if accepted else TransferState.SENT,
            sent_by=ground.secretaries[source.pk],
            sent_at=sent,
            valid_until=ground.today + dt.timedelta(days=30 - ago),
            decided_by=ground.secretaries[target.pk] if accepted else None,
            decided_at=sent + dt.timedelta(days=6) if accepted else None,
        )
        if accepted:
            HomeMembership.objects.filter(member=member, ended_on=None).update(ended_on=day)
            HomeMembership.objects.create(member=member, organisation=target, started_on=day, basis=letter)
