"""Notices: sentences to a person, written once and read in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise

from dualmgmt.models import Notice

_kinds: dict[str, str | Promise] = {}


def register(kind: str, text: str | Promise) -> None:
    """Declare a kind with its lazy sentence, ``%(name)s`` placeholders allowed."""
    _kinds[kind] = text


def render(notice: Notice) -> str:
    return str(_kinds[notice.kind]) % notice.params


def tell(user_ids: Iterable[int], kind: str, *, key: str, url: str = "", **params: Any) -> None:
    """Give each user the notice once: *key* plus the user is unique.

    *params* are plain words and numbers, never ID numbers or phones.
    """
    if kind not in _kinds:
        raise LookupError(f"notice kind {kind!r} is not registered")
    Notice.objects.bulk_create(
        [Notice(user_id=pk, kind=kind, key=f"{key}:{pk}", url=url, params=params) for pk in set(user_ids)],
        ignore_conflicts=True,
    )


def mark_read(user: Any, *, pk: int | None = None) -> None:
    """Mark one notice of *user*, or all of them, as read."""
    rows = Notice.objects.filter(user=user, read_at=None)
    if pk is not None:
        rows = rows.filter(pk=pk)
    rows.update(read_at=timezone.now())
