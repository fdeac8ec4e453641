"""The public check page says whether a letter is valid, to everybody alike, and never whose it is."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.test import Client
from django.urls import reverse

from dualmgmt.lib.clock import today
from members.actions import letters, registrations
from members.models import IntroductionLetter
from tests.members.helpers import sign_in
from tests.scene import ask
from tests.world import World

UNKNOWN = "23456789AB"


@pytest.fixture
def letter(world: World) -> IntroductionLetter:
    registration = ask(world, "li", "community")
    return letters.issue(registration=registration, valid_days=30, paper=True, by=world.users["home_secretary"])


def page_of(client: Client, code: str) -> str:
    answer = client.get(reverse("letter_check", args=[code]))
    assert answer.status_code == 200
    return answer.content.decode()


def said(code: str) -> str:
    """The word in which the result is given."""
    found = re.search(r'<h2 id="result">(.*?)</h2>', page_of(Client(), code), re.DOTALL)
    assert found is not None
    return re.sub(r"<[^>]+>|\s", "", found[1])


def test_valid_used_void_and_unknown(world: World, letter: IntroductionLetter) -> None:
    by = world.users["community_secretary"]
    assert (said(letter.code), said(UNKNOWN)) == ("有效", "查无此码")
    assert said(f"{letter.code[:5].lower()}-{letter.code[5:]}") == "有效"
    letters.hand_in(letter=letter, by=by)
    assert said(letter.code) == "有效"
    letters.accept(registration=letter.registration, placement=world.themed, by=by)
    assert said(letter.code) == "已使用"

    other = letters.issue(
        registration=ask(world, "wang", "community"), valid_days=30, paper=True, by=world.users["unit_secretary"]
    )
    yesterday = today() - dt.timedelta(days=1)
    IntroductionLetter.objects.filter(pk=other.pk).update(issued_on=yesterday, valid_until=yesterday)
    assert said(other.code) == "已作废", "nobody can accept it any more"
    registrations.withdraw(registration=other.registration, by=world.users["unit_secretary"])
    assert said(other.code) == "已作废"


@pytest.mark.parametrize("persona", ["", "stranger", "member", "other_secretary", "community_secretary"])
def test_neither_who_nor_where_to_nor_a_party_member(world: World, letter: IntroductionLetter, persona: str) -> None:
    client = sign_in(world, persona) if persona else Client()
    main = page_of(client, letter.code).partition("<main")[2].partition("</main>")[0]
    words = ("李建国", letter.number, "税务局", "友谊街", "向阳", "党", letter.registration.member.phone[-4:])
    assert [word for word in words if word in main] == []


def test_an_unknown_code_is_answered_like_a_known_one(letter: IntroductionLetter) -> None:
    known, unknown = (Client().get(reverse("letter_check", args=[code])) for code in (letter.code, UNKNOWN))
    assert known.status_code == unknown.status_code == 200
    for answer in (known, unknown):
        assert "no-store" in answer.headers["Cache-Control"]
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert 'content="noindex, nofollow"' in answer.content.decode()
        assert "/accounts/login/?next=/check/" in answer.content.decode()


def test_who_guesses_codes_is_stopped(world: World, letter: IntroductionLetter) -> None:
    client = Client()
    answers = [client.get(reverse("letter_check", args=[f"A{number:09d}"])).status_code for number in range(30)]
    assert set(answers) == {200}
    stopped = client.get(reverse("letter_check", args=[letter.code]))
    assert stopped.status_code == 429
    assert "有效" not in stopped.content.decode().partition("<main")[2].partition("<p")[0]
    assert Client(REMOTE_ADDR="10.1.2.3").get(reverse("letter_check", args=[letter.code])).status_code == 200


def test_only_the_addressee_is_led_on_to_the_letter(world: World, letter: IntroductionLetter) -> None:
    find = f"{reverse('letter_find')}?q={letter.code}"
    reached = {
        persona
        for persona in ("stranger", "member", "home_secretary", "other_community_secretary", "community_secretary")
        if find in page_of(sign_in(world, persona), letter.code)
    }
    assert reached == {"community_secretary"}
    assert find not in page_of(Client(), letter.code)
    assert sign_in(world, "community_secretary").get(find).context["letter"] == letter


def test_the_square_code_on_the_letter_leads_here(world: World, letter: IntroductionLetter) -> None:
    from members import printing

    assert printing.check_path(letter.code) == f"/check/{letter.code}/"
    page = sign_in(world, "home_secretary").get(reverse("letter_detail", args=[letter.pk]))
    from dualmgmt.lib import qr

    assert str(qr.svg(f"http://testserver/check/{letter.code}/")) in page.content.decode()


@pytest.mark.parametrize("code", ["%00", "a" * 500, "'; --", "介〔2026〕1号"])
def test_bad_codes_are_unknown_codes(world: World, code: str) -> None:
    answer = Client().get(f"/check/{code}/")
    assert answer.status_code == 200
    assert "查无此码" in answer.content.decode()
