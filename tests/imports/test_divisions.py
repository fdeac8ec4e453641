"""Divisions: a city's file, loaded again, changed and broken."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from branches.models import Division
from tests.factories import OrganisationFactory

YANTAI = Path(settings.BASE_DIR) / "dualmgmt" / "demo" / "yantai_divisions.csv"
HEADER = "code,name,level,parent_code\n"
CITY = "1,甲市,city,\n11,甲区,district,1\n111,一街道,street,11\n1111,东社区,community,111\n1112,西社区,community,111\n"

pytestmark = pytest.mark.django_db


def load(tmp_path: Path, text: str) -> dict[str, int]:
    path = tmp_path / "divisions.csv"
    path.write_text(HEADER + text, encoding="utf-8")
    out = io.StringIO()
    call_command("import_divisions", str(path), "--format", "json", stdout=out)
    return dict(json.loads(out.getvalue()))


def test_every_division_of_yantai() -> None:
    out = io.StringIO()
    call_command("import_divisions", str(YANTAI), "--format", "json", stdout=out)
    assert json.loads(out.getvalue()) == {"added": 6682, "changed": 0, "unchanged": 0, "ended": 0}
    levels = {
        level: Division.objects.filter(level=level).count() for level in ("city", "district", "street", "community")
    }
    assert levels == {"city": 1, "district": 13, "street": 159, "community": 6509}
    zhifu = Division.objects.get(code="370602")
    assert Division.objects.within(zhifu).count() == 171
    out = io.StringIO()
    call_command("import_divisions", str(YANTAI), "--format", "json", stdout=out)
    assert json.loads(out.getvalue()) == {"added": 0, "changed": 0, "unchanged": 6682, "ended": 0}


def test_renamed_moved_and_dropped_rows_keep_their_history(tmp_path: Path) -> None:
    load(tmp_path, CITY)
    old = Division.objects.get(code="1111")
    leader = OrganisationFactory(leads=old, division=old)
    later = CITY.replace("东社区", "东方社区").replace("1112,西社区,community,111\n", "112,二街道,street,11\n")
    assert load(tmp_path, later) == {"added": 1, "changed": 1, "unchanged": 3, "ended": 1}
    old.refresh_from_db()
    leader.refresh_from_db()
    new = Division.objects.in_force().get(code="1111")
    assert (old.name, old.valid_to is not None, old.replaced_by) == ("东社区", True, new)
    assert (new.name, leader.leads, leader.division) == ("东方社区", new, new)
    assert Division.objects.get(code="1112").valid_to is not None
    assert load(tmp_path, later) == {"added": 0, "changed": 0, "unchanged": 5, "ended": 0}


def test_a_moved_street_takes_its_communities_along(tmp_path: Path) -> None:
    load(tmp_path, CITY + "12,乙区,district,1\n")
    load(tmp_path, CITY.replace("111,一街道,street,11\n", "111,一街道,street,12\n") + "12,乙区,district,1\n")
    other = Division.objects.in_force().get(code="12")
    assert set(Division.objects.in_force().within(other).values_list("code", flat=True)) == {
        "12",
        "111",
        "1111",
        "1112",
    }


def test_another_citys_file_ends_nothing_here(tmp_path: Path) -> None:
    load(tmp_path, CITY)
    assert load(tmp_path, "2,乙市,city,\n21,丙区,district,2\n") == {
        "added": 2,
        "changed": 0,
        "unchanged": 0,
        "ended": 0,
    }
    assert Division.objects.in_force().count() == 7


@pytest.mark.parametrize(
    "text",
    [
        "1,甲市,planet,\n",
        "1,甲市,city,\n1,乙市,city,\n",
        "11,甲区,district,99\n",
        "1,甲市,city,2\n2,乙市,city,1\n",
        "11,甲区,district,111\n111,街道,street,11\n",
        ",无名,city,\n",
        "",
    ],
)
def test_a_broken_file_is_refused_with_its_rows(tmp_path: Path, text: str) -> None:
    with pytest.raises(CommandError) as caught:
        load(tmp_path, text)
    assert caught.value.returncode == 2
    assert not Division.objects.exists()


def test_binary_rubbish_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"\x89PNG\0\0\xff\xfe")
    with pytest.raises(CommandError):
        call_command("import_divisions", str(tmp_path / "x.csv"))
