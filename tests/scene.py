"""One of everything in the small city: the rows that pages, lists and forms are tried on."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import timezone

from branches.actions import appointments
from branches.actions.pairings import offer, pair
from branches.enums import Role
from branches.models import Appointment, Pairing, PairingResource
from dualmgmt.lib.actors import SYSTEM
from dualmgmt.lib.clock import today
from evaluations.actions import feedback
from evaluations.compile import runs
from evaluations.models import FactualFeedback, FeedbackReport, Period, ReportRun
from members.actions import (
    accounts,
    batches,
    cards,
    corrections,
    desk,
    disclosures,
    letters,
    registrations,
    skills,
    transfers,
)
from members.enums import CorrectionField, DisclosedField, Purpose, RegistrationReason, SkillLevel, TransferReason
from members.models import (
    ActivationSlip,
    ActivityRegistration,
    CorrectionRequest,
    Disclosure,
    HomeTransfer,
    IntroductionLetter,
    Member,
    ReportInBatch,
    Skill,
)
from projects.actions import claims, records
from projects.models import Claim, Need, ServiceProject, ServiceRecord
from tests.factories import (
    AppointmentFactory,
    CategoryFactory,
    MemberFactory,
    NeedFactory,
    PeriodFactory,
    ProjectFactory,
    RegistrationFactory,
    SkillFactory,
    UserFactory,
)
from tests.members.outside import accepted
from tests.world import World


@dataclass
class Scene:
    """``registration`` li → community, accepted; ``asked`` li → community2, waiting for its letter."""

    world: World
    registration: ActivityRegistration
    letter: IntroductionLetter
    asked: ActivityRegistration
    need: Need
    project: ServiceProject
    claim: Claim
    branch_claim: Claim
    record: ServiceRecord
    period: Period
    feedback: FactualFeedback
    run: ReportRun
    report: FeedbackReport
    walk_in: ActivityRegistration
    outside_letter: IntroductionLetter
    transfer: HomeTransfer
    pairing: Pairing
    resource: PairingResource
    batch: ReportInBatch
    office: Appointment
    proposal: Appointment
    slip: ActivationSlip
    disclosure: Disclosure
    correction: CorrectionRequest
    skill: Skill


def register(world: World, member: str, receiver: str, *, issuer: str, accepter: str) -> ActivityRegistration:
    """A registration brought through its whole way by the real actions."""
    registration = ask(world, member, receiver)
    letters.issue(registration=registration, valid_days=30, by=world.users[issuer])
    letters.accept(registration=registration, placement=registration.organisation, by=world.users[accepter])
    return registration


def ask(world: World, member: str, receiver: str) -> ActivityRegistration:
    """A registration that waits for its letter."""
    person = world.members[member]
    registration = registrations.start(
        member=person,
        organisation=world.organisations[receiver],
        reason="residence",
        form={},
        pledge="",
        by=person.user or SYSTEM,
    )
    registrations.submit(registration=registration, by=person.user or SYSTEM)
    return registration


def verified_record(world: World, claim: Claim, *, day: dt.date, hours: str = "2") -> ServiceRecord:
    """A verified record on *day*; the claim is dated back so that the day is possible."""
    Claim.objects.filter(pk=claim.pk).update(claimed_at=timezone.now() - dt.timedelta(days=400))
    claim.refresh_from_db()
    assert claim.member is not None
    record = records.state(
        claim=claim,
        member=claim.member,
        service_date=day,
        hours=Decimal(hours),
        people_served=5,
        content="巡逻",
        by=claim.member.user or SYSTEM,
    )
    records.verify(record=record, by=world.users["community_clerk"])
    return record


# Sibling and ancestor of those in tests.world: persona → (organisation, role).
NEIGHBOURS = {
    "sibling_secretary": ("branch_b", Role.SECRETARY),
    "sibling_community_secretary": ("community2", Role.SECRETARY),
    "district_secretary": ("district", Role.SECRETARY),
}


def set_up(world: World) -> Scene:
    for name, (organisation, role) in NEIGHBOURS.items():
        world.users[name] = UserFactory(username=name, name=name)
        AppointmentFactory(user=world.users[name], organisation=world.organisations[organisation], role=role)
    registration = register(world, "li", "community", issuer="home_secretary", accepter="community_secretary")
    asked = ask(world, "li", "community2")
    # zhao of another unit is registered too: the row that must not leak.
    RegistrationFactory(member=world.members["zhao"], organisation=world.community3)
    cards.issue(member=world.members["li"], by=world.users["home_secretary"])
    category = CategoryFactory()
    need = NeedFactory(organisation=world.community, category=category)
    NeedFactory(organisation=world.community3)
    fields: dict[str, Any] = {"organisation": world.community, "category": category, "places": 6}
    project = ProjectFactory(author=world.users["community_clerk"], **fields)
    claim = claims.claim_as_member(project=project, member=world.members["li"], by=world.users["member"])
    branch_claim = claims.claim_as_branch(
        project=project, branch=world.branch_a, places=2, by=world.users["home_secretary"]
    )
    record = _record(world, claim)
    period = _period()
    ActivityRegistration.objects.filter(pk=registration.pk).update(accepted_on=period.starts_on)
    registration.refresh_from_db()
    feedback.prepare(period=period, by=SYSTEM)
    run = runs.start(period=period, by=SYSTEM)
    runs.work(run.pk)
    run.refresh_from_db()
    pairing = _pairing(world)
    return Scene(
        world=world,
        registration=registration,
        letter=registration.letters.get(),
        asked=asked,
        need=need,
        project=project,
        claim=claim,
        branch_claim=branch_claim,
        record=record,
        period=period,
        feedback=FactualFeedback.objects.get(registration=registration, period=period),
        run=run,
        report=FeedbackReport.objects.get(organisation=world.bureau),
        walk_in=_walk_in(world),
        outside_letter=_outside_letter(world),
        transfer=_transfer(world),
        pairing=pairing,
        resource=pairing.resources.get(),
        batch=_batch(world),
        office=Appointment.objects.get(user=world.users["home_secretary"]),
        slip=accounts.request_slip(
            user=world.users["home_secretary"], organisation=world.branch_a, by=world.users["unit_secretary"]
        ),
        disclosure=_disclosure(world),
        correction=_correction(world),
        skill=_skill(world),
        proposal=_proposal(world),
    )


def _pairing(world: World) -> Pairing:
    """With one line on its resource list."""
    by = world.users["unit_secretary"]
    pairing = pair(home_side=world.branch_a, receiver=world.community, document_number="", by=by)
    offer(pairing=pairing, kind="venue", name="会议室", details="", by=by)
    return pairing


def _batch(world: World) -> ReportInBatch:
    """Of one line that waits to be sent."""
    return batches.draft(
        organisation=world.bureau,
        chosen=[(world.members["wang"], world.community2)],
        reason="paired",
        valid_days=30,
        paper=False,
        by=world.users["unit_secretary"],
    )


def _record(world: World, claim: Claim) -> ServiceRecord:
    """Stated today, not verified yet."""
    return records.state(
        claim=claim,
        member=world.members["li"],
        service_date=timezone.localdate(),
        hours=Decimal(2),
        people_served=3,
        content="巡逻两小时",
        by=world.users["member"],
    )


def _walk_in(world: World) -> ActivityRegistration:
    """chen of branch_c at the desk of the community, not confirmed yet."""
    world.members["chen"] = MemberFactory(name="陈到场", home=world.branch_c, home__since=today())
    return desk.start_walk_in(
        member=world.members["chen"],
        receiver=world.community,
        reason=RegistrationReason.RESIDENCE,
        form={"name": "陈到场"},
        pledge="",
        by=world.users["community_clerk"],
    )


def _outside_letter(world: World) -> IntroductionLetter:
    """A paper letter from outside the portal, accepted; its receipt waits to be posted."""
    return accepted(world).letters.get()


def _transfer(world: World) -> HomeTransfer:
    """zhou from branch_b to branch_c, not accepted yet."""
    world.members["zhou"] = MemberFactory(name="周转接", home=world.branch_b, home__since=today())
    return transfers.send(
        member=world.members["zhou"],
        target=world.branch_c,
        reason=TransferReason.NEW_UNIT,
        valid_days=30,
        by=world.users["sibling_secretary"],
    )


def _proposal(world: World) -> Appointment:
    """The member as clerk of their own branch, waiting for approval."""
    return appointments.propose(
        user=world.users["member"],
        organisation=world.branch_a,
        role=Role.CLERK,
        starts_on=timezone.localdate(),
        by=world.users["unit_secretary"],
    )


def _disclosure(world: World) -> Disclosure:
    """A list of one phone, waiting for its second key."""
    return disclosures.ask_in_bulk(
        members=Member.objects.filter(pk=world.members["li"].pk),
        chosen=[DisclosedField.PHONE],
        purpose=Purpose.CONTACT,
        words="",
        organisation=world.branch_a,
        by=world.users["home_secretary"],
    )


def _correction(world: World) -> CorrectionRequest:
    return corrections.ask(
        member=world.members["li"],
        field=CorrectionField.WORK_UNIT,
        proposed="芝罘区税务局征收科",
        by=world.users["member"],
    )


def _skill(world: World) -> Skill:
    """What li is good at."""
    skill = SkillFactory(name="法律咨询", parent=SkillFactory(name="法律服务"))
    skills.state(member=world.members["li"], skill=skill, level=SkillLevel.PROFICIENT, by=world.users["member"])
    return skill


def _period() -> Period:
    """A quarter that ended a month ago."""
    end = timezone.localdate() - dt.timedelta(days=30)
    return PeriodFactory(
        code="2026Q3",
        starts_on=end - dt.timedelta(days=90),
        ends_on=end,
        feedback_due_on=end + dt.timedelta(days=21),
        compile_on=end + dt.timedelta(days=29),
        acknowledge_due_on=end + dt.timedelta(days=50),
        guide_due_on=end + dt.timedelta(days=60),
    )
