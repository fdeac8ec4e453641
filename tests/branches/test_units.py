"""Units: their codes, who looks after them, and the Party organisation they have or lack."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from branches.actions import organisations
from branches.enums import Kind, Sector, Setting
from branches.models import Organisation, Unit
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.models import AuditEvent
from tests.factories import OrganisationFactory, UnitFactory
from tests.members.helpers import sign_in
from tests.world import World

# A rural collective (begins with a letter) and a firm.
COLLECTIVE, FIRM = "N2370602MF30A0001G", "91370602MA3C1X2Y0Q"


def form(**changed: Any) -> dict[str, Any]:
    fields = {"name": "向阳街道股份经济合作社", "sector": Sector.OTHER, "division": "370602001", "headcount": 12}
    return {**fields, "credit_code": COLLECTIVE, **changed}


def names(world: World, persona: str, **query: str) -> set[str]:
    return {unit.name for unit in sign_in(world, persona).get(reverse("unit_list"), query).context["page"]}


def test_a_unit_with_a_letter_code_as_people_type_it(world: World) -> None:
    client = sign_in(world, "street_officer")
    typed = "ｎ2370602 mf30a0001g"
    answer = client.post(reverse("unit_new"), form(credit_code=typed))
    unit = Unit.objects.get(name="向阳街道股份经济合作社")
    assert answer["Location"] == reverse("unit_detail", args=[unit.pk])
    assert (unit.credit_code, unit.headcount, unit.division) == (COLLECTIVE, 12, world.divisions["street"])
    page = client.get(reverse("unit_detail", args=[unit.pk])).content.decode()
    assert COLLECTIVE in page
    assert "尚未建立党组织" in page


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("credit_code", "N2370602MF30A0001X"),
        ("credit_code", "N2370602"),
        ("sector", "moon"),
        ("headcount", "-3"),
        ("division", ""),
        ("division", "370602002"),  # the other street
        ("division", "999"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(world: World, field: str, value: str) -> None:
    page = sign_in(world, "street_officer").post(reverse("unit_new"), form(**{field: value}))
    assert list(page.context["form"].errors) == [field]
    assert not Unit.objects.filter(name="向阳街道股份经济合作社").exists()


def test_a_credit_code_is_one_units_only(world: World) -> None:
    UnitFactory(name="别的单位", credit_code=COLLECTIVE)
    page = sign_in(world, "street_officer").post(reverse("unit_new"), form())
    assert list(page.context["form"].errors) == ["credit_code"]
    founding = {
        "parent": "T-bureau", "founded_on": "2026-01-05", "name": "x", "code": "x", "kind": "branch",
        "setting": "standard", "unit_name": "新单位", "unit_sector": "organ", "credit_code": COLLECTIVE,
    }  # fmt: skip
    page = sign_in(world, "unit_secretary").post(reverse("organisation_new"), founding)
    assert list(page.context["form"].errors) == ["credit_code"]
    assert not Organisation.objects.filter(code="x").exists()


def test_everybody_looks_after_their_own_line_or_area(world: World) -> None:
    """The unit line by the Party organisation, the area line by the place; nobody reaches beyond."""
    UnitFactory(name="街上的店", division=world.divisions["community"])
    UnitFactory(name="东山的厂", division=world.divisions["community3"])
    UnitFactory(name="地址不明")
    assert names(world, "unit_secretary") == {"芝罘区税务局"}
    assert names(world, "other_secretary") == set()
    assert names(world, "community_secretary") == names(world, "street_officer") == {"街上的店"}
    assert names(world, "other_community_secretary") == {"东山的厂"}
    everything = {"芝罘区税务局", "毓璜顶医院", "街上的店", "东山的厂"}
    assert names(world, "department_officer") == everything | {"地址不明"}
    foreign = Unit.objects.get(name="东山的厂")
    for persona in ("community_secretary", "unit_secretary"):
        client = sign_in(world, persona)
        for name in ("unit_detail", "unit_edit"):
            assert client.get(reverse(name, args=[foreign.pk])).status_code == 404
        assert client.post(reverse("unit_edit", args=[foreign.pk]), form()).status_code == 404


def test_coverage_counts_own_and_joint_branches_that_still_exist(world: World) -> None:
    shop = UnitFactory(name="街上的店", division=world.divisions["community"])
    lone = UnitFactory(name="单干的店", division=world.divisions["community"])
    joint = OrganisationFactory(parent=world.community, kind=Kind.BRANCH, setting=Setting.JOINT, code="T-joint")
    client = sign_in(world, "community_secretary")
    edit = {"setting": "joint", "joint_units": "街上的店\n不存在的店"}
    page = client.post(reverse("organisation_edit", args=["T-joint"]), edit)
    assert "不存在的店" in str(page.context["form"].errors["joint_units"])
    client.post(reverse("organisation_edit", args=["T-joint"]), {**edit, "joint_units": "街上的店"})
    assert names(world, "community_secretary", covered="yes") == {shop.name}
    assert names(world, "community_secretary", covered="no") == {lone.name}
    row = AuditEvent.objects.get(event="organisation.edited", subject_id=str(joint.pk))
    assert (row.details["before"], row.details["after"]) == ({"joint_units": []}, {"joint_units": ["街上的店"]})
    Organisation.objects.filter(pk=joint.pk).update(state="dissolved", ended_on="2026-01-05")
    assert names(world, "community_secretary", covered="no") == {shop.name, lone.name}


def test_a_change_is_on_record_with_before_and_after(world: World) -> None:
    unit = world.units["bureau"]
    client = sign_in(world, "unit_secretary")
    sent = {"name": unit.name, "sector": unit.sector, "headcount": 90, "credit_code": FIRM, "division": ""}
    assert client.post(reverse("unit_edit", args=[unit.pk]), sent).status_code == 302
    assert client.post(reverse("unit_edit", args=[unit.pk]), sent).status_code == 302  # nothing new
    row = AuditEvent.objects.get(event="unit.edited")
    assert row.details["before"] == {"credit_code": "", "headcount": ""}
    assert row.details["after"] == {"credit_code": FIRM, "headcount": 90}
    assert row.organisation_id == world.bureau.pk
    assert FIRM in client.get(reverse("unit_detail", args=[unit.pk])).content.decode()


def test_an_employer_is_found_again_by_code_or_name(world: World) -> None:
    by = world.users["department_officer"]
    made = {"kind": Kind.BRANCH, "parent": world.works, "by": by}
    first = organisations.create_organisation(
        code="u1", name="一", unit={"name": "新单位", "sector": "organ", "credit_code": FIRM}, **made
    )
    again = organisations.create_organisation(code="u2", name="二", unit={"name": "新单位", "sector": "organ"}, **made)
    assert first.unit == again.unit
    other = {"name": "另一单位", "sector": "organ", "credit_code": FIRM}
    with pytest.raises(ActionDenied, match="统一社会信用代码"):
        organisations.create_organisation(code="u3", name="三", unit=other, **made)


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same(world: World, rows: int, django_assert_max_num_queries: Any) -> None:
    for number in range(rows):
        UnitFactory(name=f"店{number}", division=world.divisions["community"])
    client = sign_in(world, "community_secretary")
    with django_assert_max_num_queries(11):
        assert len(client.get(reverse("unit_list")).context["page"]) == rows
