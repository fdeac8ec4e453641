"""Nobody reads of a person, a resident, a note what is not theirs: not on any page, list, search, fragment, export,
paper, archive, API answer or notice.

Generated: every persona opens every address of the matrix, allowed or not, and every list once more with each
stranger's name searched for. Who may know whom is told here from the tree and the rows, not from the portal's own
scopes.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse

from branches.models import Appointment, Organisation
from branches.permissions import ADMINISTRATOR_ROLES, DEPARTMENT_ROLES
from dualmgmt.lib import notices, sheets, typeset
from dualmgmt.models import Notice
from evaluations.actions import feedback, reports
from members.enums import RegistrationState
from members.models import ActivityRegistration, HomeMembership, HomeTransfer, Member, User
from projects.models import Need
from tests.access.matrix import MATRIX, SIGNED_IN
from tests.members.helpers import ADDRESS
from tests.scene import Scene, set_up
from tests.world import World

NOTE, NARRATIVE, RESIDENT, RESIDENT_PHONE = "岗位表现密语甲", "社区写实密语乙", "居民丙大妈", "13877776666"
# Not handed in yet: the receiver knows nothing of it.
UNREACHED = {
    RegistrationState.DRAFT, RegistrationState.PENDING_LETTER, RegistrationState.ISSUED, RegistrationState.WITHDRAWN,
    RegistrationState.EXPIRED,
}  # fmt: skip


@pytest.fixture
def scene(world: World, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr(typeset, "pdf", lambda name, data: json.dumps(data, ensure_ascii=False).encode())
    with django_capture_on_commit_callbacks(execute=True):
        scene = set_up(world)
        section = scene.report.sections.get(branch=world.branch_a)
        reports.acknowledge(section=section, by=world.users["home_secretary"])
        section.refresh_from_db()
        reports.guide(
            section=section, member=world.members["li"], kind="talk", held_on=scene.period.ends_on, text=NOTE,
            by=world.users["home_secretary"],
        )  # fmt: skip
        feedback.write(feedback=scene.feedback, narrative=NARRATIVE, by=world.users["community_clerk"])
        Need.objects.filter(pk=scene.need.pk).update(contact_name=RESIDENT)
        need = Need.objects.get(pk=scene.need.pk)
        need.contact_phone = RESIDENT_PHONE
        need.save(update_fields=["contact_phone"])
    return scene


@dataclass
class Knowledge:
    """What one persona may come to know, by where they hold an office."""

    user: User
    offices: list[Appointment]

    def over(self, organisation: Organisation) -> bool:
        return any(
            organisation.path.startswith(row.organisation.path)
            for row in self.offices
            if row.role not in ADMINISTRATOR_ROLES
            and row.role not in DEPARTMENT_ROLES
            and (row.organisation.kind != "branch" or row.organisation_id == organisation.pk)
        )

    def department(self) -> bool:
        return any(row.role in DEPARTMENT_ROLES for row in self.offices)

    def of(self, member: Member) -> bool:
        """Themselves, the unit line, the area line, and the branch a relation is on its way to."""
        homes = HomeMembership.objects.filter(member=member).select_related("organisation")
        received = ActivityRegistration.objects.filter(member=member).select_related("organisation")
        coming = HomeTransfer.objects.filter(member=member).select_related("target")
        return (
            member.user_id == self.user.pk
            or any(self.over(row.organisation) for row in homes)
            or any(self.over(row.organisation) for row in received if row.state not in UNREACHED or row.walk_in)
            or any(self.over(row.target) for row in coming)
        )

    def strangers(self) -> Iterator[Member]:
        administers = any(row.role in ADMINISTRATOR_ROLES for row in self.offices)
        for member in Member.objects.exclude(name__startswith="党员"):
            # Whose report it reads, and who asks for an office or acts: that much the name is known.
            named = self.department() or (administers and member.user_id)
            if not self.of(member) and not named:
                yield member


def knowledge(scene: Scene, persona: str) -> Knowledge:
    user = scene.world.users[persona]
    return Knowledge(user, list(Appointment.objects.filter(user=user).select_related("organisation")))


def secrets(scene: Scene, persona: str) -> dict[str, str]:
    """Text that must never reach *persona*, and whose it is."""
    knows, world = knowledge(scene, persona), scene.world
    found = {}
    for member in knows.strangers():
        found |= {member.name: "name", member.phone: "phone"}
    for member in Member.objects.exclude(user=knows.user):
        found[member.id_number] = "ID number"
    home_side = knows.over(world.branch_a) or knows.department() or persona == "member"
    if not home_side:
        found[NOTE] = "post-duty note"
    if not home_side and not knows.over(world.community):
        found[NARRATIVE] = "factual feedback"
    if not knows.over(world.community):
        found |= {RESIDENT: "resident", RESIDENT_PHONE: "resident's phone"}
    return {text: whose for text, whose in found.items() if text}


def texts(answer: Any) -> Iterator[str]:
    """What can be read in an answer, whatever its kind."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    yield str(answer.headers)
    yield from _read(body)


