"""The registration form: pre-filled, never over the roll, taken up again, filled in on behalf."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from branches.models import Organisation
from dualmgmt.models import AuditEvent, Notice
from members.actions import corrections, letters, registrations
from members.enums import CorrectionState, DeclineReason
from members.enums import RegistrationState as S
from members.models import ActivityRegistration, CorrectionRequest, Member, Skill
from tests.factories import SkillFactory
from tests.members.helpers import ADDRESS, refused, sign_in
from tests.world import World

NEW_PHONE = "13900008888"
NEW_ADDRESS = "芝罘区幸福路88号3号楼"


@pytest.fixture
def li(world: World) -> Member:
    row = world.members["li"]
    row.home_address, row.work_unit, row.work_post = ADDRESS, "芝罘区税务局", "科员"
    row.save()
    return row


def typed(world: World, member: Member, **changes: Any) -> dict[str, Any]:
    return {
        "organisation": world.community.pk,
        "reason": "residence",
        "phone": member.phone,
        "home_address": ADDRESS,
        "work_unit": "芝罘区税务局",
        "work_post": "科员",
        "wishes": "普法宣传",
        "times": ["weekday_evening", "saturday"],
        "times_words": "寒暑假除外",
        "pledge": "每月一次义务巡逻，年底前完成12次。",
        "submit": "1",
        **changes,
    }


def fill_in(world: World, client: Client, member: Member, **changes: Any) -> ActivityRegistration:
    answer = client.post(reverse("registration_new"), typed(world, member, **changes))
    assert answer.status_code == 302, answer.context["form"].errors
    return ActivityRegistration.objects.latest("pk")


def asked() -> dict[str, str]:
    return {row.field: row.proposed for row in CorrectionRequest.objects.open()}


def test_the_form_is_pre_filled_and_nothing_of_the_roll_is_asked(world: World, li: Member) -> None:
    form = sign_in(world, "member").get(reverse("registration_new")).context["form"]
    assert (form.initial["phone"], form.initial["home_address"]) == (li.phone, ADDRESS)
    assert not {"name", "sex", "id_number", "birth_date", "joined_on"} & set(form.fields)


def test_what_differs_from_the_roll_asks_the_home_branch_and_changes_nothing(
    world: World, li: Member, django_capture_on_commit_callbacks: Any
) -> None:
    client = sign_in(world, "member")
    with django_capture_on_commit_callbacks(execute=True):
        registration = fill_in(world, client, li, phone="139 0000 8888", home_address=NEW_ADDRESS)
    assert registration.state == S.PENDING_LETTER
    assert asked() == {"phone": NEW_PHONE, "home_address": NEW_ADDRESS}
    before = (li.phone, li.home_address)
    li.refresh_from_db()
    assert (li.phone, li.home_address) == before
    assert Notice.objects.filter(user=world.users["home_secretary"], kind="correction.asked").count() == 2
    page = client.get(reverse("registration_detail", args=[registration.pk])).content.decode()
    assert "已请组织关系所在党支部更正" in page
    home = sign_in(world, "home_secretary")
    for row in CorrectionRequest.objects.open():
        home.post(reverse("correction_answer", args=[row.pk]), {"correct": "1"})
    li.refresh_from_db()
    assert (li.phone, li.home_address) == (NEW_PHONE, NEW_ADDRESS)
    assert AuditEvent.objects.filter(event="member.edited").count() == 2
    for event in AuditEvent.objects.all():
        assert NEW_PHONE not in str(event.details)
        assert NEW_ADDRESS not in str(event.details)


def test_the_same_form_says_nothing_new(world: World, li: Member) -> None:
    fill_in(world, sign_in(world, "member"), li)
    assert asked() == {}


@pytest.mark.parametrize("field", ["home_address", "work_unit", "work_post"])
def test_a_field_left_empty_asks_for_nothing(world: World, li: Member, field: str) -> None:
    fill_in(world, sign_in(world, "member"), li, **{field: ""})
    assert asked() == {}


def test_submitting_again_asks_once_and_the_newer_word_counts(world: World, li: Member) -> None:
    client = sign_in(world, "member")
    registration = fill_in(world, client, li, work_post="副科长")
    first = CorrectionRequest.objects.get()
    registrations.send_back(registration=registration, reason="请核对职务", by=world.users["home_secretary"])
    page = client.get(reverse("registration_edit", args=[registration.pk]))
    assert "请核对职务" in page.content.decode()
    assert page.context["form"].initial["work_post"] == "副科长"
    client.post(reverse("registration_edit", args=[registration.pk]), typed(world, li, work_post="副科长"))
    assert list(CorrectionRequest.objects.open()) == [first]
    registration.refresh_from_db()
    registrations.send_back(registration=registration, reason="还不对", by=world.users["home_secretary"])
    client.post(reverse("registration_edit", args=[registration.pk]), typed(world, li, work_post="科长"))
    assert asked() == {"work_post": "科长"}
    first.refresh_from_db()
    assert first.state == CorrectionState.WITHDRAWN


def test_an_old_draft_does_not_ask_to_undo_what_the_roll_learnt_since(world: World, li: Member) -> None:
    client = sign_in(world, "member")
    answer = typed(world, li)
    del answer["submit"]
    client.post(reverse("registration_new"), answer)
    registration = ActivityRegistration.objects.get()
    Member.objects.filter(pk=li.pk).update(work_post="副科长")
    registrations.submit(registration=ActivityRegistration.objects.get(), by=world.users["member"])
    assert registration.form["work_post"] == "科员"
    assert asked() == {}


def test_times_skills_wishes_and_pledge_are_kept(world: World, li: Member) -> None:
    law: Skill = SkillFactory(name="法律咨询", parent=SkillFactory(name="法律服务"))
    registration = fill_in(world, sign_in(world, "member"), li, skills=[law.pk])
    assert registration.form["skills"] == ["法律咨询（基础）"]
    assert registration.form["times"] == ["weekday_evening", "saturday"]
    assert registration.form["available_times"] == "工作日晚上、周六；寒暑假除外"
    li.refresh_from_db()
    assert (li.available_times, li.wishes) == ("工作日晚上、周六；寒暑假除外", "普法宣传")
    assert [row.skill for row in li.skill_rows.all()] == [law]
    assert registration.pledge.startswith("每月一次")
    fresh = sign_in(world, "member").get(reverse("registration_new")).context["form"]
    assert fresh.initial["times"] == ["weekday_evening", "saturday"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("times", ["midnight"]), ("skills", ["987654321"]), ("pledge", "长" * 301), ("phone", "12"), ("reason", "x")],
)
def test_what_does_not_fit_is_said_at_its_field(world: World, li: Member, field: str, value: Any) -> None:
    page = sign_in(world, "member").post(reverse("registration_new"), typed(world, li, **{field: value}))
    assert set(page.context["form"].errors) == {field}
    assert not ActivityRegistration.objects.exists()


@pytest.mark.parametrize("how", [S.WITHDRAWN, S.DECLINED])
def test_a_new_form_begins_with_what_the_last_one_said(world: World, li: Member, how: S) -> None:
    client = sign_in(world, "member")
    registration = fill_in(world, client, li, home_address=NEW_ADDRESS)
    if how == S.WITHDRAWN:
        registrations.withdraw(registration=registration, by=world.users["member"])
    else:
        letters.issue(registration=registration, valid_days=30, by=world.users["home_secretary"])
        letters.decline(
            registration=registration,
            decline_reason=DeclineReason.WRONG_JURISDICTION,
            remark="不在辖区",
            by=world.users["community_secretary"],
        )
    page = client.get(reverse("registration_detail", args=[registration.pk])).content.decode()
    assert f'href="{reverse("registration_new")}"' in page
    form = client.get(reverse("registration_new")).context["form"]
    assert form.initial["home_address"] == NEW_ADDRESS
    assert form.initial["pledge"] == registration.pledge
    assert form.initial["organisation"] == world.community.pk
    again = fill_in(world, client, li, home_address=NEW_ADDRESS)
    assert again.pk != registration.pk
    assert len(asked()) == 1


# On behalf of an elderly member


def test_the_home_branch_fills_in_prints_submits_and_the_member_is_accepted(world: World) -> None:
    """A page walk for somebody without an account: form, paper to sign, letter, acceptance, the roll."""
    zhao = world.members["zhao"]
    home, receiver = sign_in(world, "other_secretary"), sign_in(world, "community_secretary")
    page = home.get(reverse("member_detail", args=[zhao.pk])).content.decode()
    start = reverse("registration_new_for", args=[zhao.pk])
    assert f'href="{start}"' in page
    form_page = home.get(start).content.decode()
    assert zhao.phone not in form_page
    sent = typed(world, zhao, phone="", home_address=NEW_ADDRESS, work_unit="", work_post="")
    del sent["submit"]
    assert home.post(start, sent).status_code == 302
    registration = ActivityRegistration.objects.get()
    assert (registration.state, registration.form["phone"]) == (S.DRAFT, zhao.phone)
    paper = home.get(reverse("registration_print", args=[registration.pk]))
    assert paper.content.startswith(b"%PDF"), "to be signed before it is submitted"
    assert receiver.get(reverse("registration_detail", args=[registration.pk])).status_code == 404
    detail = reverse("registration_detail", args=[registration.pk])
    home.post(reverse("registration_submit", args=[registration.pk]))
    assert asked() == {}, "the home branch does not ask itself"
    assert "写入名册" in home.get(detail).content.decode()
    home.post(reverse("registration_into_roll", args=[registration.pk]))
    zhao.refresh_from_db()
    assert zhao.home_address == NEW_ADDRESS
    assert "写入名册" not in home.get(detail).content.decode()
    home.post(reverse("registration_issue", args=[registration.pk]), {"valid_days": "30"})
    accepted = receiver.post(reverse("registration_accept", args=[registration.pk]), {"placement": world.community.pk})
    assert accepted.status_code == 302
    registration.refresh_from_db()
    assert registration.state == S.ACTIVE
    refused("nothing_differs", corrections.take_over, registration=registration, by=world.users["other_secretary"])


# What a receiver finds


def at_the_desk(world: World, li: Member) -> ActivityRegistration:
    registration = fill_in(world, sign_in(world, "member"), li)
    letters.issue(registration=registration, valid_days=30, by=world.users["home_secretary"])
    return registration


def report(world: World, registration: ActivityRegistration, persona: str, **changes: str) -> Any:
    sent = {"differs-field": "work_unit", "differs-proposed": "烟台市税务局", "differs-words": "本人当面说明"}
    url = reverse("registration_differs", args=[registration.pk])
    return sign_in(world, persona).post(url, {**sent, **{f"differs-{k}": v for k, v in changes.items()}})


def test_the_receiver_reports_a_difference_and_reads_the_answer_only(
    world: World, li: Member, django_capture_on_commit_callbacks: Any
) -> None:
    Member.objects.filter(pk=li.pk).update(work_unit="芝罘区税务局征管科")
    registration = at_the_desk(world, Member.objects.get(pk=li.pk))
    CorrectionRequest.objects.all().delete()
    with django_capture_on_commit_callbacks(execute=True):
        assert report(world, registration, "community_secretary").status_code == 302
    row = CorrectionRequest.objects.get()
    assert (row.registration, row.proposed, row.asked_by) == (
        registration,
        "烟台市税务局",
        world.users["community_secretary"],
    )
    assert Notice.objects.filter(user=world.users["home_secretary"], kind="correction.reported").exists()
    receiver = sign_in(world, "community_secretary")
    page = receiver.get(reverse("correction_detail", args=[row.pk]))
    assert page.context["stated"] == ""
    assert "征管科" not in page.content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        sign_in(world, "home_secretary").post(
            reverse("correction_answer", args=[row.pk]), {"refuse": "1", "answer": "以名册为准"}
        )
    li.refresh_from_db()
    assert li.work_unit == "芝罘区税务局征管科"
    detail = receiver.get(reverse("registration_detail", args=[registration.pk])).content.decode()
    assert "以名册为准" in detail
    told = Notice.objects.get(user=world.users["community_secretary"], kind="correction.found_refused")
    assert told.params["member"] == "李建国"
    assert Notice.objects.filter(user=world.users["member"], kind="correction.refused").exists()


def test_the_receiver_is_not_told_what_the_roll_says(world: World, li: Member) -> None:
    """Guessing the roll's own word gets the same answer as any other word."""
    registration = at_the_desk(world, li)
    right, wrong = (
        report(world, registration, "community_secretary", field=field, proposed=word)
        for field, word in (("work_post", "科员"), ("education", "研究生"))
    )
    assert right.headers["Location"] == wrong.headers["Location"]
    assert asked() == {"work_post": "科员", "education": "研究生"}


