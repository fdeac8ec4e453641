"""Pages of leaving: what each side sees, may do and is asked for."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from branches.enums import Role
from branches.models import Appointment
from dualmgmt.lib import registry
from dualmgmt.lib.clock import add_working_days, today
from dualmgmt.models import AuditEvent, Notice
from members import personal, tasks
from members.actions import leaving
from members.enums import RegistrationState as S
from members.enums import Side
from members.models import ActivityRegistration
from members.queries import closings_to_file, leaving_wanted
from projects.actions import claims, records
from projects.enums import ClaimState
from projects.models import Claim
from tests.factories import AppointmentFactory, RegistrationFactory, UserFactory
from tests.members.helpers import sign_in
from tests.members.leaving import claimed, close, leave, todo_urls
from tests.scene import register
from tests.world import World


@pytest.fixture
def active(world: World) -> ActivityRegistration:
    return register(world, "li", "community", issuer="home_secretary", accepter="community_secretary")


def test_the_member_leaves_on_pages_and_sees_what_is_open(world: World, active: ActivityRegistration) -> None:
    claim = claimed(world)
    client = sign_in(world, "member")
    page = client.get(reverse("registration_leave", args=[active.pk]))
    assert claim.project.title in page.content.decode()
    assert "side" not in page.context["form"].fields
    answer = client.post(
        reverse("registration_leave", args=[active.pk]), {"reason": "moved_residence", "remark": "搬家"}, follow=True
    )
    shown = answer.content.decode()
    assert "搬家" in shown
    assert claim.project.title in shown
    assert [mark for _name, mark in answer.context["steps"]] == ["done"] * 4 + ["now", "next"]
    assert [answer.context[name] for name in ("may_stay", "may_close", "may_leave")] == [True, False, False]
    due = add_working_days(today(), 15)
    assert f"{due.year}年{due.month}月{due.day}日" in shown
    assert reverse("registration_detail", args=[active.pk]) in todo_urls(client)
    labels = [way.label for end in answer.context["loose_ends"] for way in end.ways]
    assert len(labels) == 2  # hand over, withdraw; finishing is the community's
    client.post(reverse("claim_withdraw", args=[claim.pk]), {"next": reverse("registration_detail", args=[active.pk])})
    claim.refresh_from_db()
    assert claim.state == ClaimState.WITHDRAWN


def test_settling_comes_back_to_the_registration_and_nowhere_else(world: World, active: ActivityRegistration) -> None:
    claim = claimed(world)
    leave(world, active)
    client = sign_in(world, "community_secretary")
    home = reverse("registration_detail", args=[active.pk])
    away = client.post(reverse("claim_finish", args=[claim.pk]), {"next": "https://example.com/"})
    assert away["Location"] == reverse("claim_detail", args=[claim.pk])
    second = claimed_again(world, active)
    back = client.post(reverse("claim_finish", args=[second.pk]), {"next": home})
    assert back["Location"] == home


def claimed_again(world: World, registration: ActivityRegistration) -> Claim:
    leaving.cancel(registration=registration, side=Side.MEMBER, by=world.users["member"])
    claim = claimed(world)
    registration.refresh_from_db()
    leave(world, registration)
    return claim


def test_the_community_withdraws_for_who_is_leaving_only(
    world: World, active: ActivityRegistration, django_capture_on_commit_callbacks: Any
) -> None:
    claim = claimed(world)
    client = sign_in(world, "community_clerk")
    url = reverse("claim_withdraw", args=[claim.pk])
    assert client.post(url).status_code == 403
    leave(world, active)
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(url, {"reason": "已搬离"}).status_code == 302
    claim.refresh_from_db()
    claim.project.refresh_from_db()
    assert (claim.state, claim.project.taken) == (ClaimState.WITHDRAWN, 0)
    assert Notice.objects.filter(kind="claim.ended", user=world.users["member"]).exists()


def test_the_receiver_closes_with_facts_from_the_records(world: World, active: ActivityRegistration) -> None:
    claim = claimed(world)
    record = records.state(
        claim=claim,
        member=world.members["li"],
        service_date=today(),
        hours=Decimal("2.5"),
        people_served=8,
        content="巡逻",
        by=world.users["member"],
    )
    records.verify(record=record, by=world.users["community_clerk"])
    claims.finish(claim=claim, by=world.users["community_clerk"])
    leave(world, active, Side.HOME)
    client = sign_in(world, "community_secretary")
    url = reverse("registration_close", args=[active.pk])
    suggested = client.get(url).context["form"]["final_facts"].value()
    assert "2.5" in suggested
    assert "8" in suggested
    assert client.post(url, {"final_facts": ""}).context["form"].errors["final_facts"]
    answer = client.post(url, {"final_facts": suggested}, follow=True)
    active.refresh_from_db()
    assert (active.state, active.final_facts) == (S.CLOSED, suggested)
    assert active.closing_receipt in answer.content.decode()
    for reader in ("member", "home_secretary"):
        page = sign_in(world, reader).get(reverse("registration_detail", args=[active.pk])).content.decode()
        assert active.closing_receipt in page
        assert suggested[:20] in page


def test_with_open_claims_the_closing_page_offers_no_form_and_refuses(
    world: World, active: ActivityRegistration
) -> None:
    claim = claimed(world)
    leave(world, active)
    client = sign_in(world, "community_secretary")
    url = reverse("registration_close", args=[active.pk])
    page = client.get(url).content.decode()
    assert reverse("claim_detail", args=[claim.pk]) in page
    assert "final_facts" not in page
    client.post(url, {"final_facts": "无"})
    active.refresh_from_db()
    assert active.state == S.LEAVING


def test_the_home_branch_sees_that_something_is_open_and_no_way_to_decide(
    world: World, active: ActivityRegistration
) -> None:
    claimed(world)
    leave(world, active, Side.HOME)
    answer = sign_in(world, "home_secretary").get(reverse("registration_detail", args=[active.pk]))
    [end] = answer.context["loose_ends"]
    assert (end.url, end.ways, end.must_settle) == ("", [], True)


def test_the_home_branch_files_the_closing_receipt_once(world: World, active: ActivityRegistration) -> None:
    leave(world, active)
    close(world, active)
    client = sign_in(world, "home_secretary")
    assert list(closings_to_file(world.users["home_secretary"])) == [active]
    assert list(closings_to_file(world.users["unit_secretary"])) == []
    assert list(closings_to_file(world.users["community_secretary"])) == []
    box = client.get(reverse("registration_list"), {"box": "closings"})
    assert list(box.context["page"]) == [active]
    for _tap in range(2):
        client.post(reverse("registration_file_closing", args=[active.pk]))
    active.refresh_from_db()
    assert active.closing_seen_at is not None
    assert AuditEvent.objects.filter(event="registration.closing_filed").count() == 1
    assert not closings_to_file(world.users["home_secretary"]).exists()


def test_of_a_home_outside_the_portal_the_desk_sends_the_receipt(world: World, active: ActivityRegistration) -> None:
    leave(world, active, Side.RECEIVER)
    close(world, active)
    url = reverse("registration_file_closing", args=[active.pk])
    clerk = sign_in(world, "community_clerk")
    assert clerk.post(url).status_code == 403
    type(world.branch_a).objects.filter(pk=world.branch_a.pk).update(external=True)
    assert list(closings_to_file(world.users["community_clerk"])) == [active]
    assert clerk.post(url).status_code == 302
    active.refresh_from_db()
    assert active.closing_seen_at is not None


def _past_due(registration: ActivityRegistration) -> None:
    day = today() - dt.timedelta(days=1)
    ActivityRegistration.objects.filter(pk=registration.pk).update(leave_due_on=day)


def test_the_committee_above_is_asked_only_after_the_last_day(world: World, active: ActivityRegistration) -> None:
    leave(world, active)
    receiver, above, district = (world.users["community_secretary"], world.users["street_officer"], UserFactory())
    AppointmentFactory(user=district, organisation=world.district)
    asked = [list(leaving_wanted(user)) for user in (receiver, above, district)]
    assert asked == [[active], [], []]
    _past_due(active)
    asked = [list(leaving_wanted(user)) for user in (receiver, above, district)]
    assert asked == [[active], [active], []]
    assert f"{reverse('registration_list')}?box=to_close" in todo_urls(sign_in(world, "street_officer"))
    active.refresh_from_db()
    close(world, active, by="street_officer")
    assert active.closing_receipt.startswith("COMMUNITY销")  # the receiver's own number


def test_where_nobody_at_the_receiver_can_act_the_committee_is_asked_at_once(
    world: World, active: ActivityRegistration
) -> None:
    leave(world, active)
    Appointment.objects.filter(organisation=world.community, role=Role.SECRETARY).update(
        ends_on=today() - dt.timedelta(days=1)
    )
    assert list(leaving_wanted(world.users["street_officer"])) == [active]
    assert list(leaving_wanted(world.users["other_community_secretary"])) == []


def test_the_receiver_is_reminded_and_then_the_committee_each_once(
    world: World, active: ActivityRegistration, settings: Any
) -> None:
    leave(world, active)
    tasks.remind_leaving()
    assert not Notice.objects.filter(kind__in=["leave.due", "leave.late"]).exists()
    soon = today() + dt.timedelta(days=settings.LEAVING_REMIND_DAYS)
    ActivityRegistration.objects.filter(pk=active.pk).update(leave_due_on=soon)
    for _day in range(2):
        tasks.remind_leaving()
    due = Notice.objects.filter(kind="leave.due").values_list("user__username", flat=True)
    assert list(due) == ["community_secretary"]
    _past_due(active)
    for _day in range(2):
        tasks.remind_leaving()
    late = Notice.objects.filter(kind="leave.late").values_list("user__username", flat=True)
    assert list(late) == ["street_officer"]


def test_who_asks_is_not_told_the_others_are(
    world: World, active: ActivityRegistration, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        leave(world, active)
    told = Notice.objects.filter(kind="leave.asked").values_list("user__username", flat=True)
    assert sorted(told) == ["community_secretary", "home_secretary"]


def test_a_side_one_does_not_stand_on_is_an_error_of_the_form(world: World, active: ActivityRegistration) -> None:
    """The district's secretary stands on two sides and has to say which; the member's is not among them."""
    world.users["both"] = UserFactory()
    AppointmentFactory(user=world.users["both"], organisation=world.district)
    client = sign_in(world, "both")
    url = reverse("registration_leave", args=[active.pk])
    for side in ("member", "nonsense", ""):
        answer = client.post(url, {"side": side, "reason": "moved_residence"})
        assert answer.context["form"].errors["side"]
    answer = client.post(url, {"side": "home", "reason": "other", "remark": ""})
    assert answer.context["form"].errors["remark"]
    client.post(url, {"side": "home", "reason": "other", "remark": "组织关系转出"})
    active.refresh_from_db()
    assert (active.state, active.leave_side) == (S.LEAVING, Side.HOME)


def test_pages_of_another_state_lead_back(world: World, active: ActivityRegistration) -> None:
    back = reverse("registration_detail", args=[active.pk])
    client = sign_in(world, "community_secretary")
    assert client.get(reverse("registration_close", args=[active.pk]))["Location"] == back
    leave(world, active)
    assert client.get(reverse("registration_leave", args=[active.pk]))["Location"] == back


@pytest.mark.parametrize("persona", ["other_secretary", "other_community_secretary", "other_member", "stranger"])
def test_nobody_else_learns_of_it(world: World, active: ActivityRegistration, persona: str) -> None:
    leave(world, active)
    client = sign_in(world, persona)
    for name in ("registration_leave", "registration_close", "registration_detail"):
        assert client.get(reverse(name, args=[active.pk])).status_code == 404
    for name in ("registration_stay", "registration_close", "registration_file_closing"):
        assert client.post(reverse(name, args=[active.pk]), {"final_facts": "x"}).status_code == 404
    active.refresh_from_db()
    assert active.state == S.LEAVING
    assert not leaving_wanted(world.users[persona]).exists()


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_of_what_is_to_be_closed_costs_the_same_for_one_and_three(
    world: World, active: ActivityRegistration, django_assert_max_num_queries: Any, rows: int
) -> None:
    leave(world, active)
    for name in ("wang", "zhao")[: rows - 1]:
        RegistrationFactory(
            member=world.members[name],
            organisation=world.community,
            state=S.LEAVING,
            leave_side=Side.MEMBER,
            leave_at=timezone.now(),
            leave_due_on=today(),
        )
    client = sign_in(world, "community_secretary")
    client.get(reverse("registration_list"))
    with django_assert_max_num_queries(LIST_QUERIES):
        page = client.get(reverse("registration_list"), {"box": "to_close"})
    assert len(page.context["page"]) == rows


# Session (where no Redis keeps it), user, appointments, notices; who holds offices; count, rows.
LIST_QUERIES = 7


@pytest.mark.parametrize("persona", ["member", "community_secretary", "home_secretary"])
@pytest.mark.parametrize("rows", [1, 3])
def test_what_is_open_costs_the_same_for_one_and_three_claims(
    world: World, active: ActivityRegistration, django_assert_num_queries: Any, rows: int, persona: str
) -> None:
    for _claim in range(rows):
        claimed(world)
    leave(world, active)
    user = world.users[persona]
    Appointment.objects.of(user)
    with django_assert_num_queries(4):  # claims, requests to stand in, participations, records
        assert len(registry.leaving.ends(active, user)) == rows


def test_the_member_reads_in_the_own_data_how_it_ended(world: World, active: ActivityRegistration) -> None:
    leave(world, active)
    close(world, active)
    [sheet] = [sheet for sheet in personal.sections(world.members["li"]) if active.closing_receipt in str(sheet.rows)]
    [row] = sheet.rows
    assert {"巡逻两次。", active.closing_receipt} <= set(row)
