"""What was issued keeps the names of its day, whatever becomes of the organisations afterwards."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from branches.actions import changes
from branches.enums import ChangeKind
from branches.models import Organisation, OrganisationChange
from dualmgmt.lib import typeset
from evaluations.models import FeedbackReport
from tests.branches.test_changes import plan
from tests.members.helpers import sign_in
from tests.scene import Scene, set_up
from tests.world import World

OLD = {"芝罘区税务局党委", "税务局第一党支部", "友谊街社区党委"}
NEW = {"芝罘区税务局机关党委", "税务局机关第一党支部", "友谊社区党委"}


@pytest.fixture
def reorganised(world: World, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """Everybody has a new name, then the first branch and the community have been merged away."""
    monkeypatch.setattr(typeset, "pdf", lambda name, data: json.dumps(data, ensure_ascii=False).encode())
    with django_capture_on_commit_callbacks(execute=True):
        scene = set_up(world)
    by = world.users["department_officer"]
    for row, name in (
        (world.bureau, "芝罘区税务局机关党委"),
        (world.branch_a, "税务局机关第一党支部"),
        (world.community, "友谊社区党委"),
    ):
        changes.carry_out(plan=plan(ChangeKind.RENAMED, row, name=name), by=by)
    for ended, heir in ((world.branch_a, world.branch_b), (world.community, world.community2)):
        changes.carry_out(plan=plan(ChangeKind.MERGED, ended, heir=heir), by=by)
    return scene


def names(text: str) -> tuple[set[str], set[str]]:
    return {name for name in OLD if name in text}, {name for name in NEW if name in text}


def test_a_report_in_every_form(reorganised: Scene) -> None:
    report = reorganised.report
    client = sign_in(reorganised.world, "unit_secretary")
    page = client.get(reverse("report_detail", args=[report.pk])).content.decode()
    assert names(page.partition('<article class="letter">')[2].partition("</article>")[0]) == (OLD, set())
    paper = client.get(reverse("report_print", args=[report.pk])).content.decode()
    assert names(paper) == (OLD, set())
    sheet = client.get(reverse("report_export", args=[report.pk]))
    book = load_workbook(io.BytesIO(b"".join(sheet.streaming_content)))
    cells = " ".join(str(cell.value) for line in book.active.iter_rows() for cell in line)  # type: ignore[union-attr]
    assert names(cells) == ({"税务局第一党支部", "友谊街社区党委"}, set())


def test_the_checksum_still_fits(reorganised: Scene) -> None:
    fresh = FeedbackReport.objects.get(pk=reorganised.report.pk)
    assert (fresh.content, fresh.checksum) == (reorganised.report.content, reorganised.report.checksum)


def test_letter_and_receipt(reorganised: Scene) -> None:
    client = sign_in(reorganised.world, "sibling_secretary")
    paper = client.get(reverse("letter_print", args=[reorganised.letter.pk])).content.decode()
    assert names(paper) == (OLD, set())


def test_the_history_reads_by_the_names_of_each_day(reorganised: Scene) -> None:
    branch = Organisation.objects.get(code="T-branch_a")
    lines = OrganisationChange.objects.filter(parts__organisation=branch).order_by("pk")
    read = [(line.kind, [part.name for part in line.parts.all()]) for line in lines]
    assert read == [
        ("renamed", ["税务局第一党支部"]),
        ("merged", ["税务局机关第一党支部", "税务局第二党支部"]),
    ]
    page = sign_in(reorganised.world, "unit_secretary").get(reverse("organisation_detail", args=["T-branch_a"]))
    assert names(page.content.decode())[0] >= {"税务局第一党支部"}
