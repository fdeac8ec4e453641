"""Re-encrypt every encrypted field with the newest key, while the portal runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken
from django.apps import apps
from django.conf import settings
from django.db import connection, models

from dualmgmt.lib import audit
from dualmgmt.lib.actors import SYSTEM
from dualmgmt.lib.secrets import EncryptedTextField, decrypt, encrypt

BATCH = 500


@dataclass
class Tally:
    """Of one field: values under the newest key before, those written anew, those no known key opens."""

    field: str
    current: int = 0
    rotated: int = 0
    unreadable: int = 0


def encrypted_fields() -> Iterator[tuple[type[models.Model], EncryptedTextField]]:
    for model in apps.get_models():
        for field in model._meta.local_concrete_fields:
            if isinstance(field, EncryptedTextField):
                yield model, field


def rotate(*, dry_run: bool = False) -> list[Tally]:
    """Walk every encrypted column. Safe to stop anywhere and to run again; *dry_run* only counts.

    A value is replaced only if it still is the one that was read, so that an
    edit made meanwhile wins.
    """
    return [
        *(_rotate_field(model, field, dry_run) for model, field in encrypted_fields()),
        _rotate_second_factors(dry_run),
    ]


def _rotate_field(model: type[models.Model], field: EncryptedTextField, dry_run: bool) -> Tally:
    quote = connection.ops.quote_name
    newest = Fernet(settings.FIELD_KEYS[0])
    tally = Tally(f"{model._meta.label}.{field.name}")
    table, column, key = quote(model._meta.db_table), quote(str(field.column)), quote(str(model._meta.pk.column))
    # Reading through the field would decrypt it. The three names come from the models alone.
    read = f"SELECT {key}, {column} FROM {table} WHERE {key} > %s AND {column} <> '' ORDER BY {key} LIMIT {BATCH}"  # noqa: S608
    write = f"UPDATE {table} SET {column} = %s WHERE {key} = %s AND {column} = %s"  # noqa: S608
    last = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(read, [last])
            rows = cursor.fetchall()
            for pk, token in rows:
                fresh = _renewed(token, newest, tally)
                if fresh and not dry_run:
                    cursor.execute(write, [fresh, pk, token])
        if not rows:
            break
        last = rows[-1][0]
    if tally.rotated and not dry_run:
        audit.record("keys.rotated", model(), by=SYSTEM, fields=field.name, rows=tally.rotated)
    return tally


def _rotate_second_factors(dry_run: bool) -> Tally:
    """Keys of authenticator apps and seeds of recovery codes: the sign-in library keeps them inside JSON."""
    newest = Fernet(settings.FIELD_KEYS[0])
    tally = Tally("mfa.Authenticator.data")
    for row in Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).iterator(BATCH):
        name = "secret" if row.type == Authenticator.Type.TOTP else "seed"
        fresh = _renewed(row.data[name], newest, tally)
        if fresh and not dry_run:
            Authenticator.objects.filter(pk=row.pk, data=row.data).update(data=row.data | {name: fresh})
    if tally.rotated and not dry_run:
        audit.record("keys.rotated", Authenticator(), by=SYSTEM, fields="data", rows=tally.rotated)
    return tally


def _renewed(token: str, newest: Fernet, tally: Tally) -> str | None:
    """The value under the newest key, or ``None`` where nothing is to be written; counted in *tally*."""
    if _opens(newest, token):
        tally.current += 1
        return None
    try:
        text = decrypt(token)
    except InvalidToken:
        tally.unreadable += 1
        return None
    tally.rotated += 1
    return encrypt(text)


def _opens(cipher: Fernet, token: str) -> bool:
    try:
        cipher.decrypt(token.encode())
    except InvalidToken:
        return False
    return True
