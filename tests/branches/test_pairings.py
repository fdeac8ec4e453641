"""A unit paired with a receiving organisation: agreement, contacts, resource list, and who reads them."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from branches.actions import pairings
from branches.enums import ResourceKind
from branches.models import Pairing, PairingResource
from dualmgmt.models import AuditEvent
from tests.members.helpers import refused, sign_in
from tests.world import World

AGREEMENT = "每季度联合开展一次主题党日；单位提供会议室。"


@pytest.fixture
def pairing(world: World) -> Pairing:
    return pairings.pair(
        home_side=world.bureau, receiver=world.community, document_number="", by=world.users["unit_secretary"]
    )


def offer(world: World, pairing: Pairing, name: str = "会议室", kind: str = ResourceKind.VENUE) -> PairingResource:
    return pairings.offer(pairing=pairing, kind=kind, name=name, details="周末可用", by=world.users["unit_secretary"])


def test_the_unit_writes_the_agreement_and_its_contact(world: World, pairing: Pairing) -> None:
    client = sign_in(world, "unit_secretary")
    form = {"document_number": "芝税发〔2026〕3号", "agreement": AGREEMENT, "contact_name": "陈卫东"}
    client.post(reverse("pairing_edit", args=[pairing.pk]), {**form, "contact_phone": "0535-6210000"})
    for persona in ("unit_secretary", "community_secretary", "community_clerk", "street_officer"):
        html = sign_in(world, persona).get(reverse("pairing_detail", args=[pairing.pk])).content.decode()
        for expected in (*form.values(), "0535-6210000"):
            assert expected in html, persona
    event = AuditEvent.objects.get(event="pairing.edited")
    assert event.details == {"fields": ["document_number", "agreement", "contact_name", "contact_phone"]}


def test_a_resource_from_offer_to_withdrawal(world: World, pairing: Pairing) -> None:
    client = sign_in(world, "unit_secretary")
    line = {"kind": "venue", "name": "会议室", "details": "可容纳50人"}
    client.post(reverse("resource_new", args=[pairing.pk]), line)
    resource = PairingResource.objects.get()
    client.post(reverse("resource_edit", args=[resource.pk]), {**line, "name": "大会议室"})
    resource.refresh_from_db()
    assert (resource.name, resource.kind, resource.withdrawn_on) == ("大会议室", "venue", None)
    page = sign_in(world, "community_clerk").get(reverse("pairing_detail", args=[pairing.pk]))
    assert list(page.context["offered"]) == [resource]
    assert not page.context["may_edit"]
    client.post(reverse("resource_withdraw", args=[resource.pk]))
    page = client.get(reverse("pairing_detail", args=[pairing.pk]))
    assert (list(page.context["offered"]), list(page.context["withdrawn"])) == ([], [resource])
    by = world.users["unit_secretary"]
    refused("resource_withdrawn", pairings.withdraw_resource, resource=resource, by=by)
    refused("resource_withdrawn", pairings.edit_resource, resource=resource, kind="venue", name="x", details="", by=by)
    events = list(AuditEvent.objects.filter(event__startswith="pairing.resource").values_list("event", flat=True))
    assert sorted(events) == ["pairing.resource_edited", "pairing.resource_offered", "pairing.resource_withdrawn"]


def test_after_its_end_it_is_read_and_not_written(world: World, pairing: Pairing) -> None:
    resource = offer(world, pairing)
    client = sign_in(world, "unit_secretary")
    client.post(reverse("pairing_end", args=[pairing.pk]))
    pairing.refresh_from_db()
    assert pairing.ends_on is not None
    page = client.get(reverse("pairing_detail", args=[pairing.pk]))
    assert list(page.context["offered"]) == [resource]
    assert reverse("pairing_edit", args=[pairing.pk]) not in page.content.decode()
    by = world.users["unit_secretary"]
    refused("pairing_ended", pairings.offer, pairing=pairing, kind="funds", name="x", details="", by=by)
    refused("pairing_ended", pairings.edit_resource, resource=resource, kind="funds", name="x", details="", by=by)
    text = {"document_number": "", "agreement": "改", "contact_name": "", "contact_phone": ""}
    refused("pairing_ended", pairings.edit, pairing=pairing, by=by, **text)
    refused("stale", pairings.end, pairing=pairing, by=by)
    answer = client.post(reverse("resource_new", args=[pairing.pk]), {"kind": "funds", "name": "经费"})
    assert answer.context["form"].errors
    assert list(sign_in(world, "community_secretary").get(reverse("pairing_list")).context["page"]) == []


def test_wrong_input_stands_at_its_field(world: World, pairing: Pairing) -> None:
    client = sign_in(world, "unit_secretary")
    answer = client.post(reverse("resource_new", args=[pairing.pk]), {"kind": "gold", "name": ""})
    assert set(answer.context["form"].errors) == {"kind", "name"}
    answer = client.post(reverse("pairing_edit", args=[pairing.pk]), {"contact_phone": "1" * 31})
    assert answer.context["form"].errors["contact_phone"]
    assert not PairingResource.objects.exists()


def test_neither_side_neither_page(world: World, pairing: Pairing) -> None:
    """The receiver and what is above both sides read; branches below the unit and everybody else do not."""
    resource = offer(world, pairing)
    readers, writers = set(), set()
    for persona in world.users:
        client = sign_in(world, persona)
        if client.get(reverse("pairing_detail", args=[pairing.pk])).status_code == 200:
            readers.add(persona)
        if client.get(reverse("resource_edit", args=[resource.pk])).status_code == 200:
            writers.add(persona)
    both = {"unit_secretary", "community_secretary", "community_clerk", "street_officer", "department_officer"}
    assert readers == both
    assert writers == {"unit_secretary", "department_officer"}


def test_units_paired_with_us_by_what_they_offer(world: World, pairing: Pairing) -> None:
    other = pairings.pair(
        home_side=world.hospital, receiver=world.community, document_number="", by=world.users["other_secretary"]
    )
    pairings.pair(
        home_side=world.hospital, receiver=world.community3, document_number="", by=world.users["other_secretary"]
    )
    offer(world, pairing)
    offer(world, pairing, "税法讲师", ResourceKind.EXPERTISE)
    offer(world, other, "义诊", ResourceKind.EXPERTISE)
    client = sign_in(world, "community_clerk")

    def shown(**query: str) -> list[tuple[str, list[str]]]:
        page = client.get(reverse("pairing_list"), query).context["page"]
        return sorted((row.home_side.name, [one.name for one in row.resources.all()]) for row in page)

    assert shown() == [("毓璜顶医院党总支", ["义诊"]), ("芝罘区税务局党委", ["税法讲师", "会议室"])]
    assert shown(kind="venue") == [("芝罘区税务局党委", ["会议室"])]
    assert shown(kind="expertise", q="医院") == [("毓璜顶医院党总支", ["义诊"])]
    assert shown(side="out") == []
    assert shown(side="in", kind="funds") == []


@pytest.mark.parametrize("count", [1, 3])
def test_number_of_queries(world: World, pairing: Pairing, django_assert_max_num_queries: Any, count: int) -> None:
    homes = [world.branch_a, world.branch_b]
    for home in homes[: count - 1]:
        offer(
            world,
            pairings.pair(
                home_side=home, receiver=world.community, document_number="", by=world.users["unit_secretary"]
            ),
        )
    offer(world, pairing)
    client = sign_in(world, "community_secretary")
    with django_assert_max_num_queries(7):
        client.get(reverse("pairing_list"))
    with django_assert_max_num_queries(8):
        client.get(reverse("pairing_detail", args=[pairing.pk]))
