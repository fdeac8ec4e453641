"""Who sees what of reporting in, and when: lists, searches, phones, papers."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.urls import reverse

from dualmgmt.lib import typeset
from dualmgmt.lib.secrets import mask_phone
from members import access
from members.actions import cards, letters, people, registrations
from members.archive import ArchiveFilter
from members.enums import CardEnd
from members.filters import LetterFilter, MemberFilter, RegistrationFilter
from members.models import ActivityRegistration, IntroductionLetter, Member
from tests.factories import RegistrationFactory
from tests.members.helpers import sign_in
from tests.scene import ask, register
from tests.world import World


def visible(world: World, persona: str) -> set[ActivityRegistration]:
    return set(ActivityRegistration.objects.visible_to(world.users[persona]))


@pytest.fixture
def plain_papers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Papers as the text that goes to the typesetter, so that a test can read them."""
    monkeypatch.setattr(typeset, "pdf", lambda name, data: json.dumps(data, ensure_ascii=False).encode())


def words(paper: bytes) -> str:
    return paper.decode()


def test_what_the_home_branch_returned_never_reaches_the_receiver(world: World) -> None:
    registration = ask(world, "li", "community")
    registrations.send_back(registration=registration, reason="请补充住址", by=world.users["home_secretary"])
    assert visible(world, "community_secretary") == set()
    assert not Member.objects.visible_to(world.users["community_secretary"]).exists()
    assert visible(world, "home_secretary") == {registration}

    registrations.submit(registration=registration, by=world.users["member"])
    letters.issue(registration=registration, valid_days=30, by=world.users["home_secretary"])
    registrations.send_back(registration=registration, reason="住址不符", by=world.users["community_secretary"])
    assert visible(world, "community_secretary") == {registration}, "its own return stays readable"


def test_a_paper_letter_is_told_to_the_member_only(world: World, django_capture_on_commit_callbacks: Any) -> None:
    from dualmgmt.models import Notice

    with django_capture_on_commit_callbacks(execute=True):
        registration = ask(world, "li", "community")
        letters.issue(registration=registration, valid_days=30, by=world.users["home_secretary"], paper=True)
    told = {(notice.user.username, notice.kind) for notice in Notice.objects.select_related("user")}
    assert told == {("home_secretary", "letter.wanted"), ("member", "letter.paper")}


def test_the_receiver_sees_the_phone_after_acceptance_only(world: World, plain_papers: None) -> None:
    li = world.members["li"]
    registration = ask(world, "li", "community")
    letter = letters.issue(registration=registration, valid_days=30, by=world.users["home_secretary"])
    client = sign_in(world, "community_secretary")
    pages = [
        reverse("registration_detail", args=[registration.pk]),
        reverse("member_detail", args=[li.pk]),
        reverse("letter_detail", args=[letter.pk]),
    ]
    papers = [reverse("registration_print", args=[registration.pk]), reverse("letter_print", args=[letter.pk])]
    for url in pages:
        assert li.phone not in client.get(url).content.decode()
    for url in papers:
        text = words(client.get(url).content)
        assert li.phone not in text
        assert mask_phone(li.phone) in text
        assert li.phone in words(sign_in(world, "home_secretary").get(url).content)

    letters.accept(registration=registration, placement=world.themed, by=world.users["community_secretary"])
    for url in pages[:2]:
        assert li.phone in client.get(url).content.decode()
    for url in papers:
        assert li.phone in words(client.get(url).content)
    assert not access.sees_phone(world.users["other_community_secretary"], li)


@pytest.mark.parametrize("persona", ["home_secretary", "community_secretary", "member"])
def test_the_id_number_is_nowhere_in_the_clear(world: World, plain_papers: None, persona: str) -> None:
    li = world.members["li"]
    registration = register(world, "li", "community", issuer="home_secretary", accepter="community_secretary")
    client = sign_in(world, persona)
    urls = [
        reverse("registration_detail", args=[registration.pk]),
        reverse("member_detail", args=[li.pk]),
        reverse("letter_detail", args=[registration.letters.get().pk]),
    ]
    for url in urls:
        answer = client.get(url)
        assert answer.status_code == 200
        assert li.id_number not in answer.content.decode()
    for url in (
        reverse("registration_print", args=[registration.pk]),
        reverse("letter_print", args=[registration.letters.get().pk]),
    ):
        assert li.id_number not in words(client.get(url).content)


