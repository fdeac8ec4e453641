"""The member card: issued, lost, replaced, revoked; its codes; the branch's register."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from branches.models import Organisation
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.models import AuditEvent, Notice
from members import cardcodes
from members.actions import cards, letters, membership
from members.enums import CardEnd, CardState, MembershipStatus
from members.models import Member, MemberCard
from tests.factories import MemberFactory
from tests.members.helpers import refused, sign_in
from tests.scene import ask
from tests.world import World, build

# Session, account, appointments, notices; the branches offered, the figures, the count, the page.
REGISTER_QUERIES = 10


def issued(world: World, member: str = "li", by: str = "home_secretary") -> MemberCard:
    return cards.issue(member=world.members[member], by=world.users[by])


def ended(world: World, card: MemberCard, reason: CardEnd) -> MemberCard | None:
    return cards.end(card=card, reason=reason, by=world.users["home_secretary"])


def in_state(world: World, state: CardState) -> MemberCard:
    """li's card brought to *state* by the real actions."""
    card = issued(world)
    reasons = {
        CardState.LOST: CardEnd.LOST,
        CardState.REPLACED: CardEnd.DAMAGED,
        CardState.REVOKED: CardEnd.MEMBERSHIP_ENDED,
    }
    if state in reasons:
        ended(world, card, reasons[state])
    card.refresh_from_db()
    assert card.state == state
    return card


def test_one_valid_card_lost_and_replaced(world: World) -> None:
    li, by = world.members["li"], world.users["home_secretary"]
    first = issued(world)
    refused("card_exists", cards.issue, member=li, by=by)
    with pytest.raises(IntegrityError), transaction.atomic():
        MemberCard.objects.create(member=li, number="X", token="x", issuer=world.branch_a)
    ended(world, first, CardEnd.LOST)
    second = issued(world)
    states = dict(MemberCard.objects.values_list("number", "state"))
    assert states == {first.number: CardState.REPLACED, second.number: CardState.ACTIVE}
    first.refresh_from_db()
    assert (first.ended_on, first.end_reason, first.ended_by) == (timezone.localdate(), CardEnd.LOST, by)


# What each reason does to a card in each state: the state after, or the sentence's code.
OUTCOMES = {
    CardState.ACTIVE: {
        CardEnd.LOST: CardState.LOST,
        CardEnd.DAMAGED: CardState.REPLACED,
        CardEnd.DETAILS_CHANGED: CardState.REPLACED,
        CardEnd.TRANSFERRED: CardState.REVOKED,
        CardEnd.MEMBERSHIP_ENDED: CardState.REVOKED,
    },
    CardState.LOST: {
        CardEnd.LOST: "wrong_state",
        CardEnd.DAMAGED: "card_not_valid",
        CardEnd.DETAILS_CHANGED: "card_not_valid",
        CardEnd.TRANSFERRED: CardState.REVOKED,
        CardEnd.MEMBERSHIP_ENDED: CardState.REVOKED,
    },
    **{
        state: {
            CardEnd.LOST: "wrong_state",
            CardEnd.DAMAGED: "card_not_valid",
            CardEnd.DETAILS_CHANGED: "card_not_valid",
            CardEnd.TRANSFERRED: "wrong_state",
            CardEnd.MEMBERSHIP_ENDED: "wrong_state",
        }
        for state in (CardState.REPLACED, CardState.REVOKED)
    },
}


@pytest.mark.parametrize("reason", CardEnd)
@pytest.mark.parametrize("state", CardState)
def test_every_reason_from_every_state(world: World, state: CardState, reason: CardEnd) -> None:
    card = in_state(world, state)
    before = MemberCard.objects.count()
    outcome = OUTCOMES[state][reason]
    if not isinstance(outcome, CardState):
        refused(outcome, cards.end, card=card, reason=reason, by=world.users["home_secretary"])
        card.refresh_from_db()
        assert (card.state, MemberCard.objects.count()) == (state, before)
        return
    fresh = ended(world, card, reason)
    card.refresh_from_db()
    assert (card.state, card.end_reason) == (outcome, reason)
    assert cardcodes.card_of(card.token) is None
    if outcome == CardState.REPLACED:
        assert fresh is not None
        assert fresh.number != card.number
        assert cardcodes.card_of(fresh.token) == fresh
    else:
        assert fresh is None
        assert not MemberCard.objects.valid().exists()


