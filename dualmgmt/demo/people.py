"""The demo's members, their homes, registrations, letters and cards."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

from django.utils import timezone
from faker import Faker

from branches.enums import Setting
from branches.models import Organisation
from dualmgmt.demo.ledger import Ledger
from dualmgmt.demo.tree import Ground
from members.actions.letters import CODE_ALPHABET, CODE_LENGTH
from members.actions.people import derive
from members.actions.registrations import snapshot
from members.enums import (
    CardEnd,
    CardState,
    LetterOrigin,
    LetterState,
    MemberKind,
    ReceiptVerdict,
    RegistrationReason,
    RegistrationState,
    Sex,
    SkillLevel,
    WorkStatus,
)
from members.idnumber import CHECK, WEIGHTS
from members.models import (
    ActivityRegistration,
    HomeMembership,
    IntroductionLetter,
    Member,
    MemberCard,
    MemberSkill,
    Placement,
    Skill,
)

S = RegistrationState


def id_number(born: dt.date, sex: str, serial: int, area: str = "370602") -> str:
    """A number that satisfies the national rule and belongs to nobody we know."""
    digits = f"{area}{born:%Y%m%d}{serial % 499 * 2 + (1 if sex == Sex.MALE else 0):03d}"
    return digits + CHECK[sum(int(d) * w for d, w in zip(digits, WEIGHTS, strict=True)) % 11]


def build(ground: Ground, ledger: Ledger, count: int) -> None:
    """*count* members with homes, then their registrations and letters."""
    members = _members(ground, count)
    _skills(ground, members)
    _registrations(ground, ledger, members)
    _letters_in_trouble(ground, ledger, members)
    _cards(ground, ledger, members)


def _members(ground: Ground, count: int) -> list[tuple[Member, Organisation]]:
    """Four of five at home in a unit, the others in a community's own branch."""
    names = Faker("zh_CN")
    names.seed_instance(20260701)
    used: set[str] = set()
    standard = [rows[0] for rows in ground.placements.values() if rows[0].setting == Setting.STANDARD]
    villages = standard[::2]
    made = []
    for number in range(count):
        home = ground.homes[number % len(ground.homes)] if number % 5 else villages[number // 5 % len(villages)]
        made.append((_member(ground, names, number, home, used), home))
    first = ground.homes[0]
    for number, key in enumerate(["member", "second_member"]):
        member = made[number][0]
        member.name, member.sex = ground.users[key].name, Sex.FEMALE
        member.birth_date = dt.date(1985, 3, 8 + number)
        member.id_number = id_number(member.birth_date, Sex.FEMALE, 77)
        member.user, member.exempt, member.exempt_reason = ground.users[key], False, ""
        member.work_status, member.kind = WorkStatus.IN_SERVICE, MemberKind.FULL
        member.work_unit = "芝罘区税务局"
        made[number] = (member, first)
    for member, _home in made:
        derive(member)
    Member.objects.bulk_create([member for member, _home in made], batch_size=500)
    HomeMembership.objects.bulk_create(
        HomeMembership(member=member, organisation=home, started_on=dt.date(2018, 1, 1), basis="历史数据")
        for member, home in made
    )
    return made


def _member(ground: Ground, names: Faker, number: int, home: Organisation, used: set[str]) -> Member:
    rng = ground.rng
    sex = Sex.MALE if rng.random() < 0.62 else Sex.FEMALE
    born = dt.date(rng.randint(1950, 2000), rng.randint(1, 12), rng.randint(1, 28))
    serial = rng.randrange(499)
    while (digits := id_number(born, sex, serial)) in used:
        serial += 1
    used.add(digits)
    age = ground.today.year - born.year
    joined = dt.date(min(born.year + rng.randint(20, 34), ground.today.year - 2), 7, 1)
    fresh = ground.today.year - joined.year <= 2 and rng.random() < 0.3
    return Member(
        name=names.name_male() if sex == Sex.MALE else names.name_female(),
        sex=sex,
        ethnicity="汉族",
        birth_date=born,
        education=rng.choice(["大学本科", "大学专科", "研究生", "高中"]),
        id_number=digits,
        phone=f"1390535{number:04d}",
        home_address=f"芝罘区环山路{rng.randint(1, 200)}号{rng.randint(1, 20)}号楼",
        kind=MemberKind.PROBATIONARY if fresh else MemberKind.FULL,
        joined_on=joined,
        full_on=None if fresh else joined.replace(year=joined.year + 1),
        work_unit=home.unit.name if home.unit else "",
        work_status=WorkStatus.RETIRED if age > (60 if sex == Sex.MALE else 55) else WorkStatus.IN_SERVICE,
        exempt=age > 74,
        exempt_reason="年老体弱" if age > 74 else "",
    )


def _skills(ground: Ground, members: list[tuple[Member, Organisation]]) -> None:
    """Levels in turn; professionals have a certificate, one in four of them an expired one."""
    skills = list(Skill.objects.all())
    levels = [SkillLevel.BASIC, SkillLevel.PROFICIENT, SkillLevel.PROFESSIONAL]
    rows: list[MemberSkill] = []
    for number, (member, _home) in enumerate(members):
        for skill in ground.rng.sample(skills, k=2 if number < 2 else ground.rng.choice([0, 1, 1, 2])):
            level = levels[len(rows) % 3]
            row = MemberSkill(member=member, skill=skill, level=level)
            if level == SkillLevel.PROFESSIONAL:
                row.certificate = f"{skill.name}职业资格证书"
                days = -90 if len(rows) % 12 == 2 else 700
                row.certificate_valid_until = ground.today + dt.timedelta(days=days)
            rows.append(row)
    MemberSkill.objects.bulk_create(rows, batch_size=500)


def _registrations(ground: Ground, ledger: Ledger, members: list[tuple[Member, Organisation]]) -> None:
    """About three quarters of those expected; a few in two places; some still under way."""
    rng = ground.rng
    plan: list[tuple[Member, Organisation, Organisation, str, int]] = []
    for number, (member, home) in enumerate(members):
        if number == 0 or member.exempt or (number > 1 and rng.random() > 0.78):
            continue
        places = rng.sample(ground.communities, k=2 if rng.random() < 0.06 else 1)
        if number == 1 or number % 40 == 2:
            places = [ground.communities[0]]
        for place in places:
            if not home.path.startswith(place.path):
                plan.append((member, home, place, S.ACTIVE, rng.randint(220, 640)))
    waiting = [S.PENDING_LETTER] * 8 + [S.PENDING_ACCEPTANCE] * 10 + [S.RETURNED] * 4
    taken = {member.pk for member, *_rest in plan}
    free = [(m, h) for m, h in members[2:] if m.pk not in taken and not m.exempt]
    for number, (state, (member, home)) in enumerate(zip(waiting, free, strict=False)):
        near = ground.communities[0] if number % 3 == 0 else rng.choice(ground.communities)
        if not home.path.startswith(near.path):
            plan.append((member, home, near, state, rng.randint(1, 12)))
    rows = [_registration(ground, *line) for line in plan]
    ActivityRegistration.objects.bulk_create(rows, batch_size=500)
    Placement.objects.bulk_create(
        [
            Placement(registration=row, organisation=row.placement, started_on=row.accepted_on)
            for row in rows
            if row.placement is not None and row.accepted_on is not None
        ],
        batch_size=500,
    )
    letters = [_letter(ledger, row) for row in rows if row.state in (S.ACTIVE, S.PENDING_ACCEPTANCE)]
    IntroductionLetter.objects.bulk_create(letters, batch_size=500)


def _registration(
    ground: Ground, member: Member, home: Organisation, place: Organisation, state: str, ago: int
) -> ActivityRegistration:
    asked = timezone.make_aware(dt.datetime.combine(ground.today - dt.timedelta(days=ago), dt.time(9, 30)))
    active = state == S.ACTIVE
    handed_in = state in (S.ACTIVE, S.PENDING_ACCEPTANCE)
    issued = handed_in or state in (S.ISSUED, S.EXPIRED)
    return ActivityRegistration(
        member=member,
        organisation=place,
        home_branch=home,
        state=state,
        placement=ground.rng.choice(ground.placements[ground.communities.index(place)]) if active else None,
        reason=ground.rng.choice(
            [RegistrationReason.RESIDENCE, RegistrationReason.RESIDENCE, RegistrationReason.PAIRED]
        ),
        form=snapshot(member),
        pledge="每季度至少参加一次社区服务。",
        created_by=member.user,
        created_at=asked,
        submitted_at=asked,
        issued_by=ground.secretaries.get(home.pk) if issued else None,
        handed_in_at=asked if handed_in else None,
        accepted_by=ground.secretaries[place.pk] if active else None,
        accepted_on=asked.date() + dt.timedelta(days=2) if active else None,
        remark="住址与社区不符，请核对后重新提交。" if state == S.RETURNED else "",
    )


# State of the registration, days since it was asked for, and its letters: days since issue, way, why it is void.
_TROUBLES: list[tuple[str, int, list[tuple[int, str, str]]]] = [
    (S.PENDING_ACCEPTANCE, 60, [(58, LetterOrigin.PORTAL, "")]),  # overdue, the committee is asked
    (S.ISSUED, 25, [(25, LetterOrigin.PAPER, "")]),  # ends in five days
    (S.PENDING_LETTER, 12, [(11, LetterOrigin.PAPER, "抬头填写有误，作废后重新开具。")]),
    (S.EXPIRED, 45, [(44, LetterOrigin.PAPER, "逾期未交。")]),
    (S.ISSUED, 52, [(51, LetterOrigin.PAPER, "逾期未交。"), (6, LetterOrigin.PAPER, "")]),
    (S.PENDING_ACCEPTANCE, 15, [(14, LetterOrigin.PAPER, "途中遗失。"), (2, LetterOrigin.PORTAL, "")]),
]


def _letters_in_trouble(ground: Ground, ledger: Ledger, members: list[tuple[Member, Organisation]]) -> None:
    """Voided, lost, run out, issued anew, left lying: of the first home branch as far as it has people to spare."""
    taken = set(ActivityRegistration.objects.values_list("member_id", "organisation_id"))
    people = [pair for pair in members[2:] if not pair[0].exempt]
    people.sort(key=lambda pair: pair[1] != ground.homes[0])
    for number, ((state, ago, issues), (member, home)) in enumerate(zip(_TROUBLES, people, strict=False)):
        near = ground.communities[number % 3 + 1 :]
        place = next(row for row in near if not home.path.startswith(row.path) and (member.pk, row.pk) not in taken)
        row = _registration(ground, member, home, place, state, ago)
        row.issued_by = ground.secretaries.get(home.pk)
        row.save()
        before = None
        for days, origin, why in issues:
            letter = _letter(ledger, row, ground.today - dt.timedelta(days=days))
            letter.origin, letter.replaces = origin, before
            if why:
                ended = min(letter.valid_until + dt.timedelta(days=1), ground.today - dt.timedelta(days=1))
                letter.state, letter.void_reason = LetterState.VOID, why
                letter.voided_at = timezone.make_aware(dt.datetime.combine(ended, dt.time(0, 30)))
            letter.save()
            before = letter


def _letter(ledger: Ledger, row: ActivityRegistration, issued: dt.date | None = None) -> IntroductionLetter:
    issued = issued or timezone.localtime(row.submitted_at).date()
    used = row.state == S.ACTIVE
    home = row.home_branch
    letter = IntroductionLetter(
        registration=row,
        issuer=home,
        number=ledger.number(f"letter:{home.pk}", issued.year, f"{home.number_prefix()}介〔{{}}〕{{}}号"),
        code="".join(secrets.choice(CODE_ALPHABET) for _place in range(CODE_LENGTH)),
        issued_by=row.issued_by,
        issued_on=issued,
        valid_until=issued + dt.timedelta(days=30),
        state=LetterState.USED if used else LetterState.VALID,
        content=_content(row),
    )
    if used and row.accepted_on:
        receiver = row.organisation
        letter.verdict = ReceiptVerdict.ACCEPTED
        letter.receipt_number = ledger.number(
            f"receipt:{receiver.pk}", row.accepted_on.year, f"{receiver.number_prefix()}回〔{{}}〕{{}}号"
        )
        letter.receipt_by = row.accepted_by
        letter.receipt_at = timezone.make_aware(dt.datetime.combine(row.accepted_on, dt.time(15, 0)))
        letter.receipt_seen_at = letter.receipt_at + dt.timedelta(days=1)
    return letter


def _content(row: ActivityRegistration) -> dict[str, Any]:
    home = row.home_branch
    return {
        "addressee": row.organisation.name,
        "home_branch": home.name,
        "parent_committee": "",
        "address": home.address,
        "contact_name": home.contact_name,
        "contact_phone": home.contact_phone,
        "reason": row.reason,
        "handler": str(row.issued_by or ""),
        "form": row.form,
    }


def _cards(ground: Ground, ledger: Ledger, members: list[tuple[Member, Organisation]]) -> None:
    year = ground.today.year
    MemberCard.objects.bulk_create(
        MemberCard(
            member=member,
            issuer=home,
            state=CardState.ACTIVE,
            token=secrets.token_urlsafe(24),
            issued_on=ground.today,
            number=ledger.number(f"card:{home.pk}", year, f"{home.number_prefix()}-{{}}-{{:04d}}"),
        )
        for member, home in members[1::3]
    )
    # Lost ones, to be issued anew.
    MemberCard.objects.bulk_create(
        MemberCard(
            member=member,
            issuer=home,
            state=CardState.LOST,
            token=secrets.token_urlsafe(24),
            issued_on=dt.date(year - 1, 6, 1),
            ended_on=ground.today - dt.timedelta(days=3),
            end_reason=CardEnd.LOST,
            number=ledger.number(f"card:{home.pk}", year - 1, f"{home.number_prefix()}-{{}}-{{:04d}}"),
        )
        for member, home in members[2::90]
    )
