"""Sixteen issue at once, some of them fail after they have a number: per branch and year 1, 2, 3 … without a gap."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection, transaction

from dualmgmt.lib import numbers
from dualmgmt.lib.denied import ActionDenied
from members.actions import letters
from members.models import ActivityRegistration, IntroductionLetter
from tests import processes
from tests.factories import MemberFactory
from tests.scene import ask
from tests.world import build

ISSUERS = 16
# Of three letters in a row one is issued by each branch and one more is thrown away after it has its number.
ROUNDS = 4


def running(made: list[tuple[str, str]]) -> dict[str, list[int]]:
    """Running numbers by issuer, in order, out of (issuer, letter number)."""
    found: dict[str, list[int]] = defaultdict(list)
    for issuer, number in made:
        found[issuer].append(int(number.split("〕")[1][:-1]))
    return {issuer: sorted(rows) for issuer, rows in found.items()}


@pytest.mark.postgres
def test_sixteen_threads_two_branches_and_some_that_roll_back(transactional_db: None) -> None:
    world = build()
    asked: list[int] = []
    for number in range(ISSUERS * ROUNDS):
        home = world.branch_a if number % 2 else world.branch_b
        world.members["new"] = MemberFactory(home=home)
        asked.append(ask(world, "new", "community").pk)
    by = world.users["unit_secretary"]

    def issue(number: int) -> list[str]:
        results = []
        for pk in asked[number::ISSUERS]:
            row = ActivityRegistration.objects.select_related("home_branch", "organisation", "member").get(pk=pk)
            for fails in (True, False):
                try:
                    with transaction.atomic():
                        letters.issue(registration=row, valid_days=30, by=by)
                        if fails:
                            raise ActionDenied("printer on fire", "rolled_back")
                    results.append("done")
                except ActionDenied as denied:
                    results.append(denied.code)
                    row.refresh_from_db()
        connection.close()
        return results

    with ThreadPoolExecutor(ISSUERS) as pool:
        results = Counter(code for codes in pool.map(issue, range(ISSUERS)) for code in codes)
    assert results == {"done": len(asked), "rolled_back": len(asked)}
    made = list(IntroductionLetter.objects.values_list("issuer__name", "number"))
    each = list(range(1, len(asked) // 2 + 1))
    assert running(made) == {world.branch_a.name: each, world.branch_b.name: each}


def test_every_year_and_every_branch_counts_from_one(db: None) -> None:
    taken = [numbers.take(scope, year) for scope, year in (("a", 2026), ("a", 2026), ("b", 2026), ("a", 2027))]
    assert taken == [1, 2, 1, 1]


_SEED = """
from tests.factories import MemberFactory
from tests.scene import ask
from tests.world import build
world = build()
for number in range(32):
    world.members["new"] = MemberFactory(home=world.branch_a if number % 2 else world.branch_b)
    ask(world, "new", "community")
"""
# Four processes of four threads each: sixteen connections that write.
_WORK = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
from django.db import connection, transaction
from dualmgmt.lib.denied import ActionDenied
from members.actions import letters
from members.models import ActivityRegistration, User
by = User.objects.get(username="unit_secretary")
rows = list(ActivityRegistration.objects.select_related("home_branch", "organisation", "member").order_by("pk"))
def issue(thread):
    results = []
    for number, row in enumerate(rows):
        row = ActivityRegistration.objects.select_related("home_branch", "organisation", "member").get(pk=row.pk)
        try:
            with transaction.atomic():
                letters.issue(registration=row, valid_days=30, by=by)
                if (number + thread) % 3 == 0:
                    raise ActionDenied("printer on fire", "rolled_back")
            results.append("done")
        except ActionDenied as denied:
            results.append(denied.code)
    connection.close()
    return results
with ThreadPoolExecutor(4) as pool:
    print(json.dumps([code for codes in pool.map(issue, range(4)) for code in codes]))
"""
_RESULT = """
import json
from members.models import IntroductionLetter
print(json.dumps(list(IntroductionLetter.objects.values_list("issuer__name", "number"))))
"""


