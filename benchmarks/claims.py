"""Claims per second, against the floor the database itself sets in the same run.

    python -m benchmarks.claims [--claims 300]

Works in a scratch database beside the one ``DATABASE_URL`` names (SQLite without
one) and removes it afterwards; needs the development requirements. Prints one
line of JSON: rates per second, the ratio of each layer to the floor, and the
queries of one claim over its page.

- ``statement``: the conditional ``UPDATE`` that takes a place and the ``INSERT`` of the claim, by hand, one
  transaction each. This is the floor: nothing that is right can be faster.
- ``action``: ``projects.actions.claims.claim_as_member``, with its rules, audit row and outbox row.
- ``page``: the same by a signed-in POST through all middleware, without a server in between.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import django


def rate(acts: list[Callable[[], object]]) -> float:
    started = time.perf_counter()
    for act in acts:
        act()
    return len(acts) / (time.perf_counter() - started)


def statement(project: Any, member: Any) -> None:
    """One claim by hand; raises unless a place was free."""
    from django.db import connection, transaction
    from django.utils import timezone

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE projects_serviceproject SET taken = taken + 1, last_claim = last_claim + 1"
            " WHERE id = %s AND state = 'published' AND taken < places RETURNING last_claim",
            [project.pk],
        )
        (ordinal,) = cursor.fetchone()
        cursor.execute(
            "INSERT INTO projects_claim (project_id, ordinal, member_id, places, state, claimed_at, remark)"
            " VALUES (%s, %s, %s, 1, 'confirmed', %s, '')",
            [project.pk, ordinal, member.pk, timezone.now()],
        )


def measure(claims: int) -> dict[str, Any]:
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.urls import reverse

    from dualmgmt.lib.actors import SYSTEM
    from projects.actions.claims import claim_as_member
    from projects.models import ServiceProject
    from tests.factories import MemberFactory, ProjectFactory, RegistrationFactory, UserFactory
    from tests.world import build

    world = build()
    people = [MemberFactory(home=world.branch_a, user=UserFactory(username=f"p{n}")) for n in range(claims)]
    for member in people:
        RegistrationFactory(member=member, organisation=world.community)
    fields: dict[str, Any] = {"organisation": world.community, "places": 500, "kind": "standing"}
    by_hand, by_action, by_page, counted, unmeasured = (ProjectFactory(**fields).pk for _layer in range(5))

    def load(pk: int) -> ServiceProject:
        return ServiceProject.objects.select_related("organisation__leads").get(pk=pk)

    project, other = load(by_hand), load(by_action)
    # One client, so that the middleware is loaded once as in a server; each member's session is its cookie.
    client = Client()
    sessions = []
    for member in people:
        client.force_login(member.user, backend="members.backends.PortalBackend")
        sessions.append(client.cookies[settings.SESSION_COOKIE_NAME].value)
        client.cookies.clear()

    def post(pk: int, session: str) -> None:
        client.cookies[settings.SESSION_COOKIE_NAME] = session
        assert client.post(reverse("project_claim", args=[pk])).status_code == 302

    post(unmeasured, sessions[0])
    rates = {
        "statement": rate([lambda member=member: statement(project, member) for member in people]),
        "action": rate(
            [lambda member=member: claim_as_member(project=other, member=member, by=SYSTEM) for member in people]
        ),
        "page": rate([lambda session=session: post(by_page, session) for session in sessions]),
    }
    with CaptureQueriesContext(connection) as queries:
        post(counted, sessions[0])
    taken = list(ServiceProject.objects.filter(pk__in=[by_hand, by_action, by_page]).values_list("taken", flat=True))
    assert taken == [claims] * 3, taken
    return {
        "database": connection.vendor,
        "claims": claims,
        **{f"{name}_per_s": round(value) for name, value in rates.items()},
        **{f"{name}_to_floor": round(rates[name] / rates["statement"], 2) for name in ("action", "page")},
        "queries_of_a_page": len(queries),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--claims", type=int, default=300, help="claims per layer, at most 500 (default 300)")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dualmgmt.settings")
    django.setup()
    from django.conf import settings
    from django.db import connection
    from django.test.utils import setup_test_environment, teardown_test_environment

    from dualmgmt.celery import app

    # Notices are the worker's business; here the wake-up only goes to a broker in memory.
    app.conf.update(task_always_eager=False, broker_url="memory://", broker_transport=None)
    setup_test_environment()
    name = settings.DATABASES["default"]["NAME"]
    with contextlib.redirect_stdout(sys.stderr):  # making the cache table talks; standard output is for the result
        connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        sys.stdout.write(json.dumps(measure(min(options.claims, 500))) + "\n")
    finally:
        connection.creation.destroy_test_db(str(name), verbosity=0)
        teardown_test_environment()


if __name__ == "__main__":
    main()
