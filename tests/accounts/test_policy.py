"""Second factor, time-outs, sessions: who must, who may."""

from __future__ import annotations

import time
from typing import Any

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.test import Client
from django.urls import reverse

from dualmgmt import signin
from dualmgmt.models import AuditEvent, Notice
from members.actions import cards
from tests.factories import PASSWORD
from tests.members.helpers import sign_in
from tests.world import World

MUST = ["department_officer", "system_admin", "security_admin", "auditor"]
PHONE = "Mozilla/5.0 (Linux; Android 14; ALN) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36 MicroMessenger/8.0"
OFFICE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
MAY = ["member", "home_secretary", "street_officer"]


def password_sign_in(world: World, persona: str, password: str = PASSWORD, **more: Any) -> Client:
    user = world.users[persona]
    user.set_password(password)
    user.save()
    client = Client(**more)
    client.post("/accounts/login/", {"login": persona, "password": password})
    return client


@pytest.mark.parametrize("persona", MUST)
def test_department_and_administrators_go_nowhere_without_a_second_step(
    world: World, persona: str, settings: Any
) -> None:
    settings.SECOND_FACTOR_REQUIRED = True
    client = sign_in(world, persona)
    for name in ("todo", "organisation_list", "appointment_desk", "audit_list", "notice_list"):
        assert client.get(reverse(name))["Location"] == reverse("mfa_activate_totp"), name
    answer = client.get(reverse("api_project-list"))
    assert (answer.status_code, "第二" in answer.json()["detail"]) == (403, True)


@pytest.mark.parametrize("persona", MAY)
def test_others_are_only_offered_it(world: World, persona: str, settings: Any) -> None:
    settings.SECOND_FACTOR_REQUIRED = True
    assert sign_in(world, persona).get(reverse("todo")).status_code == 200