@pytest.mark.parametrize("state", CardState)
def test_issuing_from_every_state(world: World, state: CardState) -> None:
    card = in_state(world, state)
    held = MemberCard.objects.valid().exists()
    if held:
        refused("card_exists", cards.issue, member=world.members["li"], by=world.users["home_secretary"])
    else:
        issued(world)
    card.refresh_from_db()
    assert card.state == (CardState.REPLACED if state == CardState.LOST else state)
    assert MemberCard.objects.valid().count() == 1


def test_two_issuers_with_the_same_short_code_do_not_get_in_each_others_way(world: World) -> None:
    Organisation.objects.filter(pk__in=[world.branch_a.pk, world.branch_c.pk]).update(short_code="芝一")
    assert issued(world).number == issued(world, "zhao", "other_secretary").number


@pytest.mark.parametrize("state", [CardState.ACTIVE, CardState.LOST])
def test_a_card_ends_with_the_membership(world: World, state: CardState) -> None:
    card = in_state(world, state)
    li = card.member
    membership.change_status(
        member=li, status=MembershipStatus.REMOVED, basis="支部大会决议", by=world.users["home_secretary"]
    )
    card.refresh_from_db()
    assert (card.state, card.end_reason) == (CardState.REVOKED, CardEnd.MEMBERSHIP_ENDED)
    refused("not_a_member", cards.issue, member=li, by=world.users["home_secretary"])


def test_nobody_has_a_card_without_a_home(world: World) -> None:
    refused("no_home", cards.issue, member=MemberFactory(), by=world.users["home_secretary"])


# The codes


def test_the_code_on_the_phone_leads_the_receiver_to_the_letter_while_it_is_fresh(world: World, settings: Any) -> None:
    card = issued(world)
    registration = ask(world, "li", "community")
    letters.issue(registration=registration, valid_days=30, by=world.users["home_secretary"])
    client, find = sign_in(world, "community_secretary"), reverse("letter_find")
    code, until = cardcodes.fresh(card)
    assert dt.timedelta(seconds=110) < until - timezone.now() <= dt.timedelta(seconds=120)
    assert card.token not in code
    for typed in (code, f" https://portal.example{find}?q={code} "):
        answer = client.get(find, {"q": typed})
        assert answer.headers["Location"] == reverse("registration_detail", args=[registration.pk]), typed
    settings.CARD_CODE_SECONDS = -1  # whatever was signed up to now is too old
    page = client.get(find, {"q": code})
    assert page.context["form"].errors["q"] == ["此卡无效，或二维码已过期，请对方刷新后再出示。"]
    assert "李建国" not in page.content.decode()


@pytest.mark.parametrize("reason", CardEnd)
def test_no_code_of_an_ended_card_works_and_the_answer_does_not_say_whose_it_was(world: World, reason: CardEnd) -> None:
    card = issued(world)
    code, _until = cardcodes.fresh(card)
    letters.issue(registration=ask(world, "li", "community"), valid_days=30, by=world.users["home_secretary"])
    ended(world, card, reason)
    client = sign_in(world, "community_secretary")
    for text in (code, card.token):
        page = client.get(reverse("letter_find"), {"q": text})
        assert "此卡无效" in page.content.decode()
        assert "李建国" not in page.content.decode()
        assert page.context["letter"] is None


def test_a_code_is_bound_to_its_card(world: World) -> None:
    mine, other = issued(world), issued(world, "zhao", "other_secretary")
    code, _until = cardcodes.fresh(mine)
    _key, moment, signature = code.split(".")
    assert cardcodes.card_of(code) == mine
    for forged in (
        f"{other.pk}.{moment}.{signature}",
        f"987654321.{moment}.{signature}",
        f"{mine.pk}.{moment}.{signature[:-1]}{'A' if signature[-1] != 'A' else 'B'}",
        f"{mine.pk}.zzzzzz.{signature}",
        f"{mine.pk}.{signature}",
        f"{10**17}.{moment}.{signature}",
        "",
        "'; --",
    ):
        assert cardcodes.card_of(forged) is None, forged


