"""The demo's ground: divisions, organisations, units, appointments."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, field
from pathlib import Path

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from branches.enums import Kind, Role, Sector, Setting
from branches.imports import divisions
from branches.models import Appointment, Division, Organisation, Unit
from branches.rules import FIRST_OFFICES_AT_LEAST
from dualmgmt.demo import ROOT_CODE
from dualmgmt.demo.personas import BY_KEY, PERSONAS
from dualmgmt.demo.texts import THEMES, UNITS
from dualmgmt.lib.actors import SYSTEM
from members.models import User

CITY, DISTRICT = "370600", "370602"


@dataclass
class Ground:
    """What later steps build on."""

    rng: random.Random
    today: dt.date
    communities: list[Organisation] = field(default_factory=list)
    homes: list[Organisation] = field(default_factory=list)
    placements: dict[int, list[Organisation]] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    secretaries: dict[int, User] = field(default_factory=dict)
    clerks: dict[int, User] = field(default_factory=dict)


def short(name: str) -> str:
    """友谊街社区居民委员会 → 友谊街社区."""
    for ending in ("居民委员会", "村民委员会"):
        name = name.removesuffix(ending)
    return name


class Grower:
    """Adds nodes with computed tree paths, so that the tree is inserted in one go per level."""

    def __init__(self) -> None:
        self._children: dict[str, int] = {}

    def node(self, parent: Organisation | None, **fields: object) -> Organisation:
        base = parent.path if parent else ""
        number = self._children.get(base, 0) + 1
        self._children[base] = number
        path = Organisation._get_path(base, len(base) // Organisation.steplen + 1, number)
        if parent is not None:
            parent.numchild += 1
        return Organisation(path=path, depth=len(path) // Organisation.steplen, **fields)


def build(ground: Ground, *, communities: int | None = None) -> None:
    """Make divisions and organisations; *communities* limits how many receive, for tests."""
    source = Path(__file__).with_name("yantai_divisions.csv")
    divisions.load(divisions.parse(source.read_bytes()), by=SYSTEM, source=source.name)
    _organisations(ground, communities)
    _accounts(ground)


def _organisations(ground: Ground, limit: int | None) -> None:
    grow = Grower()
    rows: list[Organisation] = []

    def add(parent: Organisation | None, **fields: object) -> Organisation:
        row = grow.node(parent, **fields)
        rows.append(row)
        return row

    in_force = {row.code: row for row in Division.objects.in_force().filter(path__startswith=f"{CITY}/")}
    city, district = in_force[CITY], in_force[DISTRICT]
    top = add(
        None,
        code=ROOT_CODE,
        name=f"中共{city.name}委员会",
        short_code="烟",
        kind=Kind.COMMITTEE,
        leads=city,
        division=city,
    )
    zhifu = add(
        top,
        code="DEMO-ZF",
        name=f"中共{district.name}委员会",
        short_code="芝",
        kind=Kind.COMMITTEE,
        leads=district,
        division=district,
    )
    for division in sorted((row for row in in_force.values() if row.parent_id == district.pk), key=lambda d: d.code):
        street = add(
            zhifu,
            code=division.code,
            name=f"{division.name}党工委",
            short_code=division.name[:2],
            kind=Kind.COMMITTEE,
            leads=division,
            division=division,
            contact_phone="0535-6200000",
            address=f"{district.name}{division.name}",
        )
        places = sorted((row for row in in_force.values() if row.parent_id == division.pk), key=lambda d: d.code)
        for place in places:
            if limit is not None and len(ground.communities) >= limit:
                break
            _community(ground, add, street, place)
    _works(ground, add, zhifu, district)
    _elections(ground)
    Organisation.objects.bulk_create(rows, batch_size=500)


def _community(ground: Ground, add: object, street: Organisation, place: Division) -> None:
    name = short(place.name)
    community = add(  # type: ignore[operator]
        street,
        code=place.code,
        name=f"{name}党委",
        short_code=name.removesuffix("社区")[:4],
        kind=Kind.COMMITTEE,
        leads=place,
        division=place,
        accepts_registrations=True,
        contact_name="值班室",
        contact_phone="0535-6200000",
    )
    index = len(ground.communities)
    below = [
        add(community, code=f"{place.code}-1", name=f"{name}第一党支部", kind=Kind.BRANCH, division=place)  # type: ignore[operator]
    ]
    if index % 3 == 0:
        theme = THEMES[index // 3 % len(THEMES)]
        below.append(
            add(  # type: ignore[operator]
                community,
                code=f"{place.code}-T",
                name=f"{name}{theme}特色党支部",
                kind=Kind.BRANCH,
                setting=Setting.THEMED,
                theme=theme,
                purpose=f"把有{theme}专长的登记党员编在一起，为居民服务。",
                division=place,
            )
        )
    ground.communities.append(community)
    ground.placements[index] = below


def _elections(ground: Ground) -> None:
    """Terms of three years; every fifth home branch elects anew within two months."""
    for number, home in enumerate(ground.homes):
        ends = ground.today + dt.timedelta(days=60 if number % 5 == 0 else 500)
        home.elected_on, home.term_ends_on = ends - dt.timedelta(days=3 * 365), ends
        home.committee_size = 3


def _works(ground: Ground, add: object, zhifu: Organisation, district: Division) -> None:
    """Home units below the organs' work committee; the market as a receiver of its own kind."""
    works = add(zhifu, code="DEMO-JG", name=f"{district.name}直机关工委", short_code="芝机", kind=Kind.COMMITTEE)  # type: ignore[operator]
    units = [Unit(name=f"芝罘区{name}", sector=sector, division=district, headcount=120) for name, sector in UNITS]
    Unit.objects.bulk_create(units)
    for number, unit in enumerate(units):
        label = unit.name.removeprefix("芝罘区")
        fields = {"unit": unit, "sector": unit.sector, "division": district, "contact_name": "党务办公室"}
        code = f"DEMO-U{number:02d}"
        letters = f"芝{label[:2]}"
        if number % 2 == 0:
            head = add(works, code=code, name=f"{unit.name}党委", short_code=letters, kind=Kind.COMMITTEE, **fields)  # type: ignore[operator]
            for ordinal, word in enumerate("一二" if number % 4 == 0 else "一二三"[: 1 + number % 3], start=1):
                ground.homes.append(
                    add(  # type: ignore[operator]
                        head,
                        code=f"{code}-{ordinal}",
                        name=f"{label}第{word}党支部",
                        short_code=f"{letters}{word}",
                        kind=Kind.BRANCH,
                        contact_name="支部办公室",
                        contact_phone="0535-6210000",
                        address=f"{district.name}环山路{number + 1}号",
                    )
                )
        else:
            joint = Setting.JOINT if unit.sector == Sector.SOCIAL_ORGANISATION else Setting.STANDARD
            ground.homes.append(
                add(
                    works,
                    code=code,
                    name=f"{label}党支部",
                    short_code=letters,
                    kind=Kind.BRANCH,
                    setting=joint,
                    **fields,
                )  # type: ignore[operator]
            )
    market = add(  # type: ignore[operator]
        zhifu,
        code="DEMO-SZ",
        name="三站市场党委",
        short_code="三站",
        kind=Kind.COMMITTEE,
        accepts_registrations=True,
        division=district,
    )
    ground.placements[len(ground.communities)] = [
        add(
            market,
            code=f"DEMO-SZ-{n}",
            name=f"三站市场{theme}特色党支部",
            kind=Kind.BRANCH,
            setting=Setting.MIXED,
            theme=theme,
            purpose=f"管理部门党员与商户党员混合编组，在市场里开展{theme}。",
        )  # type: ignore[operator]
        for n, theme in enumerate(THEMES[:2], start=1)
    ]
    ground.communities.append(market)


