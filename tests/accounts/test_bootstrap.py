"""A new city: nothing in the database, one command, and then two keys for everything."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from branches.actions import appointments
from branches.enums import Level, Role
from branches.models import Appointment, Organisation
from dualmgmt.lib.clock import today
from dualmgmt.models import AuditEvent
from members.models import ActivationSlip, User
from tests.factories import DivisionFactory, UserFactory
from tests.members.helpers import refused
from tests.world import World

GOOD = "Qingquan-2026-lu"
PEOPLE = ["--security", "anquan1=冯洁", "--security", "anquan2=程亮", "--system", "xitong=郑凯"]
PEOPLE += ["--auditor", "shenji=吴清", "--department", "zuzhibu=周明远"]


def found(*flags: str, code: str = "QD") -> dict[str, Any]:
    out = io.StringIO()
    root = [code, "--name", "中共青岛市委员会", "--short-code", "青"]
    call_command("bootstrap", *root, "--format", "json", *flags, stdout=out)
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


@pytest.mark.django_db
def test_an_empty_portal_gets_its_first_people_and_they_get_in() -> None:
    DivisionFactory(code="370200", name="青岛市", level=Level.CITY)
    answer = found("--division", "370200", *PEOPLE)
    root = Organisation.objects.get()
    assert (root.code, root.name, root.leads.code if root.leads else "") == ("QD", "中共青岛市委员会", "370200")
    assert [slip["username"] for slip in answer["slips"]] == ["anquan1", "anquan2", "xitong", "shenji", "zuzhibu"]
    assert Appointment.objects.in_force().count() == 5
    assert not any(user.has_usable_password() for user in User.objects.all())
    codes = {slip["username"]: slip["code"] for slip in answer["slips"]}
    assert not any(code.replace("-", "") in str(list(AuditEvent.objects.values())) for code in codes.values())
    form = {"name": "anquan1", "code": codes["anquan1"], "password": GOOD, "again": GOOD}
    client = Client()
    assert client.post(reverse("account_activate"), form).status_code == 302
    client.post(reverse("account_login"), {"login": "anquan1", "password": GOOD})
    assert client.get(reverse("appointment_desk")).status_code == 200


@pytest.mark.django_db
def test_from_there_on_two_keys_appoint(django_capture_on_commit_callbacks: Any) -> None:
    """The department proposes the first secretary, a security administrator approves."""
    found(*PEOPLE)
    root = Organisation.objects.get()
    person = UserFactory(name="于海")
    row = appointments.propose(
        user=person,
        organisation=root,
        role=Role.SECRETARY,
        starts_on=today(),
        by=User.objects.get(username="zuzhibu"),
    )
    appointments.approve(appointment=row, by=User.objects.get(username="anquan2"))
    assert Appointment.objects.in_force().filter(user=person).exists()


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (PEOPLE[2:], "两名安全管理员"),
        (PEOPLE[:-2], "组织部门"),
        ([*PEOPLE[:-2], "--department", "shenji=吴清"], "用户名"),
        ([*PEOPLE, "--system", "没有等号"], "username=name"),
        ([*PEOPLE, "--division", "999999"], "999999"),
    ],
)
@pytest.mark.django_db
def test_what_is_wrong_is_said_and_nothing_is_written(flags: list[str], says: str) -> None:
    with pytest.raises(CommandError, match=says):
        found(*flags)
    assert not Organisation.objects.exists()
    assert not User.objects.exists()
    assert not ActivationSlip.objects.exists()


def test_it_works_once(world: World) -> None:
    with pytest.raises(CommandError):
        found(*PEOPLE)
    with pytest.raises(CommandError, match="最上级"):
        found(*PEOPLE, code=world.bureau.code)
    refused(
        "already_bootstrapped",
        appointments.bootstrap,
        root=world.city,
        offices=[(UserFactory(), Role.SECURITY_ADMIN)],
        by=world.users["department_officer"],
    )
