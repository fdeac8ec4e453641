"""A small city that every test may use: two streets, three communities, two units, all personas.

::

    city ─┬─ district ─┬─ street ─┬─ community (receives)  ─ themed (branch, themed)
          │            │          └─ community2 (receives)
          │            ├─ street2 ── community3 (receives)   ← never in anybody's scope but its own
          │            └─ works (committee) ─┬─ bureau (committee, unit tax) ─┬─ branch_a
          │                                  │                                └─ branch_b
          │                                  └─ hospital (general branch, unit hospital) ─ branch_c
"""

from __future__ import annotations

from dataclasses import dataclass, field

from branches.enums import Kind, Level, Role, Sector, Setting
from branches.models import Division, Organisation, Unit
from members.models import Member, User
from tests.factories import (
    AppointmentFactory,
    DivisionFactory,
    MemberFactory,
    OrganisationFactory,
    UnitFactory,
    UserFactory,
)


@dataclass
class World:
    """Rows by name; ``users`` holds one account per persona."""

    divisions: dict[str, Division] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)
    organisations: dict[str, Organisation] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Organisation:
        try:
            return self.__dict__["organisations"][name]
        except KeyError:
            raise AttributeError(name) from None


def _divisions(world: World) -> None:
    plan = [
        ("city", Level.CITY, None, "370600", "烟台市"),
        ("district", Level.DISTRICT, "city", "370602", "芝罘区"),
        ("street", Level.STREET, "district", "370602001", "向阳街道"),
        ("street2", Level.STREET, "district", "370602002", "东山街道"),
        ("community", Level.COMMUNITY, "street", "370602001001", "友谊街社区"),
        ("community2", Level.COMMUNITY, "street", "370602001002", "建昌街社区"),
        ("community3", Level.COMMUNITY, "street2", "370602002001", "东山社区"),
    ]
    for key, level, parent, code, name in plan:
        world.divisions[key] = DivisionFactory(
            code=code, name=name, level=level, parent=world.divisions[parent] if parent else None
        )


def _organisations(world: World) -> None:
    world.units["bureau"] = UnitFactory(name="芝罘区税务局")
    world.units["hospital"] = UnitFactory(name="毓璜顶医院", sector=Sector.INSTITUTION)
    plan = [
        ("city", None, Kind.COMMITTEE, "中共烟台市委员会", {}),
        ("district", "city", Kind.COMMITTEE, "中共芝罘区委员会", {}),
        ("street", "district", Kind.COMMITTEE, "向阳街道党工委", {}),
        ("street2", "district", Kind.COMMITTEE, "东山街道党工委", {}),
        ("community", "street", Kind.COMMITTEE, "友谊街社区党委", {"accepts_registrations": True}),
        ("themed", "community", Kind.BRANCH, "法律服务特色党支部", {"setting": Setting.THEMED, "theme": "法律服务"}),
        ("community2", "street", Kind.COMMITTEE, "建昌街社区党委", {"accepts_registrations": True}),
        ("community3", "street2", Kind.COMMITTEE, "东山社区党委", {"accepts_registrations": True}),
        ("works", "district", Kind.COMMITTEE, "芝罘区直机关工委", {}),
        ("bureau", "works", Kind.COMMITTEE, "芝罘区税务局党委", {"unit": world.units["bureau"]}),
        ("branch_a", "bureau", Kind.BRANCH, "税务局第一党支部", {}),
        ("branch_b", "bureau", Kind.BRANCH, "税务局第二党支部", {}),
        ("hospital", "works", Kind.GENERAL_BRANCH, "毓璜顶医院党总支", {"unit": world.units["hospital"]}),
        ("branch_c", "hospital", Kind.BRANCH, "毓璜顶医院第一党支部", {}),
    ]
    for key, parent, kind, name, extra in plan:
        world.organisations[key] = OrganisationFactory(
            code=f"T-{key}",
            short_code=key.upper(),
            name=name,
            kind=kind,
            parent=world.organisations[parent] if parent else None,
            leads=world.divisions.get(key),
            division=world.divisions.get(key),
            **extra,
        )


# persona → (organisation, role); personas without a row here are members or nobody.
OFFICERS = {
    "home_secretary": ("branch_a", Role.SECRETARY),
    "other_secretary": ("branch_c", Role.SECRETARY),
    "unit_secretary": ("bureau", Role.SECRETARY),
    "community_secretary": ("community", Role.SECRETARY),
    "community_clerk": ("community", Role.CLERK),
    "other_community_secretary": ("community3", Role.SECRETARY),
    "street_officer": ("street", Role.SECRETARY),
    "department_officer": ("city", Role.DEPARTMENT_OFFICER),
    "system_admin": ("city", Role.SYSTEM_ADMIN),
    "security_admin": ("city", Role.SECURITY_ADMIN),
    "auditor": ("city", Role.AUDITOR),
}


def build() -> World:
    """Make the city. Members: ``li`` (branch_a, account "member"), ``wang`` (branch_b, account
    "other_member"), ``zhao`` (branch_c, no account). ``stranger`` is an account without anything.
    """
    world = World()
    _divisions(world)
    _organisations(world)
    for name, (organisation, role) in OFFICERS.items():
        world.users[name] = UserFactory(username=name, name=name)
        AppointmentFactory(user=world.users[name], organisation=world.organisations[organisation], role=role)
    for key, name, home, account in [
        ("li", "李建国", "branch_a", "member"),
        ("wang", "王丽华", "branch_b", "other_member"),
        ("zhao", "赵海", "branch_c", None),
    ]:
        user = UserFactory(username=account, name=name) if account else None
        if account and user:
            world.users[account] = user
        world.members[key] = MemberFactory(name=name, home=world.organisations[home], user=user)
    world.users["stranger"] = UserFactory(username="stranger", name="无关人员")
    return world
