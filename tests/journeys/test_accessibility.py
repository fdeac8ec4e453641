"""The main pages pass axe's rules for WCAG 2 AA, contrast included."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.journeys.conftest import People

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = [
    ("resident", "/"),
    ("resident", "/accounts/login/"),
    ("resident", "/needs/new/"),
    ("member", "/todo/"),
    ("member", "/members/me/"),
    ("member", "/registrations/new/"),
    ("member", "/projects/"),
    ("home_secretary", "/members/"),
    ("home_secretary", "/letters/"),
    ("community_secretary", "/registrations/archive/"),
    ("community_clerk", "/projects/new/"),
    ("community_clerk", "/records/"),
    ("community_secretary", "/feedback/"),
    ("department", "/dashboard/"),
    ("department", "/feedback/periods/"),
    ("auditor", "/audit/"),
]


@pytest.mark.parametrize("people", ["desktop"], indirect=True)
def test_axe_finds_nothing(people: People) -> None:
    found = {}
    for who, path in PAGES:
        people[who].go(path)
        result = Axe().run(people[who].page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]})
        violations = result.response["violations"]
        if violations:
            found[path] = [(rule["id"], [node["html"][:100] for node in rule["nodes"][:3]]) for rule in violations]
    assert found == {}
