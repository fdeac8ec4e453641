"""A letter that is out: voided, issued anew, called to mind, overdue, asked of the committee above."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from branches.enums import Role
from branches.models import Appointment
from dualmgmt.lib.clock import today
from dualmgmt.lib.registry import todos
from dualmgmt.models import AuditEvent, Notice
from members import queries, reminders
from members.actions import letters, registrations
from members.enums import LetterState, ReceiptState
from members.enums import RegistrationState as S
from members.models import ActivityRegistration, HomeMembership, IntroductionLetter, User
from tests.factories import AppointmentFactory
from tests.members.helpers import refused, sign_in
from tests.scene import ask, register
from tests.world import World


def on_paper(world: World, member: str = "li", receiver: str = "community") -> IntroductionLetter:
    registration = ask(world, member, receiver)
    issuer = {"li": "home_secretary", "wang": "unit_secretary", "zhao": "other_secretary"}[member]
    return letters.issue(registration=registration, valid_days=30, paper=True, by=world.users[issuer])


def dated(letter: IntroductionLetter, *, ends_in: int, ran: int = 30) -> None:
    """As if issued so long ago that its last day is *ends_in* days from today."""
    last = today() + dt.timedelta(days=ends_in)
    IntroductionLetter.objects.filter(pk=letter.pk).update(issued_on=last - dt.timedelta(days=ran), valid_until=last)
    letter.refresh_from_db()


def told() -> set[tuple[str, str]]:
    return set(Notice.objects.values_list("kind", "user__username"))


def test_a_void_letter_leaves_the_registration_waiting_for_another(
    world: World, django_capture_on_commit_callbacks: Any
) -> None:
    letter = on_paper(world)
    with django_capture_on_commit_callbacks(execute=True):
        letters.void(letter=letter, reason="抬头有误 13912345678", by=world.users["home_secretary"])
    letter.refresh_from_db()
    registration = letter.registration
    assert (letter.state, letter.void_reason, registration.state) == (
        LetterState.VOID,
        "抬头有误 13912345678",
        S.PENDING_LETTER,
    )
    assert letter.voided_at is not None
    event = AuditEvent.objects.get(event="letter.voided")
    assert (event.details["number"], event.details["reason"]) == (letter.number, "抬头有误 13*********")
    assert ("letter.voided", "member") in told()
    refused("letter_not_valid", letters.hand_in, letter=letter, by=world.users["community_secretary"])
    refused("letter_not_valid", letters.void, letter=letter, reason="再次", by=world.users["home_secretary"])
    again = letters.issue(registration=registration, valid_days=30, by=world.users["home_secretary"])
    assert (again.number[-2:], registration.remark) == ("2号", "")


def test_what_the_receiver_holds_is_not_voided_from_home(world: World) -> None:
    letter = on_paper(world)
    letters.hand_in(letter=letter, by=world.users["community_secretary"])
    for action, more in ((letters.void, {}), (letters.reissue, {"valid_days": 30})):
        by = world.users["home_secretary"]
        refused("letter_handed_in", action, letter=letter, reason="有误", by=by, **more)
    letter.refresh_from_db()
    assert letter.state == LetterState.VALID


@pytest.mark.parametrize("paper", [True, False])
def test_a_lost_letter_is_issued_anew_under_another_number(world: World, paper: bool) -> None:
    lost = on_paper(world)
    fresh = letters.reissue(
        letter=lost, valid_days=10, reason="途中遗失", paper=paper, by=world.users["home_secretary"]
    )
    lost.refresh_from_db()
    registration = ActivityRegistration.objects.get()
    assert registration.state == (S.ISSUED if paper else S.PENDING_ACCEPTANCE)
    assert (lost.state, lost.void_reason, fresh.replaces, fresh.state) == (
        LetterState.VOID,
        "途中遗失",
        lost,
        LetterState.VALID,
    )
    assert (lost.number[-2:], fresh.number[-2:]) == ("1号", "2号")
    assert fresh.code != lost.code
    assert list(registration.letters.filter(state=LetterState.VALID)) == [fresh]
    event = AuditEvent.objects.get(event="letter.reissued")
    assert (event.details["number"], event.details["replaced"]) == (fresh.number, lost.number)


def test_an_expired_letter_is_issued_anew_once(world: World) -> None:
    old = on_paper(world)
    dated(old, ends_in=-1)
    assert letters.expire_letters() == 1
    old.refresh_from_db()
    assert (old.void_reason, old.registration.state) == ("逾期未交。", S.EXPIRED)
    by = world.users["home_secretary"]
    assert set(queries.own_letters(by).expired()) == {old}
    stale = IntroductionLetter.objects.get(pk=old.pk)
    assert stale.registration.state == S.EXPIRED
    fresh = letters.reissue(letter=old, valid_days=30, reason="过期重开", paper=True, by=by)
    refused("letter_replaced", letters.reissue, letter=stale, valid_days=30, reason="过期重开", by=by)
    assert (fresh.registration.state, fresh.replaces) == (S.ISSUED, old)
    assert not queries.own_letters(by).expired().exists()
    dated(fresh, ends_in=-1)
    letters.expire_letters()
    first = IntroductionLetter.objects.get(pk=old.pk)
    refused("letter_replaced", letters.reissue, letter=first, valid_days=30, reason="过期重开", by=by)
    assert set(queries.own_letters(by).expired()) == {fresh}


def test_an_expired_registration_ends_when_the_member_no_longer_wants_to_go(world: World) -> None:
    old = on_paper(world)
    dated(old, ends_in=-1)
    letters.expire_letters()
    url = reverse("registration_withdraw", args=[old.registration_id])
    assert sign_in(world, "member").post(url).status_code == 302
    assert ActivityRegistration.objects.get().state == S.WITHDRAWN
    assert not IntroductionLetter.objects.all().expired().exists()


def test_no_second_registration_by_way_of_an_expired_one(world: World) -> None:
    old = on_paper(world)
    dated(old, ends_in=-1)
    letters.expire_letters()
    ask(world, "li", "community")
    old.refresh_from_db()
    by = world.users["home_secretary"]
    refused("already_open", letters.reissue, letter=old, valid_days=30, reason="过期重开", by=by)


def test_who_has_moved_home_gets_no_letter_from_the_old_branch(world: World) -> None:
    old = on_paper(world)
    HomeMembership.objects.filter(member=world.members["li"]).update(organisation=world.branch_b)
    by = world.users["home_secretary"]
    refused("home_has_changed", letters.reissue, letter=old, valid_days=30, reason="遗失", by=by)


@pytest.mark.parametrize("reason", ["", "  "])
def test_neither_without_a_reason(world: World, reason: str) -> None:
    letter = on_paper(world)
    by = world.users["home_secretary"]
    refused("reason_missing", letters.void, letter=letter, reason=reason, by=by)
    refused("reason_missing", letters.reissue, letter=letter, valid_days=30, reason=reason, by=by)


def test_the_database_holds_one_valid_letter_and_one_successor(world: World) -> None:
    old = on_paper(world)
    fresh = letters.reissue(letter=old, valid_days=30, reason="遗失", paper=True, by=world.users["home_secretary"])
    copy = {"registration": fresh.registration, "issuer": world.branch_a, "issued_on": today(), "valid_until": today()}
    with pytest.raises(IntegrityError), transaction.atomic():
        IntroductionLetter.objects.create(number="甲", code="AAAAAAAAAA", **copy)
    with pytest.raises(IntegrityError), transaction.atomic():
        IntroductionLetter.objects.create(number="乙", code="BBBBBBBBBB", state="void", replaces=old, **copy)
    with pytest.raises(IntegrityError), transaction.atomic():
        IntroductionLetter.objects.create(number=old.number, code="CCCCCCCCCC", state="void", **copy)


def test_the_page_voids_and_issues_anew_for_the_home_side_only(world: World) -> None:
    letter = on_paper(world)
    page, again, void = (reverse(name, args=[letter.pk]) for name in ("letter_detail", "letter_reissue", "letter_void"))
    typed = {"again-reason": "途中遗失", "again-valid_days": "20", "again-paper": "on"}
    member = sign_in(world, "member")
    assert not member.get(page).context["may_reissue"]
    assert member.post(again, typed).status_code == 403
    assert member.post(void, {"void-reason": "不去了"}).status_code == 403
    for persona in ("other_secretary", "community_secretary", "sibling"):
        if persona in world.users:
            assert sign_in(world, persona).post(again, typed).status_code == 404

    client = sign_in(world, "home_secretary")
    wrong = client.post(again, {**typed, "again-reason": "", "again-valid_days": "400"})
    assert set(wrong.context["reissue_form"].errors) == {"reason", "valid_days"}
    assert 'value="400"' in wrong.content.decode()
    too_long = client.post(void, {"void-reason": "长" * 201})
    assert set(too_long.context["void_form"].errors) == {"reason"}
    assert IntroductionLetter.objects.get().state == LetterState.VALID

    answer = client.post(again, typed)
    fresh = IntroductionLetter.objects.get(replaces=letter)
    assert answer.headers["Location"] == reverse("letter_detail", args=[fresh.pk])
    assert fresh.valid_until == today() + dt.timedelta(days=20)
    old = client.get(page)
    assert (old.context["replaced_by"], old.context["may_reissue"], old.context["may_void"]) == (fresh, False, False)
    assert fresh.number in old.content.decode()
    assert "途中遗失" in old.content.decode()
    client.post(reverse("letter_void", args=[fresh.pk]), {"void-reason": "不再前往"})
    assert ActivityRegistration.objects.get().state == S.PENDING_LETTER
    denied = client.post(reverse("letter_void", args=[fresh.pk]), {"void-reason": "再来一次"}, follow=True)
    assert "已使用或作废" in denied.content.decode()


def test_a_letter_not_handed_in_is_called_to_mind_seven_days_and_one_day_before(world: World) -> None:
    letter = on_paper(world)
    expected: set[tuple[str, str]] = set()
    for ends_in, fresh in ((20, False), (8, False), (7, True), (5, False), (2, False), (1, True), (0, False)):
        dated(letter, ends_in=ends_in)
        before = Notice.objects.count()
        reminders.ending()
        reminders.ending()  # a doubled ring
        assert Notice.objects.count() - before == (2 if fresh else 0), ends_in
        expected |= {("letter.ending", "member"), ("letter.ending_home", "home_secretary")} if fresh else set()
        assert told() == expected


def test_a_ring_that_was_missed_is_made_up_for(world: World) -> None:
    letter = on_paper(world)
    dated(letter, ends_in=4)
    reminders.ending()
    assert {key.split(":")[2] for key in Notice.objects.values_list("key", flat=True)} == {"7"}


def test_no_reminder_where_none_is_due(world: World, settings: Any) -> None:
    short = on_paper(world)
    dated(short, ends_in=3, ran=5)  # never valid for as long as seven days
    handed_in = on_paper(world, "wang")
    dated(handed_in, ends_in=3)
    letters.hand_in(letter=handed_in, by=world.users["community_secretary"])
    reminders.ending()
    assert told() == set()
    dated(short, ends_in=1, ran=5)
    settings.LETTER_REMIND_DAYS = []
    reminders.ending()
    assert told() == set()
    settings.LETTER_REMIND_DAYS = [1]
    reminders.ending()
    assert told() == {("letter.ending", "member"), ("letter.ending_home", "home_secretary")}


def overdue_letter(world: World, *, days: int, member: str = "li") -> IntroductionLetter:
    letter = on_paper(world, member)
    letters.hand_in(letter=letter, by=world.users["community_secretary"])
    dated(letter, ends_in=-days)
    return letter


def ring() -> set[tuple[str, str]]:
    Notice.objects.all().delete()
    for _time in range(2):
        reminders.overdue()
        reminders.escalate()
    assert Notice.objects.values("kind", "user").distinct().count() == Notice.objects.count()
    return told()


def test_overdue_is_told_at_home_and_after_a_while_to_the_committee(world: World, settings: Any) -> None:
    settings.LETTER_ESCALATE_DAYS = 15
    letter = overdue_letter(world, days=0)
    assert ring() == set()
    dated(letter, ends_in=-1)
    assert ring() == {("letter.overdue", "home_secretary")}
    dated(letter, ends_in=-15)
    assert ring() == {("letter.overdue", "home_secretary")}
    dated(letter, ends_in=-16)
    assert ring() == {("letter.overdue", "home_secretary"), ("letter.escalated", "unit_secretary")}
    registrations.send_back(registration=letter.registration, reason="逾期", by=world.users["home_secretary"])
    assert ring() == set()


def escalated(world: World) -> dict[str, set[IntroductionLetter]]:
    people = User.objects.all()  # read anew: an account keeps the offices it once had
    found = {user.username: set(queries.letters_escalated(user)) for user in people}
    return {name: rows for name, rows in found.items() if rows}


def test_the_nearest_committee_with_officers_is_asked(world: World) -> None:
    letter = overdue_letter(world, days=40)
    other = overdue_letter(world, days=40, member="zhao")
    AppointmentFactory(user=world.users["stranger"], organisation=world.district, role=Role.SECRETARY)
    # works and the hospital have nobody: the district is asked for the hospital's branch, the bureau for its own
    assert escalated(world) == {"unit_secretary": {letter}, "stranger": {other}}
    assert ("letter.escalated", "stranger") in ring()
    AppointmentFactory(user=world.users["auditor"], organisation=world.hospital, role=Role.SECRETARY)
    assert escalated(world)["auditor"] == {other}
    assert "stranger" not in escalated(world)
    Appointment.objects.filter(user=world.users["unit_secretary"]).update(ends_on=dt.date(2024, 6, 1))
    assert escalated(world)["stranger"] == {letter}


def test_escalated_letters_stand_in_the_committees_list_and_nowhere_else(world: World) -> None:
    letter = overdue_letter(world, days=40)
    url = f"{reverse('letter_list')}?box=escalated"
    assert url in {todo.url for todo in todos.for_user(world.users["unit_secretary"])}
    assert url not in {todo.url for todo in todos.for_user(world.users["home_secretary"])}
    assert list(sign_in(world, "unit_secretary").get(url).context["page"]) == [letter]
    assert list(sign_in(world, "home_secretary").get(url).context["page"]) == []
    assert list(sign_in(world, "other_secretary").get(url).context["page"]) == []


def test_where_the_receipt_is_seen_from_home(world: World) -> None:
    letter = on_paper(world)

    def seen() -> tuple[ReceiptState, set[str]]:
        row = IntroductionLetter.objects.get(pk=letter.pk)
        return row.receipt_state, {
            state for state in ReceiptState if IntroductionLetter.objects.all().with_receipt(state).exists()
        }

    assert seen() == (ReceiptState.PENDING, {ReceiptState.PENDING})
    letters.hand_in(letter=letter, by=world.users["community_secretary"])
    dated(letter, ends_in=-1)
    assert seen() == (ReceiptState.OVERDUE, {ReceiptState.OVERDUE})
    dated(letter, ends_in=1)
    registration = ActivityRegistration.objects.get()
    letters.accept(registration=registration, placement=world.themed, by=world.users["community_secretary"])
    assert seen() == (ReceiptState.RECEIVED, {ReceiptState.RECEIVED})
    page = sign_in(world, "home_secretary").get(reverse("letter_detail", args=[letter.pk]))
    assert "待归档" in page.content.decode()
    letters.file_receipt(letter=IntroductionLetter.objects.get(), by=world.users["home_secretary"])
    assert seen() == (ReceiptState.FILED, {ReceiptState.FILED})
    IntroductionLetter.objects.filter(pk=on_paper(world, "wang").pk).update(state="void", voided_at=timezone.now())
    assert seen()[1] == {ReceiptState.FILED, ReceiptState.NONE}


def exported(world: World, persona: str, **query: str) -> list[list[Any]]:
    answer = sign_in(world, persona).get(reverse("letter_export"), query)
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active  # type: ignore[attr-defined]
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def test_the_register_is_exported_as_filtered_and_without_personal_numbers(world: World) -> None:
    register(world, "li", "community", issuer="home_secretary", accepter="community_secretary")
    void = on_paper(world, "wang", "community2")
    letters.void(letter=void, reason="=HYPERLINK(1)", by=world.users["unit_secretary"])
    on_paper(world, "zhao")
    everything = exported(world, "unit_secretary")
    assert [row[1] for row in everything[1:]] == ["王丽华", "李建国"], "zhao of another unit is not theirs"
    assert everything[1][9:12] == ["作废", "=HYPERLINK(1)", "无"]
    for query in ({"state": "void"}, {"receiver": "建昌"}, {"q": "王"}, {"receipt": "receipt_none"}):
        assert [row[1] for row in exported(world, "unit_secretary", **query)[1:]] == ["王丽华"], query
        page = sign_in(world, "unit_secretary").get(reverse("letter_list"), query)
        assert list(page.context["page"]) == [void], query
    assert [row[1] for row in exported(world, "home_secretary", box="receipts")[1:]] == ["李建国"]
    assert exported(world, "other_community_secretary")[1:] == []
    flat = " ".join(str(cell) for row in everything for cell in row)
    for member in world.members.values():
        assert member.phone not in flat
        assert member.id_number not in flat
    event = AuditEvent.objects.filter(event="export.made").order_by("pk").first()
    assert event is not None
    assert event.details["rows"] == 2


def test_a_filter_filled_in_wrongly_says_so(world: World) -> None:
    on_paper(world)
    page = sign_in(world, "home_secretary").get(reverse("letter_list"), {"issued_from": "昨天", "issuer": "999999"})
    assert set(page.context["filters"].form.errors) == {"issued_from", "issuer"}
    assert page.status_code == 200


@pytest.mark.parametrize("query", [{}, {"box": "receipts"}, {"receiver": "社区", "receipt": ""}])
def test_the_register_costs_the_same_with_one_and_three_rows(
    world: World, query: dict[str, str], django_assert_num_queries: Any, settings: Any
) -> None:
    client = sign_in(world, "home_secretary")
    url = reverse("letter_list")
    register(world, "li", "community", issuer="home_secretary", accepter="community_secretary")
    client.get(url, query)
    in_cache = settings.SESSION_ENGINE.endswith("cached_db")  # then reading the session is no query
    literal = (7 if query.get("box") else 8) - in_cache
    with django_assert_num_queries(literal):
        assert len(client.get(url, query).context["page"]) == 1
    register(world, "li", "community2", issuer="home_secretary", accepter="street_officer")
    register(world, "li", "community3", issuer="home_secretary", accepter="other_community_secretary")
    with django_assert_num_queries(literal):
        assert len(client.get(url, query).context["page"]) == 3
