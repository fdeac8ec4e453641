"""The demo is written in bulk; recounted, it must look as if the actions had made it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Count, F, Q, Sum
from django.test import Client
from django.urls import reverse

from branches.enums import ACTIVITY_ONLY_SETTINGS, Kind, Level
from branches.models import Appointment, Division, Organisation
from dualmgmt import rotation
from dualmgmt.demo import is_demo
from dualmgmt.demo.personas import PERSONAS
from dualmgmt.lib import numbers
from dualmgmt.lib.clock import today
from dualmgmt.lib.secrets import lookup_hash
from dualmgmt.management.commands.seed_demo import seed
from dualmgmt.models import RunningNumber
from evaluations import facts
from evaluations.enums import FeedbackState
from evaluations.models import FactualFeedback, FeedbackReport, Period
from members import idnumber, queries
from members.enums import REGISTERED_STATES, LetterState, RegistrationState
from members.models import ActivityRegistration, HomeMembership, IntroductionLetter, Member, User
from projects.enums import ClaimState, NeedState, ProjectState, RecordState
from projects.models import Category, Claim, Need, ServiceProject, ServiceRecord

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """One small demo for all tests of this module, gone with it."""
    with django_db_blocker.unblock(), transaction.atomic():
        seed("small")
        yield
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _use(demo: object) -> None: ...


def test_a_demo_is_known_as_one() -> None:
    assert is_demo()


def test_the_ground_is_zhifu() -> None:
    assert Division.objects.in_force().filter(parent__code="370602", level=Level.STREET).count() == 12
    assert Division.objects.in_force().filter(parent__parent__code="370602", level=Level.COMMUNITY).count() == 158


def test_the_tree_is_sound() -> None:
    assert Organisation.objects.find_problems() == ([], [], [], [], [])
    wrong = Organisation.objects.filter(leads__isnull=False).exclude(division=F("leads"))
    assert not wrong.exists()


def test_every_member_is_at_home_in_exactly_one_real_branch() -> None:
    homes = Counter(HomeMembership.objects.open().values_list("member_id", flat=True))
    assert homes == dict.fromkeys(Member.objects.values_list("pk", flat=True), 1)
    odd = HomeMembership.objects.exclude(organisation__kind=Kind.BRANCH) | HomeMembership.objects.filter(
        organisation__setting__in=ACTIVITY_ONLY_SETTINGS
    )
    assert not odd.exists()


def test_id_numbers_are_valid_and_can_be_found() -> None:
    for member in Member.objects.all():
        assert idnumber.clean(member.id_number) == member.id_number
        assert member.id_hash == lookup_hash(member.id_number)
        assert idnumber.birth_date(member.id_number) == member.birth_date
        assert idnumber.sex(member.id_number) == member.sex


def test_nobody_accepted_a_letter_they_had_issued() -> None:
    registered = ActivityRegistration.objects.filter(state__in=REGISTERED_STATES)
    assert registered.exists()
    assert not registered.filter(Q(issued_by=None) | Q(accepted_by=None) | Q(issued_by=F("accepted_by"))).exists()


def test_registrations_lie_away_from_home_and_are_placed_below_the_receiver() -> None:
    for row in ActivityRegistration.objects.select_related("organisation", "home_branch", "placement"):
        assert not row.home_branch.path.startswith(row.organisation.path)
        if row.placement is not None:
            assert row.placement.path.startswith(row.organisation.path)
        elif row.state in REGISTERED_STATES:
            pytest.fail(f"{row} is registered but placed nowhere")


def test_letters_fit_their_registrations() -> None:
    used = IntroductionLetter.objects.filter(state=LetterState.USED)
    assert used.exists()
    assert not used.filter(receipt_number=None).exists()
    registered = ActivityRegistration.objects.filter(state__in=REGISTERED_STATES)
    assert registered.filter(letters__state=LetterState.USED).distinct().count() == registered.count()
    waiting = ActivityRegistration.objects.filter(state=RegistrationState.PENDING_ACCEPTANCE)
    assert waiting.exists()
    assert waiting.filter(letters__state=LetterState.VALID).distinct().count() == waiting.count()


def test_letters_are_in_every_state_that_somebody_has_to_see_to() -> None:
    letters = IntroductionLetter.objects.all()
    assert letters.overdue().exists()
    assert letters.expired().exists()
    assert letters.filter(state=LetterState.VOID, replaced_by__isnull=False).exists()
    assert not letters.filter(state=LetterState.VOID).filter(Q(voided_at=None) | Q(void_reason="")).exists()
    danwei = User.objects.get(username="danwei")
    assert queries.letters_escalated(danwei).exists()
    paper = ActivityRegistration.objects.filter(state=RegistrationState.ISSUED)
    assert paper.exists()
    assert paper.filter(letters__state=LetterState.VALID, handed_in_at=None).distinct().count() == paper.count()


def test_running_numbers_go_on_where_the_demo_ended() -> None:
    assert RunningNumber.objects.exists()
    project = (
        ServiceProject.objects.select_related("organisation").filter(number__contains=f"〔{today().year}〕").first()
    )
    assert project is not None
    running = numbers.take(f"project:{project.organisation_id}", today().year)
    fresh = f"{project.organisation.number_prefix()}项〔{today().year}〕{running}号"
    assert not ServiceProject.objects.filter(number=fresh).exists()


def test_places_taken_are_the_places_held() -> None:
    held = dict(
        Claim.objects.holding()
        .order_by()
        .values("project")
        .annotate(places=Sum("places"))
        .values_list("project", "places")
    )
    rows = ServiceProject.objects.values_list("pk", "taken", "places")
    assert {pk: taken for pk, taken, _places in rows} == {pk: held.get(pk, 0) for pk, _taken, _places in rows}
    last = dict(Claim.objects.order_by().values("project").annotate(n=Count("pk")).values_list("project", "n"))
    assert all(row.last_claim >= last.get(row.pk, 0) for row in ServiceProject.objects.all())


def test_claimants_were_registered_or_at_home_there() -> None:
    for claim in Claim.objects.filter(member__isnull=False).select_related("project__organisation"):
        mine = ActivityRegistration.objects.filter(
            member_id=claim.member_id, organisation=claim.project.organisation, accepted_on__isnull=False
        )
        assert mine.exists(), claim.number


def test_records_are_possible() -> None:
    records = ServiceRecord.objects.select_related("claim")
    assert {RecordState.STATED, RecordState.VERIFIED} <= set(records.values_list("state", flat=True))
    assert not records.filter(service_date__gt=today()).exists()
    assert not records.filter(verified_by=F("stated_by")).exists()
    assert not records.filter(verified_by=F("member__user")).exists()
    per_day = records.order_by().values("member", "service_date").annotate(hours=Sum("hours"))
    assert all(row["hours"] <= 12 for row in per_day)
    for record in records:
        assert record.service_date >= record.claim.claimed_at.date() - dt.timedelta(days=1)
        assert record.claim.state in (ClaimState.CONFIRMED, ClaimState.FINISHED)


def test_the_service_cycle_is_alive() -> None:
    done = ServiceProject.objects.filter(state=ProjectState.COMPLETED)
    assert set(done.values_list("category", flat=True)) <= set(Category.objects.values_list("pk", flat=True))
    assert ServiceProject.objects.values("category").distinct().count() == Category.objects.count() == 10
    assert ServiceProject.objects.open_for_claims().exists()
    assert set(Need.objects.values_list("state", flat=True)) == set(NeedState.values)
    assert Claim.objects.filter(branch__isnull=False).exists()
    assert ServiceRecord.objects.verified().exclude(hours=F("verified_hours")).exists()


def test_feedback_states_what_the_records_say() -> None:
    """Frozen facts recounted, for the period that has been reported."""
    old = Period.objects.filter(reports__isnull=False).distinct().get()
    rows = list(FactualFeedback.objects.filter(period=old).select_related("registration__organisation"))
    registrations = ActivityRegistration.objects.open_during(old.starts_on, old.ends_on)
    assert {row.registration_id for row in rows} == set(registrations.values_list("pk", flat=True))
    assert {row.state for row in rows} == {FeedbackState.CONFIRMED}
    found = facts.of_feedback(rows, old)
    assert {row.pk: row.facts for row in rows} == found


def test_reports_count_what_was_verified() -> None:
    reports = FeedbackReport.objects.current()
    assert reports.exists()
    assert reports.filter(acknowledged_at__isnull=False).count() * 2 > reports.count()
    period = reports.values_list("period", flat=True).distinct().get()
    verified = ServiceRecord.objects.verified().filter(
        service_date__range=Period.objects.values_list("starts_on", "ends_on").get(pk=period)
    )
    assert sum(report.content["totals"]["records"] for report in reports) == verified.count()
    for report in reports.filter(acknowledged_at__isnull=False):
        assert not report.sections.filter(acknowledged_at=None).exists()


def test_the_last_quarter_waits_to_be_played() -> None:
    last = Period.objects.filter(ends_on__lt=today()).latest("ends_on")
    states = set(FactualFeedback.objects.filter(period=last).values_list("state", flat=True))
    assert FeedbackState.OPEN in states
    assert not last.reports.exists()


@pytest.mark.parametrize("persona", PERSONAS, ids=lambda row: row.key)
def test_each_persona_signs_in_and_has_a_place(client: Client, persona) -> None:
    user = User.objects.get(username=persona.username)
    assert user.name == persona.name
    assert user.check_password(persona.password)
    assert user.as_member is not None or Appointment.objects.of(user)
    client.force_login(user)
    assert client.get(reverse("todo")).status_code == 200


# The second member's turn comes when the community has written the feedback.
@pytest.mark.parametrize(
    "key", ["member", "home_secretary", "community_secretary", "community_clerk", "street_officer", "unit_secretary"]
)
def test_work_waits_for_the_people_of_the_story(client: Client, key: str) -> None:
    client.force_login(User.objects.get(username=next(row.username for row in PERSONAS if row.key == key)))
    assert client.get(reverse("todo")).context["todos"]


def test_nobody_else_can_sign_in() -> None:
    others = User.objects.exclude(username__in=[row.username for row in PERSONAS])
    assert not [user.username for user in others if user.has_usable_password()]


def test_a_database_with_organisations_is_left_alone() -> None:
    before = Member.objects.count()
    out = StringIO()
    call_command("seed_demo", "--scale", "small", stdout=out)
    assert "already" in out.getvalue()
    assert Member.objects.count() == before


def _sealed_values() -> dict[str, list[str]]:
    """What really lies in every encrypted column, by field."""
    found = {}
    for model, field in rotation.encrypted_fields():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {field.column} FROM {model._meta.db_table} WHERE {field.column} <> ''")
            found[f"{model._meta.label}.{field.name}"] = [row[0] for row in cursor.fetchall()]
    return found


def test_the_keys_of_the_demo_can_be_changed(settings: Any) -> None:
    """A new key in front, everything written anew, the old key thrown away: nobody notices."""
    old, new = settings.FIELD_KEYS[0], Fernet.generate_key().decode()
    people = dict(Member.objects.values_list("pk", "id_number"))
    forms = {row.pk: row.form for row in ActivityRegistration.objects.all()}
    before = _sealed_values()
    assert len(people) > 100
    assert len(before["members.Member.id_number"]) == len(people)
    assert not any(number in "".join(before["members.Member.id_number"]) for number in people.values())
    with transaction.atomic():
        settings.FIELD_KEYS = [new, old]
        assert dict(Member.objects.values_list("pk", "id_number")) == people  # readable on the way
        tallies = {one.field: one for one in rotation.rotate()}
        assert {name: one.rotated for name, one in tallies.items()} == {
            **{name: len(kept) for name, kept in before.items()},
            "mfa.Authenticator.data": 0,  # nobody of the demo has a second factor
        }
        assert not any(one.unreadable for one in tallies.values())
        settings.FIELD_KEYS = [new]
        assert dict(Member.objects.values_list("pk", "id_number")) == people
        assert {row.pk: row.form for row in ActivityRegistration.objects.all()} == forms
        assert Member.objects.with_id_number(people[min(people)]).get().pk == min(people)
        client = Client()
        assert client.login(username="shuji", password=PERSONAS[0].password)
        assert client.get(reverse("member_list")).status_code == 200
        transaction.set_rollback(True)


def test_some_leave_and_some_have_left_with_a_receipt() -> None:
    leaving = ActivityRegistration.objects.filter(state=RegistrationState.LEAVING)
    assert leaving.filter(leave_due_on__gte=today()).exists()
    assert leaving.filter(leave_due_on__lt=today()).exists()
    closed = ActivityRegistration.objects.filter(state=RegistrationState.CLOSED, closing_receipt__isnull=False)
    assert closed.filter(closing_seen_at=None).exists()
    for row in closed.select_related("organisation"):
        assert not row.placements.filter(ended_on=None).exists()
        there = Claim.objects.open().filter(
            member=row.member_id, project__organisation__path__startswith=row.organisation.path
        )
        assert not there.exists()
    asked = Claim.objects.get(state=ClaimState.OFFERED)
    assert asked.stands_in_for is not None
    assert asked.stands_in_for.state == ClaimState.CONFIRMED
    assert asked.member.user is not None
