"""Claims: places are taken by one conditional statement, whatever the concurrency.

The statement adds the places only while the project is published, inside its
window and has room; the database checks once more (``taken <= places``). The
claim row follows in the same transaction under a unique key, so a double tap
is undone together with its places and answered with the claim already held.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import Promise

from branches.models import Organisation
from dualmgmt.lib import audit, outbox
from dualmgmt.lib.actors import account
from dualmgmt.lib.denied import ActionDenied
from members.models import HomeMembership, Member
from projects import lifecycle, rules
from projects.actions import handover
from projects.enums import HOLDING_CLAIM_STATES, OPEN_CLAIM_STATES, ClaimState, ProjectState
from projects.models import Claim, ClaimParticipant, ServiceProject

if TYPE_CHECKING:
    from dualmgmt.lib.actors import Actor


def claim_as_member(*, project: ServiceProject, member: Member, by: Actor) -> Claim:
    """Take one place for *member*.

    Raises :class:`ActionDenied` with the reason; code ``already_held`` means
    that the member holds the place, which a page may show as success.
    """
    with transaction.atomic():
        # The member's row serialises claims of one person, so that the cap holds when two pages are open.
        Member.objects.select_for_update(no_key=True).get(pk=member.pk)
        if refusal := rules.Claimant(member).why_not(project):
            raise ActionDenied(*refusal)
        return _take(project=project, member=member, branch=None, places=1, by=by)


def claim_as_branch(*, project: ServiceProject, branch: Organisation, places: int, by: Actor) -> Claim:
    """Take several places for a branch; who serves is named later."""
    if refusal := rules.window(project):
        raise ActionDenied(*refusal)
    if not project.open_to_branches:
        raise ActionDenied(rules.NO_BRANCHES, "no_branches")
    if places < 1:
        raise ActionDenied(rules.AT_LEAST_ONE_PLACE, "at_least_one_place")
    with transaction.atomic():
        return _take(project=project, member=None, branch=branch, places=places, by=by)


def _take(
    *, project: ServiceProject, member: Member | None, branch: Organisation | None, places: int, by: Actor
) -> Claim:
    now = timezone.now()
    open_now = Q(claims_open_at=None) | Q(claims_open_at__lte=now)
    not_over = Q(claims_close_at=None) | Q(claims_close_at__gt=now)
    row = ServiceProject.objects.filter(
        open_now, not_over, pk=project.pk, state=ProjectState.PUBLISHED, places__gte=F("taken") + places
    )
    if not row.update(taken=F("taken") + places, last_claim=F("last_claim") + 1):
        raise _refusal(project, member, branch)
    ordinal = ServiceProject.objects.values_list("last_claim", flat=True).get(pk=project.pk)
    try:
        with transaction.atomic():
            claim = Claim.objects.create(
                project=project,
                ordinal=ordinal,
                member=member,
                branch=branch,
                places=places,
                state=ClaimState.APPLIED if project.confirm_claims else ClaimState.CONFIRMED,
                claimed_by=account(by),
            )
    except IntegrityError:
        # Raised out of the caller's transaction, which gives the places back.
        raise ActionDenied(*_held(branch)) from None
    audit.record("claim.made", claim, by=by, organisation=project.organisation, places=places)
    outbox.put("projects.tell_claim_made", claim.pk)
    return claim


def _held(branch: Organisation | None) -> tuple[Promise, str]:
    return (rules.ALREADY_HELD_BY_BRANCH if branch is not None else rules.ALREADY_HELD), "already_held"


def _refusal(project: ServiceProject, member: Member | None, branch: Organisation | None) -> ActionDenied:
    """Why the statement took nothing, looked up afterwards for the sentence only."""
    held = Claim.objects.filter(project=project, member=member, branch=branch, state__in=HOLDING_CLAIM_STATES)
    if held.exists():
        return ActionDenied(*_held(branch))
    fresh = ServiceProject.objects.get(pk=project.pk)
    if refusal := rules.window(fresh):
        return ActionDenied(*refusal)
    if fresh.places_left > 0:
        return ActionDenied(rules.NOT_ENOUGH_PLACES % {"count": fresh.places_left}, "not_enough_places")
    return ActionDenied(rules.FULL, "full")


def _give_back(claim: Claim) -> None:
    ServiceProject.objects.filter(pk=claim.project_id).update(taken=F("taken") - claim.places)


@transaction.atomic
def withdraw(*, claim: Claim, reason: str, by: Actor) -> None:
    """The claimant steps back; the places are free again, records already made stay.

    For a member who is leaving, the publisher may do it.
    """
    rules.check_claim_state(claim, *OPEN_CLAIM_STATES)
    handover.hold_project(claim)
    lifecycle.claim.move(claim, ClaimState.WITHDRAWN, remark=reason.strip(), ended_at=timezone.now())
    _give_back(claim)
    handover.end_offers(rows=claim.offers.all(), reason=str(rules.OFFER_GONE))
    audit.record("claim.withdrawn", claim, by=by, organisation=claim.project.organisation, reason=reason)
    outbox.put("projects.tell_claim_withdrawn", claim.pk)
    person = account(by)
    if claim.member is not None and person is not None and claim.member.user_id != person.pk:
        outbox.put("projects.tell_claim_ended", claim.pk)


@transaction.atomic
def confirm(*, claim: Claim, by: Actor) -> None:
    rules.check_claim_state(claim, ClaimState.APPLIED)
    lifecycle.claim.move(claim, ClaimState.CONFIRMED, decided_by=account(by))
    audit.record("claim.confirmed", claim, by=by, organisation=claim.project.organisation)
    outbox.put("projects.tell_claim_confirmed", claim.pk)


@transaction.atomic
def decline(*, claim: Claim, reason: str, by: Actor) -> None:
    rules.check_claim_state(claim, ClaimState.APPLIED)
    handover.hold_project(claim)
    lifecycle.claim.move(
        claim,
        ClaimState.DECLINED,
        remark=rules.check_reason(reason),
        decided_by=account(by),
        ended_at=timezone.now(),
    )
    _give_back(claim)
    audit.record("claim.declined", claim, by=by, organisation=claim.project.organisation, reason=reason)
    outbox.put("projects.tell_claim_ended", claim.pk)


@transaction.atomic
def finish(*, claim: Claim, by: Actor) -> None:
    handover.hold_project(claim)
    lifecycle.claim.move(claim, ClaimState.FINISHED, ended_at=timezone.now())
    handover.end_offers(rows=claim.offers.all(), reason=str(rules.OFFER_GONE))
    audit.record("claim.finished", claim, by=by, organisation=claim.project.organisation)


@transaction.atomic
def end_all_of(*, member: Member, reason: str, by: Actor) -> None:
    """The member serves nowhere any more: open claims end, places are free, nobody waits for an answer.

    The caller holds the member's row, so that nothing is claimed beside it. What
    was served stays, and with it the participations under which it was.
    """
    rows = Claim.objects.filter(member=member).open().select_related("project__organisation")
    for claim in rows.order_by("project_id", "pk"):
        handover.hold_project(claim)
        claim.refresh_from_db(fields=["state"])
        if claim.state not in OPEN_CLAIM_STATES:  # somebody was faster
            continue
        lifecycle.claim.move(claim, ClaimState.WITHDRAWN, remark=reason, ended_at=timezone.now())
        _give_back(claim)
        handover.end_offers(rows=claim.offers.all(), reason=str(rules.OFFER_GONE))
        audit.record("claim.withdrawn", claim, by=by, organisation=claim.project.organisation, reason=reason)
        outbox.put("projects.tell_claim_freed", claim.pk)
    handover.end_offers(rows=Claim.objects.filter(member=member), reason=reason)
    named = ClaimParticipant.objects.filter(member=member, claim__state__in=OPEN_CLAIM_STATES)
    named.exclude(claim__records__member=member).delete()


def eligible_participants(branch: Organisation) -> object:
    """Members at home in *branch* or placed in it by their registration (domain.md §10.5)."""
    home = HomeMembership.objects.open().filter(organisation=branch).values("member_id")
    placed = branch.placed_registrations.registered().values("member_id")
    return Member.objects.filter(Q(pk__in=home) | Q(pk__in=placed)).order_by("name", "pk")


@transaction.atomic
def name_participants(*, claim: Claim, members: list[Member], by: Actor) -> None:
    """Set who serves under a branch's claim; who has stated a record stays on the list."""
    # The claim's row serialises two officers naming at once.
    Claim.objects.select_for_update(no_key=True).get(pk=claim.pk)
    keep = set(claim.records.values_list("member_id", flat=True))
    wanted = {member.pk for member in members} | keep
    if len(wanted) > claim.places:
        raise ActionDenied(rules.TOO_MANY_PARTICIPANTS % {"places": claim.places}, "too_many_participants")
    assert claim.branch is not None
    eligible = set(eligible_participants(claim.branch).filter(pk__in=wanted).values_list("pk", flat=True))  # type: ignore[attr-defined]
    if not wanted - keep <= eligible:
        raise ActionDenied(rules.NOT_OF_THE_BRANCH, "not_of_the_branch")
    claim.participants.exclude(member_id__in=wanted).delete()
    present = set(claim.participants.values_list("member_id", flat=True))
    ClaimParticipant.objects.bulk_create(
        [ClaimParticipant(claim=claim, member_id=pk, named_by=account(by)) for pk in sorted(wanted - present)]
    )
    audit.record("claim.participants_named", claim, by=by, organisation=claim.branch, count=len(wanted))
