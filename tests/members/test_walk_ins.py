"""A walk-in: who stands at the desk is identified, the home branch confirms and issues, a third person accepts."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from dualmgmt.models import AuditEvent, Notice
from members import cardcodes
from members.actions import cards, desk, letters, registrations
from members.enums import CardEnd, MembershipStatus
from members.enums import RegistrationState as S
from members.models import ActivityRegistration, Member, MemberCard
from tests.factories import id_number
from tests.members.helpers import refused, sign_in
from tests.members.outside import NAME, NUMBER, accepted
from tests.scene import ask
from tests.world import World


def start(world: World, persona: str = "community_clerk", **typed: Any) -> Any:
    receiver = world.community3 if persona == "other_community_secretary" else world.community
    fields = {"receiver": receiver.pk, "reason": "residence", **typed}
    return sign_in(world, persona).post(reverse("walk_in_new"), fields)


def by_number(world: World, member: str = "li", **typed: Any) -> Any:
    person = world.members[member]
    return start(world, name=person.name, id_number=person.id_number, **typed)


@pytest.fixture
def card(world: World) -> MemberCard:
    return cards.issue(member=world.members["li"], by=world.users["home_secretary"])


def test_confirmed_by_the_home_branch_and_accepted_by_another_person(
    world: World, django_capture_on_commit_callbacks: Any
) -> None:
    li = world.members["li"]
    with django_capture_on_commit_callbacks(execute=True):
        by_number(world, phone="13812345678", pledge="周末巡逻")
    registration = ActivityRegistration.objects.get(member=li, organisation=world.community)
    assert (registration.state, registration.walk_in, registration.home_branch) == (
        S.PENDING_LETTER, True, world.branch_a
    )  # fmt: skip
    told = dict(Notice.objects.values_list("user__username", "kind"))
    assert told == {"home_secretary": "letter.wanted", "member": "walk_in.started"}
    home = sign_in(world, "home_secretary")
    assert "介绍信" in home.get(reverse("todo")).content.decode()
    page = home.get(reverse("registration_detail", args=[registration.pk])).content.decode()
    assert "接收组织现场报到" in page
    home.post(reverse("registration_issue", args=[registration.pk]), {"valid_days": 30})
    registration.refresh_from_db()
    # With the letter the home branch opens its roll; what was said at the desk stands over it.
    assert (registration.state, registration.form["phone"], registration.form["sex"]) == (
        S.PENDING_ACCEPTANCE, "13812345678", "男"
    )  # fmt: skip
    assert registration.letters.get().content["form"]["kind"] == "正式党员"
    li.refresh_from_db()
    assert li.phone != "13812345678"
    issuer = world.users["home_secretary"]
    refused("two_keys", letters.accept, registration=registration, placement=world.community, by=issuer)
    letters.accept(registration=registration, placement=world.community, by=world.users["community_secretary"])
    assert registration.state == S.ACTIVE


def test_the_desk_sees_what_was_typed_there_until_the_home_branch_has_confirmed(world: World) -> None:
    li = world.members["li"]
    by_number(world)
    registration = ActivityRegistration.objects.get(member=li)
    hidden = [
        world.branch_a.name,
        world.bureau.name,
        li.phone,
        li.masked_phone,
        li.masked_id_number,
        li.work_unit or "—无",
    ]
    for persona in ("community_clerk", "community_secretary", "street_officer"):
        client = sign_in(world, persona)
        detail = client.get(reverse("registration_detail", args=[registration.pk]))
        desk_page, found = client.get(reverse("desk")), client.get(reverse("registration_list"))
        assert li.name in desk_page.content.decode()
        assert "待确认" in found.content.decode()
        for answer in (detail, desk_page, found):
            assert answer.status_code == 200
            assert not [word for word in hidden if word in answer.content.decode()], persona
        for paper in ("registration_print", "record_card_print"):
            assert client.get(reverse(paper, args=[registration.pk])).status_code == 403, paper
        assert client.get(reverse("member_detail", args=[li.pk])).status_code == 404
        assert client.get(reverse("member_list"), {"q": li.name}).status_code == 200
    # The member and the home branch see the whole of it.
    for persona in ("member", "home_secretary"):
        client = sign_in(world, persona)
        assert world.branch_a.name in client.get(reverse("registration_list")).content.decode()
        assert client.get(reverse("registration_print", args=[registration.pk])).status_code == 200
    letters.issue(registration=registration, valid_days=30, by=world.users["home_secretary"])
    client = sign_in(world, "community_clerk")
    assert world.branch_a.name in client.get(reverse("registration_detail", args=[registration.pk])).content.decode()
    assert client.get(reverse("member_detail", args=[li.pk])).status_code == 200


def test_what_the_home_side_fills_in_stays_hidden_from_the_desk_until_it_confirms(world: World) -> None:
    li = world.members["li"]
    by_number(world, home_address="幸福路9号")
    registration = ActivityRegistration.objects.get(member=li)
    home = sign_in(world, "home_secretary")
    home.post(reverse("registration_return", args=[registration.pk]), {"return-reason": "请补充"})
    typed = {"phone": "", "work_unit": "市住建局机关", "reason": "residence"}
    for _time in range(2):
        assert home.post(reverse("registration_edit", args=[registration.pk]), typed).status_code == 302
    registration.refresh_from_db()
    assert registration.form["phone"] == li.phone
    page = sign_in(world, "community_clerk").get(reverse("registration_detail", args=[registration.pk]))
    assert "幸福路9号" in page.content.decode()
    for word in (li.phone, li.masked_phone, "市住建局机关"):
        assert word not in page.content.decode()
    assert "市住建局机关" in home.get(reverse("registration_detail", args=[registration.pk])).content.decode()
    registrations.submit(registration=registration, by=world.users["home_secretary"])
    letters.issue(registration=registration, valid_days=30, by=world.users["home_secretary"])
    assert "at_desk" not in registration.form
    page = sign_in(world, "community_clerk").get(reverse("registration_detail", args=[registration.pk]))
    assert "市住建局机关" in page.content.decode()


def test_no_other_desk_sees_it(world: World) -> None:
    by_number(world)
    registration = ActivityRegistration.objects.get()
    for persona in ("other_community_secretary", "other_secretary", "other_member"):
        client = sign_in(world, persona)
        assert client.get(reverse("registration_detail", args=[registration.pk])).status_code == 404, persona
        assert client.post(reverse("desk_withdraw", args=[registration.pk])).status_code == 404, persona
        assert client.post(reverse("walk_in_refuse", args=[registration.pk])).status_code == 404, persona
    assert "李建国" not in sign_in(world, "other_community_secretary").get(reverse("desk")).content.decode()


def test_by_the_code_on_the_phone_by_the_printed_one_or_by_the_number_with_the_name(
    world: World, card: MemberCard
) -> None:
    code, _until = cardcodes.fresh(card)
    typed: list[dict[str, str]] = [
        {"card": code},
        {"card": f"https://portal.example/letters/find/?q={card.token}"},
        {"card": card.number, "name": " 李 建国"},
    ]
    for fields in typed:
        answer = start(world, **fields)
        assert answer.status_code == 302, fields
        registration = ActivityRegistration.objects.get(state=S.PENDING_LETTER)
        assert registration.member == world.members["li"]
        desk.take_back(registration=registration, by=world.users["community_clerk"])


def wrong(world: World, card: MemberCard) -> list[dict[str, str]]:
    li, wang = world.members["li"], world.members["wang"]
    suspended = world.members["zhao"]
    Member.objects.filter(pk=suspended.pk).update(status=MembershipStatus.SUSPENDED)
    cards.end(card=card, reason=CardEnd.LOST, by=world.users["home_secretary"])
    return [
        {"name": "张无名", "id_number": id_number(77)},  # on no roll
        {"name": "张无名", "id_number": li.id_number},  # not the name
        {"name": li.name, "id_number": wang.id_number},  # not the number
        {"name": suspended.name, "id_number": suspended.id_number},  # no longer in order
        {"card": "NO-2026-0001", "name": li.name},
        {"card": card.number, "name": li.name},  # lost
        {"card": card.token},
        {"card": card.number},  # a number alone can be guessed
    ]


def test_the_same_answer_whatever_does_not_fit(world: World, card: MemberCard) -> None:
    pages = set()
    for fields in wrong(world, card):
        answer = start(world, **fields)
        assert answer.status_code == 200, fields
        pages.add(tuple(answer.context["form"].non_field_errors()))
    assert len(pages) == 1
    assert not ActivityRegistration.objects.exists()
    rows = AuditEvent.objects.filter(event="registration.not_identified", organisation_id=world.community.pk)
    assert rows.count() == 8
    assert all(row.details == {} for row in rows), "nothing of what was typed is kept"


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({}, "card"),
        ({"name": "李建国"}, "card"),
        ({"id_number": NUMBER}, "card"),
        ({"name": "李建国", "id_number": "12"}, "id_number"),
        ({"card": "x", "phone": "12"}, "phone"),
    ],
)
def test_both_are_needed_and_looked_at_before_anybody_is_looked_for(
    world: World, typed: dict[str, str], field: str
) -> None:
    answer = start(world, **typed)
    assert list(answer.context["form"].errors) == [field]
    assert not AuditEvent.objects.filter(event="registration.not_identified").exists()


def test_after_many_tries_the_desk_waits(world: World) -> None:
    for _number in range(20):
        start(world, name="张无名", id_number=id_number(77))
    answer = by_number(world)
    assert "十分钟" in answer.context["form"].non_field_errors()[0]
    assert not ActivityRegistration.objects.exists()


def test_nobody_walks_in_at_home_twice_or_with_a_home_outside(world: World) -> None:
    li = world.members["li"]
    ask(world, "li", "community")
    fields: dict[str, Any] = {"reason": "residence", "form": {}, "pledge": "", "by": world.users["community_clerk"]}
    refused("already_open", desk.start_walk_in, member=li, receiver=world.community, **fields)
    world.bureau.accepts_registrations = True
    world.bureau.save(update_fields=["accepts_registrations"])
    refused("receiver_is_home", desk.start_walk_in, member=li, receiver=world.bureau, **fields)
    outside = accepted(world, "community", by="street_officer").member
    refused("home_is_outside", desk.start_walk_in, member=outside, receiver=world.community2, **fields)
    answer = start(world, "other_community_secretary", name=NAME, id_number=NUMBER)
    assert "介绍信" in answer.context["form"].non_field_errors()[0]


def test_the_home_branch_may_send_it_back_or_not_confirm(world: World, django_capture_on_commit_callbacks: Any) -> None:
    by_number(world)
    registration = ActivityRegistration.objects.get()
    home = sign_in(world, "home_secretary")
    with django_capture_on_commit_callbacks(execute=True):
        home.post(reverse("registration_return", args=[registration.pk]), {"return-reason": "住址须写明"})
    registration.refresh_from_db()
    assert registration.state == S.RETURNED
    # Who stood at the desk with the member is told, and the desk still sees no more than it typed.
    assert Notice.objects.filter(kind="registration.returned", user=world.users["community_clerk"]).exists()
    page = sign_in(world, "community_clerk").get(reverse("registration_detail", args=[registration.pk]))
    assert "住址须写明" in page.content.decode()
    assert world.branch_a.name not in page.content.decode()
    registrations.submit(registration=registration, by=world.users["member"])
    home.post(reverse("walk_in_refuse", args=[registration.pk]), {"refuse-reason": ""})
    registration.refresh_from_db()
    assert registration.state == S.PENDING_LETTER
    home.post(reverse("walk_in_refuse", args=[registration.pk]), {"refuse-reason": "本人未到场"})
    registration.refresh_from_db()
    assert (registration.state, registration.remark) == (S.WITHDRAWN, "本人未到场")
    assert by_number(world).status_code == 302  # and may be started anew


def test_not_confirming_is_for_walk_ins_before_their_letter(world: World) -> None:
    by = world.users["home_secretary"]
    plain = ask(world, "li", "community2")
    refused("not_a_walk_in", desk.refuse_walk_in, registration=plain, reason="不属实", by=by)
    by_number(world)
    walk_in = ActivityRegistration.objects.get(walk_in=True)
    letters.issue(registration=walk_in, valid_days=30, by=by)
    refused("not_a_walk_in", desk.refuse_walk_in, registration=walk_in, reason="不属实", by=by)
    refused("not_started_here", desk.take_back, registration=walk_in, by=world.users["community_clerk"])


def test_a_paper_letter_for_a_walk_in_is_confirmation_too(world: World) -> None:
    by_number(world)
    walk_in = ActivityRegistration.objects.get()
    letters.issue(registration=walk_in, valid_days=30, paper=True, by=world.users["home_secretary"])
    walk_in.refresh_from_db()
    assert (walk_in.state, walk_in.is_unconfirmed) == (S.ISSUED, False)
    assert sign_in(world, "community_clerk").get(reverse("registration_detail", args=[walk_in.pk])).status_code == 200
