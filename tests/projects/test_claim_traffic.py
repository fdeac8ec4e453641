"""Claiming, withdrawing, declining and cancelling at the same moment: the places stay equal to what claims hold."""

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
from members.models import Member
from projects.actions import claims, projects
from projects.enums import ClaimState, ProjectState
from projects.models import Claim, ServiceProject
from tests.factories import MemberFactory, OrganisationFactory, ProjectFactory, RegistrationFactory

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="threads race on PostgreSQL"),
]


def outcome(act: Callable[[], object]) -> str:
    """ "done", or the code of the refusal; anything else (a deadlock, a broken constraint) fails the test."""
    try:
        act()
    except ActionDenied as denied:
        return denied.code
    finally:
        connection.close()
    return "done"


def held_places(project: ServiceProject) -> int:
    return Claim.objects.holding().filter(project=project).aggregate(total=Sum("places"))["total"] or 0


def town(people: int, branches: int) -> tuple[Organisation, list[Member], list[Organisation]]:
    receiver = OrganisationFactory(kind=Kind.COMMITTEE, accepts_registrations=True)
    homes = [OrganisationFactory() for _number in range(branches)]
    members = [MemberFactory(home=homes[number % branches]) for number in range(people)]
    for member in members:
        RegistrationFactory(member=member, organisation=receiver)
    return receiver, members, homes


def come_and_go(pk: int, members: list[int], branches: list[int], seed: int) -> Counter[str]:
    """One impatient visitor: claims for anybody or any branch, withdraws or declines whatever is held."""
    dice = random.Random(seed)
    results: Counter[str] = Counter()
    for _turn in range(25):
        project = ServiceProject.objects.select_related("organisation").get(pk=pk)
        held = list(Claim.objects.open().filter(project=project).select_related("project__organisation"))
        choice = dice.random()
        act: Callable[[], object]
        if choice < 0.3:
            member = Member.objects.get(pk=dice.choice(members))
            act = partial(claims.claim_as_member, project=project, member=member, by=SYSTEM)
        elif choice < 0.6 or not held:
            branch = Organisation.objects.get(pk=dice.choice(branches))
            places = dice.randint(1, 3)
            act = partial(claims.claim_as_branch, project=project, branch=branch, places=places, by=SYSTEM)
        elif choice < 0.9:
            act = partial(claims.withdraw, claim=dice.choice(held), reason="", by=SYSTEM)
        else:
            act = partial(claims.decline, claim=dice.choice(held), reason="人手已够", by=SYSTEM)
        results[outcome(act)] += 1
    return results


def test_the_count_follows_whoever_comes_and_goes() -> None:
    receiver, members, branches = town(people=12, branches=3)
    project = ProjectFactory(organisation=receiver, places=10, kind="standing", confirm_claims=True)
    keys = [member.pk for member in members], [branch.pk for branch in branches]
    with ThreadPoolExecutor(12) as pool:
        results = sum(pool.map(lambda seed: come_and_go(project.pk, *keys, seed), range(12)), Counter())
    project.refresh_from_db()
    assert project.taken == held_places(project) <= project.places
    assert project.last_claim == Claim.objects.count()
    assert results["done"] > 50
    known = {"done", "full", "not_enough_places", "already_held", "stale", "wrong_state"}
    assert set(results) <= known, results


def test_cancelling_meets_withdrawals_and_new_claims() -> None:
    receiver, members, _branches = town(people=16, branches=2)
    for _race in range(5):
        project = ProjectFactory(organisation=receiver, places=10, kind="standing")
        held = [claims.claim_as_member(project=project, member=member, by=SYSTEM) for member in members[:8]]

        def cancel(pk: int = project.pk) -> str:
            fresh = ServiceProject.objects.select_related("organisation").get(pk=pk)
            return outcome(lambda: projects.cancel(project=fresh, reason="台风", by=SYSTEM))

        def withdraw(pk: int) -> str:
            claim = Claim.objects.select_related("project__organisation").get(pk=pk)
            return outcome(lambda: claims.withdraw(claim=claim, reason="", by=SYSTEM))

        def join(member: Member, pk: int = project.pk) -> str:
            fresh = ServiceProject.objects.select_related("organisation").get(pk=pk)
            return outcome(lambda: claims.claim_as_member(project=fresh, member=member, by=SYSTEM))

        with ThreadPoolExecutor(17) as pool:
            leaving = [pool.submit(withdraw, claim.pk) for claim in held]
            cancelling = pool.submit(cancel)
            joining = [pool.submit(join, member) for member in members[8:]]
        assert {job.result() for job in leaving} <= {"done", "stale", "wrong_state"}
        assert {job.result() for job in joining} <= {"done", "full", "not_published"}
        project.refresh_from_db()
        if cancelling.result() == "done":
            # Whoever joined or left beside it: nothing is held and nobody is left behind.
            assert (project.state, project.taken, held_places(project)) == (ProjectState.CANCELLED, 0, 0)
            assert not project.claims.filter(state__in=[ClaimState.APPLIED, ClaimState.CONFIRMED]).exists()
        else:
            assert cancelling.result() == "stale"
            assert project.taken == held_places(project)
