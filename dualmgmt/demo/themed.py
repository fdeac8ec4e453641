"""Life in the demo's themed and mixed branches: heads from among their members, and members who changed branch."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from branches.enums import ACTIVITY_ONLY_SETTINGS, Role
from branches.models import Appointment, Organisation
from dualmgmt.demo.tree import Ground
from members.actions import themed
from members.models import ActivityRegistration, Member, Placement, User

REASONS = ["本人有相关专长，申请参加。", "工作时间调整，改在本支部参加活动。", "支部人手不足，协商后调整。"]
# Of so many placed members one came from another branch.
EVERY = 4


def build(ground: Ground) -> None:
    """In the first community and in the market, whose pages a visitor opens first."""
    for place in (ground.communities[0], ground.communities[-1]):
        for branch in Organisation.objects.below(place).filter(setting__in=ACTIVITY_ONLY_SETTINGS):
            rows = list(
                ActivityRegistration.objects.registered()
                .filter(placement=branch, member__user=None)
                .select_related("member")
                .order_by("pk")
            )
            _heads(ground, place, branch, rows[:2])
            _came_from_elsewhere(ground, place, rows[2::EVERY])
    _new_branch(ground)


def _heads(ground: Ground, place: Organisation, branch: Organisation, rows: list[ActivityRegistration]) -> None:
    """Secretary and deputy; they have accounts nobody can sign in to."""
    for row, role in zip(rows, (Role.SECRETARY, Role.DEPUTY_SECRETARY), strict=False):
        user = User.objects.create(username=f"demo-h{row.member_id}", name=row.member.name, password="!")
        Member.objects.filter(pk=row.member_id).update(user=user)
        Appointment.objects.create(
            user=user,
            organisation=branch,
            role=role,
            starts_on=ground.today - dt.timedelta(days=200),
            approved_at=timezone.now(),
            granted_by=ground.secretaries[place.pk],
            approved_by=ground.users["department"],
        )


def _came_from_elsewhere(ground: Ground, place: Organisation, rows: list[ActivityRegistration]) -> None:
    """First placed in the receiver itself, later in the branch where they are now."""
    for number, row in enumerate(rows):
        assert row.accepted_on is not None and row.placement_id is not None  # noqa: PT018 – registered and placed
        moved = row.accepted_on + (ground.today - row.accepted_on) / 2
        row.placements.filter(ended_on=None).update(organisation=place, ended_on=moved)
        Placement.objects.create(
            registration=row,
            organisation_id=row.placement_id,
            started_on=moved,
            reason=REASONS[number % len(REASONS)],
            placed_by=ground.secretaries[place.pk],
        )


def _new_branch(ground: Ground) -> None:
    """One set up these days by the community's secretary, with its first members."""
    place = ground.communities[0]
    rows = ActivityRegistration.objects.registered().filter(organisation=place, member__user=None)
    rows = rows.exclude(placement__setting__in=ACTIVITY_ONLY_SETTINGS).order_by("pk")
    themed.found(
        receiver=place,
        name=f"{place.name.removesuffix('党委')}银发关爱混编党支部",
        setting="mixed",
        theme="助老护幼",
        purpose="机关党员、商户党员和社区党员混合编组，定期看望独居老人。",
        first_members=list(rows.values_list("pk", flat=True)[:5]),
        by=ground.secretaries[place.pk],
    )