def test_the_phone_page_renews_the_code_and_shows_no_number(world: World) -> None:
    card = issued(world)
    li, client = world.members["li"], sign_in(world, "member")
    page = client.get(reverse("my_card"))
    html = page.content.decode()
    assert card.number in html
    assert "<svg" in html
    assert 'hx-trigger="every 60s"' in html
    for secret in (li.id_number, li.phone, card.token):
        assert secret not in html
    assert "no-store" in page.headers["Cache-Control"]
    part = client.get(reverse("my_card"), headers={"HX-Request": "true"})
    assert part.content.decode().lstrip().startswith('<div id="card-code"')
    assert "HX-Request" in part.headers["Vary"]
    paper = client.get(reverse("card_print", args=[li.pk]))
    assert paper.content.startswith(b"%PDF")


def test_without_a_card_the_phone_page_says_what_to_do(world: World) -> None:
    page = sign_in(world, "other_member").get(reverse("my_card"))
    assert page.status_code == 200
    assert '<svg class="icon"' in page.content.decode()
    assert page.context["card"] is None


# Who does it


def test_the_member_reports_the_card_lost_and_the_home_branch_replaces_it(
    world: World, django_capture_on_commit_callbacks: Any
) -> None:
    card = issued(world)
    client = sign_in(world, "member")
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(reverse("my_card_lost")).status_code == 302
    card.refresh_from_db()
    assert (card.state, card.ended_by) == (CardState.LOST, world.users["member"])
    assert client.post(reverse("my_card_lost")).status_code == 404, "there is none any more"
    notice = Notice.objects.get(user=world.users["home_secretary"], kind="card.lost")
    assert notice.params == {"member": "李建国", "number": card.number}
    home = sign_in(world, "home_secretary")
    assert "补发" in home.get(reverse("todo")).content.decode()
    assert home.post(reverse("card_issue", args=[card.member_id])).status_code == 302
    page = home.get(reverse("member_card", args=[card.member_id]))
    assert [row.state for row in page.context["history"]] == [CardState.ACTIVE, CardState.REPLACED]
    assert "补发" not in home.get(reverse("todo")).content.decode()


def test_the_member_is_told_when_the_home_branch_ends_the_card(
    world: World, django_capture_on_commit_callbacks: Any
) -> None:
    card = issued(world)
    url = reverse("card_end", args=[card.member_id])
    with django_capture_on_commit_callbacks(execute=True):
        assert sign_in(world, "home_secretary").post(url, {"reason": "damaged"}).status_code == 302
    assert Notice.objects.filter(user=world.users["member"], kind="card.ended").count() == 1
    assert sorted(MemberCard.objects.values_list("state", flat=True)) == [CardState.ACTIVE, CardState.REPLACED]


@pytest.mark.parametrize("reason", ["", "stolen", "active"])
def test_a_reason_nobody_knows_is_an_error_at_its_field(world: World, reason: str) -> None:
    card = issued(world)
    page = sign_in(world, "home_secretary").post(reverse("card_end", args=[card.member_id]), {"reason": reason})
    assert set(page.context["end_form"].errors) == {"reason"}
    card.refresh_from_db()
    assert card.state == CardState.ACTIVE


@pytest.mark.parametrize(
    ("persona", "answer"),
    [("other_secretary", 404), ("sibling", 404), ("community_secretary", 404), ("member", 403), ("auditor", 404)],
)
def test_nobody_else_ends_or_issues_a_card(world: World, persona: str, answer: int) -> None:
    card = issued(world)
    client = sign_in(world, "other_member" if persona == "sibling" else persona)
    for name in ("card_end", "card_issue"):
        sent = client.post(reverse(name, args=[card.member_id]), {"reason": "lost"})
        assert sent.status_code == answer, name
    card.refresh_from_db()
    assert card.state == CardState.ACTIVE
    assert MemberCard.objects.count() == 1


# The register


