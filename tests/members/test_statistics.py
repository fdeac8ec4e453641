"""Statistics of reporting in: recounted by hand, equal on page, in the records behind and in the spreadsheet."""

from __future__ import annotations

import datetime as dt
import io
from collections import defaultdict
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from branches.actions.pairings import pair
from branches.enums import Level
from branches.figures import Span
from branches.models import Organisation, Pairing
from dualmgmt.lib.clock import today
from evaluations.dashboard import figures as dashboard
from members import statistics
from members.actions import letters
from members.models import ActivityRegistration, HomeMembership, IntroductionLetter
from members.statistics import FIGURES
from tests.factories import DivisionFactory, MemberFactory, OrganisationFactory, RegistrationFactory
from tests.members.helpers import sign_in
from tests.scene import ask, register
from tests.world import World

DAY = dt.date(2026, 6, 30)


def on(organisation: Organisation, day: dt.date) -> dict[str, Any]:
    """Every figure of *organisation* with everything below it."""
    span = statistics.year_until(day)
    return {key: figure.sum(organisation, span) for key, figure in FIGURES.items()}


def place(world: World, code: str, parent: Organisation) -> Organisation:
    division = DivisionFactory(code=code, name=f"地{code}", level=Level.COMMUNITY, parent=world.divisions["district"])
    return OrganisationFactory(kind="committee", parent=parent, division=division, accepts_registrations=True)


def test_city_and_town_are_told_by_the_code_not_by_the_name(world: World) -> None:
    receivers = {
        "streets": world.community,
        "towns": place(world, "370602101001", world.street),
        "townships": place(world, "370602299001", world.street),
        "others": place(world, "370602400001", world.street),
    }
    market = OrganisationFactory(
        kind="committee", parent=world.district, division=world.divisions["district"], accepts_registrations=True
    )
    nowhere = OrganisationFactory(kind="committee", parent=world.district, accepts_registrations=True)
    for receiver in (*receivers.values(), market, nowhere):
        RegistrationFactory(member=world.members["zhao"], organisation=receiver)
    retired = MemberFactory(home=world.branch_a, work_status="retired")
    RegistrationFactory(member=retired, organisation=world.community)
    found = on(world.district, today())
    assert {key: found[key] for key in ("receivers", "in_service", *receivers)} == {
        "receivers": 6,
        "in_service": 6,
        "streets": 1,
        "towns": 1,
        "townships": 1,
        "others": 3,
    }
    assert on(world.street, today())["others"] == 1


def test_members_registered_of_those_expected(world: World) -> None:
    """Once however often they are registered; retired, exempt and former members are out."""
    li, wang = world.members["li"], world.members["wang"]
    for given_ in ({"work_status": "retired"}, {"exempt": True, "exempt_reason": "年老体弱"}, {"status": "removed"}):
        RegistrationFactory(member=MemberFactory(home=world.branch_a, **given_), organisation=world.community)
    for receiver in (world.community, world.community2):
        RegistrationFactory(member=li, organisation=receiver)
    RegistrationFactory(member=wang, organisation=world.community, state="pending_acceptance", accepted_on=None)
    found = on(world.bureau, today())
    assert (found["expected"], found["registered"]) == (2, 1)
    lines = {
        line.organisation.name: line for line in statistics.BOARD.table(world.bureau, statistics.year_until(today()))
    }
    assert {name: str(line.rates["reported"]) for name, line in lines.items()} == {
        "税务局第一党支部": "100.0",
        "税务局第二党支部": "0.0",
    }


def test_the_day_decides(world: World) -> None:
    row = RegistrationFactory(member=world.members["li"], organisation=world.community, accepted_on=dt.date(2026, 3, 1))
    ActivityRegistration.objects.filter(pk=row.pk).update(
        state="closed", closed_on=dt.date(2026, 5, 1), close_reason="moved_residence"
    )
    days = [dt.date(2026, 2, 28), dt.date(2026, 3, 1), dt.date(2026, 5, 1), dt.date(2026, 5, 2)]
    assert [on(world.bureau, day)["registered"] for day in days] == [0, 1, 1, 0]
    assert [on(world.community, day)["receivers"] for day in days] == [0, 1, 1, 0]


