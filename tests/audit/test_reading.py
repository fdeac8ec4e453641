"""What is on record, in which words, and who may read it."""

from __future__ import annotations

import ast
import io
import json
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from branches.enums import Role
from dualmgmt import auditwords
from dualmgmt.lib import audit
from dualmgmt.lib.actors import SYSTEM
from dualmgmt.models import AuditEvent
from members.actions import people
from tests.factories import PASSWORD, AppointmentFactory
from tests.members.helpers import sign_in
from tests.scene import set_up
from tests.world import World

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = ("branches", "members", "projects", "evaluations", "dualmgmt")
# The actions they call record what happens; the first finds them through a table.
RECORDED_BY_STEPS = {
    "branches.changes.carry_out",
    "members.batches.send_line",  # starting, submitting, issuing
    "members.corrections.take_over",  # editing the member
}


def sources() -> list[Path]:
    return [path for app in APPS for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts]


def test_every_event_has_its_sentence() -> None:
    """An event recorded anywhere in the code is in the table, and nothing stands there for nothing."""
    text = "\n".join(path.read_text() for path in sources() if path.name != "auditwords.py")
    named = set(re.findall(r'"((?:' + "|".join(auditwords.GROUPS) + r')\.[a-z_]+)"', text))
    tables = {"branches.", "members.", "projects.", "evaluations."}
    named = {name for name in named if not any(name.startswith(table) for table in tables)}
    recorded = {name for name in named if name in auditwords.EVENTS} | set(_recorded())
    assert set(_recorded()) <= set(auditwords.EVENTS)
    made = {f"organisation.{kind}" for kind in ("renamed", "moved", "split", "merged", "dissolved")}
    made |= {"project.published", "need.rejected", "need.referred", "need.answered"} & set(auditwords.EVENTS)
    assert set(auditwords.EVENTS) - recorded - made == set()
    assert {event.partition(".")[0] for event in auditwords.EVENTS} == set(auditwords.GROUPS)


def _recorded() -> list[str]:
    """First arguments of ``audit.record`` that are plain strings, or either branch of a choice."""
    found: list[str] = []
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "audit.record":
                found += [
                    leaf.value
                    for leaf in ast.walk(node.args[0])
                    if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str) and "." in leaf.value[:-1]
                ]
    return [name for name in found if re.fullmatch(r"[a-z_]+\.[a-z_]+", name)]


def test_every_action_is_on_record() -> None:
    """A public function in ``actions`` that opens a transaction records what it does."""
    silent = []
    for app in APPS[:4]:
        for path in (ROOT / app / "actions").glob("*.py"):
            tree = ast.parse(path.read_text())
            bodies = {node.name: ast.unparse(node) for node in tree.body if isinstance(node, ast.FunctionDef)}
            for name, body in bodies.items():
                called = [inner for other, inner in bodies.items() if f"{other}(" in body]
                recorded = "audit.record(" in body or any("audit.record(" in inner for inner in called)
                if body.startswith("@transaction.atomic") and not name.startswith("_") and not recorded:
                    silent.append(f"{app}.{path.stem}.{name}")
    assert set(silent) == RECORDED_BY_STEPS


def test_no_row_holds_a_number_or_an_address(world: World, django_capture_on_commit_callbacks: Any) -> None:
    member = world.members["li"]
    member.home_address, before = "芝罘区环山路99号3单元", member.phone
    member.phone = "13805350000"
    people.edit_member(member=member, changed=["home_address", "phone"], by=world.users["home_secretary"])
    with django_capture_on_commit_callbacks(execute=True):
        set_up(world)
    text = json.dumps(list(AuditEvent.objects.values_list("details", flat=True)), ensure_ascii=False)
    for person in world.members.values():
        assert person.id_number not in text
        assert person.phone not in text
    assert before not in text
    assert "环山路" not in text
    assert "138****0000" in text


def test_signing_in_out_and_failing_to_is_on_record(world: World) -> None:
    user = world.users["home_secretary"]
    user.set_password(PASSWORD)
    user.save()
    client = Client(REMOTE_ADDR="10.1.2.3")
    client.post("/accounts/login/", {"login": "home_secretary", "password": "wrong"})
    client.post("/accounts/login/", {"login": "13805351234", "password": "wrong"})
    client.post("/accounts/login/", {"login": "home_secretary", "password": PASSWORD})
    client.post("/accounts/logout/")
    rows = AuditEvent.objects.filter(event__startswith="account.").order_by("pk")
    assert [(row.event.partition(".")[2], row.address) for row in rows] == [
        ("sign_in_failed", "10.1.2.3"),
        ("sign_in_failed", "10.1.2.3"),
        ("signed_in", "10.1.2.3"),
        ("signed_out", "10.1.2.3"),
    ]
    assert [row.details.get("typed") for row in rows][:2] == ["home_secretary", "13*********"]


