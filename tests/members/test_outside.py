"""Members whose home branch is outside the portal: the letter entered, two keys, receipt by post, the same rights."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from branches.models import Organisation
from dualmgmt.lib.clock import today
from dualmgmt.models import AuditEvent, Notice
from members.actions import desk, letters, registrations
from members.enums import LetterOrigin, LetterState, MembershipStatus
from members.enums import RegistrationState as S
from members.models import ActivityRegistration, HomeMembership, Member
from tests.factories import AppointmentFactory, UserFactory, id_number
from tests.members.helpers import refused, sign_in
from tests.members.outside import NAME, NUMBER, PHONE, accepted, entered, outside_branch, paper, person
from tests.scene import NEIGHBOURS, ask
from tests.world import World


def typed(world: World, **changes: Any) -> dict[str, Any]:
    """The form of a paper letter as it is sent from the page."""
    return {
        "receiver": world.community.pk,
        "home": "",
        "home_name": "杭州市西湖区德加社区第二党支部",
        "home_parent": "杭州市西湖区文新街道党工委",
        "home_contact_name": "周敏",
        "home_contact_phone": "0571-88880000",
        "home_postal_address": "杭州市文二西路1号",
        "number": "杭西文党介[2026]17号",
        "issued_on": today() - dt.timedelta(days=3),
        "valid_until": today() + dt.timedelta(days=27),
        "reason": "floating",
        "name": NAME,
        "id_number": NUMBER,
        "kind": "full",
        "phone": PHONE,
        "work_status": "flexible",
        "work_unit": "三站市场A区12号",
        **changes,
    }


def enter(world: World, persona: str = "community_clerk", **changes: Any) -> Any:
    return sign_in(world, persona).post(reverse("letter_enter"), typed(world, **changes))


def test_a_letter_is_entered_accepted_by_another_and_its_receipt_posted(
    world: World, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        answer = enter(world)
    registration = ActivityRegistration.objects.get(member__name=NAME)
    assert answer.status_code == 302
    assert answer["Location"] == reverse("registration_detail", args=[registration.pk])
    member, letter = registration.member, registration.letters.get()
    home = member.home_branch()
    assert home is not None
    assert (home.name, home.external, home.external_parent) == (
        "杭州市西湖区德加社区第二党支部", True, "杭州市西湖区文新街道党工委"
    )  # fmt: skip
    assert home.depth == 1
    assert (member.birth_date, member.sex, member.phone) == (dt.date(1990, 2, 3), "1", PHONE)
    assert (registration.state, registration.home_branch) == (S.PENDING_ACCEPTANCE, home)
    assert (letter.number, letter.origin, letter.issuer) == ("杭西文党介〔2026〕17号", LetterOrigin.OUTSIDE, home)
    assert registration.issued_by == world.users["community_clerk"]
    assert set(Notice.objects.filter(kind="letter.arrived").values_list("user__username", flat=True)) == {
        "community_secretary"
    }
    desk_page = sign_in(world, "community_clerk").get(reverse("desk"))
    assert "没有待寄送的回执" in desk_page.content.decode()

    letters.accept(registration=registration, placement=world.themed, by=world.users["community_secretary"])
    letter.refresh_from_db()
    assert (letter.state, letter.verdict) == (LetterState.USED, "accepted")
    todo = sign_in(world, "community_clerk").get(reverse("todo")).content.decode()
    assert "向平台外党支部寄送回执" in todo
    client = sign_in(world, "community_clerk")
    assert letter.number in client.get(reverse("desk")).content.decode()
    client.post(reverse("receipt_sent", args=[letter.pk]), {"on": today()})
    letter.refresh_from_db()
    assert (letter.receipt_sent_on, letter.receipt_sent_by) == (today(), world.users["community_clerk"])
    assert letter.number not in client.get(reverse("desk")).content.decode()


def test_who_entered_the_letter_does_not_accept_it(world: World) -> None:
    registration = entered(world, by="community_secretary")
    secretary = world.users["community_secretary"]
    refused("two_keys", letters.accept, registration=registration, placement=world.community, by=secretary)
    with pytest.raises(IntegrityError), transaction.atomic():
        ActivityRegistration.objects.filter(pk=registration.pk).update(accepted_by=secretary)
    # The committee above finds it in its list, because nobody else at the community may accept.
    assert "接收" in sign_in(world, "street_officer").get(reverse("todo")).content.decode()
    letters.accept(registration=registration, placement=world.community, by=world.users["street_officer"])
    assert registration.state == S.ACTIVE


def test_whose_home_is_in_the_portal_is_sent_to_the_walk_in_without_telling_where(world: World) -> None:
    li = world.members["li"]
    answer = enter(world, name=li.name, id_number=li.id_number)
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "现场报到" in answer.context["form"].errors["id_number"][0]
    assert not any(word in html for word in (world.branch_a.name, world.bureau.name, li.phone, li.masked_phone))
    assert not li.registrations.exists()
    assert AuditEvent.objects.filter(event="letter.not_entered", organisation_id=world.community.pk).count() == 1


def test_known_by_the_id_number_with_a_home_outside_it_is_the_same_member(world: World) -> None:
    first = accepted(world)
    second = entered(world, "community3", by="other_community_secretary", home=first.home_branch, number="二号")
    assert second.member == first.member
    assert Member.objects.filter(name=NAME).count() == 1
    # What the second receiver types is in its form, not on the roll that the first keeps.
    third_form = paper(
        first.home_branch, number="三号", person=person(phone="13700000000"), form={"phone": "13700000000"}
    )
    again = desk.enter_letter(receiver=world.community2, letter=third_form, by=world.users["street_officer"])
    first.member.refresh_from_db()
    assert (again.form["phone"], first.member.phone) == ("13700000000", PHONE)


def test_one_key_does_not_open_what_another_receiver_keeps(world: World) -> None:
    """An invented letter about somebody known shows what was typed; the roll opens when a second person accepts."""
    first = accepted(world)
    Member.objects.filter(pk=first.member_id).update(education="大学本科", work_post="市场管理员")
    second = entered(world, "community3", by="other_community_secretary", home=first.home_branch, number="二号")
    desk_officer, district = world.users["other_community_secretary"], world.users["district_secretary"]
    assert second.form["education"] == ""
    assert second in ActivityRegistration.objects.visible_to(desk_officer)
    assert not Member.objects.visible_to(desk_officer).filter(pk=first.member_id).exists()
    client = sign_in(world, "other_community_secretary")
    page = client.get(reverse("registration_detail", args=[second.pk])).content.decode()
    assert "大学本科" not in page
    assert "市场管理员" not in page
    assert client.get(reverse("member_detail", args=[first.member_id])).status_code == 404
    # The first receiver goes on seeing its own member; the second does once it has accepted.
    assert Member.objects.visible_to(world.users["community_clerk"]).filter(pk=first.member_id).exists()
    letters.accept(registration=second, placement=world.community3, by=district)
    assert Member.objects.visible_to(desk_officer).filter(pk=first.member_id).exists()


def test_a_home_that_changed_outside_the_portal_follows_the_newest_letter_when_it_is_accepted(world: World) -> None:
    first = accepted(world)
    moved = outside_branch("宁波市海曙区某党支部", "宁波市海曙区委")
    second = entered(world, "community3", by="other_community_secretary", home=moved, number="甬海介〔2026〕1号")
    assert first.member.home_branch() != moved
    letters.accept(registration=second, placement=world.community3, by=world.users["district_secretary"])
    first.refresh_from_db()
    assert first.member.home_branch() == moved == first.home_branch
    assert list(first.member.home_memberships.order_by("pk").values_list("organisation__external", flat=True)) == [
        True, True
    ]  # fmt: skip


@pytest.fixture(autouse=True)
def neighbours(world: World) -> None:
    for name, (organisation, role) in NEIGHBOURS.items():
        world.users[name] = UserFactory(username=name, name=name)
        AppointmentFactory(user=world.users[name], organisation=world.organisations[organisation], role=role)


def test_a_home_that_came_into_the_portal_meanwhile_stops_the_acceptance(world: World) -> None:
    registration = entered(world)
    HomeMembership.objects.filter(member=registration.member).update(organisation=world.branch_a)
    by = world.users["community_secretary"]
    refused("walk_in_instead", letters.accept, registration=registration, placement=world.community, by=by)


def test_a_letter_counts_once_for_one_person_and_one_receiver(world: World) -> None:
    first = accepted(world)
    again = {"person": person(name="钱另", id_number=id_number(322)), "home": first.home_branch}
    by = world.users["community_clerk"]
    refused(
        "letter_entered", desk.enter_letter, receiver=world.community, letter=paper(again.pop("home"), **again), by=by
    )
    refused("already_open", desk.enter_letter, receiver=world.community, letter=paper(first.home_branch, "新号"), by=by)
    # Another office may have the same number.
    other = paper(outside_branch("另一党支部", "另一区委"), person=person(name="钱另", id_number=id_number(322)))
    assert (
        desk.enter_letter(receiver=world.community, letter=other, by=by).letters.get().number
        == "杭西文党介〔2026〕17号"
    )


def test_a_letter_that_came_back_is_entered_anew_under_its_own_number(world: World) -> None:
    registration = entered(world)
    registrations.send_back(registration=registration, reason="签发日期不清", by=world.users["community_secretary"])
    page = sign_in(world, "community_clerk").get(reverse("desk")).content.decode()
    assert "签发日期不清" in page
    again = desk.enter_letter(
        receiver=world.community, letter=paper(registration.home_branch), by=world.users["community_clerk"]
    )
    assert again.pk == registration.pk
    assert again.state == S.PENDING_ACCEPTANCE
    assert list(again.letters.order_by("pk").values_list("number", "state")) == [
        ("杭西文党介〔2026〕17号", "void"),
        ("杭西文党介〔2026〕17号", "valid"),
    ]
    letters.accept(registration=again, placement=world.community, by=world.users["community_secretary"])


def test_the_desk_takes_back_a_letter_that_came_back_and_nothing_else(world: World) -> None:
    registration = entered(world)
    client = sign_in(world, "community_clerk")
    client.post(reverse("desk_withdraw", args=[registration.pk]))
    registration.refresh_from_db()
    assert registration.state == S.PENDING_ACCEPTANCE
    registrations.send_back(registration=registration, reason="不符", by=world.users["community_secretary"])
    client.post(reverse("desk_withdraw", args=[registration.pk]))
    registration.refresh_from_db()
    assert registration.state == S.WITHDRAWN
    mine = ask(world, "li", "community")
    refused("not_started_here", desk.take_back, registration=mine, by=world.users["community_clerk"])


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("id_number", NUMBER[:-1] + ("1" if NUMBER[-1] != "1" else "2"), "校验"),
        ("id_number", "370602", "18"),
        ("phone", "12", "手机"),
        ("issued_on", today() + dt.timedelta(days=1), "晚于今天"),
        ("valid_until", today() - dt.timedelta(days=1), "有效期"),
        ("home_parent", "", "上级"),
        ("home_name", "", "党支部"),
        ("number", "", "必填"),
        ("receiver", 987654321, ""),
        ("kind", "expelled", ""),
    ],
)
def test_what_is_wrong_is_said_at_its_field(world: World, field: str, value: Any, words: str) -> None:
    answer = enter(world, **{field: value})
    assert answer.status_code == 200
    name = "home" if field == "home_name" else field
    assert list(answer.context["form"].errors) == [name]
    assert not Member.objects.filter(name=NAME).exists()
    assert not Organisation.objects.filter(external=True).exists()


def test_name_and_number_of_two_people_do_not_go_together(world: World) -> None:
    accepted(world)
    answer = enter(world, name="孙别人", number="二号")
    assert list(answer.context["form"].errors) == ["name"]


def test_nobody_reports_in_with_a_membership_that_ended(world: World) -> None:
    registration = accepted(world)
    Member.objects.filter(pk=registration.member_id).update(status=MembershipStatus.SUSPENDED)
    by = world.users["other_community_secretary"]
    letter = paper(registration.home_branch, "二号")
    refused("not_with_this_letter", desk.enter_letter, receiver=world.community3, letter=letter, by=by)


def test_the_same_name_and_parent_is_the_same_branch(world: World) -> None:
    assert outside_branch() == outside_branch()
    assert outside_branch() != outside_branch(parent="另一区委")
    assert Organisation.objects.filter(external=True).count() == 2


def test_the_portal_issues_no_letter_for_a_home_outside_of_it(world: World) -> None:
    member = accepted(world).member
    by = world.users["community_clerk"]
    fields = {"member": member, "organisation": world.community2, "reason": "residence", "form": {}, "pledge": ""}
    refused("home_is_outside", registrations.start, by=by, **fields)


def test_after_many_tries_the_desk_waits(world: World) -> None:
    client = sign_in(world, "community_clerk")
    for _number in range(20):
        client.post(reverse("letter_enter"), typed(world, number=""))
    assert enter(world, number="").context["form"].errors.get("number")  # what is not looked up does not count
    li = world.members["li"]
    for _number in range(20):
        client.post(reverse("letter_enter"), typed(world, name=li.name, id_number=li.id_number))
    answer = client.post(reverse("letter_enter"), typed(world))
    assert answer.context["form"].non_field_errors()
    assert not Member.objects.filter(name=NAME).exists()
    # The clerk of another desk is not held up.
    assert (
        sign_in(world, "other_community_secretary")
        .post(reverse("letter_enter"), typed(world, receiver=world.community3.pk))
        .status_code
        == 302
    )


def test_a_desk_puts_the_address_of_an_outside_branch_right(world: World) -> None:
    home = accepted(world).home_branch
    url = reverse("outside_home", args=[home.code])
    typed_anew = {
        "external_parent": home.external_parent,
        "contact_phone": "0571-88881111",
        "address": "杭州市文三路9号",
    }
    for persona in ("other_community_secretary", "home_secretary", "member"):
        assert sign_in(world, persona).post(url, typed_anew).status_code == 404, persona
    home.refresh_from_db()
    assert home.address == "杭州市文二西路1号"
    client = sign_in(world, "community_clerk")
    assert client.post(url, {**typed_anew, "contact_phone": "1" * 31}).context["form"].errors.keys() == {
        "contact_phone"
    }
    client.post(url, typed_anew)
    home.refresh_from_db()
    assert (home.address, home.contact_phone, home.contact_name) == ("杭州市文三路9号", "0571-88881111", "")
    assert AuditEvent.objects.filter(event="organisation.edited", subject_id=str(home.pk)).exists()
    # Nothing of an organisation inside the portal is changed at a desk.
    assert client.get(reverse("outside_home", args=[world.branch_a.code])).status_code == 404
