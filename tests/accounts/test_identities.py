"""Signing in with an account elsewhere, against a provider of our own that speaks as WeCom and DingTalk do."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from dualmgmt.models import AuditEvent, Notice
from members.actions import accounts
from members.models import User
from tests.factories import PASSWORD
from tests.members.helpers import sign_in
from tests.world import World


class FakeProvider(BaseHTTPRequestHandler):
    """Knows one code, ``good-<number>``, and the office's secret; answers in the words of both providers."""

    def _answer(self, found: dict[str, Any], status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(found).encode())

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == "/wecom/gettoken":
            right = asked == {"corpid": "corp", "corpsecret": "hush"}
            self._answer({"errcode": 0, "access_token": "key"} if right else {"errcode": 40001})
        elif url.path == "/wecom/auth/getuserinfo":
            code = asked.get("code", "")
            if asked.get("access_token") != "key" or not code.startswith("good-"):
                self._answer({"errcode": 40029, "errmsg": "invalid code"})
            elif code == "good-guest":
                self._answer({"errcode": 0, "openid": "somebody of another corporation"})
            else:
                self._answer({"errcode": 0, "userid": code.removeprefix("good-")})
        elif url.path == "/dingtalk/v1.0/contact/users/me":
            key = self.headers.get("x-acs-dingtalk-access-token", "")
            self._answer({"openId": key, "nick": "不该留下的昵称", "mobile": "13800000000"})
        else:
            self._answer({}, 404)

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        right = (asked["clientId"], asked["clientSecret"], asked["grantType"]) == ("ding", "hush", "authorization_code")
        if not right or not asked["code"].startswith("good-"):
            self._answer({"code": "invalid"}, 400)
            return
        self._answer({"accessToken": asked["code"].removeprefix("good-"), "refreshToken": "r", "expireIn": 7200})

    def log_message(self, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def providers(settings: Any) -> Iterator[str]:
    """Both are set up; the address of the one that stands for them."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), FakeProvider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    here = f"http://127.0.0.1:{server.server_port}"
    known = settings.SIGN_IN_PROVIDERS
    settings.SIGN_IN_PROVIDERS = {
        "wecom": {**known["wecom"], "id": "corp", "agent": "7", "secret": "hush", "api": f"{here}/wecom"},
        "dingtalk": {**known["dingtalk"], "id": "ding", "secret": "hush", "api": f"{here}/dingtalk"},
    }
    yield here
    server.shutdown()
    server.server_close()


def away(client: Client, provider: str, **headers: str) -> dict[str, str]:
    """Press the button; what the address to which the browser is sent says."""
    answer = client.post(reverse("identity_login", args=[provider]), **headers)  # type: ignore[arg-type]
    assert answer.status_code == 302
    return {name: values[0] for name, values in parse_qs(urlsplit(answer["Location"]).query).items()}


def back(client: Client, provider: str, code: str, state: str) -> Any:
    name = "authCode" if provider == "dingtalk" else "code"
    return client.get(reverse("identity_back", args=[provider]), {name: code, "state": state}, follow=True)


def with_password(world: World, persona: str, *, confirmed: bool = True) -> Client:
    """Signed in, and the password typed just now once more."""
    user = world.users[persona]
    user.set_password(PASSWORD)
    user.save()
    client = sign_in(world, persona)
    if confirmed:
        client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


def connect(world: World, persona: str, provider: str, number: str) -> Client:
    client = with_password(world, persona)
    back(client, provider, f"good-{number}", away(client, provider)["state"])
    return client


@pytest.mark.parametrize("provider", ["wecom", "dingtalk"])
def test_connected_once_it_opens_the_account(
    world: World, providers: str, provider: str, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        client = connect(world, "member", provider, "ljg")
    row = SocialAccount.objects.get()
    assert (row.user, row.provider, row.uid, row.extra_data) == (world.users["member"], provider, "ljg", {})
    assert "已关联" in client.get(reverse("socialaccount_connections")).content.decode()
    assert AuditEvent.objects.get(event="account.identity_connected").actor == world.users["member"]
    assert Notice.objects.filter(kind="account.changed", user=world.users["member"]).exists()

    stranger = Client()
    page = back(stranger, provider, "good-ljg", away(stranger, provider)["state"])
    assert page.redirect_chain[-1][0] == reverse("todo")
    assert stranger.get(reverse("my_page")).status_code == 200


@pytest.mark.parametrize("provider", ["wecom", "dingtalk"])
def test_who_is_not_connected_gets_neither_in_nor_an_account(world: World, providers: str, provider: str) -> None:
    before = User.objects.count()
    client = Client()
    page = back(client, provider, "good-nobody", away(client, provider)["state"])
    assert page.redirect_chain[-1][0] == reverse("account_login")
    assert "先用党员卡号登录" in page.content.decode()
    assert client.get(reverse("todo")).status_code == 302
    assert (User.objects.count(), SocialAccount.objects.count()) == (before, 0)
    row = AuditEvent.objects.get(event="account.sign_in_failed")
    assert "nobody" not in str(row.details)


@pytest.mark.parametrize("code", ["wrong", "good-guest", ""])
def test_a_code_that_is_not_right_opens_nothing(world: World, providers: str, code: str) -> None:
    connect(world, "member", "wecom", "ljg")
    client = Client()
    page = back(client, "wecom", code, away(client, "wecom")["state"])
    assert "未能登录" in page.content.decode()
    assert client.get(reverse("todo")).status_code == 302


def test_a_code_counts_only_in_the_browser_that_asked_and_once(world: World, providers: str) -> None:
    """Somebody else's code cannot be slipped in, and a used address opens nothing a second time."""
    connect(world, "member", "wecom", "ljg")
    asked, other = Client(), Client()
    state = away(asked, "wecom")["state"]
    for forged in (state, "x", ""):
        assert "未能登录" in back(other, "wecom", "good-ljg", forged).content.decode()
    assert "未能登录" in back(asked, "dingtalk", "good-ljg", state).content.decode()  # of the other provider
    state = away(asked, "wecom")["state"]
    back(asked, "wecom", "good-ljg", state)
    assert asked.get(reverse("todo")).status_code == 200
    asked.post(reverse("account_logout"))
    assert "未能登录" in back(asked, "wecom", "good-ljg", state).content.decode()


def test_a_silent_provider_is_an_ordinary_message(world: World, providers: str, settings: Any) -> None:
    settings.SIGN_IN_PROVIDERS["wecom"]["api"] = "http://127.0.0.1:9"
    client = Client()
    page = back(client, "wecom", "good-ljg", away(client, "wecom")["state"])
    assert "未能登录" in page.content.decode()


def test_it_stands_in_the_persons_own_copy(world: World, providers: str) -> None:
    client = connect(world, "member", "dingtalk", "ljg-0815")
    answer = client.get(reverse("my_data_download"))
    book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    assert [cell.value for cell in book["第三方账号"][2]][:2] == ["钉钉", "ljg-0815"]


def test_one_account_elsewhere_opens_one_account_here(world: World, providers: str) -> None:
    connect(world, "member", "wecom", "ljg")
    client = with_password(world, "other_member")
    page = back(client, "wecom", "good-ljg", away(client, "wecom")["state"])
    assert SocialAccount.objects.get().user == world.users["member"]
    assert "他人" in page.content.decode()


def test_connecting_and_removing_ask_for_the_password(world: World, providers: str) -> None:
    client = with_password(world, "member", confirmed=False)
    url = reverse("socialaccount_connections")
    assert client.post(reverse("identity_login", args=["wecom"]))["Location"] == url
    assert client.get(url)["Location"].startswith(reverse("account_reauthenticate"))
    mine = SocialAccount.objects.create(user=world.users["member"], provider="wecom", uid="ljg")
    assert client.post(url, {"account": mine.pk})["Location"].startswith(reverse("account_reauthenticate"))
    assert SocialAccount.objects.exists()


def test_removed_it_opens_nothing_and_nobody_removes_anothers(world: World, providers: str) -> None:
    client = connect(world, "member", "wecom", "ljg")
    row = SocialAccount.objects.get()
    url = reverse("socialaccount_connections")
    assert with_password(world, "other_member").post(url, {"account": row.pk}).status_code == 404
    assert client.post(url, {"account": row.pk}).status_code == 302
    assert AuditEvent.objects.filter(event="account.identity_removed").exists()
    stranger = Client()
    back(stranger, "wecom", "good-ljg", away(stranger, "wecom")["state"])
    assert stranger.get(reverse("todo")).status_code == 302


def test_the_second_step_and_a_disabled_account_hold_here_too(world: World, providers: str) -> None:
    for persona in ("department_officer", "member"):
        SocialAccount.objects.create(user=world.users[persona], provider="wecom", uid=persona)
    TOTP.activate(world.users["department_officer"], "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    User.objects.filter(username="member").update(is_active=False)
    for persona, place in (("department_officer", "mfa_authenticate"), ("member", "account_inactive")):
        client = Client()
        page = back(client, "wecom", f"good-{persona}", away(client, "wecom")["state"])
        assert page.redirect_chain[-1][0] == reverse(place)
        assert client.get(reverse("todo")).status_code == 302


def test_a_slip_for_a_lost_phone_takes_the_connection_away(world: World, providers: str) -> None:
    connect(world, "member", "wecom", "ljg")
    user, by = world.users["member"], world.users["home_secretary"]
    for resets, left in ((False, 1), (True, 0)):
        slip = accounts.request_slip(user=user, organisation=None, by=by, resets_second_factor=resets)
        code = accounts.print_slip(slip=slip, organisation=None, by=by)
        accounts.activate(name="member", code=code, password=f"Qingquan-2026-{resets}")
        assert SocialAccount.objects.count() == left


def test_the_way_there_names_the_office_and_the_way_back(world: World, providers: str) -> None:
    client = Client()
    asked = away(client, "wecom")
    assert (asked["appid"], asked["agentid"], asked["login_type"]) == ("corp", "7", "CorpApp")
    assert asked["redirect_uri"] == "http://testserver/accounts/with/wecom/back/"
    asked = away(client, "wecom", HTTP_USER_AGENT="Mozilla/5.0 wxwork/4.1")
    assert asked["scope"] == "snsapi_base"
    asked = away(client, "dingtalk")
    assert (asked["client_id"], asked["scope"]) == ("ding", "openid")


def test_nothing_is_offered_where_nothing_is_set_up(world: World, client: Client) -> None:
    assert "企业微信" not in client.get(reverse("account_login")).content.decode()
    for name, args in (("identity_login", ["wecom"]), ("identity_back", ["dingtalk"])):
        assert client.post(reverse(name, args=args)).status_code in (404, 405)
        assert client.get(reverse(name, args=args)).status_code in (404, 405)
    assert sign_in(world, "member").get(reverse("socialaccount_connections")).status_code == 404


def test_the_sign_in_page_offers_what_is_set_up(world: World, client: Client, providers: str) -> None:
    page = client.get(reverse("account_login")).content.decode()
    assert page.index("企业微信") < page.index("钉钉")
    assert reverse("socialaccount_connections") in sign_in(world, "member").get(reverse("todo")).content.decode()
    assert client.get(reverse("identity_login", args=["wecom"])).status_code == 405
    assert client.post(reverse("identity_login", args=["nobody"])).status_code == 404
