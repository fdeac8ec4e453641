"""Every page has one heading, our buttons and a header that holds the capacity line; errors say what to do."""

from __future__ import annotations

import re

import pytest
from django import forms
from django.http import HttpRequest
from django.template import Context, Template
from django.test import Client, RequestFactory

from dualmgmt.templatetags.devices import device
from dualmgmt.templatetags.portal import TONES
from dualmgmt.views import errors, styleguide
from members.models import User

PASSWORD = "a-long-pass-phrase-7"
ACCOUNT_PAGES = [
    "/accounts/password/change/",
    "/accounts/2fa/",
    "/accounts/2fa/totp/activate/",
    "/accounts/logout/",
    "/accounts/reauthenticate/",
    "/accounts/sessions/",
    "/accounts/2fa/webauthn/",
    "/accounts/2fa/webauthn/add/",
]
PUBLIC_PAGES = ["/", "/accounts/login/", "/accounts/activate/", "/accounts/inactive/"]


def headings(html: str) -> list[str]:
    return [re.sub(r"<[^>]+>", "", text).strip() for text in re.findall(r"<h1[^>]*>(.*?)</h1>", html, re.S)]


def bare_buttons(html: str) -> list[str]:
    """Buttons that would look like the browser's own."""
    return [tag for tag in re.findall(r"<button[^>]*>", html) if "btn" not in tag]


@pytest.fixture
def signed_in(db: None) -> Client:
    User.objects.create_user(username="anybody", password=PASSWORD)
    client = Client()
    client.post("/accounts/login/", {"login": "anybody", "password": PASSWORD})
    # The second-factor pages ask for the password once more.
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


@pytest.mark.django_db
@pytest.mark.parametrize("path", PUBLIC_PAGES)
def test_public_pages_have_one_heading_and_our_buttons(client: Client, path: str) -> None:
    html = client.get(path).content.decode()
    found = headings(html)
    assert len(found) == 1
    assert found[0]
    assert bare_buttons(html) == []


@pytest.mark.parametrize("path", ACCOUNT_PAGES)
def test_account_pages_have_one_heading_and_our_buttons(signed_in: Client, path: str) -> None:
    answer = signed_in.get(path)
    assert answer.status_code == 200
    html = answer.content.decode()
    found = headings(html)
    assert len(found) == 1
    assert found[0]
    assert bare_buttons(html) == []
    assert " style=" not in html


@pytest.mark.django_db
def test_a_forgotten_password_is_nothing_the_portal_sends_mail_for(client: Client) -> None:
    html = client.get("/accounts/login/").content.decode()
    assert "请到所在党支部" in html
    assert client.get("/accounts/password/reset/").status_code == 404
    assert 'type="email"' not in html


def test_everybody_reaches_password_second_factor_and_the_way_out(signed_in: Client) -> None:
    html = signed_in.get("/todo/").content.decode()
    header = html[html.index("<header>") : html.index("</header>")]
    links = re.findall(r'href="(/accounts/[^"]*)"', header)
    assert links == ["/accounts/password/change/", "/accounts/2fa/", "/accounts/sessions/", "/accounts/logout/"]


def test_a_field_shows_nothing_that_looks_typed(client: Client, signed_in: Client) -> None:
    for answer in (client.get("/accounts/login/"), signed_in.get("/accounts/password/change/")):
        assert "placeholder" not in answer.content.decode()


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1", "Safari · iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/126.0 Safari/537.36 Edg/126.0", "Edge · Windows"),
        ("Mozilla/5.0 (Phone; OpenHarmony 5.0) Chrome/114.0 Mobile Safari/537.36", "Chrome · 鸿蒙"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Chrome/126.0 Safari/537.36 DingTalk/7.0", "钉钉 · Mac"),
        ("curl/8.5.0", "未知设备"),
        ("", "未知设备"),
    ],
)
def test_a_device_is_told_in_words(agent: str, words: str) -> None:
    assert device(agent) == words


def test_a_missing_page_says_what_to_do(signed_in: Client) -> None:
    answer = signed_in.get("/nowhere/")
    assert answer.status_code == 404
    assert "待办" in answer.content.decode()


@pytest.mark.django_db
def test_an_old_form_says_what_to_do(rf: RequestFactory) -> None:
    answer = errors.csrf_failure(rf.post("/"))
    assert answer.status_code == 403
    assert headings(answer.content.decode()) == ["页面停留时间过长"]


class Sample(forms.Form):
    name = forms.CharField(label="姓名", help_text="如实填写")
    note = forms.CharField(label="备注", required=False)


def test_a_wrong_field_is_tied_to_its_help_and_error() -> None:
    html = str(Sample({"name": ""}))
    control = next(tag for tag in re.findall(r"<input[^>]*>", html) if 'name="name"' in tag)
    assert 'aria-invalid="true"' in control
    described = re.search(r'aria-describedby="([^"]*)"', control)
    assert described
    assert set(described[1].split()) == {"id_name_helptext", "id_name_error"}
    assert all(f'id="{name}"' in html for name in described[1].split())
    assert 'href="#id_name">姓名：' in html


def test_what_was_typed_is_shown_as_text() -> None:
    html = str(Sample({"name": "", "note": '"><script>alert(1)</script>'}))
    assert "<script" not in html


def test_a_state_is_a_word_first_and_a_colour_second() -> None:
    shown = Template('{% load portal %}{% pill "never_heard_of" "新状态" %}').render(Context())
    assert shown == '<span class="pill pill-quiet">新状态</span>'
    states = [state for states in TONES.values() for state in states]
    assert len(states) == len(set(states))


@pytest.mark.django_db
def test_the_design_system_page_shows_its_components(rf: RequestFactory) -> None:
    request: HttpRequest = rf.get("/styleguide/")
    html = styleguide.styleguide(request).content.decode()
    parts = [
        "pill-good",
        "steps",
        "todo-line",
        "error-summary",
        "stat-tile",
        "data-chart",
        "pagination",
        "timeline",
        "empty",
    ]
    assert [part for part in parts if part not in html] == []
    assert " style=" not in html
