"""Numbers stay masked until a purpose is stated, the person sees who looked, and errors are put right."""

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
from dualmgmt.lib import notices
from dualmgmt.lib.clock import today
from dualmgmt.models import AuditEvent, Notice
from members.actions import disclosures
from members.enums import (
    DisclosedField,
    DisclosureKind,
    DisclosureState,
    Purpose,
)
from members.models import Disclosure, Member
from tests.factories import PASSWORD, AppointmentFactory, MemberFactory, UserFactory
from tests.members.helpers import ADDRESS, refused, reveal, secrets_of, sign_in
from tests.scene import register
from tests.world import World


def ask(world: World, **changed: Any) -> Disclosure:
    plan = {
        "members": Member.objects.at_home_in(type(world.branch_a).objects.filter(pk=world.branch_a.pk)),
        "chosen": [DisclosedField.PHONE],
        "purpose": Purpose.REPORTING,
        "words": "",
        "organisation": world.branch_a,
        "by": world.users["home_secretary"],
    }
    return disclosures.ask_in_bulk(**{**plan, **changed})


# --- masked ---------------------------------------------------------------------------------------------------------


PAGES = {
    "home_secretary": ["member_list", "member_detail", "member_edit", "registration_new_for", "registration_list"],
    "unit_secretary": ["member_list", "member_detail", "member_edit"],
}


def test_no_page_of_the_home_side_carries_a_number(world: World, li: Member) -> None:
    """Neither shown nor in a form's value: the browser never gets what nobody asked for."""
    for persona, names in PAGES.items():
        client = sign_in(world, persona)
        for name in names:
            wants = {"member_pk": li.pk} if name == "registration_new_for" else {"pk": li.pk}
            url = reverse(name, kwargs=wants if not name.endswith("_list") else {})
            html = client.get(url).content.decode()
            assert li.name in html, name
            for secret in secrets_of(li):
                assert secret not in html, (persona, name)


def test_a_receiver_sees_the_phone_of_its_own_and_no_id_number(world: World, li: Member) -> None:
    html = sign_in(world, "community_secretary").get(reverse("member_detail", args=[li.pk])).content.decode()
    assert li.phone in html
    assert li.id_number not in html
    assert ADDRESS not in html


def test_an_officers_form_keeps_what_nobody_typed_anew(world: World, li: Member) -> None:
    client = sign_in(world, "home_secretary")
    page = client.get(reverse("member_edit", args=[li.pk]))
    sent = {
        name: value
        for name, value in page.context["form"].initial.items()
        if value not in (None, "", []) and name != "skills"
    }
    assert client.post(reverse("member_edit", args=[li.pk]), {**sent, "work_post": "科长"}).status_code == 302
    changed = Member.objects.get(pk=li.pk)
    assert (changed.phone, changed.home_address, changed.work_post) == (li.phone, ADDRESS, "科长")
    answer = client.post(reverse("member_edit", args=[li.pk]), {**sent, "phone": "12"})
    assert "phone" in answer.context["form"].errors


# --- one number for a minute ----------------------------------------------------------------------------------------


def test_revealing_asks_a_purpose_and_a_password_and_the_member_sees_it(
    world: World, li: Member, django_capture_on_commit_callbacks: Any
) -> None:
    officer = world.users["home_secretary"]
    officer.set_password(PASSWORD)
    officer.save()
    client = sign_in(world, "home_secretary")
    url = reverse("member_reveal", args=[li.pk, "phone"])
    assert client.get(url).headers["Location"].startswith(reverse("account_reauthenticate"))
    assert client.post(url, {"purpose": Purpose.CONTACT}).headers["Location"].startswith("/accounts/reauthenticate/")
    assert not Disclosure.objects.exists()
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert "purpose" in client.post(url, {"purpose": ""}).context["form"].errors
    assert "words" in client.post(url, {"purpose": Purpose.OTHER}).context["form"].errors
    with django_capture_on_commit_callbacks(execute=True):
        shown = client.post(url, {"purpose": Purpose.CARE, "words": "中秋走访"}, follow=True)
    assert li.phone in shown.content.decode()
    assert "no-store" in shown.headers["Cache-Control"]
    assert 0 < int(shown.headers["Refresh"]) <= 61
    notice = notices.render(Notice.objects.get(user=li.user, kind="personal.revealed"))
    assert "中秋走访" in notice
    assert officer.name in notice
    mine = sign_in(world, "member").get(reverse("my_data")).content.decode()
    assert "中秋走访" in mine
    assert officer.name in mine
    event = AuditEvent.objects.get(event="personal.revealed")
    assert li.phone not in str(event.details)
    assert "中秋走访" in str(event.details)