def test_letters_of_the_year_and_what_became_of_them(world: World) -> None:
    register(world, "li", "community", issuer="home_secretary", accepter="community_secretary")
    declined = ask(world, "li", "community2")
    letters.issue(registration=declined, valid_days=30, by=world.users["home_secretary"])
    letters.decline(
        registration=declined, decline_reason="other", remark="不属本辖区", by=world.users["street_officer"]
    )
    late = ask(world, "wang", "community")
    letter = letters.issue(registration=late, valid_days=30, by=world.users["unit_secretary"])
    IntroductionLetter.objects.filter(pk=letter.pk).update(
        issued_on=today() - dt.timedelta(days=40), valid_until=today() - dt.timedelta(days=10)
    )
    found = on(world.bureau, today())
    same_year = (today() - dt.timedelta(days=40)).year == today().year
    assert (found["issued"], found["accepted"], found["overdue"]) == (3 if same_year else 2, 1, 1)
    assert on(world.bureau, today() - dt.timedelta(days=10))["overdue"] == 0, "the last day itself is in time"
    assert on(world.hospital, today())["issued"] == 0
    # Void since a day: overdue before that day only.
    IntroductionLetter.objects.filter(pk=letter.pk).update(state="void", voided_at=timezone.now())
    assert on(world.bureau, today())["overdue"] == 0
    assert on(world.bureau, today() - dt.timedelta(days=1))["overdue"] == 1


def test_branches_paired_by_themselves_or_by_their_unit(world: World) -> None:
    by = world.users["unit_secretary"]
    pair(home_side=world.bureau, receiver=world.community, document_number="", by=by)
    pair(home_side=world.branch_a, receiver=world.community2, document_number="", by=by)
    found = on(world.works, today())
    assert (found["pairings"], found["paired_branches"], found["paired_members"]) == (2, 2, 2)
    assert on(world.hospital, today())["paired_branches"] == 0
    Pairing.objects.filter(home_side=world.bureau).update(ends_on=today())
    found = on(world.works, today())
    assert (found["pairings"], found["paired_branches"], found["paired_members"]) == (1, 1, 1)
    assert on(world.works, today() - dt.timedelta(days=1))["pairings"] == 0


def test_the_dashboard_means_the_same_by_the_same_words(world: World) -> None:
    for key in ("expected", "registered"):
        assert dashboard.FIGURES[key] is FIGURES[key]


# Pages


def test_a_figure_is_its_records_and_the_spreadsheet_is_the_page(world: World) -> None:
    register(world, "li", "community", issuer="home_secretary", accepter="community_secretary")
    pair(home_side=world.branch_a, receiver=world.community, document_number="", by=world.users["unit_secretary"])
    client = sign_in(world, "department_officer")
    page = client.get(reverse("registration_statistics"))
    assert page.context["organisation"] == world.city
    shown = page.context["total"].figures
    for key, amount in shown.items():
        records = client.get(reverse("registration_statistics_records", args=[world.city.code, key]))
        assert records.context["page"].paginator.count == records.context["amount"] == amount
        assert "李建国" not in records.content.decode()
    node = client.get(reverse("registration_statistics_node", args=[world.district.code]))
    answer = client.get(reverse("registration_statistics_export", args=[world.district.code]))
    book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    lines = list(book.worksheets[0].iter_rows(values_only=True))
    header, *rows = lines
    assert len(header) == 1 + len(FIGURES) + 2
    assert [row[0] for row in rows] == [*(line.organisation.name for line in node.context["lines"]), "合计"]
    for row, line in zip(rows, [*node.context["lines"], node.context["total"]], strict=True):
        assert [value or 0 for value in row[1 : 1 + len(FIGURES)]] == list(line.figures.values())
        rates = [None if share is None else float(share) for share in line.rates.values()]
        assert [None if value is None else float(value) for value in row[1 + len(FIGURES) :]] == rates
    assert [row[0] for row in book.worksheets[1].iter_rows(min_row=2, values_only=True)][: len(FIGURES)] == [
        str(figure.label) for figure in FIGURES.values()
    ]