def test_a_department_officer_enrols_and_is_asked_for_the_code(
    world: World, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.SECOND_FACTOR_REQUIRED = True
    client = password_sign_in(world, "department_officer")
    # The password once more: whoever finds the browser open must not enrol a telephone of their own.
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    code = format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(reverse("mfa_activate_totp"), {"code": code}).status_code == 302
    assert client.get(reverse("todo")).status_code == 200
    assert AuditEvent.objects.filter(event="account.second_factor").count() >= 1
    assert Notice.objects.filter(kind="account.changed", user=world.users["department_officer"]).exists()
    again = Client()
    again.post("/accounts/login/", {"login": "department_officer", "password": PASSWORD})
    assert again.get(reverse("todo")).status_code == 302  # the password alone is not enough


def test_a_recovery_code_lets_in_once_when_the_phone_is_lost(world: World, settings: Any) -> None:
    settings.SECOND_FACTOR_REQUIRED = True
    user = world.users["department_officer"]
    user.set_password(PASSWORD)
    user.save()
    TOTP.activate(user, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    code = RecoveryCodes.activate(user).get_unused_codes()[0]
    for typed, status in (("00000000", 302), (code, 200), (code, 302)):
        client = Client()
        client.post("/accounts/login/", {"login": "department_officer", "password": PASSWORD})
        client.post(reverse("mfa_authenticate"), {"code": typed})
        assert client.get(reverse("todo")).status_code == status


@pytest.mark.parametrize(
    ("persona", "minutes", "stays"),
    [
        ("auditor", 14, True),
        ("auditor", 16, False),
        ("home_secretary", 16, True),
        ("home_secretary", 31, False),
        ("member", 9 * 60, True),
    ],
)
def test_idle_sessions_end(world: World, persona: str, minutes: int, stays: bool) -> None:
    client = sign_in(world, persona)
    session = client.session
    session[signin.SEEN] = int(time.time()) - minutes * 60
    session.save()
    answer = client.get(reverse("todo"))
    assert (answer.status_code == 200) is stays
    if not stays:
        assert answer["Location"] == "/accounts/login/?next=%2Ftodo%2F"
        assert AuditEvent.objects.filter(event="account.timed_out").exists()


def test_an_officers_session_ends_after_eight_hours_however_busy(world: World) -> None:
    client = sign_in(world, "home_secretary")
    session = client.session
    session[signin.BEGAN] = int(time.time()) - 8 * 3600 - 60
    session.save()
    assert client.get(reverse("todo")).status_code == 302


def test_changing_the_password_signs_the_others_out_and_tells(world: World) -> None:
    first = password_sign_in(world, "member")
    second = Client()
    second.post("/accounts/login/", {"login": "member", "password": PASSWORD})
    new = {"oldpassword": PASSWORD, "password1": "Haibian-2026-lu", "password2": "Haibian-2026-lu"}
    first.post(reverse("account_change_password"), new)
    assert first.get(reverse("todo")).status_code == 200
    assert second.get(reverse("todo")).status_code == 302
    assert Notice.objects.filter(kind="account.changed", user=world.users["member"]).exists()


def test_my_sessions_can_be_ended(world: World) -> None:
    first = password_sign_in(world, "member", HTTP_USER_AGENT=PHONE)
    second = Client(HTTP_USER_AGENT=OFFICE)
    second.post("/accounts/login/", {"login": "member", "password": PASSWORD})
    assert Notice.objects.filter(kind="account.new_device").count() == 1
    page = first.get(reverse("usersessions_list")).content.decode()
    assert ("微信 · Android" in page, "Firefox · Windows" in page, "Mozilla" in page) == (True, True, False)
    first.post(reverse("usersessions_list"))
    assert second.get(reverse("todo")).status_code == 302
    assert first.get(reverse("todo")).status_code == 200


def test_an_old_password_is_changed_first(world: World, settings: Any) -> None:
    settings.OFFICER_PASSWORD_DAYS = -1
    client = password_sign_in(world, "home_secretary", "Qingquan-2026-lu")
    assert client.get(reverse("todo"))["Location"] == reverse("account_change_password")
    new = {"oldpassword": "Qingquan-2026-lu", "password1": "Haibian-2026-lu", "password2": "Haibian-2026-lu"}
    client.post(reverse("account_change_password"), new)
    assert client.get(reverse("todo")).status_code == 200


def test_asking_for_the_password_again_and_again_is_stopped_in_plain_words(world: World) -> None:
    client = password_sign_in(world, "member")
    for _turn in range(11):
        answer = client.post(reverse("account_reauthenticate"), {"password": "wrong"})
    assert (answer.status_code, "尝试次数过多" in answer.content.decode()) == (429, True)


def failing(name: str, address: str) -> None:
    Client(REMOTE_ADDR=address).post("/accounts/login/", {"login": name, "password": "wrong"})


@pytest.mark.parametrize("by_turns", [False, True])
def test_five_failures_lock_the_account_for_a_while(world: World, by_turns: bool) -> None:
    """Whichever of the card, the phone and the user name it was called by, and from wherever."""
    user, li = world.users["member"], world.members["li"]
    user.set_password(PASSWORD)
    user.save()
    card = cards.issue(member=li, by=world.users["home_secretary"])
    names = [card.number, li.phone, "member", card.number, li.phone] if by_turns else ["member"] * 5
    for number, name in enumerate(names):
        failing(name, f"10.0.0.{number}")
    for name in ("member", card.number, li.phone):
        client = Client(REMOTE_ADDR="10.0.0.99")
        page = client.post("/accounts/login/", {"login": name, "password": PASSWORD})
        assert "请 15 分钟后再试" in page.content.decode()
        assert client.get(reverse("todo")).status_code == 302
    other = world.users["other_member"]
    other.set_password(PASSWORD)
    other.save()
    client = Client(REMOTE_ADDR="10.0.0.99")
    client.post("/accounts/login/", {"login": "other_member", "password": PASSWORD})
    assert client.get(reverse("todo")).status_code == 200  # nobody else is locked out


def test_ten_failures_from_one_address_close_it_for_everybody(world: World) -> None:
    user = world.users["member"]
    user.set_password(PASSWORD)
    user.save()
    for number in range(10):
        failing(f"nobody{number}", "10.0.0.7")
    for address, status in (("10.0.0.7", 302), ("10.0.0.8", 200)):
        client = Client(REMOTE_ADDR=address)
        client.post("/accounts/login/", {"login": "member", "password": PASSWORD})
        assert client.get(reverse("todo")).status_code == status


def test_a_member_stays_signed_in_for_fourteen_days_on_their_own_device(world: World) -> None:
    client = password_sign_in(world, "member")
    assert client.cookies["sessionid"]["max-age"] == 14 * 24 * 3600
    session = client.session
    session[signin.BEGAN] = session[signin.SEEN] = int(time.time()) - 13 * 24 * 3600
    session.save()
    assert client.get(reverse("todo")).status_code == 200


@pytest.mark.parametrize(("persona", "first_stays"), [("home_secretary", False), ("member", True)])
def test_an_officer_is_signed_in_at_three_places_at_most(world: World, persona: str, first_stays: bool) -> None:
    first = password_sign_in(world, persona, HTTP_USER_AGENT="one")
    others = []
    for number in range(3):
        others.append(Client(HTTP_USER_AGENT=f"more{number}"))
        others[-1].post("/accounts/login/", {"login": persona, "password": PASSWORD})
    assert (first.get(reverse("todo")).status_code == 200) is first_stays
    assert [client.get(reverse("todo")).status_code for client in others] == [200, 200, 200]
    assert AuditEvent.objects.filter(event="account.session_ended").exists() is not first_stays
