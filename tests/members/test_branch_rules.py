"""Rules of setting (domain.md §4.7): warnings with their source, exceptions where the rule allows one."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import pytest
from django.conf import settings as configured
from django.urls import reverse
from openpyxl import load_workbook

from branches.actions import settings as actions
from branches.enums import BranchRule, Kind, Setting
from branches.models import Organisation, RuleException
from dualmgmt.lib.clock import today
from members.branchrules import SOURCES, findings
from members.enums import MemberKind, MembershipStatus
from members.models import HomeMembership, Member
from tests.factories import MemberFactory, OrganisationFactory, RegistrationFactory, UnitFactory
from tests.members.helpers import refused, sign_in
from tests.world import World

DAY = dt.timedelta(days=1)


def broken(organisation: Organisation) -> set[str]:
    """Rules not met and not excepted."""
    rows = findings(Organisation.objects.filter(pk=organisation.pk))
    return {row.rule.value for row in rows if row.exception is None}


def branch(world: World, members: int, *, kind: str = MemberKind.FULL, **fields: Any) -> Organisation:
    made = OrganisationFactory(parent=world.bureau, **{"kind": Kind.BRANCH, "committee_size": 3, **fields})
    for _number in range(members):
        MemberFactory(home=made, kind=kind)
    return made


def test_the_limits_are_those_of_the_regulations() -> None:
    assert configured.BRANCH_RULES == {
        "min_full": 3, "max_members": 50, "committee": 100, "branch_committee": 7, "joint_units": 5,
    }  # fmt: skip
    assert configured.TERM_YEARS == {"community": 5, "committee": 5, "other": 3}
    assert set(SOURCES) == set(BranchRule)


@pytest.mark.parametrize(
    ("members", "kind", "found"),
    [(2, "full", {"min_full"}), (3, "full", set()), (5, "probationary", {"min_full"})],
)
def test_three_full_members(world: World, members: int, kind: str, found: set[str]) -> None:
    assert broken(branch(world, members, kind=kind)) == found


def test_a_temporary_branch_needs_no_three_and_no_committee(world: World) -> None:
    assert broken(branch(world, 1, setting=Setting.TEMPORARY)) == set()
    assert broken(branch(world, 8, setting=Setting.TEMPORARY, committee_size=None)) == set()


@pytest.mark.parametrize(
    ("members", "found"), [(5, set()), (6, {"max_members"}), (9, {"max_members"}), (10, {"committee"})]
)
def test_size_of_a_branch(world: World, settings: Any, members: int, found: set[str]) -> None:
    settings.BRANCH_RULES = {**settings.BRANCH_RULES, "max_members": 5, "committee": 10}
    assert broken(branch(world, members)) == found


def test_a_general_branch_of_a_hundred_becomes_a_committee(world: World, settings: Any) -> None:
    settings.BRANCH_RULES = {**settings.BRANCH_RULES, "committee": 2}
    HomeMembership.objects.filter(member=world.members["zhao"]).update(organisation=world.hospital)
    assert broken(world.hospital) == set()
    MemberFactory(home=world.hospital)
    assert broken(world.hospital) == {"committee"}


@pytest.mark.parametrize(
    ("members", "size", "found"), [(6, None, set()), (7, None, {"branch_committee"}), (7, 3, set())]
)
def test_a_branch_committee_from_seven_full_members(
    world: World, members: int, size: int | None, found: set[str]
) -> None:
    assert broken(branch(world, members, committee_size=size)) == found


def test_who_is_no_longer_a_member_does_not_count(world: World) -> None:
    made = branch(world, 3)
    assert broken(made) == set()
    person = Member.objects.filter(home_memberships__organisation=made)[0]
    Member.objects.filter(pk=person.pk).update(status=MembershipStatus.SUSPENDED)
    assert broken(made) == {"min_full"}


def test_a_joint_branch_of_up_to_five_units(world: World) -> None:
    made = branch(world, 3, setting=Setting.JOINT)
    made.joint_units.set([UnitFactory() for _number in range(5)])
    assert broken(made) == set()
    made.joint_units.add(UnitFactory())
    assert broken(made) == {"joint_units"}


@pytest.mark.parametrize("days", [None, 91, 90, 0, -1])
def test_re_election_is_said_in_time(world: World, days: int | None) -> None:
    ends = today() + days * DAY if days is not None else None
    made = branch(world, 3, elected_on=dt.date(2020, 1, 1) if ends else None, term_ends_on=ends)
    rows = findings(Organisation.objects.filter(pk=made.pk))
    assert [row.rule.value for row in rows] == ([] if days in (None, 91) else ["re_election"])
    assert ("逾期" in "".join(row.sentence for row in rows)) is (days == -1)


@pytest.mark.parametrize(("place", "years"), [("community", 5), ("bureau", 5), ("branch_a", 3), ("hospital", 3)])
def test_a_term_ends_by_the_rules(world: World, place: str, years: int) -> None:
    client = sign_in(world, "department_officer")
    row = world.organisations[place]
    client.post(reverse("organisation_edit", args=[row.code]), {"setting": row.setting, "elected_on": "2026-01-05"})
    row.refresh_from_db()
    assert row.term_ends_on == dt.date(2026 + years, 1, 5)


def test_a_themed_branch_counts_those_placed_in_it(world: World) -> None:
    assert broken(world.themed) == {"min_full"}
    for _number in range(3):
        member = MemberFactory(home=world.branch_a)
        RegistrationFactory(member=member, organisation=world.community, placement=world.themed)
    assert broken(world.themed) == set()


# --- exceptions -----------------------------------------------------------------------------------------------------


def approve(world: World, **changed: Any) -> RuleException:
    fields = {"rule": BranchRule.MIN_FULL, "ends_on": today() + 90 * DAY, "document_number": "芝组〔2026〕1号"}
    by = world.users["unit_secretary"]
    return actions.except_from_rule(organisation=world.branch_a, reason="驻外", by=by, **{**fields, **changed})


def test_an_exception_holds_for_its_rule_and_its_time(world: World) -> None:
    assert broken(world.branch_a) == {"min_full"}
    row = approve(world)
    assert broken(world.branch_a) == set()
    assert broken(world.branch_b) == {"min_full"}
    RuleException.objects.filter(pk=row.pk).update(starts_on=today() - 9 * DAY, ends_on=today() - DAY)
    assert broken(world.branch_a) == {"min_full"}


def test_where_the_rule_allows_none_there_is_none(world: World) -> None:
    refused("no_exception", approve, world=world, rule=BranchRule.BRANCH_COMMITTEE)
    refused("document_missing", approve, world=world, document_number=" ")
    refused("ends_before_start", approve, world=world, ends_on=today() - DAY)
    client = sign_in(world, "unit_secretary")
    url = reverse("exception_new", args=["T-branch_a"])
    sent = {"rule": "branch_committee", "ends_on": "2099-01-01", "document_number": "x", "reason": "y"}
    assert list(client.post(url, sent).context["form"].errors) == ["rule"]
    assert not RuleException.objects.exists()


def test_the_organisation_above_approves_and_the_page_says_so(world: World) -> None:
    url = reverse("exception_new", args=["T-branch_a"])
    sent = {"rule": "min_full", "ends_on": "2099-01-01", "document_number": "芝税党〔2026〕8号", "reason": "驻外"}
    assert sign_in(world, "home_secretary").post(url, sent).status_code == 403
    assert sign_in(world, "unit_secretary").post(url, sent).status_code == 302
    page = sign_in(world, "home_secretary").get(reverse("organisation_detail", args=["T-branch_a"])).content.decode()
    assert "芝税党〔2026〕8号" in page
    assert "支部工作条例" in page


# --- the list -------------------------------------------------------------------------------------------------------


def test_the_list_and_its_export_say_the_same_and_stay_in_scope(world: World) -> None:
    approve(world)
    client = sign_in(world, "unit_secretary")
    page = client.get(reverse("branch_rules"), {"rule": "min_full"})
    assert [row.organisation for row in page.context["page"]] == [world.branch_b, world.branch_a]  # excepted ones last
    answer = client.get(reverse("branch_rules_export"), {"rule": "min_full"})
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    assert sheet is not None
    assert {line[0].value for line in list(sheet.rows)[1:]} == {"税务局第一党支部", "税务局第二党支部"}
    assert client.get(reverse("branch_rules"), {"rule": "re_election"}).context["page"].object_list == []


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same(world: World, rows: int, django_assert_max_num_queries: Any) -> None:
    for _number in range(rows):
        branch(world, 1)
    client = sign_in(world, "unit_secretary")
    with django_assert_max_num_queries(11):
        client.get(reverse("branch_rules"))