def test_each_opens_their_own_part_of_the_tree(world: World) -> None:
    RegistrationFactory(member=world.members["zhao"], organisation=world.community3)
    client = sign_in(world, "unit_secretary")
    assert client.get(reverse("registration_statistics")).context["organisation"] == world.bureau
    for foreign in (world.hospital, world.works, world.community3):
        code = foreign.code
        assert client.get(reverse("registration_statistics_node", args=[code])).status_code == 404
        assert client.get(reverse("registration_statistics_export", args=[code])).status_code == 404
        assert client.get(reverse("registration_statistics_records", args=[code, "expected"])).status_code == 404
    own = client.get(reverse("registration_statistics_records", args=[world.bureau.code, "expected"]))
    assert own.context["amount"] == 2
    assert (
        client.get(reverse("registration_statistics_records", args=[world.bureau.code, "nothing"])).status_code == 404
    )
    assert sign_in(world, "member").get(reverse("registration_statistics")).status_code == 403


def test_a_wrong_day_is_said_at_its_field(world: World) -> None:
    client = sign_in(world, "unit_secretary")
    for day in ("31.12.", (today() + dt.timedelta(days=1)).isoformat()):
        page = client.get(reverse("registration_statistics"), {"day": day})
        assert page.context["form"].errors["day"]
        assert page.context["span"].last == today()
    page = client.get(reverse("registration_statistics"), {"day": "2026-06-30"})
    assert page.context["span"] == Span(dt.date(2026, 1, 1), DAY)


@pytest.mark.parametrize("count", [1, 3])
def test_number_of_queries(world: World, django_assert_max_num_queries: Any, count: int) -> None:
    for _number in range(count):
        branch = OrganisationFactory(parent=world.bureau)
        RegistrationFactory(member=MemberFactory(home=branch), organisation=world.community)
    client = sign_in(world, "unit_secretary")
    with django_assert_max_num_queries(22):
        client.get(reverse("registration_statistics"))
    with django_assert_max_num_queries(8):
        client.get(reverse("registration_statistics_records", args=[world.bureau.code, "registered"]))


# Any history, recounted in plain Python

histories = st.lists(
    st.tuples(
        st.integers(0, 2),  # home branch
        st.sampled_from(["in_service", "retired"]),
        st.booleans(),  # exempt
        st.lists(
            st.tuples(st.integers(0, 2), st.integers(-40, 40), st.one_of(st.none(), st.integers(0, 60))), max_size=3
        ),  # receiver, accepted that many days from DAY, closed that many days later
    ),
    max_size=6,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories)
def test_rates_equal_a_recount(world: World, history: list[Any]) -> None:
    branches = [world.branch_a, world.branch_b, world.branch_c]
    receivers = [world.community, world.community2, world.community3]
    HomeMembership.objects.all().delete()
    mark = transaction.savepoint()
    expected: dict[int, int] = defaultdict(int)
    registered: dict[int, int] = defaultdict(int)
    received: dict[int, int] = defaultdict(int)
    for home, work, exempt, rows in history:
        reason = "年老体弱" if exempt else ""
        member = MemberFactory(home=branches[home], work_status=work, exempt=exempt, exempt_reason=reason)
        is_open = False
        for where, accepted, lasted in rows:
            begins = DAY + dt.timedelta(days=accepted)
            ends = None if lasted is None else begins + dt.timedelta(days=lasted)
            closed = {"state": "closed", "closed_on": ends, "close_reason": "other"} if ends else {}
            if not ends and ActivityRegistration.objects.filter(
                member=member, organisation=receivers[where], state="active"
            ):
                continue  # one open registration at a time
            RegistrationFactory(member=member, organisation=receivers[where], accepted_on=begins, **closed)
            on_the_day = begins <= DAY and (ends is None or ends >= DAY)
            is_open = is_open or on_the_day
            received[where] += on_the_day and work == "in_service"
        expected[home] += work == "in_service" and not exempt
        registered[home] += work == "in_service" and not exempt and is_open
    for number in range(3):
        found = on(branches[number], DAY)
        assert (found["expected"], found["registered"]) == (expected[number], registered[number])
        found = on(receivers[number], DAY)
        assert found["in_service"] == found["streets"] == received[number]
    line = statistics.BOARD.total(world.city, statistics.BOARD.table(world.city, statistics.year_until(DAY)))
    whole = sum(expected.values())
    share = round(sum(registered.values()) * 100 / whole, 1) if whole else None
    assert line.rates["reported"] is None if share is None else abs(float(line.rates["reported"] or 0) - share) <= 0.1
    transaction.savepoint_rollback(mark)
