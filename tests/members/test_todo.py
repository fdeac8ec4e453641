"""Who is asked: the branch itself; the committee above only where nobody else there can act."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.urls import reverse

from branches.enums import Role
from branches.models import Appointment
from dualmgmt.lib.registry import todos
from dualmgmt.models import Notice
from members import queries
from members.actions import letters
from members.enums import RegistrationState
from members.models import ActivityRegistration, IntroductionLetter
from tests.factories import AppointmentFactory
from tests.members.helpers import sign_in
from tests.scene import ask, register
from tests.world import World


def asked(world: World, what: str) -> dict[str, set[ActivityRegistration]]:
    found = {name: set(getattr(queries, what)(user)) for name, user in world.users.items()}
    return {name: rows for name, rows in found.items() if rows}


def test_a_committee_is_not_asked_what_its_branch_does_itself(world: World) -> None:
    of_li = ask(world, "li", "community")
    of_wang = ask(world, "wang", "community")  # branch_b has no officer
    assert asked(world, "letters_wanted") == {"home_secretary": {of_li}, "unit_secretary": {of_wang}}

    letters.issue(registration=of_li, valid_days=30, by=world.users["home_secretary"])
    assert asked(world, "acceptance_wanted") == {"community_secretary": {of_li}}


def test_the_committee_is_asked_when_the_only_officer_holds_the_first_key(world: World) -> None:
    both = world.users["home_secretary"]
    Appointment.objects.filter(organisation=world.community).delete()
    AppointmentFactory(user=both, organisation=world.community, role=Role.SECRETARY)
    registration = ask(world, "li", "community")
    letters.issue(registration=registration, valid_days=30, by=both)
    assert asked(world, "acceptance_wanted") == {"street_officer": {registration}}


def test_an_appointment_that_has_ended_asks_nobody(world: World) -> None:
    Appointment.objects.filter(organisation=world.branch_a).update(ends_on=dt.date(2024, 6, 1))
    registration = ask(world, "li", "community")
    assert asked(world, "letters_wanted") == {"unit_secretary": {registration}}


def test_the_nearest_who_can_act_are_told(world: World, django_capture_on_commit_callbacks: Any) -> None:
    AppointmentFactory(organisation=world.district, role=Role.SECRETARY)
    with django_capture_on_commit_callbacks(execute=True):
        ask(world, "wang", "community")  # branch_b has no officer, its bureau has
    told = list(Notice.objects.values_list("user__username", "kind"))
    assert told == [("unit_secretary", "letter.wanted")]


def test_every_line_counts_what_its_link_shows(world: World) -> None:
    register(world, "li", "community", issuer="home_secretary", accepter="community_secretary")
    waiting = ask(world, "li", "community2")
    late = letters.issue(registration=waiting, valid_days=30, by=world.users["home_secretary"])
    long_ago = dt.date(2026, 1, 5)
    IntroductionLetter.objects.filter(pk=late.pk).update(issued_on=long_ago, valid_until=long_ago)
    ask(world, "li", "community3")
    ask(world, "zhao", "community")  # of another unit
    lines = {}
    for persona in ("home_secretary", "unit_secretary", "community_secretary", "street_officer", "auditor"):
        client = sign_in(world, persona)
        mine = [todo for todo in todos.for_user(world.users[persona]) if todo.url.startswith(("/reg", "/let"))]
        lines[persona] = {todo.url: todo.count for todo in mine}
        for url, count in lines[persona].items():
            assert client.get(url).context["page"].paginator.count == count, url
    registrations, stubs = reverse("registration_list"), reverse("letter_list")
    assert lines == {
        "home_secretary": {
            f"{registrations}?box=to_issue": 1,
            f"{stubs}?box=receipts": 1,
            f"{stubs}?box=overdue": 1,
        },
        "unit_secretary": {f"{stubs}?box=escalated": 1},  # overdue for long: the committee above the home branch
        "community_secretary": {},
        "street_officer": {f"{registrations}?box=to_accept": 1},  # community2 has no officer
        "auditor": {},
    }


def test_my_page_says_what_comes_next(world: World) -> None:
    client = sign_in(world, "member")
    assert "请到居住地社区报到" in client.get(reverse("my_page")).content.decode()
    registration = ask(world, "li", "community")
    assert "申请开具" in client.get(reverse("my_page")).content.decode()
    letters.issue(registration=registration, valid_days=30, by=world.users["home_secretary"])
    assert "等待接收" in client.get(reverse("my_page")).content.decode()
    letters.accept(registration=registration, placement=world.themed, by=world.users["community_secretary"])
    page = client.get(reverse("my_page"))
    assert page.context["next_steps"] == []
    for expected in ("税务局第一党支部", "友谊街社区党委", "法律服务特色党支部", registration.letters.get().number):
        assert expected in page.content.decode()


def test_an_expired_letter_is_told_until_there_is_something_newer(world: World) -> None:
    registration = ask(world, "li", "community")
    type(registration).objects.filter(pk=registration.pk).update(state=RegistrationState.EXPIRED)
    client = sign_in(world, "member")
    assert "介绍信已过期" in client.get(reverse("my_page")).content.decode()
    ask(world, "li", "community2")
    assert "介绍信已过期" not in client.get(reverse("my_page")).content.decode()