def test_the_papers_say_what_was_decided(world: World, plain_papers: None) -> None:
    registration = register(world, "li", "community", issuer="home_secretary", accepter="community_secretary")
    letter = registration.letters.get()
    client = sign_in(world, "home_secretary")
    form = words(client.get(reverse("registration_print", args=[registration.pk])).content)
    for expected in ("李建国", letter.number, "税务局第一党支部", "友谊街社区党委"):
        assert expected in form
    paper = words(client.get(reverse("letter_print", args=[letter.pk])).content)
    assert letter.receipt_number is not None
    for expected in (letter.number, letter.code, letter.receipt_number, "同意接收"):
        assert expected in paper


def test_the_papers_are_set(world: World) -> None:
    registration = register(world, "li", "community", issuer="home_secretary", accepter="community_secretary")
    client = sign_in(world, "home_secretary")
    for name, pk in (("registration_print", registration.pk), ("letter_print", registration.letters.get().pk)):
        answer = client.get(reverse(name, args=[pk]))
        assert answer.content.startswith(b"%PDF")
        assert "no-store" in answer.headers["Cache-Control"]


def test_choices_of_filters_stay_in_scope(world: World) -> None:
    register(world, "li", "community", issuer="home_secretary", accepter="community_secretary")
    RegistrationFactory(member=world.members["zhao"], organisation=world.community3, placement=world.community3)
    offered = {}
    for persona in ("home_secretary", "community_secretary", "other_community_secretary", "stranger"):
        user = world.users[persona]
        archive = ArchiveFilter({}, queryset=ActivityRegistration.objects.none(), user=user)
        offered[persona] = {
            "organisation": set(archive.form.fields["organisation"].queryset),
            "placement": set(archive.form.fields["placement"].queryset),
            "branch": set(MemberFilter({}, queryset=Member.objects.none(), user=user).form.fields["branch"].queryset),
            "issuer": set(
                LetterFilter({}, queryset=IntroductionLetter.objects.none(), user=user).form.fields["issuer"].queryset
            ),
        }
    nothing: dict[str, set[Any]] = {"organisation": set(), "placement": set(), "branch": set(), "issuer": set()}
    assert offered == {
        "home_secretary": {**nothing, "branch": {world.branch_a}, "issuer": {world.branch_a}},
        "community_secretary": {
            "organisation": {world.community},
            "placement": {world.community},
            "branch": {world.themed},
            "issuer": {world.themed},
        },
        "other_community_secretary": {
            **nothing,
            "organisation": {world.community3},
            "placement": {world.community3},
        },
        "stranger": nothing,
    }


def test_a_forged_filter_shows_nothing_of_others(world: World) -> None:
    register(world, "li", "community", issuer="home_secretary", accepter="community_secretary")
    RegistrationFactory(member=world.members["zhao"], organisation=world.community3, placement=world.community3)
    client = sign_in(world, "community_secretary")
    for url, query in (
        ("archive", {"placement": world.community3.pk}),
        ("archive", {"organisation": world.community3.pk}),
        ("archive", {"q": "赵"}),
        ("registration_list", {"q": "赵", "side": "in"}),
        ("letter_list", {"issuer": world.branch_c.pk}),
        ("member_list", {"branch": world.branch_c.pk}),
        ("member_list", {"q": "赵"}),
    ):
        assert "赵海" not in client.get(reverse(url), query).content.decode()


