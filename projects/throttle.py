"""Rate limits of the public pages, counted per address in the shared cache."""

from django.core.cache import cache
from django.http import HttpRequest


def allowed(request: HttpRequest, action: str, *, limit: int, seconds: int) -> bool:
    """Whether this address may do *action* once more within the current span of *seconds*."""
    address = request.META.get("REMOTE_ADDR", "")
    key = f"throttle:{action}:{address}"
    if cache.add(key, 1, seconds):
        return True
    try:
        return cache.incr(key) <= limit
    except ValueError:  # the span has just ended
        return True