@pytest.mark.slow
def test_sixteen_writers_in_four_processes(tmp_path: Path) -> None:
    """On both databases: all want all letters, each is issued once; numbers of those that fail go to the next."""
    with processes.database(tmp_path) as url:
        env = processes.environment(tmp_path, DATABASE_URL=url)
        processes.migrate(env)
        processes.python(_SEED, env)
        with ThreadPoolExecutor(4) as pool:
            outcomes = list(pool.map(lambda _number: json.loads(processes.python(_WORK, env)), range(4)))
        made = json.loads(processes.python(_RESULT, env))
    counted = Counter(code for results in outcomes for code in results)
    assert counted["done"] == 32
    assert counted["rolled_back"] > 0
    assert set(counted) <= {"done", "rolled_back", "stale", "wrong_state"}, counted
    assert running(made) == {"税务局第一党支部": list(range(1, 17)), "税务局第二党支部": list(range(1, 17))}


@pytest.mark.postgres
def test_of_those_who_void_replace_and_hand_in_the_same_letter_one_wins(transactional_db: None) -> None:
    """At most one letter is valid at any time, whoever is faster."""
    world = build()
    registration = ask(world, "li", "community")
    first = letters.issue(registration=registration, valid_days=30, paper=True, by=world.users["home_secretary"])

    def act(number: int) -> str:
        letter = IntroductionLetter.objects.select_related("registration__member").get(pk=first.pk)
        try:
            if number % 3 == 0:
                letters.hand_in(letter=letter, by=world.users["community_secretary"])
            elif number % 3 == 1:
                letters.void(letter=letter, reason="有误", by=world.users["home_secretary"])
            else:
                by = world.users["unit_secretary"]
                letters.reissue(letter=letter, valid_days=30, reason="遗失", paper=True, by=by)
        except ActionDenied as denied:
            return denied.code
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(9) as pool:
        results = Counter(pool.map(act, range(9)))
    assert results["done"] == 1, results
    assert set(results) <= {"done", "stale", "wrong_state", "letter_not_valid", "letter_handed_in"}, results
    rows = list(IntroductionLetter.objects.order_by("pk").values_list("state", flat=True))
    registration.refresh_from_db()
    expected = {"pending_acceptance": ["valid"], "pending_letter": ["void"], "issued": ["void", "valid"]}
    assert rows == expected[registration.state]


@pytest.mark.postgres
def test_an_expired_letter_is_replaced_once_however_many_ask(transactional_db: None) -> None:
    world = build()
    registration = ask(world, "li", "community")
    old = letters.issue(registration=registration, valid_days=30, paper=True, by=world.users["home_secretary"])
    IntroductionLetter.objects.filter(pk=old.pk).update(issued_on="2026-01-01", valid_until="2026-01-31")
    assert letters.expire_letters() == 1

    def again(number: int) -> str:
        letter = IntroductionLetter.objects.select_related("registration__member").get(pk=old.pk)
        by = world.users["home_secretary" if number % 2 else "unit_secretary"]
        try:
            letters.reissue(letter=letter, valid_days=30, reason="过期重开", paper=bool(number % 3), by=by)
        except ActionDenied as denied:
            return denied.code
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(8) as pool:
        results = Counter(pool.map(again, range(8)))
    assert results["done"] == 1, results
    assert set(results) <= {"done", "stale", "wrong_state", "letter_replaced", "letter_handed_in", "letter_not_valid"}
    assert IntroductionLetter.objects.filter(state="valid").count() == 1
    assert sorted(int(number.split("〕")[1][:-1]) for _issuer, number in _made()) == [1, 2]


def _made() -> list[tuple[str, str]]:
    return list(IntroductionLetter.objects.values_list("issuer__name", "number"))
