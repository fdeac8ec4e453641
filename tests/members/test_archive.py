"""The archive 党员档案库: found by one to three characters, narrowed, sorted, exported; at the size of a city."""

from __future__ import annotations

import datetime as dt
import io
import time
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from benchmarks import crowd
from dualmgmt.lib import pages
from dualmgmt.lib.pages import InTurn, LongPaginator
from evaluations.models import Period
from members.actions import people
from members.enums import CloseReason
from members.enums import RegistrationState as S
from members.models import ActivityRegistration, Member, MemberSkill
from tests.factories import (
    AppointmentFactory,
    MemberFactory,
    PeriodFactory,
    RegistrationFactory,
    SkillFactory,
    UserFactory,
)
from tests.members.helpers import sign_in
from tests.world import World

NAMES = ("王建国", "李建国", "建国", "国建", "欧阳建国", "王明", "明王", "张小明", "阿依古丽·买买提")


@pytest.fixture
def registered(world: World) -> dict[str, ActivityRegistration]:
    """People of many names with the community, and one of each name with another community."""
    made = {}
    for name in NAMES:
        for receiver in ("community", "community3"):
            member = MemberFactory(name=name, name_initials=people.initials(name), home=world.branch_a)
            row = RegistrationFactory(
                member=member, organisation=world.organisations[receiver], placement=world.organisations[receiver]
            )
            if receiver == "community":
                made[name] = row
    return made


def found(client: Client, **query: Any) -> list[str]:
    return [row.member.name for row in client.get(reverse("archive"), query).context["page"]]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("王", ["王建国", "王明", "明王"]),
        ("明", ["明王", "张小明", "王明"]),
        ("建国", ["建国", "李建国", "欧阳建国", "王建国"]),
        ("国建", ["国建"]),
        ("王 明", ["王明"]),
        ("王建国", ["王建国"]),
        ("阳建", ["欧阳建国"]),
        ("·买", ["阿依古丽·买买提"]),
        ("wj", ["王建国"]),
        ("OYJ", ["欧阳建国"]),
        ("赵", []),
        ("%", []),
        ("_", []),
        ("\\", []),
    ],
)
def test_a_name_is_found_by_its_characters_and_its_initials(
    world: World, registered: dict[str, ActivityRegistration], text: str, names: list[str]
) -> None:
    """Those that begin with the text come first; a sign that means something to the database is a sign."""
    client = sign_in(world, "community_secretary")
    assert found(client, q=text) == names
    page = sign_in(world, "unit_secretary").get(reverse("member_list"), {"q": text}).context["page"]
    roster = [row.name for row in page if row not in world.members.values()]
    assert roster == [name for name in names for _receiver in range(2)], "the roster is searched in the same way"


def test_pages_go_through_both_parts_of_a_search(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(7):
        MemberFactory(name=f"明{number}" if number < 4 else f"张{number}明")
    rows = Member.objects.order_by("name", "pk")
    both = InTurn(rows.filter(name__startswith="明"), rows.filter(name__holds_later="明"))
    whole = ["明0", "明1", "明2", "明3", "张4明", "张5明", "张6明"]
    for size in (1, 2, 3, 4, 5, 7, 10):
        paginator = LongPaginator(both, size)
        read = [row.name for number in paginator.page_range for row in paginator.page(number)]
        assert read == whole, size
    assert [row.name for row in both.iterator(chunk_size=2)] == whole


def test_a_long_list_is_not_counted_to_its_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "COUNTED", 5)
    for number in range(7):
        MemberFactory(name=f"明{number}", home=world.branch_a)
    client = sign_in(world, "home_secretary")
    page = client.get(reverse("member_list"), {"q": "明"})
    paginator = page.context["page"].paginator
    assert (paginator.count, paginator.more) == (5, True)
    exact = client.get(reverse("member_list"), {"q": "明6"}).context["page"].paginator
    assert (exact.count, exact.more) == (1, False)


