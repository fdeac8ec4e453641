"""Rosters as offices really keep them, and as nobody should send them."""

from __future__ import annotations

import datetime as dt
import io
import json
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse
from openpyxl import load_workbook

from members.actions import merging
from members.models import HomeMembership, Member
from tests.factories import MemberFactory, id_number
from tests.members.test_reporting_in import sign_in
from tests.world import World

HEADER = ["姓 名", "性别", "公民身份号码", "入党时间", "手机号", "备注"]
DAY = dt.date(2003, 7, 1)


def sheet(rows: list[list[Any]], *, title: bool = True, name: str = "名册", extra: bool = False) -> bytes:
    """A workbook with title and filling-in lines above the header."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False})
    if extra:
        book.add_worksheet("填表说明").write(0, 0, "请认真填写")
    page = book.add_worksheet(name)
    date_format = book.add_format({"num_format": "yyyy-mm-dd"})
    above = [["XX支部党员名册"], ["填报单位:XX", "填报时间:2026年11月"]] if title else []
    for number, row in enumerate([*above, *rows]):
        for column, value in enumerate(row):
            if isinstance(value, dt.date):
                page.write_datetime(number, column, value, date_format)
            elif isinstance(value, str) and value.startswith("{="):
                page.write_formula(number, column, value.strip("{}"))
            else:
                page.write(number, column, value)
    book.close()
    return out.getvalue()


def line(serial: int, **changes: Any) -> list[Any]:
    values = {
        "name": f"王小{'一二三四五六七八九十'[serial % 10]}",
        "sex": "男",
        "id": id_number(serial),
        "joined": "2003.07.01",
    }
    values |= {"phone": f"1380000{serial:04d}", "note": ""}
    return list((values | changes).values())


def run(tmp_path: Path, data: bytes, *flags: str, organisation: str = "T-branch_a", filename: str = "名册.xlsx") -> Any:
    """Result of the command and its exit status."""
    path = tmp_path / filename
    path.write_bytes(data)
    out, status = io.StringIO(), 0
    try:
        call_command("import_roster", str(path), "--organisation", organisation, "--format", "json", *flags, stdout=out)
    except SystemExit as stop:
        status = int(stop.code or 0)
    return json.loads(out.getvalue()), status


def test_a_roster_as_offices_keep_it(world: World, tmp_path: Path) -> None:
    dates = ["2003.07.01", "2003年7月1日", "20030701", 20030701, DAY, "2003/7/1", "2003-7-1", "２００３．７．１"]
    rows = [line(n, joined=text) for n, text in enumerate(dates)]
    rows.append(line(8, id=f" {id_number(8)[:6]} {id_number(8)[6:]} ", phone="138-0000 0008"))
    rows.append([])
    rows.append(["合计", "", "9人"])
    result, status = run(tmp_path, sheet([HEADER, *rows], extra=True))
    assert (status, result) == (0, {"added": 9, "changed": 0, "unchanged": 0, "refused": []})
    assert set(Member.objects.filter(name__startswith="王小").values_list("joined_on", flat=True)) == {DAY}
    assert (
        HomeMembership.objects.open().filter(organisation=world.branch_a, member__name__startswith="王小").count() == 9
    )
    assert Member.objects.with_id_number(id_number(8)).get().phone == "13800000008"


def test_again_nothing_and_then_a_change(world: World, tmp_path: Path) -> None:
    rows = [line(1), line(2)]
    run(tmp_path, sheet([HEADER, *rows]))
    assert run(tmp_path, sheet([HEADER, *rows]))[0] == {"added": 0, "changed": 0, "unchanged": 2, "refused": []}
    rows[1][4] = "13900000000"
    assert run(tmp_path, sheet([HEADER, *rows]))[0] == {"added": 0, "changed": 1, "unchanged": 1, "refused": []}
    assert Member.objects.with_id_number(id_number(2)).get().phone == "13900000000"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv(world: World, tmp_path: Path, encoding: str) -> None:
    text = "\n".join(",".join(map(str, row)) for row in [["党员名册"], HEADER, line(1), line(2)])
    result, status = run(tmp_path, text.encode(encoding), filename="名册.csv")
    assert (status, result["added"]) == (0, 2)


LOST_DIGITS = "公民身份号码以数字格式录入，末几位已丢失。请将该列设为文本格式后重新录入。"
REFUSALS = [
    ({"id": ""}, "id_number", "此项为空。"),
    ({"id": "37060219800517001X"}, "id_number", "公民身份号码校验位不符，有数字录入错误。"),
    (
        {"id": 370602198005170000},
        "id_number",
        "公民身份号码以数字格式录入，末几位已丢失。请将该列设为文本格式后重新录入。",
    ),
    ({"id": "3.70602E+17"}, "id_number", LOST_DIGITS),
    ({"id": "370602198002300015"}, "id_number", "公民身份号码中的出生日期不存在或晚于今天。"),
    ({"name": ""}, "name", "此项为空。"),
    ({"phone": "123"}, "phone", "请填写 11 位手机号码，或带区号的固定电话。"),
    ({"joined": "2003.07"}, "joined_on", "“2003.07”缺少日，请填写完整日期，如 2003-07-01。"),
    ({"joined": "去年"}, "joined_on", "“去年”不是有效日期，请按 2003-07-01 的格式填写。"),
    ({"joined": "2099-01-01"}, "joined_on", "“2099-01-01”晚于今天。"),
    ({"name": '{=HYPERLINK("x")}'}, "name", "单元格为公式，请粘贴为数值。"),
    ({"sex": "M"}, "sex", "“M”应为男或女。"),
]


@pytest.mark.parametrize(("changes", "column", "reason"), REFUSALS)
def test_a_refused_row_says_why_and_nothing_is_written(
    world: World, tmp_path: Path, changes: dict[str, Any], column: str, reason: str
) -> None:
    before = Member.objects.count()
    result, status = run(tmp_path, sheet([HEADER, line(1), line(2, **changes)]))
    assert status == 3
    assert result == {
        "added": 1,
        "changed": 0,
        "unchanged": 0,
        "refused": [{"row": 5, "field": column, "reason": reason}],
    }
    assert Member.objects.count() == before


def test_partial_and_dry_run(world: World, tmp_path: Path) -> None:
    data = sheet([HEADER, line(1), line(2, id="1")])
    before = Member.objects.count()
    assert run(tmp_path, data, "--dry-run")[1] == 3
    assert run(tmp_path, data, "--dry-run", "--partial")[1] == 0
    assert Member.objects.count() == before
    result, status = run(tmp_path, data, "--partial")
    assert (status, result["added"], len(result["refused"])) == (0, 1, 1)
    assert Member.objects.count() == before + 1


def test_duplicates_in_file_and_registry(world: World, tmp_path: Path) -> None:
    taken = MemberFactory(home=world.branch_c)
    rows = [line(1), line(2, id=id_number(1)), line(3, id=taken.id_number)]
    result, _status = run(tmp_path, sheet([HEADER, *rows]))
    assert [(refusal["row"], refusal["field"]) for refusal in result["refused"]] == [(5, "id_number"), (6, "id_number")]
    assert result["refused"][1]["reason"] == "该公民身份号码已登记，请通过组织关系转接办理。"
    assert "毓璜顶" not in json.dumps(result, ensure_ascii=False)


def test_below_a_committee_the_branch_column_decides(world: World, tmp_path: Path) -> None:
    header = [*HEADER, "所在党支部"]
    rows = [
        [*line(1), "税务局第一党支部"],
        [*line(2), "T-branch_b"],
        [*line(3), "毓璜顶医院第一党支部"],
        [*line(4), ""],
    ]
    result, status = run(tmp_path, sheet([header, *rows]), organisation="T-bureau")
    assert (status, result["added"]) == (3, 2)
    assert [(refusal["row"], refusal["field"]) for refusal in result["refused"]] == [(6, "branch"), (7, "branch")]


def test_themed_branches_and_committees_are_nobodys_home(world: World, tmp_path: Path) -> None:
    result, _status = run(tmp_path, sheet([HEADER, line(1)]), organisation="T-themed")
    assert [refusal["field"] for refusal in result["refused"]] == ["branch"]


def _hostile() -> dict[str, bytes]:
    far = io.BytesIO()
    book = xlsxwriter.Workbook(far)
    book.add_worksheet().write(1_048_575, 16_383, "x")
    book.close()
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 300_000_000)
    entity = io.BytesIO()
    good = sheet([HEADER, line(1)])
    with zipfile.ZipFile(io.BytesIO(good)) as source, zipfile.ZipFile(entity, "w") as archive:
        for item in source.infolist():
            data = source.read(item)
            if item.filename == "xl/sharedStrings.xml":
                data = data.replace(b"<sst", b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><sst', 1)
            archive.writestr(item, data)
    return {
        "far cell": far.getvalue(),
        "zip bomb": bomb.getvalue(),
        "entities": entity.getvalue(),
        "cut off": good[:1500],
        "old excel": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"0" * 600,
        "not a workbook": b"hello",
        "empty": b"",
        "no header": sheet([["a", "b"], ["c", "d"]]),
        "nul bytes": b"\0" * 5000,
    }


@pytest.mark.parametrize("kind", sorted(_hostile()))
def test_hostile_files_are_refused_within_seconds(world: World, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "名册.xlsx"
    path.write_bytes(_hostile()[kind])
    began = time.monotonic()
    with pytest.raises(CommandError) as caught:
        call_command("import_roster", str(path), "--organisation", "T-branch_a")
    assert caught.value.returncode == 2
    assert time.monotonic() - began < 10, "a refusal must come within seconds"
    assert any("\u4e00" <= character <= "\u9fff" for character in str(caught.value))


def test_an_unknown_organisation_is_one_line(world: World, tmp_path: Path) -> None:
    (tmp_path / "x.xlsx").write_bytes(sheet([HEADER, line(1)]))
    with pytest.raises(CommandError, match="NOWHERE"):
        call_command("import_roster", str(tmp_path / "x.xlsx"), "--organisation", "NOWHERE")


# In the browser


@pytest.fixture
def staging(settings: Any, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path


def upload(world: World, persona: str, data: bytes, organisation: Any) -> Any:
    file = SimpleUploadedFile("名册.xlsx", data)
    form = {"organisation": organisation.pk, "file": file}
    return sign_in(world, persona).post(reverse("roster_import"), form)


@pytest.mark.usefixtures("staging")
def test_preview_confirm_and_the_refused_rows(world: World) -> None:
    data = sheet([HEADER, line(1), line(2, phone="1")])
    answer = upload(world, "home_secretary", data, world.branch_a)
    client = sign_in(world, "home_secretary")
    page = client.get(answer["Location"])
    assert page.context["counts"] == {"added": 1, "changed": 0, "unchanged": 0}
    token = page.context["token"]
    refused = client.get(reverse("roster_import_refused", args=[token]))
    rows = list(load_workbook(io.BytesIO(b"".join(refused.streaming_content))).active.iter_rows(values_only=True))
    assert [row[-2] for row in rows[1:]] == [5]
    confirm = reverse("roster_import_confirm", args=[token])
    client.post(confirm)
    assert not Member.objects.with_id_number(id_number(1)).exists()
    client.post(confirm, {"partial": "on"})
    assert Member.objects.with_id_number(id_number(1)).exists()


@pytest.mark.usefixtures("staging")
def test_an_upload_is_its_uploaders_only(world: World) -> None:
    answer = upload(world, "home_secretary", sheet([HEADER, line(1)]), world.branch_a)
    other = sign_in(world, "unit_secretary").get(answer["Location"])
    assert (other.status_code, other["Location"]) == (302, reverse("roster_import"))


@pytest.mark.usefixtures("staging")
def test_a_forged_organisation_is_an_ordinary_error(world: World) -> None:
    page = upload(world, "home_secretary", sheet([HEADER, line(1)]), world.branch_c)
    assert list(page.context["form"].errors) == ["organisation"]


def test_a_roster_that_still_lists_a_merged_row_means_the_person(world: World, tmp_path: Path) -> None:
    """The row that was closed keeps its number: it must come neither back nor in as somebody new."""
    run(tmp_path, sheet([HEADER, line(1), line(2)]))
    kept, closed = (Member.objects.with_id_number(id_number(serial)).get() for serial in (1, 2))
    merging.merge(keep=kept, lose=closed, by=world.users["home_secretary"])
    result, status = run(tmp_path, sheet([HEADER, line(2, name=kept.name, phone=kept.phone)]))
    assert (status, result) == (0, {"added": 0, "changed": 0, "unchanged": 1, "refused": []})
    kept.refresh_from_db()
    assert kept.id_number == id_number(1)