def _read(body: bytes) -> Iterator[str]:
    if not body.startswith(b"PK"):
        yield body.decode(errors="replace")
        return
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        if "xl/workbook.xml" in archive.namelist():
            book = openpyxl.load_workbook(io.BytesIO(body))
            yield "\n".join(str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row)
            return
        for name in archive.namelist():
            yield name
            yield from _read(archive.read(name))


def addresses(scene: Scene, persona: str) -> Iterator[tuple[str, dict[str, str], dict[str, str]]]:
    """Every page; every list again as a fragment and with a stranger searched for."""
    wanted = [member.name for member in knowledge(scene, persona).strangers()] or ["李建国"]
    for name, row in MATRIX.items():
        kwargs = row.kwargs(scene)
        url = reverse(name, kwargs=kwargs)
        yield url, {}, {}
        if not kwargs and row.may(persona, "GET"):
            yield url, {}, {"HX-Request": "true"}
            for text in wanted[:3]:
                yield url, {"q": text, "search": text}, {}


@pytest.mark.parametrize("persona", SIGNED_IN.split())
def test_nothing_of_others_is_read_anywhere(scene: Scene, persona: str) -> None:
    client = Client(raise_request_exception=True)
    client.force_login(scene.world.users[persona], backend="members.backends.PortalBackend")
    hidden = secrets(scene, persona)
    leaks, read = set(), 0
    for url, query, headers in list(addresses(scene, persona)):
        answer = client.get(url, query, headers=headers)
        if answer.status_code == 405:
            continue
        read += answer.status_code == 200
        for text in texts(answer):
            # What was typed is shown again in the search field.
            seen = [whose for secret, whose in hidden.items() if secret in text and secret not in query.values()]
            leaks |= {f"{url} {query or ''}: {whose}" for whose in seen}
    assert sorted(leaks) == []
    assert read > 5


# The person's own copy, and a list opened after its purpose was stated and another person approved.
UNMASKED = {"my_data_download", "disclosure_export"}


@pytest.mark.parametrize("persona", ["home_secretary", "unit_secretary", "community_secretary", "district_secretary"])
def test_no_spreadsheet_carries_a_number_or_an_address(scene: Scene, persona: str) -> None:
    """Not even of the people one may know."""
    Member.objects.filter(pk=scene.world.members["li"].pk).update(home_address=ADDRESS)
    client = Client()
    client.force_login(scene.world.users[persona], backend="members.backends.PortalBackend")
    numbers = {ADDRESS, *(text for row in Member.objects.all() for text in (row.phone, row.id_number) if text)}
    opened = 0
    for name, row in MATRIX.items():
        if name in UNMASKED or not row.may(persona, "GET"):
            continue
        answer = client.get(reverse(name, kwargs=row.kwargs(scene)))
        if answer.headers.get("Content-Type") == sheets.CONTENT_TYPE:
            opened += 1
            for text in texts(answer):
                assert not [number for number in numbers if number in text], name
    assert opened > 2


@pytest.mark.parametrize("persona", SIGNED_IN.split())
def test_no_notice_tells_of_strangers(scene: Scene, persona: str) -> None:
    """What background jobs wrote to people."""
    hidden = secrets(scene, persona)
    for notice in Notice.objects.filter(user=scene.world.users[persona]):
        text = f"{notices.render(notice)} {notice.url}"
        assert not [whose for secret, whose in hidden.items() if secret in text], text


def test_the_sweep_would_find_a_leak(scene: Scene) -> None:
    """The secrets are really there to be found by those they belong to, in every kind of answer."""
    world = scene.world

    def read(persona: str, name: str) -> str:
        client = Client()
        client.force_login(world.users[persona], backend="members.backends.PortalBackend")
        return "\n".join(texts(client.get(reverse(name, kwargs=MATRIX[name].kwargs(scene)))))

    li = world.members["li"]
    assert NOTE in read("home_secretary", "report_detail")
    assert NARRATIVE in read("community_clerk", "feedback_detail")
    assert RESIDENT_PHONE in read("community_clerk", "need_detail")
    assert li.name in read("community_clerk", "archive_export")
    assert li.phone in read("home_secretary", "letter_print")
    assert li.id_number in read("member", "my_data_download")
    assert {"name", "post-duty note", "resident"} <= set(secrets(scene, "other_secretary").values())
    assert "name" in secrets(scene, "sibling_community_secretary").values()
