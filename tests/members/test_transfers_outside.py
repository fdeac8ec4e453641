"""Transfers to and from branches outside the portal; who sees a transfer and who may decide it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.urls import reverse
from django.utils import timezone

from branches.models import Organisation
from dualmgmt.lib import registry
from dualmgmt.lib.clock import today
from dualmgmt.models import AuditEvent
from members.actions import transfers
from members.enums import RegistrationState as S
from members.enums import TransferReason, TransferState
from members.models import HomeMembership, HomeTransfer
from tests.factories import MemberFactory
from tests.members.helpers import refused, sign_in
from tests.members.outside import NAME, NUMBER, accepted, outside_branch
from tests.scene import ask, register
from tests.world import World


def sent(world: World, target: Organisation | None = None, *, member: str = "li", **changes: Any) -> HomeTransfer:
    fields: dict[str, Any] = {"reason": TransferReason.NEW_UNIT, "valid_days": 30, "by": world.users["home_secretary"]}
    return transfers.send(member=world.members[member], target=target or world.branch_c, **{**fields, **changes})


def run_out(transfer: HomeTransfer, days: int = 1) -> HomeTransfer:
    HomeTransfer.objects.filter(pk=transfer.pk).update(
        sent_at=timezone.now() - dt.timedelta(days=90), valid_until=today() - dt.timedelta(days=days)
    )
    transfer.refresh_from_db()
    return transfer


# To and from outside the portal


def test_to_a_branch_outside_the_sender_enters_the_receipt(world: World) -> None:
    li = world.members["li"]
    registration = register(world, "li", "community", issuer="home_secretary", accepter="community_secretary")
    waiting = ask(world, "li", "community2")
    home = sign_in(world, "home_secretary")
    fields = {
        "target": "", "home": "", "home_name": "青岛市某党支部", "home_parent": "青岛市市南区委",
        "reason": "moved_house", "letter_number": "芝税转[2026]9", "valid_days": 30,
    }  # fmt: skip
    home.post(reverse("transfer_new", args=[li.pk]), fields)
    transfer = HomeTransfer.objects.get()
    assert (transfer.letter_number, transfer.target.external) == ("芝税转〔2026〕9", True)
    assert "录入转往平台外党支部的组织关系回执" in home.get(reverse("todo")).content.decode()
    answer = home.post(reverse("transfer_accept", args=[transfer.pk]), {"on": "x"})
    assert answer.context["receipt_form"].errors
    home.post(reverse("transfer_accept", args=[transfer.pk]), {"on": today()})
    registration.refresh_from_db()
    waiting.refresh_from_db()
    assert li.home_branch() == transfer.target
    # Served on under the new home; what still waited for a letter of the portal ends.
    assert (registration.state, registration.home_branch) == (S.ACTIVE, transfer.target)
    assert waiting.state == S.WITHDRAWN
    assert li.keepers() == [world.community]
    assert home.get(reverse("member_detail", args=[li.pk])).status_code == 404
    edit = sign_in(world, "community_secretary").get(reverse("member_edit", args=[li.pk]))
    assert edit.status_code == 200
    assert sign_in(world, "member").get(reverse("my_page")).status_code == 200


def test_a_receipt_is_dated_within_the_days_of_the_letter(world: World) -> None:
    transfer = sent(world, outside_branch())
    by = world.users["home_secretary"]
    for day in (today() + dt.timedelta(days=1), today() - dt.timedelta(days=1)):
        refused("receipt_date", transfers.accept, transfer=transfer, on=day, by=by)
    run_out(transfer)
    refused("transfer_ran_out", transfers.accept, transfer=transfer, by=by)
    # It came in time and is entered late.
    transfers.accept(transfer=transfer, on=today() - dt.timedelta(days=2), by=by)
    assert world.members["li"].home_memberships.get(ended_on=None).started_on == today() - dt.timedelta(days=2)


def test_from_outside_the_branch_that_takes_the_member_in_enters_the_letter(world: World) -> None:
    registration = accepted(world)
    other = sign_in(world, "other_secretary")
    fields = {
        "target": world.branch_c.code, "name": NAME, "id_number": NUMBER, "letter_number": "杭组转[2026]5号",
        "reason": "new_unit",
    }  # fmt: skip
    answer = other.post(reverse("transfer_enter"), fields)
    transfer = HomeTransfer.objects.get()
    assert answer["Location"] == reverse("transfer_detail", args=[transfer.pk])
    registration.refresh_from_db()
    assert registration.member.home_branch() == world.branch_c == registration.home_branch
    assert (transfer.state, transfer.source.external, registration.state) == (TransferState.ACCEPTED, True, S.ACTIVE)
    assert registration.member.keepers() == [world.branch_c]
    assert (
        sign_in(world, "community_secretary").get(reverse("member_edit", args=[registration.member_id])).status_code
        == 403
    )


def test_from_outside_and_unknown_is_put_on_the_roll_with_the_letter_as_its_basis(world: World) -> None:
    other = sign_in(world, "other_secretary")
    fields = {
        "target": world.branch_c.code,
        "name": NAME,
        "id_number": NUMBER,
        "letter_number": "五号",
        "reason": "other",
    }
    answer = other.post(reverse("transfer_enter"), fields)
    assert answer.context["unknown"]
    assert reverse("member_new") in answer.content.decode()
    wrong = other.post(
        reverse("transfer_enter"), {**fields, "name": "李建国", "id_number": world.members["wang"].id_number}
    )
    assert wrong.context["unknown"], "what does not go together reads like what is not there"
    assert AuditEvent.objects.filter(event="transfer.not_identified").count() == 2
    other.post(
        reverse("member_new"),
        {
            "branch": world.branch_c.pk, "name": NAME, "sex": "1", "id_number": NUMBER, "phone": "", "kind": "full",
            "work_status": "in_service", "basis": "杭组转〔2026〕5号",
        },
    )  # fmt: skip
    assert HomeMembership.objects.get(member__name=NAME).basis == "杭组转〔2026〕5号"


def test_whose_home_is_in_the_portal_is_not_taken_by_a_paper_letter(world: World) -> None:
    li = world.members["li"]
    other = sign_in(world, "other_secretary")
    fields = {
        "target": world.branch_c.code,
        "name": li.name,
        "id_number": li.id_number,
        "letter_number": "五号",
        "reason": "other",
    }
    answer = other.post(reverse("transfer_enter"), fields)
    assert "发起转接" in answer.context["form"].non_field_errors()[0]
    assert world.branch_a.name not in answer.content.decode()
    assert li.home_branch() == world.branch_a
    target = {**fields, "target": world.branch_a.code}
    assert "target" in other.post(reverse("transfer_enter"), target).context["form"].errors


# Who sees and decides it


def test_each_end_does_its_part_and_nobody_else_sees_it(world: World) -> None:
    transfer = sent(world)
    steps = ("transfer_accept", "transfer_refuse", "transfer_withdraw")
    allowed = {
        "home_secretary": {"transfer_withdraw"},
        "unit_secretary": {"transfer_withdraw"},
        "other_secretary": {"transfer_accept", "transfer_refuse"},
        "member": set(),
    }
    for persona in ("community_secretary", "other_community_secretary", "other_member", "department_officer"):
        client = sign_in(world, persona)
        assert client.get(reverse("transfer_detail", args=[transfer.pk])).status_code == 404, persona
        for name in steps:
            assert client.post(reverse(name, args=[transfer.pk])).status_code == 404, (persona, name)
        if persona.endswith("secretary"):
            assert "李建国" not in client.get(reverse("transfer_list")).content.decode()
    for persona, mine in allowed.items():
        client = sign_in(world, persona)
        assert client.get(reverse("transfer_detail", args=[transfer.pk])).status_code == 200, persona
        for name in steps:
            if name not in mine:
                assert client.post(reverse(name, args=[transfer.pk])).status_code == 403, (persona, name)
    # Until it is accepted the target sees the transfer, not the member.
    other = sign_in(world, "other_secretary")
    assert other.get(reverse("member_detail", args=[transfer.member_id])).status_code == 404
    assert "李建国" not in other.get(reverse("member_list")).content.decode()


def test_nobody_sends_the_members_of_others(world: World) -> None:
    li = world.members["li"]
    for persona, status in [
        ("other_secretary", 404),
        ("community_secretary", 404),
        ("member", 403),
        ("other_member", 404),
    ]:
        client = sign_in(world, persona)
        assert client.post(reverse("transfer_new", args=[li.pk])).status_code == status, persona
    register(world, "li", "community", issuer="home_secretary", accepter="community_secretary")
    assert sign_in(world, "community_secretary").post(reverse("transfer_new", args=[li.pk])).status_code == 403


def test_the_target_stands_among_those_who_see_my_data(world: World) -> None:
    li = world.members["li"]
    assert world.branch_c.name not in [viewer.organisation.name for viewer in registry.viewers.of(li)]
    sent(world)
    seen = {viewer.organisation.name: viewer.what for viewer in registry.viewers.of(li)}
    assert "脱敏" in seen[world.branch_c.name]


def test_the_list_costs_the_same_with_one_and_three(world: World, django_assert_max_num_queries: Any) -> None:
    client = sign_in(world, "other_secretary")
    sent(world)
    client.get(reverse("transfer_list"))  # what is read once per process
    with django_assert_max_num_queries(6):
        client.get(reverse("transfer_list"))
    for name in ("周一", "周二"):
        world.members[name] = MemberFactory(name=name, home=world.branch_a)
        sent(world, member=name)
    with django_assert_max_num_queries(6):
        page = client.get(reverse("transfer_list"))
    assert len(page.context["page"].object_list) == 3
    assert len(client.get(reverse("transfer_list"), {"q": "周一", "side": "in"}).context["page"].object_list) == 1
    assert len(client.get(reverse("transfer_list"), {"side": "out"}).context["page"].object_list) == 0
