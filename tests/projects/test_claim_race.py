"""Places are never oversubscribed and no claim is lost or doubled, whatever the concurrency."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection
from django.db.models import Sum

from branches.enums import Kind
from dualmgmt.lib.actors import SYSTEM
from dualmgmt.lib.denied import ActionDenied
from members.models import Member
from projects.actions import claims
from projects.models import Claim, ServiceProject
from tests import processes
from tests.factories import MemberFactory, OrganisationFactory, ProjectFactory, RegistrationFactory

PLACES = 20
ATTEMPTS = 200
RACES = 5


def _people(count: int) -> tuple[list[Member], object]:
    receiver = OrganisationFactory(kind=Kind.COMMITTEE, accepts_registrations=True)
    home = OrganisationFactory()
    members = []
    for _number in range(count):
        member = MemberFactory(home=home)
        RegistrationFactory(member=member, organisation=receiver, accepted_on=dt.date(2026, 1, 5))
        members.append(member)
    return members, receiver


def _attempt(project_pk: int, member_pk: int) -> str:
    try:
        claims.claim_as_member(
            project=ServiceProject.objects.select_related("organisation").get(pk=project_pk),
            member=Member.objects.get(pk=member_pk),
            by=SYSTEM,
        )
        return "claimed"
    except ActionDenied as denied:
        return denied.code
    finally:
        connection.close()


def _check(project: ServiceProject, results: list[str]) -> None:
    project.refresh_from_db()
    held = Claim.objects.holding().filter(project=project)
    counted = Counter(results)
    assert counted["claimed"] == held.count() == project.taken == PLACES
    assert held.values("member").distinct().count() == PLACES
    assert set(counted) <= {"claimed", "full", "already_held"}, counted


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="threads race on PostgreSQL; processes race on SQLite")
def test_threads_race_for_places() -> None:
    """200 attempts by 110 members for 20 places through 16 connections, some of them double taps."""
    members, receiver = _people(110)
    for _race in range(RACES):
        project = ProjectFactory(organisation=receiver, places=PLACES, kind="standing")
        tries = [members[number % len(members)].pk for number in range(ATTEMPTS)]
        with ThreadPoolExecutor(16) as pool:
            results = list(pool.map(lambda pk: _attempt(project.pk, pk), tries))  # noqa: B023 – joined at once
        _check(project, results)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="threads race on PostgreSQL; processes race on SQLite")
def test_one_member_in_many_windows_keeps_the_cap() -> None:
    """The same member taps on ten projects at once: no more than the cap of open claims."""
    members, receiver = _people(1)
    projects = [ProjectFactory(organisation=receiver) for _number in range(10)]
    with ThreadPoolExecutor(10) as pool:
        results = list(pool.map(lambda project: _attempt(project.pk, members[0].pk), projects))
    assert Counter(results) == {"claimed": 3, "cap_reached": 7}
    assert ServiceProject.objects.aggregate(taken=Sum("taken"))["taken"] == 3


SCENE = """
from tests.projects.test_claim_race import _people
from tests.factories import ProjectFactory
import json
members, receiver = _people(60)
project = ProjectFactory(organisation=receiver, places=20, kind="standing")
print(json.dumps([project.pk, [member.pk for member in members]]))
"""
RACER = """
import django, json, sys; django.setup()
from tests.projects.test_claim_race import _attempt
project, members = json.loads(sys.argv[1])
print(json.dumps([_attempt(project, pk) for pk in members]))
"""
STATE = """
from projects.models import *
import json
project = ServiceProject.objects.get()
held = Claim.objects.holding().filter(project=project)
print(json.dumps([project.taken, held.count(), held.values("member").distinct().count()]))
"""


@pytest.mark.skipif(connection.vendor != "sqlite", reason="processes race on SQLite; threads race on PostgreSQL")
def test_processes_race_for_places(tmp_path: Path) -> None:
    """Eight processes, 200 attempts by 60 members for 20 places on one SQLite file."""
    env = processes.environment(tmp_path, DATABASE_URL=f"sqlite:///{tmp_path / 'race.sqlite3'}")
    processes.migrate(env)
    project, members = json.loads(processes.python(SCENE, env))
    env["DJANGO_SETTINGS_MODULE"] = "dualmgmt.settings"
    racers = []
    for number in range(8):
        share = [members[(number * 7 + turn) % len(members)] for turn in range(25)]
        command = [sys.executable, "-c", RACER, json.dumps([project, share])]
        racers.append(subprocess.Popen(command, env=env, cwd=processes.ROOT, stdout=subprocess.PIPE, text=True))
    results = [code for racer in racers for code in json.loads(racer.communicate(timeout=120)[0])]
    counted = Counter(results)
    assert set(counted) <= {"claimed", "full", "already_held"}, counted
    assert counted["claimed"] == PLACES
    assert json.loads(processes.python(STATE, env)) == [PLACES, PLACES, PLACES]
