"""Two people act at once: threads on PostgreSQL, processes on SQLite."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from dualmgmt.lib.actors import SYSTEM
from dualmgmt.lib.denied import ActionDenied
from members.actions import letters, registrations
from members.enums import RegistrationState as S
from members.models import ActivityRegistration, IntroductionLetter
from tests import processes
from tests.factories import AppointmentFactory, MemberFactory, UserFactory
from tests.scene import ask
from tests.world import World, build

LETTERS = 40


def _attempt(action: Callable[[], Any]) -> str:
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


@pytest.mark.postgres
def test_of_many_who_accept_at_once_one_wins(crowd: World) -> None:
    registration = ask(crowd, "li", "community")
    letters.issue(registration=registration, valid_days=30, by=crowd.users["home_secretary"])
    people = [UserFactory() for _number in range(8)]
    for person in people:
        AppointmentFactory(user=person, organisation=crowd.community)

    def decide(number: int) -> str:
        row = ActivityRegistration.objects.select_related("organisation").get(pk=registration.pk)
        if number % 4 == 3:
            return _attempt(lambda: registrations.send_back(registration=row, reason="不符", by=people[number]))
        return _attempt(lambda: letters.accept(registration=row, placement=crowd.themed, by=people[number]))

    with ThreadPoolExecutor(8) as pool:
        results = Counter(pool.map(decide, range(8)))
    assert results["done"] == 1
    assert set(results) <= {"done", "stale", "wrong_state", "letter_not_valid"}, results
    registration.refresh_from_db()
    accepted = registration.state == S.ACTIVE
    assert accepted == (registration.accepted_by is not None)
    letter = registration.letters.get()
    assert letter.state == ("used" if accepted else "void")
    assert (letter.receipt_number is not None) == accepted


@pytest.mark.postgres
def test_letter_numbers_have_neither_gaps_nor_repeats(crowd: World) -> None:
    """Every third attempt fails after taking its number; the number goes to the next one."""
    asked = []
    for _number in range(LETTERS):
        crowd.members["new"] = MemberFactory(home=crowd.branch_a)
        asked.append(ask(crowd, "new", "community"))

    def issue(number: int) -> str:
        row = ActivityRegistration.objects.select_related("home_branch", "organisation", "member").get(
            pk=asked[number % LETTERS].pk
        )
        return _attempt(lambda: letters.issue(registration=row, valid_days=30, by=crowd.users["home_secretary"]))

    with ThreadPoolExecutor(8) as pool:
        results = Counter(pool.map(issue, [*range(LETTERS), *range(0, LETTERS, 3)]))
    assert results["done"] == LETTERS
    running = sorted(int(number.split("〕")[1][:-1]) for number in _numbers())
    assert running == list(range(1, LETTERS + 1))


def _numbers() -> list[str]:
    return list(IntroductionLetter.objects.values_list("number", flat=True))


@pytest.mark.postgres
def test_of_two_windows_that_start_the_same_registration_one_is_told(crowd: World) -> None:
    li = crowd.members["li"]

    def start(_number: int) -> str:
        return _attempt(
            lambda: registrations.start(
                member=li, organisation=crowd.community, reason="residence", form={}, pledge="", by=SYSTEM
            )
        )

    with ThreadPoolExecutor(6) as pool:
        assert Counter(pool.map(start, range(6))) == {"done": 1, "already_open": 5}
    assert ActivityRegistration.objects.filter(member=li).count() == 1


_SEED = """
from members.models import ActivityRegistration
from tests.factories import MemberFactory
from tests.scene import ask
from tests.world import build
world = build()
for number in range(12):
    world.members["new"] = MemberFactory(home=world.branch_a)
    ask(world, "new", "community")
"""
_WORK = """
import json
from dualmgmt.lib.denied import ActionDenied
from members.actions import letters
from members.models import ActivityRegistration, User
home = User.objects.get(username="home_secretary")
community = User.objects.get(username="community_secretary")
results = []
def attempt(action, **kwargs):
    try:
        action(**kwargs)
        results.append(action.__name__)
    except ActionDenied as denied:
        results.append(denied.code)
rows = list(ActivityRegistration.objects.select_related("home_branch", "organisation", "member").order_by("pk"))
for row in rows:
    attempt(letters.issue, registration=row, valid_days=30, by=home)
for row in rows:
    row.refresh_from_db()
    attempt(letters.accept, registration=row, placement=row.organisation, by=community)
print(json.dumps(results))
"""
_RESULT = """
import json
from members.models import IntroductionLetter
print(json.dumps(list(IntroductionLetter.objects.values_list("number", "receipt_number"))))
"""


@pytest.mark.slow
def test_processes_issue_and_accept_the_same_letters(tmp_path: Path) -> None:
    """Three processes try to issue and to accept all twelve: each letter once, numbered 1 to 12."""
    with processes.database(tmp_path) as url:
        env = processes.environment(tmp_path, DATABASE_URL=url)
        processes.migrate(env)
        processes.python(_SEED, env)
        with ThreadPoolExecutor(3) as pool:
            outcomes = list(pool.map(lambda _number: json.loads(processes.python(_WORK, env)), range(3)))
        counted = Counter(code for results in outcomes for code in results)
        assert counted["issue"] == counted["accept"] == 12
        assert set(counted) <= {"issue", "accept", "stale", "wrong_state"}, counted
        made = json.loads(processes.python(_RESULT, env))
    for numbers in zip(*made, strict=True):
        assert sorted(int(number.split("〕")[1][:-1]) for number in numbers) == list(range(1, 13))
