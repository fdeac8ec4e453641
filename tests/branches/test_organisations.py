"""The organisation tree: by hand, from a spreadsheet, and who may."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse

from branches.creditcode import validate_credit_code
from branches.models import Appointment, Organisation
from branches.permissions import Permission
from dualmgmt.lib.clock import today
from dualmgmt.models import AuditEvent
from tests.factories import AppointmentFactory, OrganisationFactory
from tests.members.test_reporting_in import sign_in
from tests.world import World

HEADER = ["党组织代码", "党组织名称", "组织类别", "上级党组织代码", "单位名称", "单位性质", "是否接收报到"]


def workbook(rows: list[list[str]]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet()
    for number, row in enumerate([["党组织情况表"], HEADER, *rows]):
        sheet.write_row(number, 0, row)
    book.close()
    return out.getvalue()


def run(tmp_path: Path, rows: list[list[str]]) -> tuple[Any, int]:
    path = tmp_path / "党组织.xlsx"
    path.write_bytes(workbook(rows))
    out, status = io.StringIO(), 0
    try:
        call_command("import_organisations", str(path), "--format", "json", stdout=out)
    except SystemExit as stop:
        status = int(stop.code or 0)
    return json.loads(out.getvalue()), status


def codes(persona: str, permission: Permission, world: World) -> set[str]:
    rows = Organisation.objects.where(world.users[persona], permission)
    return {code.removeprefix("T-") for code in rows.values_list("code", flat=True)}


def test_a_scope_is_ones_own_and_below_never_a_sibling(world: World) -> None:
    assert codes("home_secretary", Permission.ROSTER_VIEW, world) == {"branch_a"}
    assert codes("unit_secretary", Permission.ROSTER_VIEW, world) == {"bureau", "branch_a", "branch_b"}
    assert codes("street_officer", Permission.ROSTER_VIEW, world) == {"street", "community", "themed", "community2"}
    assert codes("department_officer", Permission.ROSTER_VIEW, world) == set()
    assert codes("stranger", Permission.DASHBOARD_VIEW, world) == set()


def test_an_appointment_counts_only_while_it_is_in_force(world: World) -> None:
    user = world.users["stranger"]
    ended = AppointmentFactory(user=user, organisation=world.branch_a, ends_on=today())
    assert codes("stranger", Permission.ROSTER_VIEW, world) == {"branch_a"}
    Appointment.objects.filter(pk=ended.pk).update(approved_at=None)
    user.__dict__.pop("_appointments_in_force")
    assert codes("stranger", Permission.ROSTER_VIEW, world) == set()


def test_an_organisation_by_hand(world: World) -> None:
    form = {
        "parent": world.bureau.code,
        "founded_on": "2026-01-05",
        "name": "税务局第三党支部",
        "code": "T-new",
        "kind": "branch",
        "setting": "standard",
    }
    sign_in(world, "unit_secretary").post(reverse("organisation_new"), form)
    made = Organisation.objects.get(code="T-new")
    assert made.path.startswith(world.bureau.path)
    assert AuditEvent.objects.filter(event="organisation.created", subject_id=str(made.pk)).count() == 1
    again = sign_in(world, "unit_secretary").post(reverse("organisation_new"), form)
    assert again.context["form"].errors


def test_a_forged_parent_is_an_ordinary_error(world: World) -> None:
    form = {
        "parent": world.hospital.code,
        "name": "x",
        "code": "x",
        "kind": "branch",
        "setting": "standard",
        "founded_on": "2026-01-05",
    }
    page = sign_in(world, "unit_secretary").post(reverse("organisation_new"), form)
    assert list(page.context["form"].errors) == ["parent"]


def test_a_tree_from_a_spreadsheet(world: World, tmp_path: Path) -> None:
    rows = [
        ["N1", "新单位党委", "党委", "T-works", "新单位", "机关", ""],
        ["N1-1", "新单位第一党支部", "党支部", "N1", "", "", ""],
        ["T-bureau", "芝罘区税务局机关党委", "党委", "T-works", "", "", ""],
    ]
    assert run(tmp_path, rows) == ({"added": 2, "changed": 1, "unchanged": 0, "refused": []}, 0)
    branch = Organisation.objects.get(code="N1-1")
    assert branch.path.startswith(Organisation.objects.get(code="N1").path)
    assert run(tmp_path, rows) == ({"added": 0, "changed": 0, "unchanged": 3, "refused": []}, 0)


def test_refused_rows_write_nothing(world: World, tmp_path: Path) -> None:
    rows = [
        ["N1", "新党委", "党委", "T-works", "", "", ""],
        ["N2", "无上级", "党支部", "NOWHERE", "", "", ""],
        ["N3", "类别错", "小组", "T-works", "", "", ""],
        ["N4", "支部之下", "党支部", "T-branch_a", "", "", ""],
    ]
    result, status = run(tmp_path, rows)
    assert (status, result["added"]) == (3, 1)
    assert [(row["row"], row["field"]) for row in result["refused"]] == [(4, "parent"), (5, "kind"), (6, "parent")]
    assert not Organisation.objects.filter(code="N1").exists()


def test_an_upload_stays_in_scope(world: World) -> None:
    rows = [
        ["N1", "越界", "党支部", "T-hospital", "", "", ""],
        ["T-branch_c", "改名", "党支部", "T-hospital", "", "", ""],
    ]
    file = SimpleUploadedFile("党组织.xlsx", workbook(rows))
    page = sign_in(world, "unit_secretary").post(reverse("organisation_import"), {"file": file, "write": "on"})
    assert [refusal.field for refusal in page.context["plan"].refused] == ["parent", "code"]
    assert not Organisation.objects.filter(name__in=["越界", "改名"]).exists()


def test_the_list_costs_the_same_with_many_rows(world: World, django_assert_max_num_queries: Any) -> None:
    client = sign_in(world, "member")
    client.get(reverse("organisation_list"))
    with django_assert_max_num_queries(8):
        client.get(reverse("organisation_list"))
    for _number in range(12):
        OrganisationFactory(parent=world.works)
    with django_assert_max_num_queries(8):
        client.get(reverse("organisation_list"))


@pytest.mark.parametrize("code", ["91370602MA3C1X2Y0K", "1137060200000000", "x"])
def test_wrong_credit_codes(code: str) -> None:
    with pytest.raises(ValidationError):
        validate_credit_code(code)


@pytest.mark.parametrize("body", ["91370602MA3C1X2Y0", "N2370602MF0000001", "11370602004260000"])
def test_right_credit_codes_also_with_a_letter_first(body: str) -> None:
    """Of 31 possible check symbols exactly one fits."""
    fitting = []
    for symbol in "0123456789ABCDEFGHJKLMNPQRTUWXY":
        try:
            validate_credit_code(body + symbol)
        except ValidationError:
            continue
        fitting.append(symbol)
    assert len(fitting) == 1
