"""Rate limits of the public pages, counted per address in the shared cache."""

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest


def allowed(request: HttpRequest, action: str, *, limit: int, seconds: int) -> bool:
    """Whether this address may do *action* once more within the current span of *seconds*."""
    # The sign-in's own reading of the address, so that a trusted proxy is looked through in one place.
    address = get_adapter().get_client_ip(request)
    key = f"throttle:{action}:{address}"
    if cache.add(key, 1, seconds):
        return True
    try:
        return cache.incr(key) <= limit
    except ValueError:  # the span has just ended
        return True