def test_the_archive_is_narrowed_by_unit_branch_skill_and_period(
    world: World, registered: dict[str, ActivityRegistration]
) -> None:
    law, advice = SkillFactory(), SkillFactory()
    type(advice).objects.filter(pk=advice.pk).update(parent=law)
    MemberSkill.objects.create(member=registered["王明"].member, skill=advice)
    Member.objects.filter(pk=registered["张小明"].member_id).update(work_unit="三站市场第一商行")
    hospital = RegistrationFactory(
        member=MemberFactory(name="周医生", home=world.branch_c),
        organisation=world.community,
        placement=world.themed,
        accepted_on=dt.date(2026, 2, 1),
    )
    left = registered["国建"]
    ActivityRegistration.objects.filter(pk=left.pk).update(
        state=S.CLOSED, closed_on=dt.date(2025, 12, 1), close_reason=CloseReason.MOVED_RESIDENCE
    )
    winter = PeriodFactory(code="2026Q1", starts_on=dt.date(2025, 12, 1), ends_on=dt.date(2026, 1, 31))
    assert Period.objects.count() == 1
    client = sign_in(world, "community_secretary")
    present = {*NAMES, "周医生"} - {"国建"}

    assert set(found(client)) == present
    assert found(client, unit="毓璜顶医院") == ["周医生"], "the unit of the home branch"
    assert set(found(client, unit="税务局")) == present - {"周医生"}
    assert found(client, unit="商行") == ["张小明"], "the employer on the roll"
    assert found(client, placement=world.themed.pk) == ["周医生"]
    assert found(client, skill=law.pk) == ["王明"], "what is below a skill is found with it"
    assert found(client, skill=advice.pk) == ["王明"]
    assert found(client, status="former") == ["国建"]
    assert set(found(client, period=winter.code)) == {*NAMES}, "who left on its first day, not who came after it"
    assert set(found(client, since="2025-12-02")) == present
    assert set(found(client, until="2025-12-31")) == {*NAMES}
    assert found(client, sort="newest")[0] == hospital.member.name
    assert found(client, sort="placement")[-1] == "周医生", "the branch comes after the receiver itself"
    assert found(client, q="明", sort="newest", unit="商行") == ["张小明"]
    assert "本人" not in found(client, period="nonsense", placement="x", skill="-1", since="gestern")


def test_the_export_is_the_list_in_its_order(world: World, registered: dict[str, ActivityRegistration]) -> None:
    client = sign_in(world, "community_secretary")
    answer = client.get(reverse("archive_export"), {"q": "建国"})
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active  # type: ignore[attr-defined]
    rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    assert [row[0] for row in rows[1:]] == found(client, q="建国") == ["建国", "李建国", "欧阳建国", "王建国"]
    flat = " ".join(str(cell) for row in rows for cell in row)
    for row in registered.values():
        for secret in (row.member.phone, row.member.id_number):
            assert secret not in flat


def test_who_has_left_is_on_no_contact_sheet(world: World, registered: dict[str, ActivityRegistration]) -> None:
    ActivityRegistration.objects.filter(pk=registered["国建"].pk).update(
        state=S.CLOSED, closed_on=dt.date(2025, 12, 1), close_reason=CloseReason.OTHER
    )
    client = sign_in(world, "community_secretary")
    assert client.get(reverse("contact_sheet"), {"status": "former"}).context["count"] == 0
    assert client.get(reverse("contact_sheet"), {"since": "2025-01-01"}).context["count"] == len(NAMES) - 1


def test_the_archive_costs_the_same_with_one_and_three_rows(world: World, django_assert_max_num_queries: Any) -> None:
    client = sign_in(world, "community_secretary")
    for people_there in (1, 3):
        while ActivityRegistration.objects.count() < people_there:
            RegistrationFactory(
                member=MemberFactory(home=world.branch_a), organisation=world.community, placement=world.themed
            )
        client.get(reverse("archive"))
        with django_assert_max_num_queries(QUERIES):
            client.get(reverse("archive"))


# Frame: session, user, appointments, notices. Filter: periods, receivers, branches, skills. List: count, rows, skills.
QUERIES = 13


@pytest.mark.postgres
@pytest.mark.slow
def test_a_city_of_120_000_registrations(db: None) -> None:
    """The literal number of queries is that of three rows; every page is there in a moment, on a busy machine too."""
    city = crowd.fill(members=131_000, registrations=131_000, receivers=200, homes=500)
    assert ActivityRegistration.objects.registered().count() >= 120_000
    client = Client()
    times = {}
    for user, query in (
        (city.city, {}),
        (city.city, {"q": "王"}),
        (city.city, {"q": "明"}),
        (city.city, {"q": "志明"}),
        (city.city, {"q": "wzm"}),
        (city.city, {"sort": "newest"}),
        (city.community, {}),
        (city.branch, {}),
    ):
        client.force_login(user, backend="members.backends.PortalBackend")
        client.get(reverse("archive"), query)
        with CaptureQueriesContext(connection) as queries:
            started = time.perf_counter()
            page = client.get(reverse("archive"), query)
            times[user.username, *query.values()] = time.perf_counter() - started
        assert len(page.context["page"]) == 25 or query.get("q") == "志明", query
        assert len(queries) <= QUERIES + 2, "a search reads two parts"
    assert max(times.values()) < 2, times


def test_the_head_of_a_branch_sees_its_members_and_nobody_else(
    world: World, registered: dict[str, ActivityRegistration]
) -> None:
    head = UserFactory(username="head")
    AppointmentFactory(user=head, organisation=world.themed)
    world.users["head"] = head
    ActivityRegistration.objects.filter(pk=registered["王明"].pk).update(placement=world.themed)
    client = sign_in(world, "head")
    assert found(client) == ["王明"]
    assert found(client, organisation=world.community.pk) == ["王明"]
    assert found(client, q="建国") == []
    assert found(client, status="former") == []
