"""Pages of a unit that reports in at once: choosing, preview, results, letters in one file; accepting many at once."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from branches.actions.pairings import pair
from branches.enums import Role
from branches.forms.fields import label
from dualmgmt.lib import typeset
from dualmgmt.models import AuditEvent
from members import rules
from members.enums import ReceiptVerdict
from members.enums import RegistrationState as S
from members.models import ActivityRegistration, BatchLine, IntroductionLetter, ReportInBatch
from tests.factories import AppointmentFactory, MemberFactory, UserFactory
from tests.members.batch_help import colleagues, put_down, work_off
from tests.members.helpers import sign_in
from tests.scene import register
from tests.world import World


def choose(world: World, persona: str, data: dict[str, Any], **query: Any) -> Any:
    client = sign_in(world, persona)
    return client.post(reverse("batch_draft", query=query), {"reason": "paired", "valid_days": "30", **data})


def test_from_ticking_to_letters(world: World, django_capture_on_commit_callbacks: Any) -> None:
    pair(home_side=world.bureau, receiver=world.community, document_number="", by=world.users["unit_secretary"])
    li, wang = world.members["li"], world.members["wang"]
    client = sign_in(world, "unit_secretary")
    page = client.get(reverse("batch_new"))
    rows = {row.member: row.receiver for row in page.context["candidates"]}
    assert rows == {li: world.community, wang: world.community}, "the paired receiver is suggested, zhao is not ours"
    sent = {
        "member": [li.pk, wang.pk],
        f"receiver-{li.pk}": label(world.community),
        f"receiver-{wang.pk}": world.community2.name,
        "reason": "paired",
        "valid_days": "20",
    }
    answer = client.post(reverse("batch_draft"), sent)
    batch = ReportInBatch.objects.get()
    assert answer["Location"] == reverse("batch_detail", args=[batch.pk])
    assert (batch.organisation, batch.valid_days, batch.paper) == (world.bureau, 20, False)
    page = client.get(answer["Location"])
    assert (page.context["good"], page.context["receivers"], page.context["foreseen"]) == (2, 2, 0)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("batch_send", args=[batch.pk]))
    page = client.get(answer["Location"])
    assert (page.context["done"], page.context["waiting"], page.context["sending"]) == (2, 0, False)
    for letter in IntroductionLetter.objects.all():
        assert letter.number in page.content.decode()


def test_who_is_there_already_cannot_be_ticked_and_is_told_where(world: World) -> None:
    register(world, "li", "community", issuer="home_secretary", accepter="community_secretary")
    client = sign_in(world, "unit_secretary")
    query = {"organisation": world.bureau.code, "receiver": world.community.code}
    page = client.get(reverse("batch_new", query=query))
    rows = {row.member.name: row.refusal for row in page.context["candidates"]}
    assert rows == {"李建国": str(rules.ALREADY_OPEN), "王丽华": ""}
    html = page.content.decode()
    assert f'value="{world.members["li"].pk}"' not in html
    assert "友谊街社区党委" in html


def test_exempt_members_are_shown_when_asked_for(world: World) -> None:
    MemberFactory(name="年老同志", home=world.branch_a, exempt=True, exempt_reason="年老体弱")
    MemberFactory(name="离世同志", home=world.branch_a, status="deceased")
    client = sign_in(world, "home_secretary")
    assert "年老同志" not in client.get(reverse("batch_new")).content.decode()
    query = {"organisation": world.branch_a.code, "exempt": "on"}
    page = client.get(reverse("batch_new", query=query)).content.decode()
    assert "年老同志" in page
    assert "离世同志" not in page


def test_the_list_is_narrowed_by_branch_and_name(world: World) -> None:
    client = sign_in(world, "unit_secretary")

    def shown(**query: Any) -> set[str]:
        page = client.get(reverse("batch_new", query={"organisation": world.bureau.code, **query}))
        return {row.member.name for row in page.context["candidates"]}

    assert shown() == {"李建国", "王丽华"}
    assert shown(branch=world.branch_b.pk) == {"王丽华"}
    assert shown(q="李") == {"李建国"}
    assert shown(branch=world.branch_c.pk) == {"李建国", "王丽华"}, "a branch of another unit is not offered"


def test_wrong_input_stands_at_its_field_and_keeps_what_was_ticked(world: World) -> None:
    li, zhao = world.members["li"], world.members["zhao"]
    nobody = choose(world, "unit_secretary", {})
    assert nobody.context["form"].errors["member"]
    foreign = choose(world, "unit_secretary", {"member": [zhao.pk], f"receiver-{zhao.pk}": label(world.community)})
    assert foreign.context["form"].errors["member"], "a member of another unit is an ordinary error"
    nowhere = choose(world, "unit_secretary", {"member": [li.pk], f"receiver-{li.pk}": "没有的社区"})
    assert "李建国" in nowhere.context["form"].errors["member"][0]
    assert 'value="没有的社区"' in nowhere.content.decode()
    assert [row.ticked for row in nowhere.context["candidates"] if row.member == li] == [True]
    unnamed = choose(world, "unit_secretary", {"member": [li.pk], f"receiver-{li.pk}": ""})
    assert unnamed.context["form"].errors["member"]
    late = choose(world, "unit_secretary", {"member": [li.pk], "valid_days": "365"})
    assert late.context["form"].errors["valid_days"]
    home = choose(world, "unit_secretary", {"member": [li.pk], f"receiver-{li.pk}": world.branch_a.name})
    assert home.context["form"].errors["member"], "only organisations that receive are open"
    assert not ReportInBatch.objects.exists()


def test_another_units_batch_does_not_exist_for_one(world: World) -> None:
    batch = put_down(world, (world.members["li"], world.community))
    line = batch.lines.get()
    urls = [
        reverse("batch_detail", args=[batch.pk]),
        reverse("batch_letters", args=[batch.pk]),
        reverse("batch_line", args=[line.pk]),
    ]
    for persona in ("other_secretary", "home_secretary", "community_secretary", "street_officer"):
        client = sign_in(world, persona)
        assert [client.get(url).status_code for url in urls] == [404, 404, 404], persona
        assert list(client.get(reverse("batch_list")).context["page"]) == []
    assert [row.pk for row in sign_in(world, "unit_secretary").get(reverse("batch_list")).context["page"]] == [batch.pk]


def test_a_clerk_of_the_unit_reads_and_does_not_send(world: World) -> None:
    clerk = UserFactory(username="unit_clerk")
    AppointmentFactory(user=clerk, organisation=world.bureau, role=Role.CLERK)
    world.users["unit_clerk"] = clerk
    batch = put_down(world, (world.members["li"], world.community))
    client = sign_in(world, "unit_clerk")
    page = client.get(reverse("batch_detail", args=[batch.pk]))
    assert page.status_code == 200
    assert reverse("batch_send", args=[batch.pk]) not in page.content.decode()
    assert client.post(reverse("batch_send", args=[batch.pk])).status_code == 403
    assert client.get(reverse("batch_new")).status_code == 403


def test_a_line_is_changed_on_its_own_page(world: World) -> None:
    batch = put_down(world, (world.members["li"], world.community))
    line = batch.lines.get()
    client = sign_in(world, "unit_secretary")
    url = reverse("batch_line", args=[line.pk])
    wrong = client.post(url, {"organisation": world.branch_b.name})
    assert wrong.context["form"].errors["organisation"]
    client.post(url, {"organisation": world.community2.code})
    line.refresh_from_db()
    assert line.organisation == world.community2
    client.post(reverse("batch_line_drop", args=[line.pk]))
    assert not BatchLine.objects.exists()


def test_what_is_not_sent_waits_on_the_to_do_list_of_who_put_it_down(world: World) -> None:
    batch = put_down(world, (world.members["li"], world.community))
    titles = {persona: sign_in(world, persona).get(reverse("todo")).content.decode() for persona in world.users}
    assert [who for who, html in titles.items() if reverse("batch_list") in html] == ["unit_secretary"]
    work_off(world, batch)
    assert reverse("batch_list") not in sign_in(world, "unit_secretary").get(reverse("todo")).content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_number_of_queries(world: World, django_assert_max_num_queries: Any, count: int) -> None:
    people = colleagues(world, count)
    for _number in range(count):
        batch = put_down(world, *((member, world.community) for member in people))
    work_off(world, batch)
    client = sign_in(world, "unit_secretary")
    client.get(reverse("batch_list"))
    with django_assert_max_num_queries(6):
        client.get(reverse("batch_list"))
    with django_assert_max_num_queries(10):
        client.get(reverse("batch_detail", args=[batch.pk]))
    with django_assert_max_num_queries(12):
        client.get(reverse("batch_new"))


# Papers


@pytest.fixture
def plain_papers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typeset, "pdf", lambda name, data: json.dumps(data, ensure_ascii=False).encode())


def test_the_letters_in_one_file_or_each_for_itself(world: World, plain_papers: None) -> None:
    li, wang = world.members["li"], world.members["wang"]
    batch = put_down(world, (li, world.community), (wang, world.community2))
    client = sign_in(world, "unit_secretary")
    url = reverse("batch_letters", args=[batch.pk])
    assert client.get(url)["Location"] == reverse("batch_detail", args=[batch.pk]), "nothing to print yet"
    work_off(world, batch)
    one = json.loads(client.get(url).content)
    assert [sheet["name"] for sheet in one["sheets"]] == ["李建国", "王丽华"]
    packed = client.get(url, {"format": "zip"})
    files = zipfile.ZipFile(io.BytesIO(packed.content))
    year = timezone.localdate().year
    assert files.namelist() == [
        f"BRANCH_A介〔{year}〕1号 友谊街社区党委.pdf",
        f"BRANCH_B介〔{year}〕1号 建昌街社区党委.pdf",
    ]
    assert "王丽华" in files.read(files.namelist()[1]).decode()
    assert client.get(url, {"format": "docx"}).status_code == 404
    printed = AuditEvent.objects.filter(event="paper.printed")
    assert [(row.subject_id, row.details) for row in printed] == [(str(batch.pk), {"rows": 2})] * 2


def test_the_queries_of_the_letters_do_not_grow_with_their_number(world: World, plain_papers: None) -> None:
    counted = []
    client = sign_in(world, "unit_secretary")
    for people in (colleagues(world, 1), colleagues(world, 3)):
        batch = put_down(world, *((person, world.community) for person in people))
        work_off(world, batch)
        client.get(reverse("batch_letters", args=[batch.pk]))
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("batch_letters", args=[batch.pk]))
        counted.append(len(queries))
    assert counted[0] == counted[1]


def test_the_pdf_is_one(world: World) -> None:
    batch = put_down(world, (world.members["li"], world.community), (world.members["wang"], world.community2))
    work_off(world, batch)
    paper = sign_in(world, "unit_secretary").get(reverse("batch_letters", args=[batch.pk]))
    assert paper["Content-Type"] == "application/pdf"
    assert paper.content.startswith(b"%PDF")
    assert paper.content.count(b"/Type /Page\n") + paper.content.count(b"/Type /Page ") in (0, 2)


# At the receiver


def test_a_community_accepts_those_it_ticks_and_is_told_of_the_others(world: World) -> None:
    people = colleagues(world, 4)
    batch = put_down(world, *((member, world.community) for member in people))
    put_down(world, (world.members["wang"], world.community2))
    work_off(world, batch)
    late, own, *good = ActivityRegistration.objects.order_by("pk")
    IntroductionLetter.objects.filter(registration=late).update(issued_on="2026-01-01", valid_until="2026-01-31")
    ActivityRegistration.objects.filter(pk=own.pk).update(issued_by=world.users["community_secretary"])
    client = sign_in(world, "community_secretary")
    page = client.get(reverse("acceptance_desk"))
    assert page.context["receiver"] == world.community
    assert [bool(refusal) for _row, refusal, _ticked in page.context["rows"]] == [True, True, False, False]
    data = {"registration": [row.pk for row in (late, own, *good)], "placement": world.themed.pk}
    answer = client.post(reverse("acceptance_accept"), data, follow=True)
    assert {row.state for row in ActivityRegistration.objects.filter(pk__in=[row.pk for row in good])} == {S.ACTIVE}
    assert {row.placement for row in ActivityRegistration.objects.filter(state=S.ACTIVE)} == {world.themed}
    said = [str(message) for message in answer.context["messages"]]
    assert any("2" in line for line in said)
    assert f"{own.member.name}: {rules.TWO_KEYS}" in said
    assert len(said) == 3
    assert IntroductionLetter.objects.filter(verdict=ReceiptVerdict.ACCEPTED).count() == 2


def test_a_receiver_accepts_only_its_own(world: World) -> None:
    work_off(world, put_down(world, (world.members["li"], world.community3)))
    foreign = ActivityRegistration.objects.get()
    work_off(world, put_down(world, (world.members["wang"], world.community)))
    client = sign_in(world, "community_secretary")
    asked = client.get(reverse("acceptance_desk"), {"receiver": world.community3.pk})
    assert asked.context["receiver"] == world.community, "another street's community is not offered"
    data = {"registration": [foreign.pk], "placement": world.themed.pk}
    assert client.post(reverse("acceptance_accept"), data).context["form"].errors["registration"]
    own = ActivityRegistration.objects.exclude(pk=foreign.pk).get()
    data = {"registration": [own.pk], "placement": world.community3.pk}
    assert client.post(reverse("acceptance_accept"), data).context["form"].errors["placement"]
    assert not client.post(reverse("acceptance_accept"), {}).context["form"].is_valid()
    assert not ActivityRegistration.objects.filter(state=S.ACTIVE).exists()


@pytest.mark.parametrize("count", [1, 3])
def test_number_of_queries_at_the_desk(world: World, django_assert_max_num_queries: Any, count: int) -> None:
    work_off(world, put_down(world, *((member, world.community) for member in colleagues(world, count))))
    client = sign_in(world, "community_secretary")
    with django_assert_max_num_queries(12):
        client.get(reverse("acceptance_desk"))