def test_after_its_minute_the_number_is_gone_and_nobody_else_ever_saw_it(world: World, li: Member) -> None:
    shown = reveal(world, li)
    url = reverse("disclosure_detail", args=[shown.pk])
    client = sign_in(world, "home_secretary")
    assert li.phone in client.get(url).content.decode()
    assert sign_in(world, "unit_secretary").get(url).status_code == 404
    assert sign_in(world, "member").get(url).status_code == 404
    Disclosure.objects.filter(pk=shown.pk).update(closes_at=timezone.now())
    html = client.get(url)
    assert li.phone not in html.content.decode()
    assert "Refresh" not in html.headers
    assert client.get(reverse("disclosure_export", args=[shown.pk])).status_code == 302


@pytest.mark.parametrize("persona", ["community_secretary", "other_secretary", "community_clerk", "department_officer"])
def test_who_may_not_reveal(world: World, li: Member, persona: str) -> None:
    status = sign_in(world, persona).post(reverse("member_reveal", args=[li.pk, "id_number"]), {}).status_code
    assert status in (403, 404)
    assert not Disclosure.objects.exists()


def test_a_clerk_keeps_the_roll_but_reveals_nothing(world: World, li: Member) -> None:
    clerk = UserFactory(username="branch_clerk")
    world.users["branch_clerk"] = clerk
    AppointmentFactory(user=clerk, organisation=world.branch_a, role=Role.CLERK)
    client = sign_in(world, "branch_clerk")
    page = client.get(reverse("member_detail", args=[li.pk])).content.decode()
    assert reverse("member_reveal", args=[li.pk, "phone"]) not in page
    assert client.get(reverse("member_reveal", args=[li.pk, "phone"])).status_code == 403
    assert client.get(reverse("disclosure_new")).status_code == 403


def test_an_unknown_field_is_not_found(world: World, li: Member) -> None:
    assert sign_in(world, "home_secretary").get(reverse("member_reveal", args=[li.pk, "user"])).status_code == 404


def test_a_number_in_the_purpose_does_not_reach_the_log(world: World, li: Member) -> None:
    disclosures.reveal(
        member=li,
        field=DisclosedField.PHONE,
        purpose=Purpose.OTHER,
        words=f"核对 {li.id_number}",
        organisation=world.branch_a,
        by=world.users["home_secretary"],
    )
    assert li.id_number not in str(AuditEvent.objects.get(event="personal.revealed").details)
    assert li.id_number not in Disclosure.objects.get().words


# --- lists ----------------------------------------------------------------------------------------------------------


def test_a_list_takes_two_keys_and_every_member_on_it_is_told(
    world: World, li: Member, django_capture_on_commit_callbacks: Any
) -> None:
    deputy = UserFactory(username="deputy", name="副书记")
    world.users["deputy"] = deputy
    AppointmentFactory(user=deputy, organisation=world.branch_a, role=Role.DEPUTY_SECRETARY)
    client = sign_in(world, "home_secretary")
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("disclosure_new"), {"chosen": ["phone"], "purpose": Purpose.REPORTING})
    asked = Disclosure.objects.get()
    assert Notice.objects.filter(user=deputy, kind="personal.asked").exists()
    assert asked.state == DisclosureState.REQUESTED
    assert li.phone not in client.get(reverse("disclosure_detail", args=[asked.pk])).content.decode()
    client.post(reverse("disclosure_open", args=[asked.pk]))
    asked.refresh_from_db()
    assert asked.state == DisclosureState.REQUESTED  # not approved yet
    assert client.post(reverse("disclosure_decide", args=[asked.pk]), {"approve": "1"}).status_code == 404
    second = sign_in(world, "deputy")
    assert "副书记" not in second.get(reverse("disclosure_list")).content.decode().split("<main")[1]
    with django_capture_on_commit_callbacks(execute=True):
        second.post(reverse("disclosure_decide", args=[asked.pk]), {"approve": "1"})
    with django_capture_on_commit_callbacks(execute=True):
        shown = client.post(reverse("disclosure_open", args=[asked.pk]), follow=True)
    assert li.phone in shown.content.decode()
    assert second.get(reverse("disclosure_detail", args=[asked.pk])).status_code == 404
    assert Notice.objects.filter(user=li.user, kind="personal.revealed").exists()
    sheet = load_workbook(
        io.BytesIO(b"".join(client.get(reverse("disclosure_export", args=[asked.pk])).streaming_content))
    ).active
    assert [row[2] for row in sheet.iter_rows(values_only=True)][1:] == [li.phone]


