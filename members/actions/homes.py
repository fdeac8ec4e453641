"""Organisational relations that move from one branch to another, with the registrations that hang on them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db.models import Q

from dualmgmt.lib import audit, outbox
from dualmgmt.lib.clock import today
from dualmgmt.lib.denied import ActionDenied
from members import homerules, lifecycle, rules
from members.actions import placing
from members.actions.registrations import void_letters
from members.enums import OPEN_REGISTRATION_STATES, REGISTERED_STATES, CloseReason, DeclineReason
from members.enums import RegistrationState as S
from members.models import ActivityRegistration, HomeMembership, Member

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from branches.models import Organisation
    from dualmgmt.lib.actors import Actor
    from members.models import IntroductionLetter


def move_homes(
    *, memberships: QuerySet[HomeMembership], target: Organisation, on: dt.date, basis: str, by: Actor
) -> list[int]:
    """Move open *memberships* to *target*; the members' keys.

    The old row ends and a new one begins on *on*, so that no day is without a
    home or with two. Raises :class:`ActionDenied` where *target* holds no
    relations. Open registrations follow (:func:`follow_home`).
    """
    rules.check_home_branch(target)
    rows = list(memberships.select_for_update().values_list("pk", "member_id", "organisation_id"))
    if not rows:
        return []
    HomeMembership.objects.filter(pk__in=[pk for pk, _member, _source in rows]).update(ended_on=on)
    HomeMembership.objects.bulk_create(
        [
            HomeMembership(member_id=member, organisation=target, started_on=on, basis=basis[:100])
            for _pk, member, _source in rows
        ],
        batch_size=500,
    )
    members = [member for _pk, member, _source in rows]
    for source in {source for _pk, _member, source in rows}:
        follow_home(members=members, source=source, target=target, on=on, by=by)
    for member in Member.objects.filter(pk__in=members):
        audit.record("member.moved", member, by=by, organisation=target, document=basis)
    return members


def follow_home(*, members: list[int], source: int, target: Organisation, on: dt.date, by: Actor) -> None:
    """Open registrations of *members* stay open under their new home.

    Only where the new home is the receiver itself, or below it, is there nothing
    left to register: the person is at home there now (``check_receiver``). And what
    still waits for a letter of the portal ends where the new home writes its letters
    outside of it.
    """
    rows = ActivityRegistration.objects.filter(
        member_id__in=members, home_branch_id=source, state__in=OPEN_REGISTRATION_STATES
    )
    step = type(target).steplen
    paths = [target.path[:end] for end in range(step, len(target.path) + 1, step)]
    for row in rows.filter(organisation__path__in=paths).select_related("organisation"):
        end_registration(registration=row, reason=CloseReason.CHANGED_UNIT, on=on, by=by)
    if target.external:
        waiting = Q(state__in=[S.DRAFT, S.PENDING_LETTER]) | Q(state=S.RETURNED, handed_in_at=None)
        for row in rows.filter(waiting).select_related("organisation"):
            end_registration(registration=row, reason=CloseReason.CHANGED_UNIT, on=on, by=by)
    rows.exclude(organisation__path__in=paths).update(home_branch=target)


def confirm_home(*, letter: IntroductionLetter, by: Actor) -> None:
    """With the second key on a letter from outside the portal its issuer is the member's home.

    It may be another one than before: what changes between two branches outside
    the portal is learned from the newest letter. Raises :class:`ActionDenied`
    where the member has come home into the portal meanwhile.
    """
    member = letter.registration.member
    home = member.home_branch()
    if home is not None and home.pk == letter.issuer_id:
        return
    if home is None or not home.external:
        raise ActionDenied(homerules.WALK_IN_INSTEAD, "walk_in_instead")
    memberships = HomeMembership.objects.open().filter(member=member, organisation=home)
    move_homes(memberships=memberships, target=letter.issuer, on=today(), basis=letter.number, by=by)


def redirect_registrations(*, source: Organisation, heir: Organisation, on: dt.date, by: Actor) -> None:
    """What was handed in or addressed to *source* belongs to *heir*; placements stay where they still exist."""
    rows = ActivityRegistration.objects.filter(organisation=source, state__in=OPEN_REGISTRATION_STATES)
    there = ActivityRegistration.objects.filter(organisation=heir, state__in=OPEN_REGISTRATION_STATES)
    double = Q(member__in=there.values("member_id")) | Q(home_branch=heir) | Q(home_branch__path__startswith=heir.path)
    for row in list(rows.filter(double).select_related("organisation")):
        end_registration(registration=row, reason=CloseReason.BRANCH_ABOLISHED, on=on, by=by)
    placing.follow(rows=rows.filter(placement=source), target=heir, on=on, reason=heir.name, by=by)
    rows.update(organisation=heir)


def replace_placements(*, source: Organisation, heir: Organisation | None, on: dt.date, by: Actor) -> None:
    """Members placed in *source* go to *heir* where it is below the same receiver, else to the receiver itself."""
    rows = ActivityRegistration.objects.filter(placement=source, state__in=OPEN_REGISTRATION_STATES)
    if heir is not None:
        receivers = [row for row in _receivers(rows) if heir.path.startswith(row.path)]
        placing.follow(rows=rows.filter(organisation__in=receivers), target=heir, on=on, reason=heir.name, by=by)
    placing.follow(rows=rows, target=None, on=on, reason=source.name, by=by)


def _receivers(rows: QuerySet[ActivityRegistration]) -> Iterable[Organisation]:
    return {row.organisation_id: row.organisation for row in rows.select_related("organisation")}.values()


def end_registration(*, registration: ActivityRegistration, reason: CloseReason, on: dt.date, by: Actor) -> None:
    """Close a registration that the organisation's change leaves without a receiver, or take back one not accepted yet.

    No conduct statement is asked for (domain.md §1.5, closed by an event); the
    service history stays. The member and the home branch are told.
    """
    if registration.state in REGISTERED_STATES:
        assert registration.accepted_on is not None  # the database holds it
        closed = max(on, registration.accepted_on)
        lifecycle.registration.move(registration, S.CLOSED, closed_on=closed, close_reason=reason)
        placing.end(registrations=[registration.pk], on=closed)
    else:
        handed_in = registration.state == S.PENDING_ACCEPTANCE
        changes = {"decline_reason": DeclineReason.OTHER} if handed_in else {}
        lifecycle.registration.move(
            registration, S.DECLINED if handed_in else S.WITHDRAWN, remark=str(reason.label), **changes
        )
        void_letters(registration, str(reason.label))
    audit.record(
        "registration.closed", registration, by=by, organisation=registration.organisation, reason=str(reason.label)
    )
    outbox.put("members.tell_closed", registration.pk)
