"""One person on two rows becomes one row; two people who look alike are left alone."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse

from branches.enums import Role
from dualmgmt.lib.clock import today
from dualmgmt.models import AuditEvent
from evaluations.compile.homeunits import HomeUnits
from members import duplicates
from members.actions import cards, merging
from members.enums import CardState, CloseReason, RegistrationState
from members.models import DistinctPair, HomeMembership, Member
from projects.actions import claims, handover, records
from projects.models import Claim, ServiceRecord
from tests.factories import (
    AppointmentFactory,
    CategoryFactory,
    MemberFactory,
    ProjectFactory,
    RegistrationFactory,
    UserFactory,
)
from tests.members.helpers import refused, sign_in
from tests.world import World


@pytest.fixture
def twin(world: World) -> Member:
    """A second row of li at branch_b, with another ID number."""
    li = world.members["li"]
    return MemberFactory(name=li.name, birth_date=li.birth_date, home=world.branch_b)


def merge(world: World, keep: Member, lose: Member) -> None:
    merging.merge(keep=keep, lose=lose, by=world.users["unit_secretary"])


def test_the_finder_shows_pairs_of_ones_own_rolls(world: World, twin: Member) -> None:
    li, zhao = world.members["li"], world.members["zhao"]
    MemberFactory(name=zhao.name, birth_date=zhao.birth_date, home=world.branch_c)
    MemberFactory(name=li.name, birth_date=dt.date(1990, 1, 1), home=world.branch_b)  # only the name is the same
    found = duplicates.pairs(world.users["unit_secretary"])
    assert [(pair.first, pair.second) for pair in found] == [(li, twin)]
    assert duplicates.pairs(world.users["home_secretary"]) == []  # one of the rows is another branch's
    assert duplicates.pairs(world.users["member"]) == []


def test_the_same_phone_counts_too(world: World, twin: Member) -> None:
    li = world.members["li"]
    Member.objects.filter(pk=twin.pk).update(birth_date=None, phone=li.phone, phone_hash=li.phone_hash)
    (pair,) = duplicates.pairs(world.users["unit_secretary"])
    assert pair.same_phone
    assert not pair.same_birth_date


def test_merging_takes_everything_along_and_both_histories_stay(world: World, twin: Member) -> None:
    li = world.members["li"]
    RegistrationFactory(member=twin, organisation=world.community)
    project = ProjectFactory(
        author=world.users["community_clerk"], organisation=world.community, category=CategoryFactory(), places=3
    )
    claim = claims.claim_as_member(project=project, member=twin, by=world.users["unit_secretary"])
    records.state(
        claim=claim,
        member=twin,
        service_date=today(),
        hours=Decimal(2),
        people_served=1,
        content="巡逻",
        by=world.users["unit_secretary"],
    )
    cards.issue(member=li, by=world.users["home_secretary"])
    lost = cards.issue(member=twin, by=world.users["unit_secretary"])
    client = sign_in(world, "unit_secretary")
    page = client.get(reverse("duplicate_pair", args=[li.pk, twin.pk]))
    assert page.status_code == 200
    assert twin.id_number not in page.content.decode()
    client.post(reverse("duplicate_merge", args=[li.pk, twin.pk]))
    twin.refresh_from_db()
    assert twin.merged_into == li
    assert li.registrations.get().organisation == world.community
    assert Claim.objects.get().member == ServiceRecord.objects.get().member == li
    lost.refresh_from_db()
    assert (lost.state, lost.member) == (CardState.REVOKED, li)
    assert not HomeMembership.objects.open().filter(member=twin).exists()
    assert HomeMembership.objects.filter(member=twin).exists()
    html = client.get(reverse("member_detail", args=[li.pk])).content.decode()
    assert world.branch_b.name in html  # where the second row was at home stays readable
    assert {"member.merged", "member.merged_away"} <= set(AuditEvent.objects.values_list("event", flat=True))
    assert twin not in Member.objects.living()
    assert HomeUnits().branches(today())[world.bureau.pk] == [world.branch_a.pk, world.branch_b.pk]


def test_what_clashes_is_settled_first(world: World, twin: Member) -> None:
    li = world.members["li"]
    RegistrationFactory(member=li, organisation=world.community)
    second = RegistrationFactory(member=twin, organisation=world.community)
    refused("merge_unsettled", merge, world=world, keep=li, lose=twin)
    client = sign_in(world, "unit_secretary")
    page = client.get(reverse("duplicate_pair", args=[li.pk, twin.pk]))
    assert page.context["unsettled"]
    client.post(reverse("duplicate_merge", args=[li.pk, twin.pk]))
    assert Member.objects.get(pk=twin.pk).merged_into is None
    second.state, second.closed_on, second.close_reason = RegistrationState.CLOSED, today(), CloseReason.OTHER
    second.save()
    merge(world, li, twin)


def test_two_accounts_become_one(world: World, twin: Member) -> None:
    li = world.members["li"]
    twin.user = UserFactory()
    twin.save()
    AppointmentFactory(user=twin.user, organisation=world.branch_b, role=Role.CLERK)
    refused("merge_unsettled", merge, world=world, keep=li, lose=twin)
    twin.user.appointments.all().delete()
    merge(world, li, twin)
    twin.user.refresh_from_db()
    assert not twin.user.is_active
    assert Member.objects.get(pk=li.pk).user == world.users["member"]


def test_the_account_follows_where_only_one_has_one(world: World, twin: Member) -> None:
    li = world.members["li"]
    merge(world, twin, li)  # the other way round
    twin.refresh_from_db()
    assert twin.user == world.users["member"]
    assert sign_in(world, "member").get(reverse("my_page")).status_code == 200


def test_nobody_merges_twice_with_oneself_or_across_the_scope(world: World, twin: Member) -> None:
    li = world.members["li"]
    refused("merge_itself", merge, world=world, keep=li, lose=li)
    merge(world, li, twin)
    refused("merge_gone", merge, world=world, keep=li, lose=twin)
    client = sign_in(world, "home_secretary")
    zhao = world.members["zhao"]
    assert client.post(reverse("duplicate_merge", args=[li.pk, zhao.pk])).status_code == 404
    assert client.post(reverse("duplicate_apart", args=[li.pk, zhao.pk])).status_code == 404


def test_two_people_are_told_apart_once_and_for_all(world: World, twin: Member) -> None:
    li = world.members["li"]
    client = sign_in(world, "unit_secretary")
    for _time in range(2):
        client.post(reverse("duplicate_apart", args=[twin.pk, li.pk]))
    assert DistinctPair.objects.count() == 1
    assert duplicates.pairs(world.users["unit_secretary"]) == []


def test_one_who_asks_the_other_to_stand_in_takes_it_back_first(world: World, twin: Member) -> None:
    li = world.members["li"]
    twin.user = UserFactory()
    twin.save()
    for member in (li, twin):
        RegistrationFactory(member=member, organisation=world.community)
    project = ProjectFactory(organisation=world.community)
    claim = claims.claim_as_member(project=project, member=li, by=world.users["member"])
    handover.offer(claim=claim, stand_in=twin, by=world.users["member"])
    world.community.registrations.filter(member=twin).update(
        state=RegistrationState.CLOSED, closed_on=today(), close_reason="other"
    )
    refused("merge_unsettled", merge, world=world, keep=li, lose=twin)
    handover.withdraw_offer(claim=claim, by=world.users["member"])
    merge(world, li, twin)
    assert set(Claim.objects.values_list("member_id", flat=True)) == {li.pk}
