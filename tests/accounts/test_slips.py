"""Accounts begin and are recovered with a slip on paper; officers' slips take two persons."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dualmgmt.lib.clock import today
from dualmgmt.models import AuditEvent, Notice
from members.actions import accounts, cards, people
from members.enums import SlipState
from members.models import ActivationSlip, User
from tests.factories import PASSWORD
from tests.members.helpers import refused, sign_in
from tests.world import World

GOOD = "Qingquan-2026-lu"


def slip_for(world: World, member: str = "zhao", by: str = "other_secretary") -> tuple[User, str]:
    row = world.members[member]
    user = row.user or accounts.open_account(member=row, by=world.users[by])
    slip = accounts.request_slip(user=user, organisation=row.home_branch(), by=world.users[by])
    return user, accounts.print_slip(slip=slip, organisation=row.home_branch(), by=world.users[by])


def activate(name: str, code: str, password: str = GOOD) -> Any:
    form = {"name": name, "code": code, "password": password, "again": password}
    return Client().post(reverse("account_activate"), form)


def test_the_whole_way_from_the_roll_to_the_first_sign_in(
    world: World, django_capture_on_commit_callbacks: Any
) -> None:
    zhao = world.members["zhao"]
    card = cards.issue(member=zhao, by=world.users["other_secretary"])
    officer = sign_in(world, "other_secretary")
    officer.post(reverse("member_account", args=[zhao.pk]), {})
    slip = ActivationSlip.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        page = officer.post(reverse("slip_print", args=[slip.pk]))
    assert "no-store" in page.headers["Cache-Control"]
    code = page.context["code"]
    assert code not in str(list(AuditEvent.objects.values_list("details", flat=True)))
    assert officer.post(reverse("slip_print", args=[slip.pk])).status_code == 302  # shown once
    zhao.refresh_from_db()
    assert zhao.user is not None
    assert Notice.objects.filter(user=zhao.user, kind="slip.printed").exists()
    assert activate(card.number, f" {code.lower()} ").status_code == 302
    for name in (card.number, zhao.phone, zhao.user.username):
        client = Client()
        client.post("/accounts/login/", {"login": name, "password": GOOD})
        assert client.get(reverse("my_page")).status_code == 200, name


@pytest.mark.parametrize("fault", ["nobody", "wrong code", "expired", "used", "void"])
def test_whatever_is_wrong_the_answer_is_the_same(world: World, fault: str) -> None:
    user, code = slip_for(world)
    name = user.username
    if fault == "nobody":
        name = "dy9999999"
    elif fault == "wrong code":
        code = "2345-6789-ABCD"
    elif fault == "expired":
        ActivationSlip.objects.update(expires_at=timezone.now() - dt.timedelta(minutes=1))
    elif fault == "used":
        activate(name, code)
    elif fault == "void":
        accounts.request_slip(user=user, organisation=None, by=world.users["other_secretary"])
    page = activate(name, code, "Another-pass-2026")
    assert page.context["form"].non_field_errors() == ["登录名与激活码不符，或者激活单已失效。请重新申请激活单。"]
    assert not User.objects.get(pk=user.pk).check_password("Another-pass-2026")


def test_a_code_cannot_be_guessed_for_long(world: World) -> None:
    user, code = slip_for(world)
    for _number in range(5):
        activate(user.username, "2345-6789-ABCD")
    assert activate(user.username, code).context["form"].non_field_errors()
    assert ActivationSlip.objects.get().state == SlipState.PRINTED


def test_one_address_cannot_try_for_ever(world: World) -> None:
    answers = [activate(f"dy{number}", "2345-6789-ABCD") for number in range(25)]
    assert "请等十分钟" in answers[-1].content.decode()


def test_an_officers_slip_takes_two_persons(world: World, django_capture_on_commit_callbacks: Any) -> None:
    secretary = world.users["home_secretary"]
    client = sign_in(world, "unit_secretary")
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("officer_account", args=[secretary.pk]), {})
    slip = ActivationSlip.objects.get()
    assert slip.state == SlipState.REQUESTED
    refused("wrong_state", accounts.print_slip, slip=slip, organisation=None, by=world.users["unit_secretary"])
    for persona in ("unit_secretary", "home_secretary"):
        denied = {"slip": slip, "organisation": None, "by": world.users[persona]}
        refused("another_approves", accounts.approve_slip, **denied)
    told = Notice.objects.filter(kind="slip.requested").values_list("user__username", flat=True)
    assert set(told) == {"department_officer", "security_admin"}
    sign_in(world, "department_officer").post(reverse("slip_approve", args=[slip.pk]))
    page = client.post(reverse("slip_print", args=[slip.pk]))
    assert activate("home_secretary", page.context["code"]).status_code == 302


def test_who_asked_prints_and_nobody_else(world: World) -> None:
    accounts.request_slip(user=world.users["member"], organisation=None, by=world.users["home_secretary"])
    slip = ActivationSlip.objects.get()
    assert sign_in(world, "unit_secretary").post(reverse("slip_print", args=[slip.pk])).status_code == 404


def test_a_phone_of_two_people_signs_nobody_in(world: World) -> None:
    li, wang = world.members["li"], world.members["wang"]
    for row in (li, wang):
        row.phone = "13805351111"
        people.edit_member(member=row, changed=["phone"], by=world.users["unit_secretary"])
        row.user.set_password(PASSWORD)
        row.user.save()
    client = Client()
    client.post("/accounts/login/", {"login": "13805351111", "password": PASSWORD})
    assert client.get(reverse("todo")).status_code == 302


def test_officers_need_a_stronger_password_than_members(world: World) -> None:
    member, officer = world.users["member"], world.users["home_secretary"]
    validate_password("qingquan9", member)
    for weak in ("qingquan9", "qingquanlu2026"):
        with pytest.raises(ValidationError):
            validate_password(weak, officer)
    validate_password(GOOD, officer)
    officer.set_password(GOOD)
    accounts.remember_password(officer)
    with pytest.raises(ValidationError):
        validate_password(GOOD, officer)


def test_unused_accounts_of_officers_are_disabled_and_members_are_left_alone(world: World) -> None:
    long_ago = timezone.now() - dt.timedelta(days=200)
    User.objects.update(date_joined=long_ago, last_login=long_ago)
    User.objects.filter(username="unit_secretary").update(last_login=timezone.now())
    accounts.disable_unused()
    active = set(User.objects.filter(is_active=True).values_list("username", flat=True))
    assert active == {"unit_secretary", "member", "other_member", "stranger"}
    assert AuditEvent.objects.filter(event="account.disabled").count() == 11 - 1


def test_expired_slips_are_marked_by_the_schedule(world: World) -> None:
    slip_for(world)
    ActivationSlip.objects.update(expires_at=timezone.now() - dt.timedelta(days=1))
    assert accounts.expire_slips() == 1
    assert ActivationSlip.objects.get().state == SlipState.EXPIRED
    assert today() >= ActivationSlip.objects.get().requested_at.date()