def _accounts(ground: Ground) -> None:
    """Persona accounts with the demo's password; officers elsewhere have accounts nobody can sign in to."""
    password = make_password(BY_KEY["member"].password)
    users = [User(username=p.username, name=p.name, password=password) for p in PERSONAS]
    places = [*ground.communities, *ground.homes]
    for number, place in enumerate(places):
        users.append(User(username=f"demo-s{number}", name=f"{place.short_code or place.name[:4]}书记", password="!"))
    for number, place in enumerate(ground.communities):
        users.append(User(username=f"demo-c{number}", name=f"{place.short_code}干事", password="!"))
    User.objects.bulk_create(users)
    ground.users = {p.key: user for p, user in zip(PERSONAS, users, strict=False)}
    officers = users[len(PERSONAS) :]
    ground.secretaries = {place.pk: user for place, user in zip(places, officers, strict=False)}
    ground.clerks = {place.pk: user for place, user in zip(ground.communities, officers[len(places) :], strict=True)}
    first_community, first_home = ground.communities[0], ground.homes[0]
    ground.secretaries[first_community.pk] = ground.users["community_secretary"]
    ground.clerks[first_community.pk] = ground.users["community_clerk"]
    ground.secretaries[first_home.pk] = ground.users["home_secretary"]
    by_code = {row.code: row for row in Organisation.objects.filter(depth__lte=4)}
    posts = [(user, pk, Role.SECRETARY) for pk, user in ground.secretaries.items()]
    posts += [(user, pk, Role.CLERK) for pk, user in ground.clerks.items()]
    posts += [
        (ground.users["unit_secretary"], by_code["DEMO-U00"].pk, Role.SECRETARY),
        (ground.users["street_officer"], by_code["370602001"].pk, Role.SECRETARY),
        (ground.users["department"], by_code["DEMO-ZF"].pk, Role.DEPARTMENT_OFFICER),
        (ground.users["auditor"], by_code[ROOT_CODE].pk, Role.AUDITOR),
        (ground.users["system_admin"], by_code[ROOT_CODE].pk, Role.SYSTEM_ADMIN),
        (ground.users["security_admin"], by_code[ROOT_CODE].pk, Role.SECURITY_ADMIN),
        (ground.users["security_admin2"], by_code[ROOT_CODE].pk, Role.SECURITY_ADMIN),
    ]
    for index, below in ground.placements.items():
        # A community's own branches have no secretary of their own yet: the community's acts for them.
        for branch in below:
            ground.secretaries[branch.pk] = ground.secretaries[ground.communities[index].pk]
    Appointment.objects.bulk_create(
        Appointment(
            user=user,
            organisation_id=pk,
            role=role,
            starts_on=ground.today - dt.timedelta(days=700),
            approved_at=timezone.now(),
            # The first administrators and the department come with `bootstrap`; the department proposes everybody else.
            granted_by=None if role in FIRST_OFFICES_AT_LEAST else ground.users["department"],
            approved_by=None if role in FIRST_OFFICES_AT_LEAST else ground.users["security_admin"],
        )
        for user, pk, role in posts
    )