def test_the_register_shows_who_has_none_and_nobody_of_another_branch(world: World) -> None:
    card = issued(world)
    MemberFactory(name="周无卡", home=world.branch_a)
    gone = MemberFactory(name="已除名", home=world.branch_a, status=MembershipStatus.REMOVED)
    lost = MemberFactory(name="丢卡人", home=world.branch_a)
    ended(world, cards.issue(member=lost, by=world.users["home_secretary"]), CardEnd.LOST)
    client = sign_in(world, "home_secretary")

    def names(**query: str) -> list[str]:
        return sorted(row.name for row in client.get(reverse("card_register"), query).context["page"])

    assert names() == sorted(["李建国", "周无卡", "丢卡人"])
    assert names(card="valid") == ["李建国"]
    assert names(card="none") == sorted(["周无卡", "丢卡人"])
    assert names(card="lost") == ["丢卡人"]
    assert names(q="周") == ["周无卡"]
    page = client.get(reverse("card_register"))
    assert page.context["figures"] == {"members": 3, "valid": 1, "none": 2, "lost": 1}
    assert card.number in page.content.decode()
    for name in ("王丽华", "赵海", gone.name):
        assert name not in page.content.decode()


def test_cards_for_all_who_are_ticked_and_for_nobody_of_another_branch(world: World) -> None:
    mine = [MemberFactory(home=world.branch_a) for _number in range(3)]
    issued(world)
    zhao = world.members["zhao"]
    client = sign_in(world, "home_secretary")
    forged = client.post(reverse("card_issue_many"), {"members": [mine[0].pk, zhao.pk]})
    assert forged.status_code == 302
    assert MemberCard.objects.count() == 1, "one row out of reach, nothing is issued"
    client.post(reverse("card_issue_many"), {"members": [row.pk for row in mine[:2]]})
    assert set(MemberCard.objects.valid().values_list("member_id", flat=True)) == {
        world.members["li"].pk,
        mine[0].pk,
        mine[1].pk,
    }
    assert sorted(card.number[-4:] for card in MemberCard.objects.all()) == ["0001", "0002", "0003"]
    assert AuditEvent.objects.filter(event="card.issued").count() == 3
    client.post(reverse("card_issue_many"), {})
    assert MemberCard.objects.count() == 3


@pytest.mark.parametrize("rows", [1, 3])
def test_the_register_costs_the_same_for_one_row_and_three(
    world: World, rows: int, django_assert_max_num_queries: Any
) -> None:
    for _number in range(rows - 1):
        cards.issue(member=MemberFactory(home=world.branch_a), by=world.users["home_secretary"])
    client = sign_in(world, "home_secretary")
    client.get(reverse("card_register"))
    with django_assert_max_num_queries(REGISTER_QUERIES):
        assert len(client.get(reverse("card_register")).context["page"]) == rows


# Races


def _attempt(action: Callable[[], Any]) -> str:
    try:
        action()
        return "done"
    except ActionDenied as denied:
        return denied.code
    finally:
        connection.close()


@pytest.mark.postgres
def test_lost_and_issued_by_many_at_once_leaves_one_valid_card(transactional_db: None) -> None:
    world = build()
    card, li, by = issued(world), world.members["li"], world.users["home_secretary"]

    def act(number: int) -> str:
        if number % 2:
            return _attempt(lambda: cards.issue(member=Member.objects.get(pk=li.pk), by=by))
        row = MemberCard.objects.select_related("member", "issuer").get(pk=card.pk)
        return _attempt(lambda: cards.end(card=row, reason=CardEnd.LOST, by=by))

    with ThreadPoolExecutor(8) as pool:
        results = Counter(pool.map(act, range(16)))
    assert set(results) <= {"done", "card_exists", "stale", "wrong_state"}, results
    card.refresh_from_db()
    assert card.state in (CardState.LOST, CardState.REPLACED)
    assert MemberCard.objects.valid().count() == (1 if card.state == CardState.REPLACED else 0)
    if card.state == CardState.LOST:
        issued(world)
    assert MemberCard.objects.valid().count() == 1
    numbers = list(MemberCard.objects.values_list("number", flat=True))
    assert len(numbers) == len(set(numbers)) == 2
