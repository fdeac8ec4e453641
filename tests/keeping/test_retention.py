"""What is old goes, what is not stays, a dry run changes nothing, and every deletion is on record."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from dualmgmt import retention
from dualmgmt.lib import audit, registry
from dualmgmt.lib.actors import SYSTEM
from dualmgmt.models import AuditEvent, Notice, Outbox, RetentionRun
from dualmgmt.schedule import SCHEDULE
from members.actions import accounts, corrections, disclosures
from members.enums import CorrectionField, DisclosedField, Purpose, SlipState
from members.models import ActivationSlip, CorrectionRequest, Disclosure, HomeMembership, Member
from projects.enums import NeedState
from projects.models import Need
from tests.factories import MemberFactory, NeedFactory, RegistrationFactory
from tests.members.helpers import sign_in
from tests.world import World


def ago(days: int) -> dt.datetime:
    return timezone.now() - dt.timedelta(days=days)


def counted() -> dict[str, int]:
    return {one.kind: one.deleted or 0 for one in retention.run()}


def test_every_kind_has_its_setting(settings: Any) -> None:
    kinds = registry.retentions.kinds.values()
    assert {kind.setting for kind in kinds} == set(settings.RETENTION_DAYS)
    assert "dualmgmt.retain" in {entry["task"] for entry in SCHEDULE.values()}


def test_old_notices_work_and_sessions_go(world: World) -> None:
    user = world.users["member"]
    for days in (10, 500):
        Notice.objects.create(user=user, kind="letter.issued", key=f"k{days}", created_at=ago(days))
        Outbox.objects.create(task="x", args=[], done_at=ago(days))
        Session.objects.create(session_key=f"s{days}", session_data="", expire_date=ago(days))
    Outbox.objects.create(task="x", args=[], created_at=ago(1000))  # not done: stays until it is
    assert {name: counted_of for name, counted_of in counted().items() if counted_of} == {
        "notices": 1,
        "outbox": 1,
        "sessions": 1,
    }
    assert (Notice.objects.count(), Outbox.objects.filter(done_at=None).exists()) == (1, True)
    assert Session.objects.get().session_key == "s10"
    assert not any(counted().values())


def test_a_dry_run_says_what_would_go_and_changes_nothing(world: World) -> None:
    Notice.objects.create(user=world.users["member"], kind="letter.issued", key="k", created_at=ago(500))
    out = io.StringIO()
    call_command("retain", "--dry-run", "--format", "json", stdout=out)
    found = {line["kind"]: line for line in json.loads(out.getvalue())}
    assert (found["notices"]["due"], found["notices"]["deleted"]) == (1, None)
    assert Notice.objects.exists()
    assert not RetentionRun.objects.exists()
    out = io.StringIO()
    call_command("retain", stdout=out)
    assert "1 deleted" in out.getvalue()
    assert not Notice.objects.exists()
    assert RetentionRun.objects.get().deleted == 1
    assert AuditEvent.objects.get(event="retention.deleted").details == {"source": "notices", "rows": 1}


def test_nought_keeps_for_ever(world: World, settings: Any) -> None:
    settings.RETENTION_DAYS = {**settings.RETENTION_DAYS, "RETAIN_NOTICES_DAYS": 0}
    Notice.objects.create(user=world.users["member"], kind="letter.issued", key="k", created_at=ago(5000))
    assert "notices" not in counted()
    assert Notice.objects.exists()


def test_slips_and_what_was_asked_or_shown(world: World) -> None:
    secretary, li = world.users["home_secretary"], world.members["li"]
    old = accounts.request_slip(user=world.users["member"], organisation=world.branch_a, by=secretary)
    ActivationSlip.objects.filter(pk=old.pk).update(state=SlipState.EXPIRED, requested_at=ago(400))
    fresh = accounts.request_slip(user=world.users["member"], organisation=world.branch_a, by=secretary)
    asked = corrections.ask(member=li, field=CorrectionField.PHONE, proposed="13912345678", by=world.users["member"])
    corrections.refuse(request=asked, answer="不符", by=secretary)
    CorrectionRequest.objects.update(answered_at=ago(400))
    shown = disclosures.reveal(
        member=li,
        field=DisclosedField.PHONE,
        purpose=Purpose.CONTACT,
        words="",
        organisation=world.branch_a,
        by=secretary,
    )
    Disclosure.objects.filter(pk=shown.pk).update(requested_at=ago(1200))
    done = counted()
    assert (done["slips"], done["corrections"], done["disclosures"]) == (1, 1, 1)
    assert ActivationSlip.objects.get() == fresh
    asked.refresh_from_db()
    assert (asked.proposed, asked.answer) == ("", "不符")  # that it was asked and answered stays
    assert not Disclosure.objects.exists()
    assert Member.objects.get(pk=li.pk).phone == li.phone


def test_people_who_left_long_ago_lose_phone_and_address_and_nothing_else(world: World) -> None:
    gone, recent, active = (MemberFactory(home=world.branch_b, home_address="某街1号") for _one in range(3))
    HomeMembership.objects.filter(member__in=[gone, active]).update(ended_on=ago(1200).date())
    HomeMembership.objects.filter(member=recent).update(ended_on=ago(30).date())
    RegistrationFactory(member=active, organisation=world.community, home_branch=world.branch_b)
    assert counted()["former_contact"] == 1
    left = Member.objects.get(pk=gone.pk)
    assert (left.phone, left.phone_hash, left.home_address) == ("", "", "")
    assert (left.name, left.id_number) == (gone.name, gone.id_number)
    assert Member.objects.exclude(phone="").filter(pk__in=[recent.pk, active.pk]).count() == 2
    assert counted()["former_contact"] == 0


def test_residents_of_settled_needs_are_forgotten(world: World) -> None:
    settled = NeedFactory(organisation=world.community, contact_name="王大妈", contact_phone="13800001111")
    waiting = NeedFactory(organisation=world.community, contact_name="孙大爷", contact_phone="13800002222")
    Need.objects.update(created_at=ago(400))
    Need.objects.filter(pk=settled.pk).update(state=NeedState.ANSWERED, answer="已办结")
    assert counted()["reporters"] == 1
    settled.refresh_from_db()
    waiting.refresh_from_db()
    assert (settled.contact_name, settled.contact_phone) == ("", "")
    assert waiting.contact_name == "孙大爷"


@pytest.mark.django_db(transaction=True)
def test_only_sealed_rows_of_the_log_go(settings: Any) -> None:
    from dualmgmt import sealing
    from tests.factories import UserFactory

    settings.AUDIT_SEAL_DELAY_SECONDS = 0
    subject = UserFactory()
    audit.record("member.edited", subject, by=SYSTEM)
    settings.RETENTION_DAYS = {**settings.RETENTION_DAYS, "RETAIN_AUDIT_DAYS": 180}
    assert counted()["audit"] == 0
    assert sealing.seal()
    assert counted()["audit"] == 0  # not old enough


def test_the_page_of_those_who_answer_for_it(world: World) -> None:
    Notice.objects.create(user=world.users["member"], kind="letter.issued", key="k", created_at=ago(500))
    page = sign_in(world, "auditor").get(reverse("retention"))
    due = {kind.kind: found for kind, found in page.context["kinds"]}
    assert due["notices"].due == 1
    assert page.context["runs"] == []
