"""The API says what the pages say: same rows, same refusals."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command
from django.urls import reverse

from projects.models import Claim
from tests.factories import ProjectFactory, RegistrationFactory
from tests.members.test_reporting_in import sign_in
from tests.world import World


def test_lists_hold_what_one_may_see(world: World, django_assert_max_num_queries: Any) -> None:
    shown = ProjectFactory(organisation=world.community)
    ProjectFactory(organisation=world.community, state="draft")
    client = sign_in(world, "member")
    rows = client.get(reverse("api_project-list")).json()["results"]
    assert [(row["number"], row["organisation"], row["places_left"]) for row in rows] == [
        (shown.number, "T-community", 3)
    ]
    for _number in range(3):
        ProjectFactory(organisation=world.community)
    with django_assert_max_num_queries(10):
        client.get(reverse("api_project-list"))
    assert sign_in(world, "auditor").get(reverse("api_project-list")).json()["results"] == []
    assert client.get(reverse("api_project-list"), {"organisation": "T-community2"}).json()["results"] == []


def test_a_claim_by_api_and_its_retry(world: World) -> None:
    RegistrationFactory(member=world.members["li"], organisation=world.community)
    project = ProjectFactory(organisation=world.community)
    client = sign_in(world, "member")
    url = reverse("api_project-claim", args=[project.pk])
    assert client.post(url).status_code == 201
    retry = client.post(url)
    assert (retry.status_code, retry.json()) == (409, {"detail": "您已认领该项目。", "code": "already_held"})
    assert Claim.objects.count() == 1
    mine = client.get(reverse("api_claim-list")).json()["results"]
    assert [row["number"] for row in mine] == [f"{project.number}-01"]
    assert sign_in(world, "other_member").get(reverse("api_claim-list")).json()["results"] == []


def test_the_schema_is_sound(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn")
    assert "/api/v1/projects/{id}/claim/" in capsys.readouterr().out
