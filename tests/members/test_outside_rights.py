"""Members at home outside the portal: who sees them, who keeps their data, what they may do; receipts by post."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from branches.models import Organisation
from dualmgmt.lib import registry
from dualmgmt.lib.actors import SYSTEM
from dualmgmt.lib.clock import today
from members.access import find_letter
from members.actions import accounts, corrections, desk, letters
from members.enums import CorrectionField
from members.enums import RegistrationState as S
from members.models import ActivityRegistration, HomeMembership, IntroductionLetter, Member
from projects.actions import claims
from tests.factories import AppointmentFactory, ProjectFactory, UserFactory, id_number
from tests.members.helpers import refused, sign_in
from tests.members.outside import NAME, NUMBER, PHONE, accepted, entered, outside_branch, person
from tests.scene import NEIGHBOURS, ask
from tests.world import World


@pytest.fixture(autouse=True)
def neighbours(world: World) -> None:
    for name, (organisation, role) in NEIGHBOURS.items():
        world.users[name] = UserFactory(username=name, name=name)
        AppointmentFactory(user=world.users[name], organisation=world.organisations[organisation], role=role)


# Who sees what


def test_another_community_sees_nothing_of_it(world: World) -> None:
    registration = accepted(world)
    member, letter = registration.member, registration.letters.get()
    pages = [
        ("registration_detail", registration.pk),
        ("registration_print", registration.pk),
        ("letter_detail", letter.pk),
        ("letter_print", letter.pk),
        ("member_detail", member.pk),
        ("member_edit", member.pk),
        ("member_account", member.pk),
    ]
    for persona in ("other_community_secretary", "sibling_community_secretary", "home_secretary"):
        client = sign_in(world, persona)
        for name, pk in pages:
            assert client.get(reverse(name, args=[pk])).status_code == 404, (persona, name)
        for name in ("registration_list", "archive", "letter_list"):
            html = client.get(reverse(name)).content.decode()
            assert NAME not in html, (persona, name)
        assert client.post(reverse("receipt_sent", args=[letter.pk]), {"on": today()}).status_code == 404
        assert NAME not in client.get(reverse("desk")).content.decode()
    # Only its own receiver finds it by its number.
    assert find_letter(world.users["other_community_secretary"], letter.number) is None
    assert find_letter(world.users["community_secretary"], letter.number) == letter


def test_members_keep_to_themselves_until_the_letter_is_accepted(world: World) -> None:
    """Who is named as a keeper: nobody for accounts of somebody that another receiver has accepted."""
    first = accepted(world)
    entered(world, "community3", by="other_community_secretary", home=first.home_branch, number="二号")
    assert first.member.keepers() == [world.community]
    client = sign_in(world, "other_community_secretary")
    for name in ("member_edit", "member_account"):
        assert client.get(reverse(name, args=[first.member_id])).status_code == 404, name
    assert list(Member.objects.kept_by(Organisation.objects.filter(pk=world.community.pk))) == [first.member]
    assert not Member.objects.kept_by(Organisation.objects.filter(pk=world.community3.pk)).filter(name=NAME).exists()


def test_the_receiver_keeps_the_data_and_prints_the_slip(world: World) -> None:
    member = accepted(world).member
    client = sign_in(world, "community_secretary")
    page = client.get(reverse("member_detail", args=[member.pk])).content.decode()
    assert reverse("member_edit", args=[member.pk]) in page
    assert reverse("member_account", args=[member.pk]) in page
    edit = client.get(reverse("member_edit", args=[member.pk]))
    assert edit.status_code == 200
    assert PHONE not in edit.content.decode()
    assert NUMBER not in edit.content.decode()
    client.post(reverse("member_account", args=[member.pk]))
    member.refresh_from_db()
    assert member.user is not None
    slip = member.user.slips.get()
    printed = client.post(reverse("slip_print", args=[slip.pk]))
    assert printed.status_code == 200
    # A card is the home branch's own paper.
    assert client.post(reverse("card_issue", args=[member.pk])).status_code == 403


def _with_account(member: Member) -> Client:
    user = accounts.open_account(member=member, by=SYSTEM)
    client = Client()
    client.force_login(user, backend="members.backends.PortalBackend")
    return client


def test_the_same_rights_in_the_project_hall_and_over_ones_data(world: World) -> None:
    member = accepted(world).member
    client = _with_account(member)
    member.refresh_from_db()
    assert client.get(reverse("my_page")).status_code == 200
    assert client.get(reverse("my_data_download")).status_code in (200, 302)
    project = ProjectFactory(organisation=world.community, author=world.users["community_clerk"])
    assert claims.claim_as_member(project=project, member=member, by=member.user).state == "confirmed"
    asked = corrections.ask(member=member, field=CorrectionField.WORK_UNIT, proposed="三站市场B区", by=member.user)
    secretary = sign_in(world, "community_secretary")
    assert NAME in secretary.get(reverse("correction_list")).content.decode()
    secretary.post(reverse("correction_answer", args=[asked.pk]), {"correct": "1", "answer": ""})
    member.refresh_from_db()
    assert member.work_unit == "三站市场B区"
    assert NAME not in sign_in(world, "other_community_secretary").get(reverse("correction_list")).content.decode()


def test_who_can_see_my_data_names_the_receiver_and_says_what_the_home_gets(world: World) -> None:
    member = accepted(world).member
    seen = {viewer.organisation.name: viewer for viewer in registry.viewers.of(member)}
    home = member.home_branch()
    assert home is not None
    assert seen[home.name].people == []
    assert "纸质" in seen[home.name].what
    assert {world.community.name, world.street.name} < set(seen)


def test_the_desk_costs_the_same_with_one_and_three(world: World, django_assert_max_num_queries: Any) -> None:
    home = outside_branch()
    client = sign_in(world, "community_clerk")
    accepted(world, home=home)
    client.get(reverse("desk"))  # what is read once per process
    with django_assert_max_num_queries(8):
        client.get(reverse("desk"))
    for number in (401, 402):
        accepted(world, home=home, number=f"{number}号", person=person(name=f"孙{number}", id_number=id_number(number)))
    with django_assert_max_num_queries(8):
        page = client.get(reverse("desk"))
    assert len(page.context["to_post"]) == 3


def test_a_receipt_is_posted_once_and_not_before_it_was_written(world: World) -> None:
    registration = accepted(world)
    letter, by = registration.letters.get(), world.users["community_clerk"]
    refused("not_to_post", desk.mark_receipt_sent, letter=letter, on=today() - dt.timedelta(days=1), by=by)
    refused("not_to_post", desk.mark_receipt_sent, letter=letter, on=today() + dt.timedelta(days=1), by=by)
    desk.mark_receipt_sent(letter=letter, on=today(), by=by)
    refused("not_to_post", desk.mark_receipt_sent, letter=letter, on=today(), by=by)
    online = ask(world, "li", "community")
    issued = letters.issue(registration=online, valid_days=30, by=world.users["home_secretary"])
    letters.accept(registration=online, placement=world.community, by=world.users["community_secretary"])
    refused(
        "not_to_post", desk.mark_receipt_sent, letter=IntroductionLetter.objects.get(pk=issued.pk), on=today(), by=by
    )


def test_not_accepted_is_posted_too(world: World) -> None:
    registration = entered(world)
    letters.decline(
        registration=registration,
        decline_reason="wrong_jurisdiction",
        remark="应向三站市场报到",
        by=world.users["community_secretary"],
    )
    assert registration.state == S.DECLINED
    assert registration.letters.get() in IntroductionLetter.objects.to_post(world.users["community_clerk"])


def test_the_contact_of_who_has_long_left_is_forgotten_though_the_home_goes_on(world: World) -> None:
    registration = accepted(world)
    member, kind = registration.member, registry.retentions.kinds["former_contact"]
    long_ago = today() - dt.timedelta(days=2000)
    HomeMembership.objects.filter(member=member).update(started_on=long_ago)
    before = timezone.now() - dt.timedelta(days=1095)
    assert kind.count(before) == 0
    ActivityRegistration.objects.filter(pk=registration.pk).update(
        state=S.CLOSED, accepted_on=long_ago, closed_on=today(), close_reason="other"
    )
    assert kind.count(before) == 0
    ActivityRegistration.objects.filter(pk=registration.pk).update(closed_on=long_ago)
    assert kind.purge(before) == 1
    member.refresh_from_db()
    assert member.phone == ""


def test_my_page_sends_nobody_with_an_outside_home_to_a_form(world: World) -> None:
    member = accepted(world).member
    member.user = UserFactory()
    member.save()
    client = Client()
    client.force_login(member.user, backend="members.backends.PortalBackend")
    assert reverse("registration_new") not in client.get(reverse("my_page")).content.decode()
    assert reverse("registration_new") in sign_in(world, "member").get(reverse("my_page")).content.decode()
