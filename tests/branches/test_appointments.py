"""Offices: two keys, acting ones, hand-overs, the last secretary, the three administrators, capacities."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from branches import capacity, queries
from branches.actions import appointments
from branches.enums import Role
from branches.models import Appointment, Organisation
from branches.permissions import Permission
from dualmgmt.lib.clock import today
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.models import Notice
from members.models import User
from members.queries import letters_wanted
from tests.factories import AppointmentFactory, UserFactory
from tests.members.helpers import refused, sign_in
from tests.scene import ask
from tests.world import World, build

DAY = dt.timedelta(days=1)


def fresh(user: User) -> User:
    """The account as the next request loads it."""
    return User.objects.get(pk=user.pk)


def propose(world: World, persona: str = "stranger", place: str = "branch_a", **fields: Any) -> Appointment:
    by = fields.pop("by", world.users["unit_secretary"])
    return appointments.propose(
        user=world.users[persona],
        organisation=world.organisations[place],
        **{"role": Role.CLERK, "starts_on": today(), **fields},
        by=by,
    )


def reach(user: User, permission: Permission = Permission.ROSTER_VIEW) -> set[str]:
    rows = Organisation.objects.where(fresh(user), permission)
    return {code.removeprefix("T-") for code in rows.values_list("code", flat=True)}


def test_a_proposal_gives_nothing_until_another_person_approves(
    world: World, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        row = propose(world)
    assert reach(world.users["stranger"]) == set()
    assert Notice.objects.get(kind="appointment.proposed").user == world.users["home_secretary"]
    refused("another_approves", appointments.approve, appointment=row, by=world.users["unit_secretary"])
    with django_capture_on_commit_callbacks(execute=True):
        appointments.approve(appointment=row, by=world.users["home_secretary"])
    assert reach(world.users["stranger"]) == {"branch_a"}
    assert Notice.objects.filter(user=world.users["stranger"], kind="appointment.granted").exists()


def test_nobody_approves_their_own_office(world: World) -> None:
    row = propose(world, "home_secretary", "bureau", by=world.users["unit_secretary"])
    refused("another_approves", appointments.approve, appointment=row, by=world.users["home_secretary"])
    with pytest.raises(IntegrityError), transaction.atomic():
        Appointment.objects.filter(pk=row.pk).update(approved_by=world.users["home_secretary"])


def test_a_branch_with_one_officer_finds_its_committee_asked(world: World) -> None:
    row = propose(world, by=world.users["home_secretary"])
    assert queries.approvers(row) == {world.users["unit_secretary"].pk}
    assert [found.pk for found in queries.proposals_for(fresh(world.users["unit_secretary"]))] == [row.pk]
    assert queries.proposals_for(fresh(world.users["street_officer"])) == []


def test_a_proposal_is_decided_once(world: World) -> None:
    row = propose(world)
    again = Appointment.objects.select_related("user", "organisation").get(pk=row.pk)
    appointments.decline(appointment=row, reason="另有人选", by=world.users["home_secretary"])
    refused("stale", appointments.approve, appointment=again, by=world.users["home_secretary"])
    assert reach(world.users["stranger"]) == set()


def test_acting_needs_its_end_and_the_reason(world: World) -> None:
    more = {"role": Role.SECRETARY, "acting": True}
    refused("acting_needs_end_and_reason", propose, world=world, **more, reason="学习")
    refused("acting_needs_end_and_reason", propose, world=world, **more, ends_on=today())
    row = propose(world, **more, reason="书记脱产学习", ends_on=today())
    appointments.approve(appointment=row, by=world.users["home_secretary"])
    assert row.title == "代理书记"
    assert reach(world.users["stranger"]) == {"branch_a"}
    with pytest.raises(IntegrityError), transaction.atomic():
        Appointment.objects.filter(pk=row.pk).update(ends_on=None)


def test_an_office_ends_by_itself(world: World) -> None:
    row = propose(world, role=Role.SECRETARY, starts_on=today() - 9 * DAY, ends_on=today())
    appointments.approve(appointment=row, by=world.users["home_secretary"])
    Appointment.objects.filter(pk=row.pk).update(ends_on=today() - DAY)
    assert reach(world.users["stranger"]) == set()


def test_the_last_secretary_does_not_go_without_a_word_of_what_follows(world: World) -> None:
    row = Appointment.objects.get(user=world.users["home_secretary"])
    end = {"appointment": row, "last_day": today(), "reason": "调任", "by": world.users["unit_secretary"]}
    refused("last_secretary", appointments.end, **end)
    appointments.end(**end, parent_acts=True)
    assert Appointment.objects.get(pk=row.pk).ends_on == today()


def test_when_the_term_is_over_the_committee_acts_and_is_asked(world: World) -> None:
    rows = Appointment.objects.filter(user=world.users["home_secretary"])
    rows.update(ends_on=today() - DAY)
    committee = fresh(world.users["unit_secretary"])
    assert queries.without_secretary(committee) == [world.branch_a]
    assert queries.without_secretary(fresh(world.users["street_officer"])) == []
    page = sign_in(world, "unit_secretary").get(reverse("todo")).content.decode()
    assert "书记空缺" in page


def test_nobody_waits_for_an_account_that_is_disabled(world: World) -> None:
    """The office is in force, but its holder cannot act: the committee is asked instead, at once."""
    User.objects.filter(username="home_secretary").update(is_active=False)
    committee = fresh(world.users["unit_secretary"])
    row = propose(world, by=world.users["department_officer"])
    assert queries.approvers(row) == {committee.pk}
    assert queries.without_secretary(committee) == [world.branch_a]
    waiting = ask(world, "li", "community")
    assert set(letters_wanted(committee)) == {waiting}


def test_handing_over_ends_the_old_office_the_day_before(world: World) -> None:
    old = Appointment.objects.get(user=world.users["home_secretary"])
    new = propose(world, role=Role.SECRETARY, replaces=old)
    assert reach(world.users["home_secretary"]) == {"branch_a"}
    appointments.approve(appointment=new, by=world.users["home_secretary"])
    assert Appointment.objects.get(pk=old.pk).ends_on == today() - DAY
    assert (reach(world.users["home_secretary"]), reach(world.users["stranger"])) == (set(), {"branch_a"})


def test_the_hand_over_page_lists_what_is_open(world: World) -> None:
    old = Appointment.objects.get(user=world.users["home_secretary"])
    page = sign_in(world, "unit_secretary").get(reverse("appointment_hand_over", args=[old.pk]))
    assert "没有待办事项" in page.content.decode()
    propose(world)  # now the secretary is asked to approve something
    page = sign_in(world, "unit_secretary").get(reverse("appointment_hand_over", args=[old.pk]))
    assert "审批任职" in page.content.decode()
    fields = {"user": "stranger", "starts_on": (today() + DAY).isoformat()}
    answer = sign_in(world, "unit_secretary").post(reverse("appointment_hand_over", args=[old.pk]), fields)
    assert answer.status_code == 302
    row = Appointment.objects.get(role=Role.SECRETARY, user=world.users["stranger"])
    assert (row.replaces, row.approved_at) == (old, None)


@pytest.mark.parametrize("role", [Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR])
def test_administrators_hold_nothing_else(world: World, role: Role) -> None:
    by = world.users["security_admin"]
    for persona in ("home_secretary", "system_admin", "auditor"):
        refused(
            "administrators_hold_nothing_else", propose, world=world, persona=persona, place="city", role=role, by=by
        )
    refused("is_administrator", propose, world=world, persona="auditor")
    refused("administrators_at_the_top", propose, world=world, place="street", role=role, by=by)
    with pytest.raises(IntegrityError), transaction.atomic():
        AppointmentFactory(user=world.users["auditor"], organisation=world.city, role=Role.SYSTEM_ADMIN)


def test_granting_an_administrator_takes_two_security_administrators(world: World) -> None:
    row = propose(world, place="city", role=Role.AUDITOR, by=world.users["security_admin"])
    for persona, status in [("department_officer", 403), ("system_admin", 404), ("security_admin", 302)]:
        answer = sign_in(world, persona).post(reverse("appointment_approve", args=[row.pk]))
        assert answer.status_code == status, persona
    row.refresh_from_db()
    assert row.approved_at is None
    second = UserFactory()
    AppointmentFactory(user=second, organisation=world.city, role=Role.SECURITY_ADMIN)
    assert queries.approvers(row) == {second.pk}
    appointments.approve(appointment=row, by=second)


def test_two_security_administrators_remain(world: World) -> None:
    row = Appointment.objects.get(user=world.users["security_admin"])
    end = {"appointment": row, "last_day": today(), "reason": "退休", "by": world.users["security_admin"]}
    refused("two_security_administrators", appointments.end, **end)
    for _number in range(2):
        AppointmentFactory(user=UserFactory(), organisation=world.city, role=Role.SECURITY_ADMIN)
    appointments.end(**end)


def test_department_officers_belong_to_city_and_district(world: World) -> None:
    refused("no_department_here", propose, world=world, place="street", role=Role.DEPARTMENT_OFFICER)
    assert propose(world, place="district", role=Role.DEPARTMENT_OFFICER).pk


def test_one_acts_in_one_capacity_and_switches_in_one_tap(world: World) -> None:
    user = world.users["home_secretary"]
    AppointmentFactory(user=user, organisation=world.community, role=Role.CLERK, starts_on=dt.date(2025, 1, 1))
    client = sign_in(world, "home_secretary")
    members = reverse("member_detail", args=[world.members["li"].pk])
    needs = reverse("need_list")
    assert "税务局第一党支部 书记" in client.get(reverse("todo")).content.decode()
    assert client.get(members).status_code == 200
    clerk = Appointment.objects.get(user=user, role=Role.CLERK)
    answer = client.post(reverse("capacity_choose"), {"appointment": clerk.pk, "next": needs})
    assert answer["Location"] == needs
    page = client.get(members)
    assert page.status_code == 404
    assert "税务局第一党支部 书记" in page.content.decode()  # offered to switch and look again
    assert client.get(needs).status_code == 200


def test_a_foreign_capacity_cannot_be_taken(world: World) -> None:
    other = Appointment.objects.get(user=world.users["other_secretary"])
    client = sign_in(world, "home_secretary")
    client.post(reverse("capacity_choose"), {"appointment": other.pk, "next": "https://example.com/"})
    assert client.session.get(capacity.SESSION_KEY) is None
    assert client.get(reverse("member_detail", args=[world.members["zhao"].pk])).status_code == 404


def test_the_to_do_list_counts_what_waits_in_other_capacities(world: World) -> None:
    user = world.users["home_secretary"]
    AppointmentFactory(user=user, organisation=world.works, role=Role.SECRETARY, starts_on=dt.date(2025, 1, 1))
    propose(world, place="hospital", by=world.users["department_officer"])
    page = sign_in(world, "home_secretary").get(reverse("todo"))
    assert [(str(row), count) for row, count in page.context["elsewhere"]] == [("芝罘区直机关工委 书记", 1)]


def test_an_unknown_person_is_an_ordinary_error(world: World) -> None:
    fields = {"user": "nobody-here", "role": "clerk", "starts_on": today().isoformat()}
    page = sign_in(world, "unit_secretary").post(reverse("appointment_new", args=["T-branch_a"]), fields)
    assert list(page.context["form"].errors) == ["user"]
    fields = {"user": "stranger", "role": "auditor", "starts_on": today().isoformat()}
    page = sign_in(world, "unit_secretary").post(reverse("appointment_new", args=["T-branch_a"]), fields)
    assert list(page.context["form"].errors) == ["role"]


@pytest.mark.postgres
def test_two_secretaries_ended_at_once_leave_one(transactional_db: None) -> None:
    world = build()
    first = Appointment.objects.get(user=world.users["home_secretary"])
    second = AppointmentFactory(user=UserFactory(), organisation=world.branch_a, role=Role.SECRETARY)

    def finish(row: Appointment) -> str:
        try:
            appointments.end(appointment=row, last_day=today() - DAY, reason="调任", by=world.users["unit_secretary"])
            return "ended"
        except ActionDenied as denied:
            return denied.code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(finish, [first, second])) == ["ended", "last_secretary"]
