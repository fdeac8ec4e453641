"""Themed and mixed branches: set up below a receiver, filled, members moved, a head appointed, dissolved."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from branches.actions import organisations
from branches.enums import ChangeKind, Kind, Setting
from branches.models import Organisation, OrganisationChange
from dualmgmt.lib.actors import SYSTEM
from dualmgmt.lib.clock import today
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.models import AuditEvent, Notice
from members import rules
from members.actions import letters, themed
from members.branchrules import findings
from members.enums import CloseReason
from members.enums import RegistrationState as S
from members.models import ActivityRegistration, HomeMembership, Member
from members.queries import seen_as
from tests.factories import MemberFactory, OrganisationFactory, UserFactory
from tests.members.helpers import place, refused, sign_in
from tests.scene import ask, register
from tests.world import World, build

FIELDS = {"name": "银发义诊混编党支部", "setting": Setting.MIXED, "theme": "义诊", "purpose": "为老年居民看病"}


def history(row: ActivityRegistration) -> list[tuple[str, bool, str]]:
    return [
        (line.organisation.name, line.ended_on is None, line.reason)
        for line in row.placements.select_related("organisation").order_by("pk")
    ]


def test_a_receiver_sets_up_a_branch_with_its_first_members(
    world: World, people: list[ActivityRegistration], django_capture_on_commit_callbacks: Any
) -> None:
    first, second, third, _elsewhere = people
    user = UserFactory(name=first.member.name)
    Member.objects.filter(pk=first.member_id).update(user=user)
    client = sign_in(world, "community_secretary")
    url = reverse("themed_new", args=[world.community.code])
    page = client.get(url)
    assert set(page.context["form"].fields["first_members"].queryset) == {first, second, third}
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(url, {**FIELDS, "first_members": [first.pk, third.pk]})
    made = Organisation.objects.get(name=FIELDS["name"])
    assert answer.headers["Location"] == reverse("organisation_detail", args=[made.code])
    assert made.path.startswith(world.community.path)
    assert (made.kind, made.setting, made.theme, made.purpose, made.accepts_registrations, made.founded_on) == (
        Kind.BRANCH,
        Setting.MIXED,
        "义诊",
        "为老年居民看病",
        False,
        today(),
    )
    assert [change.kind for change in OrganisationChange.objects.filter(parts__organisation=made)] == [
        ChangeKind.FOUNDED
    ]
    assert set(made.placed_registrations.all()) == {first, third}
    assert history(third) == [("法律服务特色党支部", False, ""), (made.name, True, made.name)]
    assert history(second) == [("友谊街社区党委", True, "")]
    assert set(AuditEvent.objects.filter(event="registration.moved").values_list("subject_id", flat=True)) == {
        str(first.pk),
        str(third.pk),
    }
    assert [(notice.user, notice.kind) for notice in Notice.objects.all()] == [(user, "registration.moved")]
    assert HomeMembership.objects.open().get(member=first.member).organisation == world.branch_a, "home stays"


def test_a_forged_first_member_is_an_ordinary_error(world: World, people: list[ActivityRegistration]) -> None:
    client = sign_in(world, "community_secretary")
    answer = client.post(
        reverse("themed_new", args=[world.community.code]), {**FIELDS, "first_members": [people[3].pk]}
    )
    assert "first_members" in answer.context["form"].errors
    assert not Organisation.objects.filter(name=FIELDS["name"]).exists()
    refused(
        "stale",
        themed.found,
        receiver=world.community,
        first_members=[people[3].pk],
        by=SYSTEM,
        **FIELDS,
    )
    assert not Organisation.objects.filter(name=FIELDS["name"]).exists(), "all or nothing"


def test_the_department_sets_up_a_branch_but_sees_no_names(world: World, people: list[ActivityRegistration]) -> None:
    client = sign_in(world, "department_officer")
    page = client.get(reverse("themed_new", args=[world.community.code]))
    assert "first_members" not in page.context["form"].fields
    assert "甲一" not in page.content.decode()
    assert "甲一" not in client.get(reverse("organisation_detail", args=[world.community.code])).content.decode()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"setting": Setting.STANDARD}, "only_for_activities"),
        ({"name": " 法律服务特色党支部 "}, "branch_name_taken"),
    ],
)
def test_what_cannot_be_set_up(world: World, change: dict[str, str], code: str) -> None:
    refused(code, themed.found, receiver=world.community, first_members=[], by=SYSTEM, **{**FIELDS, **change})


def test_the_tree_decides_where_branches_may_be(world: World) -> None:
    """A receiver that is itself a branch places members in itself; a unit that receives nobody has no such branches."""
    firm = OrganisationFactory(
        code="FIRM", name="商会党支部", kind=Kind.BRANCH, parent=world.street, accepts_registrations=True
    )
    for receiver, code in ((firm, "branch_has_nothing_below"), (world.bureau, "not_a_receiver")):
        refused(code, themed.found, receiver=receiver, first_members=[], by=SYSTEM, **FIELDS)
    answer = sign_in(world, "street_officer").get(reverse("themed_new", args=[firm.code]), follow=True)
    assert "党支部不设下级组织" in answer.content.decode() or "上级" in answer.content.decode()
    assert not Organisation.objects.filter(name=FIELDS["name"]).exists()


def test_two_branches_of_one_receiver_get_two_codes(world: World) -> None:
    made = [
        themed.found(receiver=world.community, first_members=[], by=SYSTEM, **{**FIELDS, "name": name})
        for name in ("甲", "乙")
    ]
    assert len({row.code for row in made}) == 2
    assert all(row.code.startswith(world.community.code) for row in made)


def test_nobody_is_at_home_in_a_branch_for_activities(world: World) -> None:
    made = themed.found(receiver=world.community, first_members=[], by=SYSTEM, **FIELDS)
    refused("not_a_home_branch", rules.check_home_branch, organisation=made)
    refused("vetoed", organisations.edit_organisation, organisation=world.branch_a, setting=Setting.THEMED, by=SYSTEM)
    client = sign_in(world, "unit_secretary")
    answer = client.post(reverse("organisation_edit", args=[world.branch_a.code]), {"setting": Setting.MIXED})
    assert str(rules.HOMES_ARE_HERE) in answer.content.decode()
    world.branch_a.refresh_from_db()
    assert world.branch_a.setting == Setting.STANDARD


@pytest.mark.postgres
def test_the_database_lets_nobody_be_at_home_there(world: World) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        HomeMembership.objects.create(member=MemberFactory(), organisation=world.themed)
    with pytest.raises(IntegrityError), transaction.atomic():
        HomeMembership.objects.filter(member=world.members["li"]).update(organisation=world.themed)
    with pytest.raises(IntegrityError), transaction.atomic():
        Organisation.objects.filter(pk=world.branch_a.pk).update(setting=Setting.MIXED)
    HomeMembership.objects.create(member=MemberFactory(), organisation=world.themed, ended_on=today())


def test_members_are_moved_from_the_list_with_a_reason(world: World, people: list[ActivityRegistration]) -> None:
    first, second, third, _elsewhere = people
    client = sign_in(world, "community_secretary")
    page = client.get(reverse("placed_members", args=[world.community.code]))
    assert [row.member.name for row, _seen in page.context["rows"]] == ["丙三", "乙二", "甲一"]
    text = page.content.decode()
    assert first.member.phone not in text
    assert first.member.masked_phone in text
    move = reverse("placement_move", args=[world.community.code])
    chosen = [seen_as(first), seen_as(third)]
    assert client.post(move, {"chosen": chosen, "target": world.themed2.pk, "reason": ""}).context["form"].errors
    assert client.post(move, {"target": world.themed2.pk, "reason": "调整"}).context["form"].errors
    answer = client.post(move, {"chosen": chosen, "target": world.themed2.pk, "reason": "喜欢文艺"})
    assert answer.headers["Location"] == reverse("placed_members", args=[world.community.code])
    assert history(first) == [("友谊街社区党委", False, ""), ("文艺混编党支部", True, "喜欢文艺")]
    assert history(third) == [("法律服务特色党支部", False, ""), ("文艺混编党支部", True, "喜欢文艺")]
    second.refresh_from_db()
    assert second.placement == world.community
    shown = client.get(reverse("registration_detail", args=[first.pk])).content.decode()
    assert "喜欢文艺" in shown, "the history stands on the registration's page"


def test_one_member_is_moved_from_the_page_of_the_registration(
    world: World, people: list[ActivityRegistration]
) -> None:
    client = sign_in(world, "community_secretary")
    page = reverse("registration_detail", args=[people[0].pk])
    assert 'name="chosen"' in client.get(page).content.decode()
    data = {"one": "1", "chosen": seen_as(people[0]), "target": world.themed.pk, "reason": "懂法律"}
    answer = client.post(reverse("placement_move", args=[world.community.code]), data)
    assert answer.headers["Location"] == page
    people[0].refresh_from_db()
    assert people[0].placement == world.themed


def test_who_was_moved_meanwhile_is_looked_at_again(world: World, people: list[ActivityRegistration]) -> None:
    first, second, third, elsewhere = people
    seen = {row.pk: row.placement_id for row in (first, second)}
    move = {"receiver": world.community, "target": world.themed, "reason": "调整", "by": SYSTEM}
    themed.move(**{**move, "seen": {first.pk: first.placement_id}, "target": world.themed2})
    refused("stale", themed.move, seen=seen, **move)
    second.refresh_from_db()
    assert second.placement == world.community, "all or nobody"
    refused("nobody_to_move", themed.move, seen={third.pk: world.themed.pk}, **move)
    refused("stale", themed.move, seen={elsewhere.pk: elsewhere.placement_id}, **move)
    refused("reason_missing", themed.move, seen=seen, **{**move, "reason": " "})
    refused("wrong_placement", themed.move, seen=seen, **{**move, "target": world.community3})
    ActivityRegistration.objects.filter(pk=second.pk).update(
        state=S.CLOSED, closed_on=today(), close_reason=CloseReason.OTHER
    )
    refused("stale", themed.move, seen={second.pk: second.placement_id}, **move)


def test_bad_input_is_an_ordinary_error(world: World, people: list[ActivityRegistration]) -> None:
    client = sign_in(world, "community_secretary")
    move = reverse("placement_move", args=[world.community.code])
    for chosen in ("x", "1", "-1-2", f"{people[3].pk}-{people[3].placement_id}", "9" * 30, "１-２"):
        answer = client.post(move, {"chosen": chosen, "target": world.themed.pk, "reason": "调整"})
        assert answer.context["form"].errors, chosen
    answer = client.post(move, {"chosen": seen_as(people[0]), "target": world.community3.pk, "reason": "调整"})
    assert "target" in answer.context["form"].errors
    assert set(world.community3.placed_registrations.all()) == {people[3]}


# Rules, dissolving


def test_registered_full_members_count_for_the_rule_of_three(world: World, people: list[ActivityRegistration]) -> None:
    def broken() -> list[str]:
        return [found.rule for found in findings(Organisation.objects.filter(pk=world.themed.pk))]

    assert broken() == ["min_full"], "one is not three"
    place(world, "戊五", "themed")
    place(world, "己六", "themed", kind="probationary")
    assert broken() == ["min_full"], "a probationary member does not count"
    place(world, "庚七", "themed")
    assert broken() == []
    ActivityRegistration.objects.filter(pk=people[2].pk).update(
        state=S.CLOSED, closed_on=today(), close_reason=CloseReason.OTHER
    )
    assert broken() == ["min_full"], "who has left does not count"


@pytest.mark.parametrize("heir", ["themed2", None])
def test_dissolving_moves_the_members_on(world: World, people: list[ActivityRegistration], heir: str | None) -> None:
    """To another branch of the receiver, or to the receiver itself; the history tells."""
    client = sign_in(world, "community_secretary")
    url = reverse("organisation_change", args=[world.themed.code, "dissolve"])
    named = world.organisations[heir] if heir else None
    data = {
        "effect_on": today().isoformat(),
        "document_number": "友社〔2026〕3号",
        "heir": f"{named.name}（{named.code}）" if named else "",
    }
    preview = client.post(url, data)
    assert any("编入本支部的 1 名党员" in effect.sentence for effect in preview.context["effects"])
    answer = client.post(url, {**data, "confirm": "1", "shown": preview.context["shown"]})
    assert answer.status_code == 302
    row = people[2]
    row.refresh_from_db()
    target = named or world.community
    assert (row.placement, row.state, row.organisation) == (target, S.ACTIVE, world.community)
    assert [line[:2] for line in history(row)] == [("法律服务特色党支部", False), (target.name, True)]
    world.themed.refresh_from_db()
    assert world.themed.ended_on == today()
    refused(
        "wrong_placement",
        themed.move,
        receiver=world.community,
        seen={row.pk: row.placement_id},
        target=world.themed,
        reason="调整",
        by=SYSTEM,
    )


def test_members_are_accepted_into_a_new_branch_at_once(world: World) -> None:
    made = themed.found(receiver=world.community, first_members=[], by=SYSTEM, **FIELDS)
    registration = ask(world, "li", "community")
    letters.issue(registration=registration, valid_days=30, by=world.users["home_secretary"])
    client = sign_in(world, "community_secretary")
    client.post(reverse("registration_accept", args=[registration.pk]), {"placement": made.pk})
    registration.refresh_from_db()
    assert (registration.state, registration.placement) == (S.ACTIVE, made)
    assert history(registration) == [(made.name, True, "")]


def test_the_list_costs_the_same_with_one_and_three_rows(world: World, django_assert_max_num_queries: Any) -> None:
    client = sign_in(world, "community_secretary")
    url = reverse("placed_members", args=[world.themed.code])
    for many in (1, 3):
        while world.themed.placed_registrations.count() < many:
            place(world, f"人{many}", "themed")
        client.get(url)
        with django_assert_max_num_queries(10):
            client.get(url)


@pytest.mark.postgres
def test_of_many_who_move_one_member_one_wins(transactional_db: None) -> None:
    world = build()
    row = register(world, "li", "community", issuer="home_secretary", accepter="community_secretary")
    targets = [
        themed.found(receiver=world.community, first_members=[], by=SYSTEM, **{**FIELDS, "name": f"第{n}支部"})
        for n in range(8)
    ]

    def attempt(target: Organisation) -> str:
        try:
            themed.move(
                receiver=world.community, seen={row.pk: world.community.pk}, target=target, reason="调整", by=SYSTEM
            )
            return "done"
        except ActionDenied as denied:
            return denied.code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        results = Counter(pool.map(attempt, targets))
    assert results == {"done": 1, "stale": 7}
    row.refresh_from_db()
    assert [line.organisation for line in row.placements.filter(ended_on=None)] == [row.placement]
    assert row.placements.count() == 2
