"""A person's own page: who can see, the copy to take away, corrections that are asked for and answered."""

from __future__ import annotations

import io
from typing import Any

from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from dualmgmt.lib.clock import add_working_days, today
from dualmgmt.models import AuditEvent, Notice
from members.actions import corrections
from members.enums import (
    CorrectionField,
    CorrectionState,
)
from members.models import CorrectionRequest, Member
from tests.factories import PASSWORD
from tests.members.helpers import ADDRESS, refused, reveal, secrets_of, sign_in
from tests.world import World


def test_a_member_sees_who_can_see(world: World, li: Member) -> None:
    html = sign_in(world, "member").get(reverse("my_data")).content.decode()
    for name in ("税务局第一党支部", "友谊街社区党委", "home_secretary", "community_clerk", "department_officer"):
        assert name in html
    for name in ("东山社区党委", "other_secretary", "auditor"):
        assert name not in html.split("<main")[1]


def test_before_the_letter_is_handed_in_the_receiver_is_not_named(world: World) -> None:
    from tests.scene import ask as ask_for_letter

    ask_for_letter(world, "li", "community2")
    assert "建昌街社区党委" not in sign_in(world, "member").get(reverse("my_data")).content.decode()


def test_the_copy_holds_everything_and_nothing_of_others(world: World, li: Member) -> None:
    reveal(world, li)
    answer = sign_in(world, "member").get(reverse("my_data_download"))
    book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    text = "\n".join(str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row)
    for word in (*secrets_of(li), "友谊街社区党委", "home_secretary"):
        assert word in text
    assert world.members["wang"].phone not in text
    assert AuditEvent.objects.filter(event="export.made").exists()


def test_the_copy_asks_for_the_password_again(world: World, li: Member) -> None:
    user = world.users["member"]
    user.set_password(PASSWORD)
    user.save()
    answer = sign_in(world, "member").get(reverse("my_data_download"))
    assert answer.headers["Location"].startswith(reverse("account_reauthenticate"))


# --- corrections ----------------------------------------------------------------------------------------------------


def wish(world: World, **changed: Any) -> CorrectionRequest:
    plan = {"field": CorrectionField.PHONE, "proposed": "13912345678", "words": "换号了"}
    return corrections.ask(member=world.members["li"], by=world.users["member"], **{**plan, **changed})


def test_a_correction_from_the_member_to_the_roll_and_back(
    world: World, li: Member, django_capture_on_commit_callbacks: Any
) -> None:
    member, officer = sign_in(world, "member"), sign_in(world, "home_secretary")
    form = {"field": "phone", "proposed": " 139-1234-5678 ", "words": "换号了"}
    with django_capture_on_commit_callbacks(execute=True):
        member.post(reverse("correction_new"), form)
    asked = CorrectionRequest.objects.get()
    assert asked.due_on == add_working_days(today(), 15)
    assert Notice.objects.filter(user=world.users["home_secretary"], kind="correction.asked").exists()
    page = officer.get(reverse("correction_detail", args=[asked.pk])).content.decode()
    assert "13912345678" in page
    assert li.phone not in page
    with django_capture_on_commit_callbacks(execute=True):
        officer.post(reverse("correction_answer", args=[asked.pk]), {"correct": "1"})
    changed = Member.objects.get(pk=li.pk)
    assert changed.phone == "13912345678"
    assert Member.objects.filter(phone_hash=changed.phone_hash).count() == 1
    assert Notice.objects.filter(user=li.user, kind="correction.corrected").exists()
    assert "13912345678" not in str(list(AuditEvent.objects.values_list("details", flat=True)))


def test_a_refused_correction_says_why_and_changes_nothing(world: World, li: Member) -> None:
    asked = wish(world)
    officer = sign_in(world, "home_secretary")
    officer.post(reverse("correction_answer", args=[asked.pk]), {"refuse": "1", "answer": ""})
    asked.refresh_from_db()
    assert asked.state == CorrectionState.ASKED
    officer.post(reverse("correction_answer", args=[asked.pk]), {"refuse": "1", "answer": "号码属他人"})
    asked.refresh_from_db()
    assert asked.state == CorrectionState.REFUSED
    assert Member.objects.get(pk=li.pk).phone == li.phone
    refused("wrong_state", corrections.correct, request=asked, by=world.users["home_secretary"])


def test_bad_corrections_are_told_at_their_field(world: World, li: Member) -> None:
    client = sign_in(world, "member")

    def errors(**form: str) -> list[str]:
        return list(client.post(reverse("correction_new"), form).context["form"].errors)

    assert errors(field="phone", proposed="12") == ["proposed"]
    assert errors(field="name", proposed="长" * 100) == ["proposed"]
    assert errors(field="id_hash", proposed="x") == ["field"]
    assert errors(field="work_unit", proposed="") == ["proposed"]
    assert errors(field="home_address", proposed=ADDRESS) == ["proposed"]
    wish(world)
    assert errors(field="phone", proposed="13912345670") == ["field"]
    assert CorrectionRequest.objects.count() == 1


def test_something_else_is_put_right_by_hand_and_answered_in_words(world: World, li: Member) -> None:
    asked = wish(world, field=CorrectionField.OTHER, proposed="入党时间应为2004年")
    refused("reason_missing", corrections.correct, request=asked, by=world.users["home_secretary"])
    corrections.correct(request=asked, answer="已核对档案并更正", by=world.users["home_secretary"])
    assert CorrectionRequest.objects.get().answer == "已核对档案并更正"


def test_a_member_takes_a_request_back_and_others_cannot(world: World, li: Member) -> None:
    asked = wish(world)
    url = reverse("correction_withdraw", args=[asked.pk])
    assert sign_in(world, "other_member").post(url).status_code == 404
    assert sign_in(world, "home_secretary").post(url).status_code == 403
    assert sign_in(world, "member").post(url).status_code == 302
    asked.refresh_from_db()
    assert asked.state == CorrectionState.WITHDRAWN


def test_a_foreign_branch_neither_reads_nor_answers(world: World, li: Member) -> None:
    asked = wish(world)
    for persona in ("other_secretary", "community_secretary"):
        client = sign_in(world, persona)
        assert client.get(reverse("correction_detail", args=[asked.pk])).status_code == 404
        assert client.post(reverse("correction_answer", args=[asked.pk]), {"correct": "1"}).status_code == 404


def test_anonymous_visitors_are_sent_to_sign_in(world: World) -> None:
    for name in ("my_data", "my_data_download", "correction_new", "disclosure_list"):
        assert Client().get(reverse(name)).headers["Location"].startswith("/accounts/login/")
