"""The roll by hand: adding, editing, accounts."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.urls import reverse

from dualmgmt.models import AuditEvent
from members.actions import people
from members.models import Member
from tests.factories import SkillFactory, id_number
from tests.members.helpers import refused, sign_in
from tests.world import World


def typed(world: World, **changes: Any) -> dict[str, Any]:
    return {
        "name": "孙晓梅",
        "sex": "2",
        "id_number": id_number(7, sex="2"),
        "phone": "13900001111",
        "kind": "full",
        "joined_on": "2003-07-01",
        "work_status": "in_service",
        "branch": world.branch_a.pk,
        **changes,
    }


def test_a_member_is_added_by_hand(world: World) -> None:
    skill = SkillFactory(name="法律")
    number = id_number(7, sex="2")
    client = sign_in(world, "home_secretary")
    spaced = f" {number[:6]} {number[6:14]}-{number[14:].lower()} "
    answer = client.post(reverse("member_new"), typed(world, id_number=spaced, skills=[skill.pk]))
    member = Member.objects.get(name="孙晓梅")
    assert answer.headers["Location"] == reverse("member_detail", args=[member.pk])
    assert (member.id_number, member.name_initials, member.birth_date) == (number, "sxm", dt.date(1980, 5, 17))
    assert member.home_branch() == world.branch_a
    assert list(member.skills.all()) == [skill]
    assert Member.objects.with_id_number(number).get() == member
    event = AuditEvent.objects.get(event="member.added")
    assert number not in str(event.details)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id_number", "370602198005170022"),
        ("id_number", "3706021980"),
        ("sex", "1"),
        ("phone", "12345"),
        ("joined_on", "2999-07-01"),
        ("name", ""),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(world: World, field: str, value: str) -> None:
    page = sign_in(world, "home_secretary").post(reverse("member_new"), typed(world, **{field: value}))
    assert set(page.context["form"].errors) == {field}
    assert not Member.objects.filter(name="孙晓梅").exists()


def test_an_id_number_of_another_branch_is_refused_without_saying_where(world: World) -> None:
    taken = world.members["zhao"].id_number
    page = sign_in(world, "home_secretary").post(reverse("member_new"), typed(world, id_number=taken, sex="1"))
    assert set(page.context["form"].errors) == {"id_number"}
    assert "毓璜顶" not in page.content.decode()
    assert "赵海" not in page.content.decode()


@pytest.mark.parametrize("branch", ["branch_b", "branch_c", "bureau", "themed"])
def test_a_forged_branch_is_an_ordinary_error(world: World, branch: str) -> None:
    forged = typed(world, branch=world.organisations[branch].pk)
    page = sign_in(world, "home_secretary").post(reverse("member_new"), forged)
    assert set(page.context["form"].errors) == {"branch"}


@pytest.mark.parametrize("place", ["bureau", "themed"])
def test_only_branches_hold_relations(world: World, place: str) -> None:
    member = Member(name="孙晓梅", sex="2", id_number=id_number(8, sex="2"))
    by = world.users["unit_secretary"]
    refused("not_a_home_branch", people.add_member, member=member, branch=world.organisations[place], by=by)


def test_editing_keeps_the_id_number_out_of_the_browser(world: World) -> None:
    li = world.members["li"]
    client = sign_in(world, "home_secretary")
    url = reverse("member_edit", args=[li.pk])
    page = client.get(url).content.decode()
    assert li.id_number not in page
    form = typed(world, name="李建国", sex="1", phone="13811112222", id_number="370602198005170021")
    assert client.post(url, form).status_code == 302
    before, li = li.id_number, Member.objects.get(pk=li.pk)
    assert (li.phone, li.id_number) == ("13811112222", before)
    event = AuditEvent.objects.get(event="member.edited")
    assert event.details["after"]["phone"] == "138****2222"
    assert "13811112222" not in str(event.details)
