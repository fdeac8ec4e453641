"""A member writes the form, the session is lost, and not a word with it: with and without scripts."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from dualmgmt.demo.personas import BY_KEY
from dualmgmt.models import FormDraft
from tests.journeys.conftest import People, Window, t

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NEW = "/registrations/new/"
TYPED, MORE = "周末夜间巡逻", "周末夜间巡逻，也可讲法律课"


def test_no_word_is_lost(people: People) -> None:
    member = people["member"]
    member.go(NEW)
    if not member.size.endswith("without-scripts"):
        typing(member)
    lost_session(member)
    member.press("Discard it")
    assert member.page.input_value("[name=wishes]") == ""
    assert not FormDraft.objects.exists()
    people.all_translated()


def typing(member: Window) -> None:
    """Two seconds after the last key it is saved, and says so; the form opened again has it."""
    status = member.page.locator("[data-draft-status]")
    expect(status).to_be_hidden()
    member.fill("wishes", TYPED)
    expect(status).to_contain_text(t("Saved by itself at"), timeout=8_000)
    member.look("9-draft-saved")
    member.go("/todo/")
    member.go(NEW)
    assert member.page.input_value("[name=wishes]") == TYPED
    member.look("9-draft-restored")
    assert member.hindrances() == []


def lost_session(member: Window) -> None:
    """Sent too late: the sign-in page says that it is kept, and then it is there again."""
    member.page.locator("[name=organisation]").select_option(index=1)
    member.context.clear_cookies(name="sessionid")
    member.fill("wishes", MORE)
    member.press("Ask for the introduction letter")
    assert member.path.startswith("/accounts/login/")
    member.says("You are signed out. Sign in as the same person, and what you typed is here again.")
    member.look("9-draft-signed-out")
    persona = BY_KEY["member"]
    member.page.locator("[name=login]").fill(persona.username)
    member.page.locator("[name=password]").fill(persona.password)
    member.press("Sign in", inside="main")
    assert member.path == NEW
    assert member.page.input_value("[name=wishes]") == MORE