def test_filters_narrow_the_lists(world: World) -> None:
    mine = register(world, "li", "community", issuer="home_secretary", accepter="community_secretary")
    waiting = ask(world, "wang", "community2")
    Member.objects.filter(pk=world.members["li"].pk).update(name_initials=people.initials("李建国"))
    user = world.users["street_officer"]
    rows = ActivityRegistration.objects.visible_to(user)

    def narrowed(**query: str) -> set[ActivityRegistration]:
        return set(RegistrationFilter(query, queryset=rows, user=user).qs)

    assert narrowed(side="in") == {mine}
    assert narrowed(side="out") == set()
    unit = world.users["unit_secretary"]
    rows = ActivityRegistration.objects.visible_to(unit)
    user = unit
    assert narrowed(side="out") == {mine, waiting}
    assert narrowed(state="pending_letter") == {waiting}
    assert narrowed(q="ljg") == {mine}
    letter = mine.letters.get()
    stubs = IntroductionLetter.objects.all()
    for query, found in (
        ({"receipt": "receipt_received"}, {letter}),
        ({"receipt": "receipt_filed"}, set()),
        ({"receipt": "receipt_pending"}, set()),
        ({"receipt": "receipt_none"}, set()),
        ({"state": "used"}, {letter}),
        ({"state": "void"}, set()),
        ({"receiver": "友谊街"}, {letter}),
        ({"receiver": "建昌街"}, set()),
        ({"issued_from": str(letter.issued_on), "issued_to": str(letter.issued_on)}, {letter}),
        ({"issued_from": str(letter.issued_on + dt.timedelta(days=1))}, set()),
        ({"issued_to": str(letter.issued_on - dt.timedelta(days=1))}, set()),
        ({"q": letter.number}, {letter}),
        ({"q": f"[{letter.issued_on.year}]"}, {letter}),
        ({"q": "李"}, {letter}),
        ({"q": "王"}, set()),
    ):
        assert set(LetterFilter(query, queryset=stubs, user=unit).qs) == found, query


def test_the_roster_is_found_by_name_initials_kind_and_registration(world: World) -> None:
    for member in world.members.values():
        member.name_initials = people.initials(member.name)
        member.save()
    register(world, "li", "community", issuer="home_secretary", accepter="community_secretary")
    client = sign_in(world, "unit_secretary")

    def names(**query: str) -> list[str]:
        return [row.name for row in client.get(reverse("member_list"), query).context["page"]]

    assert names() == ["李建国", "王丽华"], "zhao of the hospital is not theirs"
    assert names(q="建国") == ["李建国"]
    assert names(q="wl") == ["王丽华"]
    assert names(registered="true") == ["李建国"]
    assert names(registered="false") == ["王丽华"]
    assert names(kind="probationary") == []
    assert names(branch=str(world.branch_b.pk)) == ["王丽华"]


def test_a_card_leads_the_receiver_to_the_letter_and_nobody_else(world: World) -> None:
    card = cards.issue(member=world.members["li"], by=world.users["home_secretary"])
    find = reverse("letter_find")
    client = sign_in(world, "community_secretary")
    assert client.get(find, {"q": card.token}).context["letter"] is None, "no letter to this receiver"
    registration = ask(world, "li", "community")
    letters.issue(registration=registration, valid_days=30, by=world.users["home_secretary"])
    here = reverse("registration_detail", args=[registration.pk])
    assert client.get(find, {"q": card.token}).headers["Location"] == here
    assert sign_in(world, "other_community_secretary").get(find, {"q": card.token}).context["letter"] is None
    cards.end(card=card, reason=CardEnd.LOST, by=world.users["home_secretary"])
    assert client.get(find, {"q": card.token}).context["letter"] is None


def test_a_void_letter_is_said_to_be_void(world: World) -> None:
    registration = ask(world, "li", "community")
    letter = letters.issue(registration=registration, valid_days=30, by=world.users["home_secretary"], paper=True)
    registrations.withdraw(registration=registration, by=world.users["member"])
    answer = sign_in(world, "community_secretary").get(reverse("letter_find"), {"q": letter.number})
    assert answer.status_code == 200
    assert "作废" in answer.content.decode()
    assert "李建国" not in answer.content.decode()


def test_the_way_out_when_the_receiver_lets_a_letter_lie(world: World) -> None:
    registration = ask(world, "li", "community")
    letter = letters.issue(registration=registration, valid_days=30, by=world.users["home_secretary"])
    client = sign_in(world, "home_secretary")
    url = reverse("registration_return", args=[registration.pk])
    assert client.post(url, {"return-reason": "逾期"}).status_code == 403, "it is the receiver's until its last day"
    long_ago = dt.date(2026, 1, 5)
    IntroductionLetter.objects.filter(pk=letter.pk).update(issued_on=long_ago, valid_until=long_ago)
    page = client.get(reverse("letter_list"), {"box": "overdue"})
    assert list(page.context["page"]) == [letter]
    assert "逾期" in page.content.decode()
    assert client.get(reverse("registration_detail", args=[registration.pk])).context["may_recall"]
    assert client.post(url, {"return-reason": "介绍信逾期，重新开具"}).status_code == 302
    registration.refresh_from_db()
    assert registration.state == "returned"
    assert not IntroductionLetter.objects.overdue().exists()