@pytest.mark.parametrize(
    ("persona", "answer"),
    [("community_clerk", 403), ("other_community_secretary", 404), ("other_secretary", 404), ("home_secretary", 403)],
)
def test_nobody_else_reports_a_difference(world: World, li: Member, persona: str, answer: int) -> None:
    registration = at_the_desk(world, li)
    assert report(world, registration, persona).status_code == answer
    assert asked() == {}


@pytest.mark.parametrize("changes", [{"field": ""}, {"field": "id_number"}, {"proposed": ""}, {"field": "phone"}])
def test_a_report_that_does_not_fit_is_refused(world: World, li: Member, changes: dict[str, str]) -> None:
    registration = at_the_desk(world, li)
    report(world, registration, "community_secretary", **changes)
    assert asked() == {}


@pytest.mark.parametrize("state", [state for state in S if state not in corrections.REPORTABLE])
def test_a_difference_is_reported_only_while_the_person_is_there(world: World, li: Member, state: S) -> None:
    registration = at_the_desk(world, li)
    registration.state = state
    refused(
        "wrong_state",
        corrections.report,
        registration=registration,
        field="work_unit",
        proposed="x",
        by=world.users["community_secretary"],
    )


def test_the_receiver_takes_its_report_back(world: World, li: Member) -> None:
    registration = at_the_desk(world, li)
    report(world, registration, "community_secretary")
    row = CorrectionRequest.objects.get()
    answer = sign_in(world, "community_secretary").post(reverse("correction_withdraw", args=[row.pk]))
    assert answer.headers["Location"] == reverse("registration_detail", args=[registration.pk])
    assert asked() == {}


def test_a_former_home_branch_does_not_write_into_another_s_roll(world: World, li: Member) -> None:
    registration = fill_in(world, sign_in(world, "member"), li, home_address=NEW_ADDRESS)
    ActivityRegistration.objects.filter(pk=registration.pk).update(home_branch=world.branch_c)
    answer = sign_in(world, "other_secretary").post(reverse("registration_into_roll", args=[registration.pk]))
    assert answer.status_code == 403
    li.refresh_from_db()
    assert li.home_address == ADDRESS
    assert Organisation.objects.get(pk=world.branch_a.pk) == li.home_branch()
