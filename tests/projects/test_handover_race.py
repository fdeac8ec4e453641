"""A claim is handed over, given up, finished, or its registration closed, all at the same moment."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connection
from django.db.models import Sum

from branches.enums import Kind
from branches.models import Organisation
from dualmgmt.lib.actors import SYSTEM
from dualmgmt.lib.denied import ActionDenied
from members.actions import leaving, membership
from members.enums import CloseReason, MembershipStatus, RegistrationState, Side
from members.models import ActivityRegistration, Member
from projects.actions import claims, handover
from projects.enums import OPEN_CLAIM_STATES, ClaimState
from projects.models import Claim, ServiceProject
from tests.factories import MemberFactory, OrganisationFactory, ProjectFactory, RegistrationFactory, UserFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]

RACES = 6


def outcome(act: Callable[[], object]) -> str:
    """ "done", or the code of the refusal; anything else (a deadlock, a broken constraint) fails the test."""
    try:
        act()
    except ActionDenied as denied:
        return denied.code
    finally:
        connection.close()
    return "done"


def town(people: int) -> tuple[Organisation, list[Member]]:
    receiver = OrganisationFactory(kind=Kind.COMMITTEE, accepts_registrations=True)
    home = OrganisationFactory()
    members = [MemberFactory(home=home, user=UserFactory()) for _number in range(people)]
    for member in members:
        RegistrationFactory(member=member, organisation=receiver, placement=receiver)
    return receiver, members


def fresh(pk: int) -> Claim:
    rows = Claim.objects.select_related("project__organisation", "member__user", "stands_in_for")
    return rows.get(pk=pk)


def held(project: ServiceProject) -> int:
    return Claim.objects.holding().filter(project=project).aggregate(total=Sum("places"))["total"] or 0


@pytest.mark.parametrize("end", [partial(claims.withdraw, reason="", by=SYSTEM), partial(claims.finish, by=SYSTEM)])
def test_accepting_meets_the_end_of_the_original(end: Callable[..., None]) -> None:
    receiver, (claimant, stand_in) = town(2)
    seen: Counter[str] = Counter()
    for _race in range(RACES):
        project = ProjectFactory(organisation=receiver, places=1, kind="standing")
        claim = claims.claim_as_member(project=project, member=claimant, by=SYSTEM)
        offered = handover.offer(claim=fresh(claim.pk), stand_in=stand_in, by=SYSTEM)
        original, asked = fresh(claim.pk), fresh(offered.pk)
        with ThreadPoolExecutor(2) as pool:
            accepting = pool.submit(outcome, partial(handover.take_over, offered=asked, by=SYSTEM))
            ending = pool.submit(outcome, partial(end, claim=original))
        results = {accepting.result(), ending.result()}
        seen[accepting.result()] += 1
        project.refresh_from_db()
        claim.refresh_from_db()
        offered.refresh_from_db()
        assert project.taken == held(project)
        # One of the two won, the other was told; a place is never held twice nor by nobody who thinks to hold it.
        assert "done" in results
        assert results - {"done"} <= {"stale", "wrong_state", "offer_gone"}
        if offered.state == ClaimState.CONFIRMED:
            assert (claim.state, project.taken, ending.result() != "done") == (ClaimState.HANDED_OVER, 1, True)
        else:
            assert (offered.state, claim.state in OPEN_CLAIM_STATES) == (ClaimState.WITHDRAWN, False)
            assert accepting.result() != "done"
    assert sum(seen.values()) == RACES


def test_of_many_who_are_asked_at_once_one_is() -> None:
    receiver, (claimant, *others) = town(9)
    project = ProjectFactory(organisation=receiver, places=1)
    claim = claims.claim_as_member(project=project, member=claimant, by=SYSTEM)

    def ask(member: Member) -> str:
        return outcome(lambda: handover.offer(claim=fresh(claim.pk), stand_in=member, by=SYSTEM))

    with ThreadPoolExecutor(8) as pool:
        assert Counter(pool.map(ask, others)) == {"done": 1, "offer_open": 7}
    assert Claim.objects.filter(state=ClaimState.OFFERED).count() == 1


def test_a_double_tap_on_accept_takes_one_place() -> None:
    receiver, (claimant, stand_in) = town(2)
    project = ProjectFactory(organisation=receiver, places=1)
    claim = claims.claim_as_member(project=project, member=claimant, by=SYSTEM)
    offered = handover.offer(claim=fresh(claim.pk), stand_in=stand_in, by=SYSTEM)
    rows = [fresh(offered.pk) for _tap in range(4)]
    with ThreadPoolExecutor(4) as pool:
        results = Counter(pool.map(lambda row: outcome(lambda: handover.take_over(offered=row, by=SYSTEM)), rows))
    assert results["done"] == 1
    assert set(results) <= {"done", "stale", "wrong_state", "offer_gone", "already_held"}, results
    project.refresh_from_db()
    assert project.taken == held(project) == 1


def test_stand_ins_keep_to_the_cap() -> None:
    """Asked for five claims, accepting all at once: no more than the cap."""
    receiver, (stand_in, *claimants) = town(6)
    offers = []
    for claimant in claimants:
        project = ProjectFactory(organisation=receiver, places=1)
        claim = claims.claim_as_member(project=project, member=claimant, by=SYSTEM)
        offers.append(handover.offer(claim=fresh(claim.pk), stand_in=stand_in, by=SYSTEM))
    rows = [fresh(row.pk) for row in offers]
    with ThreadPoolExecutor(5) as pool:
        results = Counter(pool.map(lambda row: outcome(lambda: handover.take_over(offered=row, by=SYSTEM)), rows))
    assert results == {"done": 3, "cap_reached": 2}


def test_closing_meets_a_claim_made_at_the_same_moment() -> None:
    """Asked to leave and closed at once, beside somebody who claims: never a closed registration with an open claim."""
    receiver, members = town(RACES * 2)
    won: Counter[str] = Counter()
    for member in members:
        registration = member.registrations.get()
        project = ProjectFactory(organisation=receiver, places=5)

        def leave_and_close(pk: int = registration.pk) -> str:
            row = ActivityRegistration.objects.select_related("organisation", "home_branch", "member").get(pk=pk)

            def both() -> None:
                leaving.ask(registration=row, side=Side.RECEIVER, reason=CloseReason.CHANGED_UNIT, remark="", by=SYSTEM)
                leaving.close(registration=row, final_facts="无", by=SYSTEM)

            return outcome(both)

        def claim(pk: int = project.pk, person: Member = member) -> str:
            row = ServiceProject.objects.select_related("organisation").get(pk=pk)
            return outcome(lambda: claims.claim_as_member(project=row, member=person, by=SYSTEM))

        with ThreadPoolExecutor(2) as pool:
            closing, claiming = pool.submit(leave_and_close), pool.submit(claim)
        won[closing.result() + "/" + claiming.result()] += 1
        registration.refresh_from_db()
        project.refresh_from_db()
        open_claims = Claim.objects.filter(member=member).open().count()
        assert project.taken == open_claims
        if registration.state == RegistrationState.CLOSED:
            assert open_claims == 0
            assert registration.closing_receipt
        else:
            assert (registration.state, open_claims, closing.result()) == (RegistrationState.LEAVING, 1, "unsettled")
    assert set(won) <= {"done/leaving", "done/not_of_this_area", "unsettled/done"}, won


def test_closing_numbers_have_neither_gaps_nor_repeats() -> None:
    _receiver, members = town(16)
    rows = [member.registrations.select_related("organisation", "home_branch", "member").get() for member in members]
    for row in rows:
        leaving.ask(registration=row, side=Side.RECEIVER, reason=CloseReason.CHANGED_UNIT, remark="", by=SYSTEM)

    def close(row: ActivityRegistration) -> str:
        again = ActivityRegistration.objects.select_related("organisation", "home_branch", "member").get(pk=row.pk)
        return outcome(lambda: leaving.close(registration=again, final_facts="无", by=SYSTEM))

    with ThreadPoolExecutor(8) as pool:
        results = Counter(pool.map(close, [*rows, *rows]))
    assert results["done"] == 16
    assert set(results) <= {"done", "stale", "wrong_state"}
    numbers = ActivityRegistration.objects.values_list("closing_receipt", flat=True)
    assert sorted(int(number.split("〕")[1][:-1]) for number in numbers) == list(range(1, 17))


def test_the_end_of_membership_meets_claims_withdrawals_and_hand_overs() -> None:
    """Whatever comes first: afterwards the person holds nothing, and places are the places held."""
    receiver, members = town(10)
    leaver, others = members[0], members[1:]
    projects = [ProjectFactory(organisation=receiver, places=4, kind="standing") for _number in range(4)]
    mine = [claims.claim_as_member(project=project, member=leaver, by=SYSTEM) for project in projects[:3]]
    offers = [
        handover.offer(claim=fresh(claim.pk), stand_in=other, by=SYSTEM)
        for claim, other in zip(mine, others, strict=False)
    ]

    def end() -> str:
        return outcome(
            lambda: membership.change_status(
                member=Member.objects.get(pk=leaver.pk), status=MembershipStatus.DECEASED, basis="通知", by=SYSTEM
            )
        )

    def noise(seed: int) -> str:
        dice = random.Random(seed)
        project = ServiceProject.objects.select_related("organisation").get(pk=dice.choice(projects).pk)
        acts: list[Callable[[], object]] = [
            lambda: claims.withdraw(claim=fresh(dice.choice(mine).pk), reason="", by=SYSTEM),
            lambda: claims.claim_as_member(project=project, member=Member.objects.get(pk=leaver.pk), by=SYSTEM),
            lambda: claims.claim_as_member(
                project=project, member=Member.objects.get(pk=dice.choice(others).pk), by=SYSTEM
            ),
            lambda: handover.take_over(offered=fresh(dice.choice(offers).pk), by=SYSTEM),
        ]
        return outcome(acts[seed % 4])

    with ThreadPoolExecutor(12) as pool:
        noises = [pool.submit(noise, seed) for seed in range(20)]
        ending = pool.submit(end)
        noises += [pool.submit(noise, seed) for seed in range(20, 40)]
    assert ending.result() == "done"
    allowed = {
        "done", "stale", "wrong_state", "offer_gone", "already_held", "not_a_member", "not_of_this_area", "full",
    }  # fmt: skip
    assert {job.result() for job in noises} <= allowed
    assert not Claim.objects.holding().filter(member=leaver).exists()
    for project in projects:
        project.refresh_from_db()
        assert project.taken == held(project)
