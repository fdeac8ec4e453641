"""The demo's leave-takings: some to be settled, one late, some closed with their receipt, one claim offered."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from dualmgmt.demo.ledger import Ledger
from dualmgmt.demo.service import moment
from dualmgmt.demo.tree import Ground
from dualmgmt.lib.clock import add_working_days
from members.actions import placing
from members.enums import CloseReason, RegistrationState, Side
from members.models import ActivityRegistration
from projects.enums import OPEN_CLAIM_STATES, ClaimState, ProjectState
from projects.leaving import facts
from projects.models import Claim, ServiceProject

# Days since it was asked for, by whom, why.
_LEAVING = [
    (2, Side.MEMBER, CloseReason.MOVED_RESIDENCE, "已搬至莱山区居住。"),
    (5, Side.HOME, CloseReason.CHANGED_UNIT, "调至福山区工作。"),
    (45, Side.RECEIVER, CloseReason.HEALTH_OR_AGE, ""),
]
# Days since it was closed, why, whether the home branch has filed the receipt.
_CLOSED = [
    (3, CloseReason.RETURNED_TO_HOME, False),
    (6, CloseReason.JOINED_ANOTHER, False),
    (12, CloseReason.MOVED_RESIDENCE, True),
    (20, CloseReason.MISTAKEN_REGISTRATION, True),
]


def build(ground: Ground, ledger: Ledger) -> None:
    """At the first community, and where there are too few people at the others."""
    rows = ActivityRegistration.objects.filter(
        state=RegistrationState.ACTIVE, member__user=None, accepted_on__lt=ground.today - dt.timedelta(days=60)
    ).select_related("organisation", "home_branch", "member")
    first = ground.communities[0].pk
    people = sorted(rows, key=lambda row: (row.organisation_id != first, row.pk))
    busy = set(Claim.objects.filter(state__in=OPEN_CLAIM_STATES).values_list("member_id", flat=True))
    with_claims = [row for row in people if row.member_id in busy]
    idle = [row for row in people if row.member_id not in busy]
    going = [*with_claims[:2], *idle[:1]]
    for row, (ago, side, reason, remark) in zip(going, _LEAVING, strict=False):
        _ask(ground, row, ago, side, reason, remark)
    for row, (ago, reason, filed) in zip(idle[1:], _CLOSED, strict=False):
        _ask(ground, row, ago + 9, Side.MEMBER, reason, "")
        _close(ground, ledger, row, ago, filed=filed)
    _offer(ground, going)


def _ask(ground: Ground, row: ActivityRegistration, ago: int, side: Side, reason: CloseReason, remark: str) -> None:
    asked = ground.today - dt.timedelta(days=ago)
    row.state, row.leave_side, row.close_reason, row.leave_remark = RegistrationState.LEAVING, side, reason, remark
    row.leave_at, row.leave_due_on = moment(asked, 9), add_working_days(asked, 15)
    row.leave_by = ground.secretaries.get(row.home_branch_id if side == Side.HOME else row.organisation_id)
    row.save()


def _close(ground: Ground, ledger: Ledger, row: ActivityRegistration, ago: int, *, filed: bool) -> None:
    day = ground.today - dt.timedelta(days=ago)
    receiver = row.organisation
    row.state, row.closed_on, row.closed_by = RegistrationState.CLOSED, day, ground.secretaries[receiver.pk]
    row.final_facts = "\n".join(facts(row))
    row.closing_receipt = ledger.number(
        f"closing:{receiver.pk}", day.year, f"{receiver.number_prefix()}销〔{{}}〕{{}}号"
    )
    row.closing_seen_at = min(moment(day + dt.timedelta(days=1), 15), timezone.now()) if filed else None
    row.save()
    placing.end(registrations=[row.pk], on=day)


def _offer(ground: Ground, going: list[ActivityRegistration]) -> None:
    """The second member is asked to take over a claim of somebody who leaves."""
    stand_in = ground.users["second_member"].member
    held = Claim.objects.holding().filter(member=stand_in).values("project_id")
    claim = (
        Claim.objects.filter(
            member__in=[row.member_id for row in going],
            state=ClaimState.CONFIRMED,
            project__organisation=ground.communities[0],
            project__state=ProjectState.PUBLISHED,
        )
        .exclude(project__in=held)
        .select_related("project")
        .first()
    )
    if claim is None:
        return
    project = claim.project
    project.last_claim += 1
    ServiceProject.objects.filter(pk=project.pk).update(last_claim=project.last_claim)
    Claim.objects.create(
        project=project,
        ordinal=project.last_claim,
        member=stand_in,
        state=ClaimState.OFFERED,
        stands_in_for=claim,
        claimed_by=ground.clerks[project.organisation_id],
        claimed_at=moment(ground.today - dt.timedelta(days=1), 10),
    )
