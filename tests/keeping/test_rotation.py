"""A new key: everything stays readable on the way, and afterwards the old key may go."""

from __future__ import annotations

import io
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection

from dualmgmt import rotation
from dualmgmt.models import AuditEvent
from members.models import ActivityRegistration, Member
from tests.factories import MemberFactory, NeedFactory
from tests.scene import register
from tests.world import World

NEW = Fernet.generate_key().decode()


def rotate(*flags: str) -> str:
    out = io.StringIO()
    call_command("rotate_keys", *flags, stdout=out)
    return out.getvalue()


def tokens() -> dict[int, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, phone FROM members_member ORDER BY id")
        return dict(cursor.fetchall())


@pytest.fixture
def full(world: World) -> World:
    """Numbers, an address, a registration form, a letter and a resident's phone."""
    MemberFactory(home=world.branch_a, home_address="烟台市芝罘区向阳街6号")
    NeedFactory(organisation=world.community, contact_name="王大妈", contact_phone="13800001111")
    register(world, "li", "community", issuer="home_secretary", accepter="community_secretary")
    return world


def test_old_values_stay_readable_then_need_the_old_key_no_more(full: World, settings: Any) -> None:
    old = settings.FIELD_KEYS[0]
    phones = {row.pk: row.phone for row in Member.objects.all()}
    form = ActivityRegistration.objects.get().form
    before = tokens()
    settings.FIELD_KEYS = [NEW, old]
    assert {row.pk: row.phone for row in Member.objects.all()} == phones
    said = rotate("--dry-run")
    assert f"members.Member.phone: 0 under the newest key, {len(phones)} to rotate" in said
    assert tokens() == before
    assert "rotated" in rotate()
    assert set(tokens().values()).isdisjoint(before.values())
    settings.FIELD_KEYS = [NEW]
    assert {row.pk: row.phone for row in Member.objects.all()} == phones
    assert ActivityRegistration.objects.get().form == form
    assert f"{len(phones)} under the newest key, 0 rotated" in rotate()
    assert {"members.member", "members.activityregistration", "projects.need"} <= set(
        AuditEvent.objects.filter(event="keys.rotated").values_list("subject_type", flat=True)
    )


def test_second_factors_are_kept_encrypted_and_rotate_with_the_rest(world: World, settings: Any) -> None:
    user, key = world.users["department_officer"], "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    TOTP.activate(user, key)
    codes = RecoveryCodes.activate(user).get_unused_codes()
    kept = {row.type: row.data for row in Authenticator.objects.filter(user=user)}
    assert key not in str(kept)
    settings.FIELD_KEYS = [NEW, *settings.FIELD_KEYS]
    assert "mfa.Authenticator.data: 0 under the newest key, 2 to rotate" in rotate("--dry-run")
    assert {row.type: row.data for row in Authenticator.objects.filter(user=user)} == kept
    assert "mfa.Authenticator.data: 0 under the newest key, 2 rotated" in rotate()
    settings.FIELD_KEYS = [NEW]
    app, recovery = (Authenticator.objects.get(user=user, type=kind).wrap() for kind in ("totp", "recovery_codes"))
    code = format_hotp_value(hotp_value(key, next(yield_hotp_counters_from_time())))
    assert (app.validate_code(code), recovery.get_unused_codes()) == (True, codes)


def test_a_lost_key_is_told_and_nothing_is_overwritten(full: World, settings: Any) -> None:
    before = tokens()
    settings.FIELD_KEYS = [NEW]
    with pytest.raises(CommandError):
        rotate()
    assert tokens() == before


def test_an_edit_made_meanwhile_wins(full: World, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between reading a value and writing it anew somebody saves another one."""
    settings.FIELD_KEYS = [NEW, *settings.FIELD_KEYS]
    member = Member.objects.order_by("pk")[0]
    plain = rotation.decrypt

    def slow(token: str) -> str:
        text = plain(token)
        if text == member.phone:
            Member.objects.filter(pk=member.pk).update(phone="13899990000")
        return text

    monkeypatch.setattr(rotation, "decrypt", slow)
    rotate()
    assert Member.objects.get(pk=member.pk).phone == "13899990000"
