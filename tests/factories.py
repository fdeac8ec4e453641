"""Rows for tests. Each factory makes a valid row and nothing it was not asked for."""

from __future__ import annotations

import datetime as dt
from typing import Any

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from branches.enums import Kind, Level, Role, Sector
from branches.models import Appointment, Division, Organisation, Unit
from dualmgmt.lib.secrets import lookup_hash
from evaluations.models import FactualFeedback, Period
from members.enums import RegistrationState, Sex
from members.models import ActivityRegistration, HomeMembership, Member, Skill, User
from projects.enums import ProjectState
from projects.models import Category, Claim, Need, ServiceProject, ServiceRecord

PASSWORD = "xiangyang-2026"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def id_number(serial: int, *, born: dt.date = dt.date(1980, 5, 17), area: str = "370602", sex: str = Sex.MALE) -> str:
    """A valid ID number (GB 11643-1999) that belongs to nobody we know."""
    digits = f"{area}{born:%Y%m%d}{serial % 500 * 2 + (1 if sex == Sex.MALE else 0):03d}"
    return digits + "10X98765432"[sum(int(d) * w for d, w in zip(digits, WEIGHTS, strict=True)) % 11]


class DivisionFactory(DjangoModelFactory[Division]):
    class Meta:
        model = Division

    code = factory.Sequence(lambda n: f"{990000 + n}")
    name = factory.Sequence(lambda n: f"第{n}社区")
    level = Level.COMMUNITY
    valid_from = dt.date(2023, 1, 1)
    path = factory.LazyAttribute(lambda row: f"{row.parent.path if row.parent else ''}{row.code}/")
    parent = None


class UnitFactory(DjangoModelFactory[Unit]):
    class Meta:
        model = Unit

    name = factory.Sequence(lambda n: f"第{n}单位")
    sector = Sector.ORGAN


class OrganisationFactory(DjangoModelFactory[Organisation]):
    """``parent=`` puts it in the tree; without, it is a root. Its own committee and term are on record."""

    class Meta:
        model = Organisation

    code = factory.Sequence(lambda n: f"ORG{n:04d}")
    name = factory.Sequence(lambda n: f"第{n}党支部")
    kind = Kind.BRANCH


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"user{n}")
    name = factory.Sequence(lambda n: f"用户{n}")
    password = "!"  # tests sign in with force_login; browser journeys set a real one


class AppointmentFactory(DjangoModelFactory[Appointment]):
    class Meta:
        model = Appointment

    user = factory.SubFactory(UserFactory)
    role = Role.SECRETARY
    starts_on = dt.date(2024, 1, 1)
    approved_at = factory.LazyFunction(timezone.now)


class MemberFactory(DjangoModelFactory[Member]):
    """``home=`` opens the home membership, on 2015-01-01 unless ``home_since`` says else."""

    class Meta:
        model = Member
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"党员{n}")
    sex = Sex.MALE
    birth_date = dt.date(1980, 5, 17)
    id_number = factory.Sequence(lambda n: id_number(n % 500, born=dt.date(1960, 1, 1) + dt.timedelta(days=n // 500)))
    id_hash = factory.LazyAttribute(lambda row: lookup_hash(row.id_number))
    phone = factory.Sequence(lambda n: f"138{n:08d}")
    phone_hash = factory.LazyAttribute(lambda row: lookup_hash(row.phone))
    joined_on = dt.date(2005, 7, 1)

    @factory.post_generation
    def home(self: Member, create: bool, extracted: Organisation | None, **kwargs: Any) -> None:
        if extracted is not None:
            HomeMembership.objects.create(
                member=self, organisation=extracted, started_on=kwargs.get("since", dt.date(2015, 1, 1))
            )


class SkillFactory(DjangoModelFactory[Skill]):
    class Meta:
        model = Skill

    code = factory.Sequence(lambda n: f"S{n}")
    name = factory.Sequence(lambda n: f"专长{n}")


class RegistrationFactory(DjangoModelFactory[ActivityRegistration]):
    """An accepted registration unless ``state`` says else; ``home_branch`` defaults to the member's."""

    class Meta:
        model = ActivityRegistration

    home_branch = factory.LazyAttribute(lambda row: row.member.home_branch())
    state = RegistrationState.ACTIVE
    accepted_on = dt.date(2025, 3, 1)


class CategoryFactory(DjangoModelFactory[Category]):
    class Meta:
        model = Category

    code = factory.Sequence(lambda n: f"C{n}")
    name = factory.Sequence(lambda n: f"类别{n}")


class NeedFactory(DjangoModelFactory[Need]):
    class Meta:
        model = Need

    text = factory.Sequence(lambda n: f"楼道灯不亮,第{n}单元")
    tracking_code = factory.Sequence(lambda n: f"T{n:07d}")


class ProjectFactory(DjangoModelFactory[ServiceProject]):
    """A published one-off project with three places."""

    class Meta:
        model = ServiceProject

    number = factory.Sequence(lambda n: f"项2026-{n:04d}")
    title = factory.Sequence(lambda n: f"义务巡逻{n}")
    category = factory.SubFactory(CategoryFactory)
    description = "晚间在小区内巡逻,提醒居民关好门窗。"
    place = "社区广场"
    places = 3
    state = ProjectState.PUBLISHED
    published_at = factory.LazyFunction(timezone.now)


class ClaimFactory(DjangoModelFactory[Claim]):
    """A confirmed claim row; it does not move ``ServiceProject.taken`` (actions do)."""

    class Meta:
        model = Claim

    ordinal = factory.Sequence(lambda n: n + 1)


class RecordFactory(DjangoModelFactory[ServiceRecord]):
    class Meta:
        model = ServiceRecord

    member = factory.SelfAttribute("claim.member")
    service_date = dt.date(2026, 7, 10)
    hours = 2
    people_served = 5
    content = "巡逻两小时,劝导三起占用消防通道。"


class PeriodFactory(DjangoModelFactory[Period]):
    class Meta:
        model = Period

    code = "2026Q3"
    name = "2026年第三季度"
    starts_on = dt.date(2026, 6, 1)
    ends_on = dt.date(2026, 8, 31)
    feedback_due_on = dt.date(2026, 9, 21)
    compile_on = dt.date(2026, 9, 29)
    acknowledge_due_on = dt.date(2026, 10, 20)
    guide_due_on = dt.date(2026, 10, 30)


class FeedbackFactory(DjangoModelFactory[FactualFeedback]):
    class Meta:
        model = FactualFeedback
