"""Signing in and out, failing to, and being refused: on record without any action being called."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.core.cache import cache
from django.dispatch import receiver
from django.http import HttpRequest

from dualmgmt.lib import audit
from dualmgmt.lib.actors import SYSTEM
from members.models import User

# Refusals of one account on record per minute; more of them say nothing new and would fill the table.
REFUSALS_PER_MINUTE = 20


@receiver(user_logged_in)
def signed_in(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    audit.record("account.signed_in", user, by=user)


@receiver(user_logged_out)
def signed_out(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        audit.record("account.signed_out", user, by=user)


@receiver(user_login_failed)
def sign_in_failed(sender: Any, credentials: dict[str, Any], **kwargs: Any) -> None:
    """The name that was typed, made unreadable where it is a number; never the password."""
    typed = str(credentials.get("username") or credentials.get("login") or "")[:40]
    user = User.objects.filter(username=typed).first()
    audit.record("account.sign_in_failed", user or User(), by=SYSTEM, typed=audit.masked(typed))


def refused(request: HttpRequest) -> None:
    """A page that its visitor may not open."""
    assert request.user.is_authenticated
    key = f"refused:{request.user.pk}"
    cache.add(key, 0, 60)
    try:
        if cache.incr(key) > REFUSALS_PER_MINUTE:
            return
    except ValueError:  # the minute has just ended
        cache.add(key, 1, 60)
    path = audit.masked(request.path)[:200]
    audit.record("access.refused", request.user, by=request.user, method=request.method, path=path)
