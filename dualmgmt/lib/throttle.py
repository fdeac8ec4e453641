"""Rate limits of the public pages, counted per address, and of look-ups by officers, in the shared cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest

if TYPE_CHECKING:
    from members.models import User


def allowed(request: HttpRequest, action: str, *, limit: int, seconds: int, user: User | None = None) -> bool:
    """Whether this address may do *action* once more within the current span of *seconds*; or *user*, from anywhere."""
    # The sign-in's own reading of the address, so that a trusted proxy is looked through in one place.
    who = get_adapter().get_client_ip(request) if user is None else f"user-{user.pk}"
    key = f"throttle:{action}:{who}"
    if cache.add(key, 1, seconds):
        return True
    try:
        return cache.incr(key) <= limit
    except ValueError:  # the span has just ended
        return True
