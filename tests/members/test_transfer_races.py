"""Two people decide about one transfer at once: threads on PostgreSQL."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction

from dualmgmt.lib.denied import ActionDenied
from members.actions import desk, membership, transfers
from members.enums import MembershipStatus, TransferReason
from members.models import HomeTransfer, IntroductionLetter, Member
from tests.members.outside import outside_branch, paper
from tests.world import World, build

pytestmark = pytest.mark.postgres


def attempt(action: Callable[[], Any]) -> str:
    try:
        action()
        return "done"
    except ActionDenied as denied:
        return denied.code
    finally:
        connection.close()


@pytest.fixture
def crowd(transactional_db: None) -> World:
    return build()


def send(world: World, target: str) -> HomeTransfer:
    return transfers.send(
        member=world.members["li"],
        target=world.organisations[target],
        reason=TransferReason.NEW_UNIT,
        valid_days=30,
        by=world.users["home_secretary"],
    )


def test_of_accepting_refusing_and_withdrawing_at_once_one_wins(crowd: World) -> None:
    transfer = send(crowd, "branch_c")
    ways: list[Callable[[HomeTransfer], Any]] = [
        lambda row: transfers.accept(transfer=row, by=crowd.users["other_secretary"]),
        lambda row: transfers.withdraw(transfer=row, by=crowd.users["home_secretary"]),
        lambda row: transfers.accept(transfer=row, by=crowd.users["unit_secretary"]),
        lambda row: transfers.refuse(transfer=row, remark="不符", by=crowd.users["other_secretary"]),
    ]

    def decide(number: int) -> str:
        row = HomeTransfer.objects.select_related("member", "source", "target").get(pk=transfer.pk)
        return attempt(lambda: ways[number % len(ways)](row))

    with ThreadPoolExecutor(8) as pool:
        results = Counter(pool.map(decide, range(8)))
    assert results["done"] == 1
    assert set(results) <= {"done", "stale", "wrong_state"}, results
    transfer.refresh_from_db()
    homes = list(Member.objects.get(pk=transfer.member_id).home_memberships.filter(ended_on=None))
    assert [row.organisation_id for row in homes] == [
        crowd.branch_c.pk if transfer.state == "accepted" else crowd.branch_a.pk
    ]


def test_a_membership_that_ends_while_the_transfer_is_accepted_withdraws_it(crowd: World) -> None:
    transfer, li, held = send(crowd, "branch_c"), crowd.members["li"], Event()
    basis = {"status": MembershipStatus.SUSPENDED, "basis": "决定〔2026〕3号", "by": crowd.users["home_secretary"]}

    def end() -> None:
        with transaction.atomic():
            Member.objects.select_for_update().get(pk=li.pk)
            held.set()
            time.sleep(0.5)
            membership.change_status(member=li, **basis)

    def accept() -> None:
        held.wait(5)
        transfers.accept(transfer=transfer, by=crowd.users["other_secretary"])

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(attempt, (end, accept))) == ["done", "stale"]
    transfer.refresh_from_db()
    assert transfer.state == "withdrawn"
    assert Member.objects.get(pk=li.pk).home_branch() == crowd.branch_a


def test_of_two_windows_that_send_one_is_told(crowd: World) -> None:
    targets = ["branch_b", "branch_c"] * 3
    with ThreadPoolExecutor(6) as pool:
        results = Counter(pool.map(lambda target: attempt(lambda: send(crowd, target)), targets))
    assert results == {"done": 1, "transfer_open": 5}


def test_of_two_desks_that_enter_one_letter_one_is_told(crowd: World) -> None:
    home = outside_branch()
    desks = [("community", "community_clerk"), ("community3", "other_community_secretary")] * 3

    def enter(place: tuple[str, str]) -> str:
        receiver, persona = place
        return attempt(
            lambda: desk.enter_letter(
                receiver=crowd.organisations[receiver], letter=paper(home), by=crowd.users[persona]
            )
        )

    with ThreadPoolExecutor(6) as pool:
        results = Counter(pool.map(enter, desks))
    assert results["done"] == 1
    assert set(results) <= {"done", "letter_entered", "already_open", "stale"}, results
    assert IntroductionLetter.objects.count() == 1
    assert Member.objects.filter(name="孙流动").count() == 1
