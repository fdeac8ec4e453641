"""Reporting in: form, letter, acceptance, receipt – and every way it can be refused."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from branches.enums import Role
from dualmgmt.lib.actors import SYSTEM
from dualmgmt.models import AuditEvent, Notice
from members.actions import letters, registrations
from members.enums import LetterState, ReceiptVerdict
from members.enums import RegistrationState as S
from members.models import ActivityRegistration, IntroductionLetter
from tests.factories import AppointmentFactory, RegistrationFactory
from tests.members.helpers import refused, sign_in
from tests.scene import ask, register
from tests.world import World


def test_the_whole_way(world: World, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        registration = ask(world, "li", "community")
        letter = letters.issue(registration=registration, valid_days=30, by=world.users["home_secretary"])
        letters.accept(registration=registration, placement=world.themed, by=world.users["community_secretary"])
    letter.refresh_from_db()
    assert (registration.state, registration.placement, registration.home_branch) == (
        S.ACTIVE,
        world.themed,
        world.branch_a,
    )
    assert letter.number.startswith("BRANCH_A介〔")
    assert (letter.state, letter.verdict) == (LetterState.USED, ReceiptVerdict.ACCEPTED)
    assert letter.receipt_number is not None
    assert letter.receipt_number.startswith("COMMUNITY回〔")
    told = {(notice.user.username, notice.kind) for notice in Notice.objects.select_related("user")}
    assert told == {
        ("home_secretary", "letter.wanted"),
        ("community_secretary", "letter.arrived"),
        ("home_secretary", "receipt.accepted"),
        ("member", "receipt.accepted"),
    }
    events = list(AuditEvent.objects.order_by("pk").values_list("event", "actor__username"))
    assert events == [
        ("registration.started", "member"),
        ("registration.submitted", "member"),
        ("letter.issued", "home_secretary"),
        ("registration.accepted", "community_secretary"),
    ]


def test_two_communities_at_once_and_never_twice_the_same(world: World) -> None:
    first = register(world, "li", "community", issuer="home_secretary", accepter="community_secretary")
    second = ask(world, "li", "community2")
    assert {first.state, second.state} == {S.ACTIVE, S.PENDING_LETTER}
    refused(
        "already_open",
        registrations.start,
        member=world.members["li"],
        organisation=world.community,
        reason="residence",
        form={},
        pledge="",
        by=SYSTEM,
    )


def test_the_database_refuses_a_second_open_registration(world: World) -> None:
    RegistrationFactory(member=world.members["li"], organisation=world.community)
    with pytest.raises(IntegrityError), transaction.atomic():
        RegistrationFactory(member=world.members["li"], organisation=world.community, state=S.DRAFT, accepted_on=None)


def test_issuer_is_not_accepter(world: World) -> None:
    """One person with both offices; the sentence and, behind it, the database."""
    both = world.users["home_secretary"]
    AppointmentFactory(user=both, organisation=world.community, role=Role.SECRETARY)
    registration = ask(world, "li", "community")
    letters.issue(registration=registration, valid_days=30, by=both)
    refused("two_keys", letters.accept, registration=registration, placement=world.community, by=both)
    with pytest.raises(IntegrityError), transaction.atomic():
        ActivityRegistration.objects.filter(pk=registration.pk).update(accepted_by=both)


@pytest.mark.parametrize(
    ("receiver", "code"),
    [("branch_a", "receiver_is_home"), ("bureau", "receiver_is_home"), ("branch_c", "not_receiving")],
)
def test_where_nobody_can_report_in(world: World, receiver: str, code: str) -> None:
    refused(
        code,
        registrations.start,
        member=world.members["li"],
        organisation=world.organisations[receiver],
        reason="residence",
        form={},
        pledge="",
        by=SYSTEM,
    )


def test_a_letter_past_its_day_is_not_accepted(world: World) -> None:
    registration = ask(world, "li", "community")
    letter = letters.issue(registration=registration, valid_days=30, by=world.users["home_secretary"])
    long_ago = dt.date(2026, 1, 5)
    IntroductionLetter.objects.filter(pk=letter.pk).update(issued_on=long_ago, valid_until=long_ago)
    refused(
        "letter_expired",
        letters.accept,
        registration=registration,
        placement=world.community,
        by=world.users["community_secretary"],
    )


def test_paper_letters_wait_for_the_member_and_expire(world: World) -> None:
    registration = ask(world, "li", "community")
    letter = letters.issue(registration=registration, valid_days=30, by=world.users["home_secretary"], paper=True)
    assert registration.state == S.ISSUED
    assert not ActivityRegistration.objects.visible_to(world.users["community_secretary"]).exists()
    letters.hand_in(letter=letter, by=world.users["community_secretary"])
    assert letter.registration.state == S.PENDING_ACCEPTANCE

    other = ask(world, "wang", "community")
    late = letters.issue(registration=other, valid_days=1, by=world.users["unit_secretary"], paper=True)
    assert letters.expire_letters() == 0
    long_ago = dt.date(2026, 1, 5)
    IntroductionLetter.objects.filter(pk=late.pk).update(issued_on=long_ago, valid_until=long_ago)
    assert letters.expire_letters() == 1
    other.refresh_from_db()
    late.refresh_from_db()
    assert (other.state, late.state) == (S.EXPIRED, LetterState.VOID)


def test_returned_and_issued_anew_with_a_new_number(world: World) -> None:
    registration = ask(world, "li", "community")
    first = letters.issue(registration=registration, valid_days=30, by=world.users["home_secretary"])
    refused(
        "reason_missing",
        registrations.send_back,
        registration=registration,
        reason=" ",
        by=world.users["community_secretary"],
    )
    registrations.send_back(registration=registration, reason="住址不符", by=world.users["community_secretary"])
    registrations.submit(registration=registration, by=world.users["member"])
    second = letters.issue(registration=registration, valid_days=30, by=world.users["home_secretary"])
    first.refresh_from_db()
    assert (first.state, second.state) == (LetterState.VOID, LetterState.VALID)
    assert (first.number[-2:], second.number[-2:]) == ("1号", "2号")


def test_of_two_who_decide_at_once_the_second_is_told(world: World) -> None:
    """Both have read the registration as waiting; the compare-and-set lets one through."""
    registration = ask(world, "li", "community")
    letters.issue(registration=registration, valid_days=30, by=world.users["home_secretary"])
    stale = ActivityRegistration.objects.get(pk=registration.pk)
    letters.accept(registration=registration, placement=world.community, by=world.users["community_secretary"])
    refused(
        "stale",
        registrations.send_back,
        registration=stale,
        reason="晚了一步",
        by=world.users["street_officer"],
    )
    assert ActivityRegistration.objects.get(pk=registration.pk).state == S.ACTIVE


def test_declined_with_a_receipt(world: World) -> None:
    registration = ask(world, "li", "community")
    letter = letters.issue(registration=registration, valid_days=30, by=world.users["home_secretary"])
    letters.decline(
        registration=registration,
        decline_reason="wrong_jurisdiction",
        remark="住在东山街道",
        by=world.users["community_secretary"],
    )
    letter.refresh_from_db()
    assert (registration.state, letter.verdict, letter.receipt_remark) == (
        S.DECLINED,
        ReceiptVerdict.NOT_ACCEPTED,
        "住在东山街道",
    )


def test_a_letter_is_found_by_number_or_code_by_its_addressee_only(world: World) -> None:
    registration = ask(world, "li", "community")
    letter = letters.issue(registration=registration, valid_days=30, by=world.users["home_secretary"], paper=True)
    by_hand = letter.number.replace("〔", "（").replace("〕", "]")[:-1]
    for text in (letter.number, f" {by_hand} ", letter.code, f" {letter.code[:5].lower()}-{letter.code[5:].lower()} "):
        page = sign_in(world, "community_secretary").get(reverse("letter_find"), {"q": text})
        assert page.context["letter"] == letter
        other = sign_in(world, "other_community_secretary").get(reverse("letter_find"), {"q": text})
        assert other.context["letter"] is None
        assert "李建国" not in other.content.decode()


def test_forged_ids_are_ordinary_errors(world: World) -> None:
    registration = ask(world, "li", "community")
    letters.issue(registration=registration, valid_days=30, by=world.users["home_secretary"])
    url = reverse("registration_accept", args=[registration.pk])
    answer = sign_in(world, "community_secretary").post(url, {"placement": world.community3.pk}, follow=True)
    assert "有效的选项" in answer.content.decode()
    registration.refresh_from_db()
    assert registration.state == S.PENDING_ACCEPTANCE

    form = {"organisation": world.branch_c.pk, "reason": "residence", "phone": "13812345678", "submit": "1"}
    page = sign_in(world, "other_member").post(reverse("registration_new"), form)
    assert "organisation" in page.context["form"].errors
    assert not ActivityRegistration.objects.filter(member=world.members["wang"]).exists()


def test_bad_input_keeps_what_was_typed(world: World) -> None:
    form = {"organisation": world.community.pk, "reason": "residence", "phone": "12345", "wishes": "法律咨询"}
    page = sign_in(world, "member").post(reverse("registration_new"), form)
    assert page.context["form"].errors == {"phone": ["请填写 11 位手机号码，或带区号的固定电话。"]}
    assert 'value="法律咨询"' in page.content.decode()


@pytest.mark.parametrize(
    ("url", "persona", "typed", "form"),
    [
        ("registration_issue", "home_secretary", {"valid_days": "365"}, "issue_form"),
        ("registration_return", "home_secretary", {"return-reason": ""}, "return_form"),
        ("registration_decline", "community_secretary", {"decline-reason": "住在别处"}, "decline_form"),
    ],
)
def test_decisions_filled_in_wrongly_come_back_as_typed(
    world: World, url: str, persona: str, typed: dict[str, str], form: str
) -> None:
    registration = ask(world, "li", "community")
    if persona == "community_secretary":
        letters.issue(registration=registration, valid_days=30, by=world.users["home_secretary"])
    page = sign_in(world, persona).post(reverse(url, args=[registration.pk]), typed)
    assert page.context[form].errors
    assert all(value in page.content.decode() for value in typed.values())
    assert ActivityRegistration.objects.get(pk=registration.pk).state == registration.state


def test_the_list_of_receivers_is_narrowed_for_the_eye_only(world: World) -> None:
    client = sign_in(world, "member")
    url = reverse("registration_new")

    def offered(where: str) -> set[str]:
        choices = client.get(url, {"where": where}).context["form"].fields["organisation"].choices
        return {name for _group, rows in list(choices)[1:] for _pk, name in rows}

    everywhere = {"友谊街社区党委", "建昌街社区党委", "东山社区党委"}
    assert offered("东山") == {"东山社区党委"}
    assert offered("向阳") == {"友谊街社区党委", "建昌街社区党委"}, "by the street above"
    assert offered("") == offered("不存在") == everywhere
    form = {"organisation": world.community.pk, "reason": "residence", "phone": "13812345678"}
    assert client.post(f"{url}?where=东山", form).status_code == 302


def test_lists_show_the_whole_scope_and_nothing_else(world: World) -> None:
    mine = register(world, "li", "community", issuer="home_secretary", accepter="community_secretary")
    asked = ask(world, "wang", "community")  # not handed in: the community must not know yet
    other = RegistrationFactory(member=world.members["zhao"], organisation=world.community3)
    seen = {
        persona: set(ActivityRegistration.objects.visible_to(world.users[persona]))
        for persona in ("member", "home_secretary", "unit_secretary", "community_secretary", "stranger", "auditor")
    }
    assert seen == {
        "member": {mine},
        "home_secretary": {mine},
        "unit_secretary": {mine, asked},
        "community_secretary": {mine},
        "stranger": set(),
        "auditor": set(),
    }
    assert other not in ActivityRegistration.objects.visible_to(world.users["department_officer"])


@pytest.mark.parametrize("url", ["registration_list", "letter_list", "member_list"])
def test_list_pages_cost_the_same_with_one_and_three_rows(
    world: World, url: str, django_assert_max_num_queries: Any
) -> None:
    """Literal query counts; the archive's are in tests/members/test_archive.py."""
    literal = {"registration_list": 7, "letter_list": 8, "member_list": 8}[url]
    client = sign_in(world, "unit_secretary" if url in ("letter_list", "member_list") else "community_secretary")
    register(world, "li", "community", issuer="home_secretary", accepter="community_secretary")
    client.get(reverse(url))
    with django_assert_max_num_queries(literal):
        client.get(reverse(url))
    register(world, "wang", "community", issuer="unit_secretary", accepter="community_secretary")
    register(world, "zhao", "community", issuer="other_secretary", accepter="community_secretary")
    with django_assert_max_num_queries(literal):
        client.get(reverse(url))


def test_the_export_is_what_is_filtered_without_personal_numbers(world: World) -> None:
    import io

    from openpyxl import load_workbook

    register(world, "li", "community", issuer="home_secretary", accepter="community_secretary")
    register(world, "wang", "community", issuer="unit_secretary", accepter="community_secretary")
    client = sign_in(world, "community_secretary")
    answer = client.get(reverse("archive_export"), {"q": "李"})
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active  # type: ignore[attr-defined]
    rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    assert [row[0] for row in rows[1:]] == ["李建国"]
    flat = " ".join(str(cell) for row in rows for cell in row)
    assert world.members["li"].id_number not in flat
    assert world.members["li"].phone not in flat
