"""When an organisation ends, nothing that still runs points to it; what is over keeps the old name.

Every foreign key to an organisation is named here: a new one fails the suite until somebody has decided what
becomes of its rows (and, where they live on, has registered an effect).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from branches.actions import appointments, changes
from branches.enums import ChangeKind, OrganisationState
from branches.models import Appointment, Organisation, OrganisationChange, Pairing, RuleException
from dualmgmt.lib import registry
from dualmgmt.lib.clock import today
from dualmgmt.models import AuditEvent, Notice
from members.enums import OPEN_REGISTRATION_STATES
from members.models import ActivityRegistration, HomeMembership, HomeTransfer, Placement
from members.queries import letters_wanted
from projects import lifecycle
from projects.enums import OPEN_CLAIM_STATES
from projects.models import Claim, Need, ServiceProject
from tests.branches.test_changes import plan
from tests.members.helpers import refused, sign_in
from tests.scene import Scene, ask, set_up
from tests.world import World

# Over and done with, or answered by the committee above: the row keeps the name of its day.
HISTORY = {
    "branches.ChangePart.organisation",
    "branches.Organisation_joint_units.organisation",
    "branches.PaperText.organisation",
    "members.BatchLine.organisation",
    "members.Disclosure.organisation",
    "members.IntroductionLetter.issuer",  # followed up by the new home branch, see below
    "members.MemberCard.issuer",
    "members.ReportInBatch.organisation",
    "evaluations.FeedbackReport.organisation",
    "evaluations.FeedbackReport.sender",
    "evaluations.ReportSection.branch",
}


def _unfinished(rows: QuerySet[Any], table: Any, *, but: tuple[str, ...] = ()) -> QuerySet[Any]:
    """Rows of *rows* in a state from which something may still follow."""
    return rows.filter(state__in=[state for state, targets in table.table.items() if targets and state not in but])


def _running() -> dict[str, QuerySet[Any]]:
    """Rows that still run, by the foreign key that must then not lead to an ended organisation."""
    registrations = ActivityRegistration.objects.filter(state__in=OPEN_REGISTRATION_STATES)
    pairings = Pairing.objects.in_force()
    transfers = HomeTransfer.objects.open()
    return {
        "branches.Appointment.organisation": Appointment.objects.lasting() | Appointment.objects.proposed(),
        "branches.RuleException.organisation": RuleException.objects.in_force(),
        "branches.Pairing.home_side": pairings,
        "branches.Pairing.receiver": pairings,
        "members.HomeMembership.organisation": HomeMembership.objects.open(),
        "members.ActivityRegistration.organisation": registrations,
        "members.ActivityRegistration.home_branch": registrations,
        "members.ActivityRegistration.placement": registrations,
        "members.Placement.organisation": Placement.objects.filter(ended_on=None),
        "members.HomeTransfer.source": transfers,
        "members.HomeTransfer.target": transfers,
        "projects.Need.organisation": _unfinished(Need.objects.all(), lifecycle.need),
        # One that nobody claimed is over unless somebody publishes it again.
        "projects.ServiceProject.organisation": _unfinished(
            ServiceProject.objects.all(), lifecycle.project, but=("unclaimed",)
        ),
        "projects.Claim.branch": Claim.objects.filter(state__in=OPEN_CLAIM_STATES),
    }


def keys() -> set[str]:
    found = set()
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.get_fields():
            if field.concrete and field.related_model is Organisation and not field.many_to_many:
                found.add(f"{model._meta.label}.{field.name}")
    return found


def test_every_key_to_an_organisation_is_thought_of() -> None:
    assert keys() == HISTORY | set(_running())


def left_behind(ended: Organisation) -> list[str]:
    return [
        f"{key}: {row}" for key, rows in _running().items() for row in rows.filter(**{key.rpartition(".")[2]: ended})
    ]


@pytest.fixture
def scene(world: World, django_capture_on_commit_callbacks: Any) -> Scene:
    with django_capture_on_commit_callbacks(execute=True):
        return set_up(world)


END: dict[str, Callable[[World], Any]] = {
    "a home branch merged": lambda world: plan(ChangeKind.MERGED, world.branch_a, heir=world.branch_b),
    "a home branch dissolved": lambda world: plan(ChangeKind.DISSOLVED, world.branch_a, heir=world.branch_b),
    "a community merged": lambda world: plan(ChangeKind.MERGED, world.community, heir=world.community2),
    "a community dissolved": lambda world: plan(ChangeKind.DISSOLVED, world.community, heir=world.community2),
    "a unit's committee merged": lambda world: plan(ChangeKind.MERGED, world.bureau, heir=world.hospital),
}


@pytest.mark.parametrize("what", END)
def test_nothing_that_runs_is_left_behind(scene: Scene, what: str) -> None:
    world = scene.world
    ask(world, "wang", "community")
    Need.objects.filter(pk=scene.need.pk).update(state="referred", answer="已转办城管部门")
    wanted = END[what](world)
    before = left_behind(wanted.organisation)
    assert before or what.startswith("a unit")
    changes.carry_out(plan=wanted, by=world.users["department_officer"])
    assert left_behind(wanted.organisation) == []


def test_the_new_home_branch_follows_up_the_letters(scene: Scene) -> None:
    """The stub keeps the old name; the receipt that comes back waits for those who have the members now."""
    world, letter = scene.world, scene.letter
    changes.carry_out(plan=END["a home branch merged"](world), by=world.users["unit_secretary"])
    client = sign_in(world, "sibling_secretary")
    assert list(client.get(reverse("letter_list"), {"box": "receipts"}).context["page"]) == [letter]
    page = client.get(reverse("letter_detail", args=[letter.pk]))
    assert page.context["may_file"]
    assert "税务局第一党支部" in page.content.decode()
    assert client.post(reverse("letter_file_receipt", args=[letter.pk])).status_code == 302
    letter.refresh_from_db()
    assert letter.receipt_seen_at is not None
    assert (letter.issuer, letter.answered_by) == (world.branch_a, world.branch_b)
    assert list(sign_in(world, "other_secretary").get(reverse("letter_list")).context["page"]) == []


def test_a_letter_not_issued_yet_waits_with_the_new_home_branch(scene: Scene) -> None:
    changes.carry_out(plan=END["a home branch merged"](scene.world), by=scene.world.users["unit_secretary"])
    assert set(letters_wanted(scene.world.users["sibling_secretary"])) == {scene.asked}


def test_everybody_whose_office_ends_is_told(scene: Scene, django_capture_on_commit_callbacks: Any) -> None:
    world = scene.world
    with django_capture_on_commit_callbacks(execute=True):
        changes.carry_out(plan=END["a home branch merged"](world), by=world.users["department_officer"])
    told = Notice.objects.filter(kind__in=["appointment.ended", "appointment.declined"])
    assert set(told.values_list("user__username", "kind")) == {
        ("home_secretary", "appointment.ended"),
        ("unit_secretary", "appointment.declined"),  # who had proposed a clerk there
    }
    refused("not_active", appointments.approve, appointment=scene.proposal, by=world.users["department_officer"])


def test_a_relation_on_its_way_is_settled_first(world: World) -> None:
    transfer = HomeTransfer.objects.create(
        member=world.members["zhao"],
        source=world.branch_c,
        target=world.branch_a,
        letter_number="烟组转〔2026〕7号",
        reason="new_unit",
        valid_until=today(),
    )
    by = world.users["department_officer"]
    for ended, heir in ((world.branch_a, world.branch_b), (world.branch_c, world.branch_b)):
        refused("settle_first", changes.carry_out, plan=plan(ChangeKind.MERGED, ended, heir=heir), by=by)
    goes = {"name": "二支部", "code": "T-2", "member_ids": frozenset([world.members["zhao"].pk])}
    refused("settle_first", changes.carry_out, plan=plan(ChangeKind.SPLIT, world.branch_c, **goes), by=by)
    HomeTransfer.objects.filter(pk=transfer.pk).update(state="withdrawn", decided_at=timezone.now())
    changes.carry_out(plan=plan(ChangeKind.MERGED, world.branch_a, heir=world.branch_b), by=by)


def test_what_fails_on_the_way_leaves_everything_as_it_was(scene: Scene) -> None:
    """One transaction: the last of all effects fails, and the first has not happened either."""
    world = scene.world

    def fail(plan: Any, by: Any) -> None:
        assert not Appointment.objects.in_force().filter(organisation=plan.organisation).exists()
        raise RuntimeError("disk full")

    registry.organisation_effects.register(lambda plan: [], fail)
    try:
        for what in END:
            wanted = END[what](world)
            before = left_behind(wanted.organisation)
            with pytest.raises(RuntimeError):
                changes.carry_out(plan=wanted, by=world.users["department_officer"])
            assert left_behind(wanted.organisation) == before, what
            assert Organisation.objects.get(pk=wanted.organisation.pk).state == OrganisationState.ACTIVE
    finally:
        registry.organisation_effects._providers.pop()
    assert not OrganisationChange.objects.exists()
    assert not AuditEvent.objects.filter(event__in=["organisation.merged", "organisation.dissolved"]).exists()
