"""Organisations that are renamed, moved, split, merged and dissolved: nothing is left hanging."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from branches.actions import changes
from branches.enums import ChangeKind, Kind, OrganisationState
from branches.models import Appointment, Organisation, OrganisationChange
from branches.permissions import Permission
from branches.plans import ChangePlan, fingerprint
from dualmgmt.lib.clock import today
from dualmgmt.lib.denied import ActionDenied
from members.actions import people
from members.enums import CloseReason, RegistrationState
from members.models import ActivityRegistration, HomeMembership, Member
from projects.enums import ProjectState
from projects.models import Claim, Need, ServiceProject
from tests.factories import (
    AppointmentFactory,
    ClaimFactory,
    MemberFactory,
    NeedFactory,
    OrganisationFactory,
    ProjectFactory,
    RegistrationFactory,
    UserFactory,
)
from tests.members.helpers import refused, sign_in
from tests.world import World, build

DOCUMENT = "芝组发〔2026〕3号"


def plan(kind: ChangeKind, organisation: Organisation, **fields: Any) -> ChangePlan:
    return ChangePlan(
        kind=kind, organisation=organisation, **{"effect_on": today(), "document_number": DOCUMENT, **fields}
    )


def sentences(change: ChangePlan) -> str:
    return " ".join(effect.sentence for effect in changes.preview(change))


def blocked(change: ChangePlan) -> list[str]:
    return [effect.sentence for effect in changes.preview(change) if effect.must_settle]


def test_a_new_name_leaves_the_old_one_in_the_history(world: World) -> None:
    change = plan(ChangeKind.RENAMED, world.branch_a, name="税务局机关第一党支部", short_code="芝税一")
    changes.carry_out(plan=change, by=world.users["unit_secretary"])
    world.branch_a.refresh_from_db()
    assert (world.branch_a.name, world.branch_a.short_code) == ("税务局机关第一党支部", "芝税一")
    row = OrganisationChange.objects.get(parts__organisation=world.branch_a)
    assert [part.name for part in row.parts.all()] == ["税务局第一党支部"]
    assert row.details["before"]["name"] == "税务局第一党支部"


def test_a_moved_branch_changes_scope_with_everything_below(world: World) -> None:
    change = plan(ChangeKind.MOVED, world.bureau, parent=world.street)
    assert "芝罘区直机关工委" in sentences(change)
    changes.carry_out(plan=change, by=world.users["department_officer"])
    scope = Organisation.objects.where(world.users["street_officer"], Permission.ROSTER_VIEW)
    assert {"T-bureau", "T-branch_a", "T-branch_b"} <= set(scope.values_list("code", flat=True))
    assert Organisation.objects.get(code="T-branch_a").depth == 5
    assert Organisation.objects.find_problems() == ([], [], [], [], [])


def test_nothing_goes_below_itself(world: World) -> None:
    refused("into_itself", changes.preview, plan=plan(ChangeKind.MOVED, world.works, parent=world.bureau))
    refused(
        "branch_has_nothing_below", changes.preview, plan=plan(ChangeKind.MOVED, world.works, parent=world.branch_c)
    )
    refused("same_parent", changes.preview, plan=plan(ChangeKind.MOVED, world.bureau, parent=world.works))
    refused("root_stays", changes.preview, plan=plan(ChangeKind.DISSOLVED, world.city))


def test_merging_two_branches_takes_everything_over(world: World) -> None:
    registration = RegistrationFactory(member=world.members["li"], organisation=world.community)
    project = ProjectFactory(organisation=world.community)
    claim = ClaimFactory(project=project, member=None, branch=world.branch_a)
    change = plan(ChangeKind.MERGED, world.branch_a, heir=world.branch_b)
    assert blocked(change) == []
    changes.carry_out(plan=change, by=world.users["unit_secretary"])
    world.branch_a.refresh_from_db()
    assert (world.branch_a.state, world.branch_a.ended_on) == (OrganisationState.MERGED, today())
    assert world.members["li"].home_branch() == world.branch_b
    old = HomeMembership.objects.get(member=world.members["li"], organisation=world.branch_a)
    assert old.ended_on == today()
    registration.refresh_from_db()
    assert (registration.state, registration.home_branch) == (RegistrationState.ACTIVE, world.branch_b)
    assert Claim.objects.get(pk=claim.pk).branch == world.branch_b
    assert not Appointment.objects.in_force().filter(organisation=world.branch_a).exists()
    secretary = world.users["home_secretary"]
    secretary.__dict__.pop("_appointments_in_force", None)
    assert not Organisation.objects.where(secretary, Permission.ROSTER_VIEW).exists()


def test_merging_two_receivers_joins_their_registrations_and_projects(world: World) -> None:
    moved = RegistrationFactory(member=world.members["li"], organisation=world.community, placement=world.themed)
    double = RegistrationFactory(member=world.members["wang"], organisation=world.community)
    there = RegistrationFactory(member=world.members["wang"], organisation=world.community2)
    project = ProjectFactory(organisation=world.community)
    done = ProjectFactory(organisation=world.community, state=ProjectState.COMPLETED)
    need = NeedFactory(organisation=world.community)
    change = plan(ChangeKind.MERGED, world.community, heir=world.community2)
    changes.carry_out(plan=change, by=world.users["street_officer"])
    rows = {row.pk: row for row in ActivityRegistration.objects.all()}
    assert (rows[moved.pk].organisation, rows[moved.pk].placement) == (world.community2, world.themed)
    assert (rows[double.pk].state, rows[double.pk].close_reason) == ("closed", CloseReason.BRANCH_ABOLISHED)
    assert rows[there.pk].state == RegistrationState.ACTIVE
    assert ServiceProject.objects.get(pk=project.pk).organisation == world.community2
    assert ServiceProject.objects.get(pk=done.pk).organisation == world.community
    assert Need.objects.get(pk=need.pk).organisation == world.community2
    world.themed.refresh_from_db()
    assert world.themed.path.startswith(Organisation.objects.get(pk=world.community2.pk).path)
    assert Organisation.objects.find_problems() == ([], [], [], [], [])


def test_a_member_whose_new_home_is_the_receiver_is_registered_there_no_more(world: World) -> None:
    residents = OrganisationFactory(parent=world.community2, code="T-residents", name="建昌街社区第一党支部")
    member = MemberFactory(home=world.branch_a)
    row = RegistrationFactory(member=member, organisation=world.community2)
    changes.carry_out(
        plan=plan(ChangeKind.MERGED, world.branch_a, heir=residents), by=world.users["department_officer"]
    )
    row.refresh_from_db()
    assert (row.state, row.close_reason) == ("closed", CloseReason.CHANGED_UNIT)


def test_dissolving_asks_what_becomes_of_what_is_left(world: World) -> None:
    RegistrationFactory(member=world.members["li"], organisation=world.community)
    ProjectFactory(organisation=world.community)
    bare = plan(ChangeKind.DISSOLVED, world.community)
    assert len(blocked(bare)) == 3  # a branch below, a registration, a project
    refused("settle_first", changes.carry_out, plan=bare, by=world.users["street_officer"])
    world.community.refresh_from_db()
    assert world.community.state == OrganisationState.ACTIVE
    homes = plan(ChangeKind.DISSOLVED, world.branch_b)
    assert "1 名党员" in " ".join(blocked(homes))
    # A themed branch holds no relations: it cannot take over a home.
    assert blocked(plan(ChangeKind.DISSOLVED, world.branch_b, heir=world.themed))
    changes.carry_out(
        plan=plan(ChangeKind.DISSOLVED, world.branch_b, heir=world.branch_a), by=world.users["unit_secretary"]
    )
    assert world.members["wang"].home_branch() == world.branch_a


def test_members_placed_in_a_dissolved_themed_branch_stay_with_the_receiver(world: World) -> None:
    row = RegistrationFactory(member=world.members["li"], organisation=world.community, placement=world.themed)
    changes.carry_out(plan=plan(ChangeKind.DISSOLVED, world.themed), by=world.users["community_secretary"])
    row.refresh_from_db()
    assert (row.state, row.placement) == (RegistrationState.ACTIVE, world.community)


def test_a_branch_claim_on_the_same_project_is_settled_first(world: World) -> None:
    project = ProjectFactory(organisation=world.community, places=9)
    ClaimFactory(project=project, member=None, branch=world.branch_a, ordinal=1)
    ClaimFactory(project=project, member=None, branch=world.branch_b, ordinal=2)
    assert len(blocked(plan(ChangeKind.MERGED, world.branch_a, heir=world.branch_b))) == 1


def test_splitting_moves_the_chosen_and_nobody_else(world: World) -> None:
    goes = [MemberFactory(home=world.branch_a) for _number in range(3)]
    change = plan(
        ChangeKind.SPLIT,
        world.branch_a,
        name="税务局第三党支部",
        code="T-third",
        member_ids=frozenset(member.pk for member in goes),
    )
    changes.carry_out(plan=change, by=world.users["unit_secretary"])
    made = Organisation.objects.get(code="T-third")
    assert made.kind == Kind.BRANCH
    assert set(Member.objects.at_home_in(Organisation.objects.filter(pk=made.pk))) == set(goes)
    assert world.members["li"].home_branch() == world.branch_a
    parts = {(part.part, part.organisation) for part in OrganisationChange.objects.get(kind="split").parts.all()}
    assert parts == {("subject", world.branch_a), ("successor", made)}


@pytest.mark.parametrize(("goes", "warned"), [(2, True), (3, False), (4, True)])
def test_a_split_says_where_three_full_members_are_missing(world: World, goes: int, warned: bool) -> None:
    """The rule allows an exception, so it warns and does not block."""
    branch = OrganisationFactory(parent=world.bureau)
    members = [MemberFactory(home=branch) for _number in range(6)]
    change = plan(
        ChangeKind.SPLIT,
        branch,
        name="税务局第三党支部",
        code="T-third",
        member_ids=frozenset(member.pk for member in members[:goes]),
    )
    assert ("至少应有 3 名正式党员" in sentences(change), blocked(change)) == (warned, [])


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        ("document_missing", {"document_number": "  "}),
        ("effect_in_future", {"effect_on": dt.date(2099, 1, 1)}),
        ("name_unchanged", {"name": "税务局第一党支部", "short_code": "BRANCH_A"}),
    ],
)
def test_what_a_change_needs(world: World, code: str, fields: dict[str, Any]) -> None:
    refused(code, changes.preview, plan=plan(ChangeKind.RENAMED, world.branch_a, **{"name": "新", **fields}))


def test_a_change_does_not_reach_behind_the_last_one(world: World) -> None:
    changes.carry_out(plan=plan(ChangeKind.RENAMED, world.branch_a, name="甲"), by=world.users["unit_secretary"])
    earlier = plan(ChangeKind.RENAMED, world.branch_a, name="乙", effect_on=today() - dt.timedelta(days=9))
    refused("effect_too_early", changes.preview, plan=earlier)


def test_a_preview_that_is_out_of_date_is_shown_again(world: World) -> None:
    change = plan(ChangeKind.MERGED, world.branch_a, heir=world.branch_b)
    shown = fingerprint(changes.preview(change))
    MemberFactory(home=world.branch_a)
    refused("preview_changed", changes.carry_out, plan=change, shown=shown, by=world.users["unit_secretary"])
    assert not OrganisationChange.objects.exists()


def test_the_page_previews_then_does_it(world: World) -> None:
    client = sign_in(world, "unit_secretary")
    url = reverse("organisation_change", args=["T-branch_a", "merge"])
    fields = {"heir": "税务局第二党支部（T-branch_b）", "effect_on": today().isoformat(), "document_number": DOCUMENT}
    page = client.post(url, fields)
    assert "组织关系" in page.content.decode()
    assert Organisation.objects.get(code="T-branch_a").state == OrganisationState.ACTIVE
    answer = client.post(url, {**fields, "shown": page.context["shown"], "confirm": "1"})
    assert answer.status_code == 302
    page = client.get(reverse("organisation_detail", args=["T-branch_a"])).content.decode()
    assert DOCUMENT in page
    assert "税务局第二党支部" in page


@pytest.mark.parametrize(
    ("persona", "status"),
    [("home_secretary", 403), ("other_secretary", 403), ("community_secretary", 403), ("unit_secretary", 200)],
)
def test_the_organisation_above_decides(world: World, persona: str, status: int) -> None:
    url = reverse("organisation_change", args=["T-branch_a", "dissolve"])
    assert sign_in(world, persona).get(url).status_code == status


def test_an_heir_outside_ones_scope_is_an_ordinary_error(world: World) -> None:
    client = sign_in(world, "unit_secretary")
    fields = {"heir": "T-branch_c", "effect_on": today().isoformat(), "document_number": DOCUMENT}
    page = client.post(reverse("organisation_change", args=["T-branch_a", "merge"]), fields)
    assert list(page.context["form"].errors) == ["heir"]
    fields = {"parent": "T-street", "effect_on": today().isoformat(), "document_number": DOCUMENT}
    page = client.post(reverse("organisation_change", args=["T-branch_a", "move"]), fields)
    assert list(page.context["form"].errors) == ["parent"]


def test_foreign_members_cannot_be_split_off(world: World) -> None:
    fields = {
        "name": "第三党支部", "code": "T-third", "members": [world.members["zhao"].pk],
        "effect_on": today().isoformat(), "document_number": DOCUMENT,
    }  # fmt: skip
    page = sign_in(world, "unit_secretary").post(reverse("organisation_split", args=["T-branch_a"]), fields)
    assert list(page.context["form"].errors) == ["members"]


@pytest.mark.postgres
def test_nobody_slips_into_a_branch_that_is_being_dissolved(transactional_db: None) -> None:
    """Whoever is faster wins; in the end no member is at home in an organisation that has ended."""
    world = build()
    by = UserFactory()
    AppointmentFactory(user=by, organisation=world.bureau)

    def add(number: int) -> str:
        member = MemberFactory.build(name=f"新{number}", id_number=f"37060219900101{number:04d}")
        try:
            people.add_member(member=member, branch=world.branch_a, by=by)
            return "added"
        except ActionDenied as denied:
            return denied.code
        finally:
            connection.close()

    def dissolve() -> str:
        try:
            changes.carry_out(plan=plan(ChangeKind.MERGED, world.branch_a, heir=world.branch_b), by=by)
            return "merged"
        finally:
            connection.close()

    with ThreadPoolExecutor(9) as pool:
        adding = [pool.submit(add, number) for number in range(4)]
        merging = pool.submit(dissolve)
        adding += [pool.submit(add, number) for number in range(4, 8)]
        results = [future.result() for future in adding]
        assert merging.result() == "merged"
    assert set(results) <= {"added", "not_a_home_branch"}
    assert not HomeMembership.objects.open().filter(organisation=world.branch_a).exists()
    assert HomeMembership.objects.open().filter(organisation=world.branch_b).count() == 2 + results.count("added")
