"""A whole unit reports in at once: choosing, preview, one letter each by the ordinary actions, results row by row."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from dualmgmt.models import AuditEvent, Notice, Outbox
from members import rules
from members.actions import batches, letters, registrations
from members.enums import BatchLineState as L
from members.enums import LetterState
from members.enums import RegistrationState as S
from members.models import ActivityRegistration, BatchLine, IntroductionLetter, ReportInBatch
from tests.factories import AppointmentFactory, MemberFactory, OrganisationFactory, UserFactory
from tests.members.batch_help import colleagues, put_down, states, work_off
from tests.members.helpers import refused
from tests.scene import ask
from tests.world import World, build


def test_each_line_becomes_a_letter_of_its_home_branch(world: World, django_capture_on_commit_callbacks: Any) -> None:
    li, wang = world.members["li"], world.members["wang"]
    batch = put_down(world, (li, world.community), (wang, world.community), (wang, world.community2))
    assert set(batch.lines.values_list("state", flat=True)) == {L.WAITING}
    assert not ActivityRegistration.objects.exists(), "nothing is issued before it is confirmed"

    with django_capture_on_commit_callbacks(execute=True):
        batches.send(batch=batch, by=world.users["unit_secretary"])
    lines = list(batch.lines.select_related("registration__home_branch"))
    assert [line.state for line in lines] == [L.DONE] * 3
    rows = [line.registration for line in lines]
    assert {(row.member, row.organisation, row.home_branch) for row in rows if row} == {
        (li, world.community, world.branch_a),
        (wang, world.community, world.branch_b),
        (wang, world.community2, world.branch_b),
    }
    assert {(row.state, row.issued_by, row.batch) for row in rows if row} == {
        (S.PENDING_ACCEPTANCE, world.users["unit_secretary"], batch)
    }
    year = timezone.localdate().year
    assert set(IntroductionLetter.objects.values_list("number", flat=True)) == {
        f"BRANCH_A介〔{year}〕1号",
        f"BRANCH_B介〔{year}〕1号",
        f"BRANCH_B介〔{year}〕2号",
    }
    # One notice per receiver, none to the branches that have nothing to do.
    told = Counter((notice.user.username, notice.kind) for notice in Notice.objects.select_related("user"))
    assert told == {("community_secretary", "letter.batch"): 1, ("street_officer", "letter.batch"): 1}
    events = Counter(AuditEvent.objects.values_list("event", flat=True))
    assert events == {
        "batch.drafted": 1,
        "batch.sent": 1,
        "registration.started": 3,
        "registration.submitted": 3,
        "letter.issued": 3,
    }


def test_a_line_that_is_not_possible_says_why_and_holds_nobody_up(world: World) -> None:
    li, wang = world.members["li"], world.members["wang"]
    ask(world, "li", "community")
    batch = put_down(world, (li, world.community), (wang, world.community))
    work_off(world, batch)
    first, second = batch.lines.order_by("pk")
    assert (first.state, first.remark, first.registration) == (L.REFUSED, str(rules.ALREADY_OPEN), None)
    assert second.state == L.DONE
    assert ActivityRegistration.objects.filter(member=li).count() == 1, "nothing is left of what was refused"

    batches.change_line(line=first, organisation=world.community2, by=world.users["unit_secretary"])
    first.refresh_from_db()
    assert (first.state, first.organisation, first.remark) == (L.WAITING, world.community2, "")
    batches.send(batch=batch, by=world.users["unit_secretary"])
    work_off(world, batch)
    assert set(batch.lines.values_list("state", flat=True)) == {L.DONE}
    refused("line_done", batches.change_line, line=second, organisation=world.community2, by=world.users["auditor"])
    refused("line_done", batches.drop_line, line=second, by=world.users["unit_secretary"])
    refused("batch_nothing_left", batches.send, batch=batch, by=world.users["unit_secretary"])
    refused("batch_nothing_left", batches.discard, batch=batch, by=world.users["unit_secretary"])


def test_refused_lines_are_tried_again_when_the_reason_is_gone(world: World) -> None:
    wang = world.members["wang"]
    batch = put_down(world, (wang, world.community))
    world.community.accepts_registrations = False
    world.community.save()
    work_off(world, batch)
    line = batch.lines.get()
    assert (line.state, line.remark) == (L.REFUSED, str(rules.NOT_RECEIVING))
    world.community.accepts_registrations = True
    world.community.save()
    batches.send(batch=batch, again=True, by=world.users["unit_secretary"])
    work_off(world, batch)
    assert batch.lines.get().state == L.DONE


def test_whoever_has_gone_to_another_unit_since_is_not_sent(world: World) -> None:
    li = world.members["li"]
    batch = put_down(world, (li, world.community))
    li.home_memberships.update(organisation=world.branch_c)
    work_off(world, batch)
    assert batch.lines.get().remark == str(rules.NOT_OF_THIS_UNIT)
    refused(
        "not_of_this_unit",
        batches.draft,
        organisation=world.bureau,
        chosen=[(li, world.community)],
        reason="paired",
        valid_days=30,
        paper=False,
        by=world.users["unit_secretary"],
    )


def test_the_right_to_issue_is_asked_for_when_the_letter_is_issued(world: World) -> None:
    batch = put_down(world, (world.members["wang"], world.community))
    work_off(world, batch, by="home_secretary")  # of another branch of the same unit
    assert batch.lines.get().remark == str(rules.NO_LETTERS_FROM_HERE)


@pytest.mark.parametrize(
    ("count", "days", "code"), [(0, 30, "batch_empty"), (1, 0, "validity_range"), (1, 91, "validity_range")]
)
def test_what_cannot_be_put_down(world: World, count: int, days: int, code: str) -> None:
    chosen = [(world.members["li"], world.community)] * count
    refused(
        code,
        batches.draft,
        organisation=world.bureau,
        chosen=chosen,
        reason="paired",
        valid_days=days,
        paper=False,
        by=world.users["unit_secretary"],
    )
    assert not ReportInBatch.objects.exists()


def test_too_many_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "BATCH_MAX", 2)
    chosen = [(member, world.community) for member in colleagues(world, 3)]
    with pytest.raises(rules.ActionDenied, match="2"):
        put_down(world, *chosen)


def test_the_same_line_twice_is_refused(world: World) -> None:
    li = world.members["li"]
    batch = put_down(world, (li, world.community), (li, world.community), (li, world.community2))
    assert batch.lines.count() == 2
    line = batch.lines.get(organisation=world.community2)
    refused("line_twice", batches.change_line, line=line, organisation=world.community, by=world.users["auditor"])
    batches.drop_line(line=line, by=world.users["unit_secretary"])
    assert states(batch) == {"李建国→友谊街社区党委": L.WAITING}
    batches.discard(batch=batch, by=world.users["unit_secretary"])
    assert not batch.lines.exists()


def test_whoever_issued_the_letters_does_not_accept_them(world: World) -> None:
    """One officer of the committee above both sides holds one key only."""
    AppointmentFactory(user=world.users["unit_secretary"], organisation=world.community)
    batch = put_down(world, (world.members["li"], world.community), (world.members["wang"], world.community))
    work_off(world, batch)
    rows = list(ActivityRegistration.objects.all())
    left = batches.accept_many(registrations=rows, placement=world.themed, by=world.users["unit_secretary"])
    assert [sentence for _row, sentence in left] == [str(rules.TWO_KEYS)] * 2
    assert not batches.accept_many(registrations=rows, placement=world.themed, by=world.users["community_secretary"])
    assert set(ActivityRegistration.objects.values_list("state", flat=True)) == {S.ACTIVE}


def test_pressing_twice_sends_once(world: World, django_capture_on_commit_callbacks: Any) -> None:
    batch = put_down(world, *((member, world.community) for member in colleagues(world, 12)))
    batches.send(batch=batch, by=world.users["unit_secretary"])
    refused("batch_being_sent", batches.send, batch=batch, by=world.users["unit_secretary"])
    assert Outbox.objects.filter(task="members.send_batch_lines").count() == 2
    # The doorbell rings twice for the same lines.
    work_off(world, batch)
    work_off(world, batch)
    assert IntroductionLetter.objects.count() == 12
    assert set(batch.lines.values_list("state", flat=True)) == {L.DONE}


def test_merging_two_rows_of_a_person_takes_their_lines_along(world: World) -> None:
    li, again = world.members["li"], MemberFactory(name="李建国", home=world.branch_a)
    batch = put_down(world, (li, world.community), (again, world.community), (again, world.community2))
    batches.follow_merge(keep=li, lose=again)
    assert states(batch) == {"李建国→友谊街社区党委": L.WAITING, "李建国→建昌街社区党委": L.WAITING}
    assert set(batch.lines.values_list("member", flat=True)) == {li.pk}


# The journey of a unit


def test_a_unit_of_thirty_at_five_communities(world: World) -> None:
    """Two returned, one declined, one expired on paper, one member at two communities."""
    places = [world.community, world.community2, world.community3]
    for name in ("幸福社区党委", "南山社区党委"):
        places.append(OrganisationFactory(name=name, kind="committee", parent=world.street, accepts_registrations=True))
    people = colleagues(world, 30)
    chosen = [(member, places[number % 5]) for number, member in enumerate(people)]
    batch = put_down(world, *chosen, (people[0], places[1]))
    work_off(world, batch)
    assert Counter(batch.lines.values_list("state", flat=True)) == {L.DONE: 31}
    assert Counter(batch.lines.values_list("organisation", flat=True)) == Counter(
        {place.pk: 7 if place == places[1] else 6 for place in places}
    )
    numbers = list(IntroductionLetter.objects.order_by("pk").values_list("number", flat=True))
    assert numbers == [f"BRANCH_A介〔{timezone.localdate().year}〕{number}号" for number in range(1, 32)]

    here = world.users["community_secretary"]
    mine = list(ActivityRegistration.objects.filter(organisation=world.community).order_by("pk"))
    for row in mine[:2]:
        registrations.send_back(registration=row, reason="住址不符", by=here)
    letters.decline(registration=mine[2], decline_reason="wrong_jurisdiction", remark="属建昌街", by=here)
    assert not batches.accept_many(registrations=mine[3:], placement=world.themed, by=here)
    there = UserFactory()
    AppointmentFactory(user=there, organisation=world.street)
    for place in (places[1], places[3], places[4]):
        rows = ActivityRegistration.objects.filter(organisation=place, state=S.PENDING_ACCEPTANCE)
        assert not batches.accept_many(registrations=rows, placement=place, by=there)
    found = Counter(ActivityRegistration.objects.filter(batch=batch).values_list("state", flat=True))
    assert found == {S.ACTIVE: 3 + 7 + 6 + 6, S.RETURNED: 2, S.DECLINED: 1, S.PENDING_ACCEPTANCE: 6}
    assert {row.organisation for row in people[0].registrations.all()} == {world.community, world.community2}

    # What came back goes out again with a letter of its own.
    registrations.submit(registration=mine[0], by=world.users["home_secretary"])
    again = letters.issue(registration=mine[0], valid_days=30, by=world.users["home_secretary"])
    assert again.number.endswith("〕32号")
    assert mine[0].letters.exclude(pk=again.pk).get().state == LetterState.VOID
    assert batch.lines.get(registration=mine[0]).state == L.DONE


def test_a_paper_letter_of_a_unit_that_ran_out_is_issued_anew(world: World) -> None:
    """The line and its registration stay; the number is another one."""
    batch = put_down(world, *((member, world.community) for member in colleagues(world, 3)), paper=True)
    work_off(world, batch)
    assert set(ActivityRegistration.objects.values_list("state", flat=True)) == {S.ISSUED}
    late = batch.lines.order_by("pk")[0].registration
    assert late is not None
    old = late.letters.get()
    IntroductionLetter.objects.filter(pk=old.pk).update(issued_on="2026-01-01", valid_until="2026-01-31")
    assert letters.expire_letters() == 1
    old = late.letters.select_related("registration").get()
    fresh = letters.reissue(letter=old, valid_days=30, reason="逾期未交", by=world.users["unit_secretary"], paper=False)
    late.refresh_from_db()
    assert (late.state, late.batch, fresh.replaces) == (S.PENDING_ACCEPTANCE, batch, old)
    assert batch.lines.get(registration=late).state == L.DONE
    assert not batches.accept_many(registrations=[late], placement=world.themed, by=world.users["community_secretary"])


# Races


@pytest.mark.postgres
def test_two_officers_send_the_same_lines_at_once(transactional_db: None) -> None:
    crowd = build()
    batch = put_down(crowd, *((member, crowd.community) for member in colleagues(crowd, 12)))
    people = [crowd.users["unit_secretary"], UserFactory(), UserFactory(), UserFactory()]
    for person in people[1:]:
        AppointmentFactory(user=person, organisation=crowd.bureau)

    def work(number: int) -> None:
        try:
            batches.send_lines(batch=ReportInBatch.objects.get(pk=batch.pk), first=0, last=2**31, by=people[number])
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert Counter(batch.lines.values_list("state", flat=True)) == {L.DONE: 12}
    assert ActivityRegistration.objects.count() == IntroductionLetter.objects.count() == 12
    running = sorted(int(n.split("〕")[1][:-1]) for n in IntroductionLetter.objects.values_list("number", flat=True))
    assert running == list(range(1, 13))


@pytest.mark.postgres
def test_two_batches_want_the_same_members(transactional_db: None) -> None:
    crowd = build()
    people = colleagues(crowd, 8)
    made = [put_down(crowd, *((member, crowd.community) for member in people)) for _number in range(2)]

    def work(number: int) -> None:
        try:
            batches.send_lines(batch=made[number], first=0, last=2**31, by=crowd.users["unit_secretary"])
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))
    assert Counter(BatchLine.objects.values_list("state", flat=True)) == {L.DONE: 8, L.REFUSED: 8}
    assert set(BatchLine.objects.filter(state=L.REFUSED).values_list("remark", flat=True)) == {str(rules.ALREADY_OPEN)}
    assert ActivityRegistration.objects.count() == 8