def test_who_has_lost_the_office_opens_nothing_any_more(world: World, li: Member) -> None:
    asked = ask(world)
    disclosures.decide(disclosure=asked, approve=True, by=world.users["unit_secretary"])
    shown = reveal(world, li)
    world.users["home_secretary"].appointments.update(ends_on=today() - dt.timedelta(days=1))
    client = sign_in(world, "home_secretary")
    assert client.post(reverse("disclosure_open", args=[asked.pk])).status_code == 403
    asked.refresh_from_db()
    assert asked.state == DisclosureState.APPROVED
    for name in ("disclosure_detail", "disclosure_export"):
        answer = client.get(reverse(name, args=[shown.pk]))
        assert answer.status_code == 403
        assert li.phone not in answer.content.decode()


def test_a_refusal_says_why(world: World, li: Member) -> None:
    asked = ask(world)
    client = sign_in(world, "unit_secretary")
    client.post(reverse("disclosure_decide", args=[asked.pk]), {"remark": ""})
    asked.refresh_from_db()
    assert asked.state == DisclosureState.REQUESTED
    client.post(reverse("disclosure_decide", args=[asked.pk]), {"remark": "请改用联系表"})
    asked.refresh_from_db()
    assert (asked.state, asked.remark) == (DisclosureState.REFUSED, "请改用联系表")
    assert "请改用联系表" in sign_in(world, "home_secretary").get(reverse("disclosure_list")).content.decode()


def test_the_list_is_frozen_and_stays_inside_ones_scope(world: World, li: Member) -> None:
    """Who joins the branch later is not on it; a filter by somebody else's branch is an ordinary error."""
    asked = ask(world)
    MemberFactory(name="后来人", home=world.branch_a)
    assert list(asked.members.all()) == [li]
    form = {"chosen": ["phone"], "purpose": Purpose.REPORTING}
    sign_in(world, "home_secretary").post(f"{reverse('disclosure_new')}?branch={world.branch_c.pk}", form)
    assert world.members["zhao"] not in Member.objects.filter(disclosures__isnull=False)


def test_a_list_has_a_limit_and_no_id_numbers(world: World, li: Member, settings: Any) -> None:
    refused("not_in_bulk", ask, world=world, chosen=[DisclosedField.ID_NUMBER])
    refused("not_in_bulk", ask, world=world, chosen=[])
    refused("nobody", ask, world=world, members=Member.objects.none())
    settings.REVEAL_LIST_MAX = 0
    refused("too_many", ask, world=world)


def test_a_list_nobody_opened_lapses(world: World, li: Member, settings: Any) -> None:
    asked = ask(world)
    assert disclosures.lapse_disclosures() == 0
    Disclosure.objects.update(requested_at=timezone.now() - dt.timedelta(days=settings.REVEAL_VALID_DAYS, minutes=1))
    assert disclosures.lapse_disclosures() == 1
    asked.refresh_from_db()
    refused("wrong_state", disclosures.decide, disclosure=asked, approve=True, by=world.users["unit_secretary"])


def test_the_database_wants_two_keys(world: World, li: Member) -> None:
    asked = ask(world)
    now = timezone.now()
    with pytest.raises(IntegrityError), transaction.atomic():
        Disclosure.objects.filter(pk=asked.pk).update(state=DisclosureState.OPENED, opened_at=now, closes_at=now)
    with pytest.raises(IntegrityError), transaction.atomic():
        Disclosure.objects.filter(pk=asked.pk).update(approved_by=asked.requested_by)


def test_a_contact_sheet_takes_one_purpose_and_holds_only_ones_own(world: World, li: Member) -> None:
    register(world, "zhao", "community3", issuer="other_secretary", accepter="other_community_secretary")
    client = sign_in(world, "community_clerk")
    page = client.get(reverse("contact_sheet"))
    assert page.context["count"] == 1
    shown = client.post(reverse("contact_sheet"), {"purpose": Purpose.ACTIVITY}, follow=True).content.decode()
    assert li.phone in shown
    assert world.members["zhao"].phone not in shown
    assert Disclosure.objects.get().kind == DisclosureKind.SHEET
    assert AuditEvent.objects.get(event="personal.sheet_opened").details["rows"] == 1
