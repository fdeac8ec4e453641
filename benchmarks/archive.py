"""Milliseconds of the archive and the roster at the size of a city, beside the bare statements they come down to.

    python -m benchmarks.archive [--members 500000] [--registrations 131000]

Works in a scratch database beside the one ``DATABASE_URL`` names and removes it
afterwards; PostgreSQL only, where these sizes belong (design.md §9). Prints one
line of JSON: for each page its time from request to answer, the time of its
statements, and how many they are; for each search the first 25 rows alone.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import django

TEXTS = ("王", "明", "建国", "志明", "王志明", "wzm")
RUNS = 5


def milliseconds(act: Callable[[], object]) -> float:
    """The median of a few runs, the first not counted."""
    act()
    taken = []
    for _run in range(RUNS):
        started = time.perf_counter()
        act()
        taken.append(1000 * (time.perf_counter() - started))
    return round(statistics.median(taken), 1)


def first_rows(text: str) -> Callable[[], object]:
    """The 25 rows of a search among all members, as the roster reads them."""
    from dualmgmt.lib.pages import InTurn
    from members.models import Member

    rows = Member.objects.order_by("name", "pk").only("name")
    if text.isascii():
        return lambda: list(rows.order_by("name_initials", "pk").filter(name_initials__startswith=text)[:25])
    return lambda: InTurn(rows.filter(name__startswith=text), rows.filter(name__holds_later=text))[:25]


def page(url: str, user: Any, query: dict[str, str]) -> dict[str, Any]:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.urls import reverse

    client = Client()
    client.force_login(user, backend="members.backends.PortalBackend")
    whole = milliseconds(lambda: client.get(reverse(url), query))
    with CaptureQueriesContext(connection) as queries:
        assert client.get(reverse(url), query).status_code == 200
    statements = sum(float(row["time"]) for row in queries.captured_queries)
    return {"ms": whole, "statements_ms": round(1000 * statements, 1), "queries": len(queries)}


def measure(members: int, registrations: int) -> dict[str, Any]:
    from benchmarks import crowd
    from members.models import ActivityRegistration

    city = crowd.fill(members=members, registrations=registrations)
    found: dict[str, Any] = {
        "members": members,
        "registered": ActivityRegistration.objects.registered().count(),
        "first_25_ms": {text: milliseconds(first_rows(text)) for text in TEXTS},
    }
    for name, user in (("city", city.city), ("community", city.community), ("branch", city.branch)):
        found[f"archive_{name}"] = page("archive", user, {})
    for text in TEXTS:
        found[f"archive_city_{text}"] = page("archive", city.city, {"q": text})
    for sort in ("newest", "placement"):
        found[f"archive_city_{sort}"] = page("archive", city.city, {"sort": sort})
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--members", type=int, default=500_000)
    parser.add_argument("--registrations", type=int, default=131_000)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dualmgmt.settings")
    django.setup()
    from django.conf import settings
    from django.db import connection
    from django.test.utils import setup_test_environment, teardown_test_environment

    if connection.vendor != "postgresql":
        sys.stderr.write("benchmarks.archive: a city's size belongs to PostgreSQL; set DATABASE_URL to measure it.\n")
        return
    setup_test_environment()
    name = settings.DATABASES["default"]["NAME"]
    with contextlib.redirect_stdout(sys.stderr):
        connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        found = measure(options.members, options.registrations)
        sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
    finally:
        connection.creation.destroy_test_db(str(name), verbosity=0)
        teardown_test_environment()


if __name__ == "__main__":
    main()
