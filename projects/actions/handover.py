"""Handing a claim over: a stand-in is asked, and takes the place only by accepting it.

Until then the original claim holds the place. Every step locks the project
first, so that accepting, stepping back and finishing meet in one order and the
places taken are the places held at every moment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from dualmgmt.lib import audit, outbox
from dualmgmt.lib.actors import account
from dualmgmt.lib.denied import ActionDenied
from members.models import Member
from projects import lifecycle, rules
from projects.enums import ClaimState
from projects.models import Claim, ServiceProject

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from dualmgmt.lib.actors import Actor


def hold_project(claim: Claim) -> ServiceProject:
    """Lock the project before the claim, as taking places and cancelling do; the other order could deadlock."""
    rows = ServiceProject.objects.select_related("organisation__leads").select_for_update(no_key=True, of=("self",))
    return rows.get(pk=claim.project_id)


@transaction.atomic
def offer(*, claim: Claim, stand_in: Member, by: Actor) -> Claim:
    """Ask *stand_in* to take *claim* over; the answer is theirs.

    Raises :class:`ActionDenied` when the claim is not a member's confirmed one,
    somebody has been asked already, or *stand_in* could not claim this project.
    """
    project = hold_project(claim)
    rules.check_handing_over(claim, stand_in)
    if refusal := rules.Claimant(stand_in).why_no_stand_in(project):
        raise ActionDenied(*refusal)
    ServiceProject.objects.filter(pk=project.pk).update(last_claim=F("last_claim") + 1)
    ordinal = ServiceProject.objects.values_list("last_claim", flat=True).get(pk=project.pk)
    try:
        with transaction.atomic():
            asked = Claim.objects.create(
                project=project,
                ordinal=ordinal,
                member=stand_in,
                state=ClaimState.OFFERED,
                stands_in_for=claim,
                claimed_by=account(by),
            )
    except IntegrityError:
        raise ActionDenied(rules.OFFER_OPEN, "offer_open") from None
    audit.record("claim.offered", claim, by=by, organisation=project.organisation, name=stand_in.name)
    outbox.put("projects.tell_claim_offered", asked.pk)
    return asked


@transaction.atomic
def take_over(*, offered: Claim, by: Actor) -> None:
    """The stand-in accepts: the original claim is handed over, this one holds its place. Nothing else moves."""
    rules.check_claim_state(offered, ClaimState.OFFERED)
    assert offered.member_id is not None  # the database holds both
    assert offered.stands_in_for_id is not None
    # Cap and status are asked under the same lock as in claiming.
    member = Member.objects.select_for_update(no_key=True).get(pk=offered.member_id)
    project = hold_project(offered)
    original = Claim.objects.get(pk=offered.stands_in_for_id)
    if original.state != ClaimState.CONFIRMED:
        raise ActionDenied(rules.OFFER_GONE, "offer_gone")
    if refusal := rules.Claimant(member).why_no_stand_in(project):
        raise ActionDenied(*refusal)
    now = timezone.now()
    lifecycle.claim.move(original, ClaimState.HANDED_OVER, ended_at=now)
    lifecycle.claim.move(offered, ClaimState.CONFIRMED, claimed_by=account(by), claimed_at=now)
    audit.record("claim.taken_over", offered, by=by, organisation=project.organisation, number=original.number)
    audit.record("claim.passed_on", original, by=by, organisation=project.organisation, name=member.name)
    outbox.put("projects.tell_claim_taken_over", offered.pk)


@transaction.atomic
def decline_offer(*, offered: Claim, reason: str, by: Actor) -> None:
    """The stand-in says no; the original claim is as it was."""
    rules.check_claim_state(offered, ClaimState.OFFERED)
    lifecycle.claim.move(offered, ClaimState.DECLINED, remark=reason.strip()[:300], ended_at=timezone.now())
    audit.record(
        "claim.offer_declined",
        offered,
        by=by,
        organisation=offered.project.organisation,
        reason=audit.masked(reason.strip()),
    )
    outbox.put("projects.tell_offer_declined", offered.pk)


@transaction.atomic
def withdraw_offer(*, claim: Claim, by: Actor) -> None:
    """Who asked takes the question back."""
    project = hold_project(claim)
    offered = claim.offers.filter(state=ClaimState.OFFERED).first()
    if offered is None:
        raise ActionDenied(rules.NOT_AN_OFFER, "not_an_offer")
    end_offers(rows=Claim.objects.filter(pk=offered.pk), reason="")
    audit.record("claim.offer_withdrawn", claim, by=by, organisation=project.organisation)


def end_offers(*, rows: QuerySet[Claim], reason: str) -> None:
    """Requests among *rows* that wait for an answer are over; the stand-ins are told. Inside the caller's action."""
    for offered in rows.filter(state=ClaimState.OFFERED).order_by("pk"):
        lifecycle.claim.move(offered, ClaimState.WITHDRAWN, remark=reason[:300], ended_at=timezone.now())
        outbox.put("projects.tell_claim_ended", offered.pk)