def test_a_refused_page_is_on_record_but_cannot_fill_the_table(world: World) -> None:
    client = sign_in(world, "other_secretary")
    for _number in range(30):
        assert client.get(reverse("audit_list")).status_code == 403
    rows = AuditEvent.objects.filter(event="access.refused")
    assert rows.count() == 20
    assert (rows[0].actor, rows[0].details["path"]) == (world.users["other_secretary"], "/audit/")
    assert rows[0].capacity == "毓璜顶医院第一党支部 书记"


def test_an_export_is_on_record_with_filter_and_rows(world: World, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        set_up(world)
    sign_in(world, "community_secretary").get(reverse("archive_export"), {"q": "13805351234"})
    row = AuditEvent.objects.get(event="export.made")
    assert (row.details["rows"], row.details["filter"]) == (0, "q=13*********")


def test_the_auditor_filters_reads_and_exports(world: World, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        scene = set_up(world)
    client = sign_in(world, "auditor")
    page = client.get(reverse("audit_list"), {"group": "letter", "organisation": "T-bureau"})
    words = {sentence for _row, sentence, _subject in page.context["events"]}
    assert words == {"开具报到介绍信"}
    assert client.get(reverse("audit_list"), {"organisation": "没有这个"}).context["events"] == []
    row = AuditEvent.objects.filter(event="registration.accepted", subject_id=str(scene.registration.pk)).get()
    assert "友谊街社区党委" in client.get(reverse("audit_detail", args=[row.pk])).content.decode()
    answer = client.get(reverse("audit_export"), {"group": "letter"})
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    assert sheet is not None
    assert {line[4].value for line in list(sheet.rows)[1:]} == {"开具报到介绍信", "录入平台外纸质介绍信"}
    assert AuditEvent.objects.filter(event="export.made", actor=world.users["auditor"]).exists()


def test_older_pages_go_on_where_the_last_one_ended(world: World) -> None:
    for number in range(120):
        audit.record("member.edited", world.members["li"], by=SYSTEM, number=number)
    client, seen, query = sign_in(world, "auditor"), [], ""
    while True:
        page = client.get(f"{reverse('audit_list')}?group=member&{query}")
        seen += [row.details["number"] for row, _sentence, _subject in page.context["events"]]
        if not (query := page.context["older"]):
            break
    assert seen == list(range(119, -1, -1))


@pytest.mark.parametrize("rows", [1, 3])
def test_the_log_costs_the_same_for_one_row_and_three(
    world: World, rows: int, django_assert_max_num_queries: Any
) -> None:
    for number in range(rows):
        audit.record("member.edited", world.members["li"], by=SYSTEM, number=number)
    client = sign_in(world, "auditor")
    with django_assert_max_num_queries(6):
        client.get(reverse("audit_list"))


@pytest.mark.parametrize(
    ("persona", "sees"),
    [
        ("home_secretary", True),
        ("unit_secretary", True),
        ("member", False),
        ("community_secretary", False),
        ("community_clerk", False),
    ],
)
def test_the_history_is_for_those_who_answer_for_the_organisation(
    world: World, persona: str, sees: bool, django_capture_on_commit_callbacks: Any
) -> None:
    """The home branch reads its own steps on the registration's page; the receiver reads the receiver's."""
    with django_capture_on_commit_callbacks(execute=True):
        scene = set_up(world)
    url = reverse("registration_detail", args=[scene.registration.pk])
    page = sign_in(world, persona).get(url).content.decode()
    assert ("发起报到登记" in page) is sees


def test_a_receiver_reads_its_own_steps(world: World, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        scene = set_up(world)
    page = sign_in(world, "community_secretary").get(reverse("registration_detail", args=[scene.registration.pk]))
    assert "接收报到登记" in page.content.decode()


def test_every_written_row_keeps_the_capacity(world: World) -> None:
    user = world.users["home_secretary"]
    row = AppointmentFactory(user=user, organisation=world.bureau, role=Role.DEPUTY_SECRETARY)
    client = sign_in(world, "home_secretary")
    client.post(reverse("capacity_choose"), {"appointment": row.pk})
    client.post(reverse("card_issue", args=[world.members["wang"].pk]))
    event = AuditEvent.objects.get(event="card.issued")
    assert (event.capacity, event.appointment_id) == ("芝罘区税务局党委 副书记", row.pk)


def test_words_follow_the_reader() -> None:
    row = AuditEvent(event="card.issued", subject_type="members.member", subject_id="7", details={"rows": 3})
    assert (auditwords.sentence(row), auditwords.subject(row)) == ("发放党员卡", "党员 7")
    with translation.override("en"):
        assert list(auditwords.details(row)) == [("rows", "3")]
