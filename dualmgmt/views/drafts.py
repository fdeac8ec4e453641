"""Saving a form while it is typed, and throwing such a draft away."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dualmgmt.lib import drafts


@login_not_required
@require_POST
def draft(request: HttpRequest, key: str) -> HttpResponse:
    """Save what the form holds, or discard it, for the person whose form it is; a key we did not give is 404."""
    found = drafts.addressed(request.POST)
    if found is None or found[1] != key:
        raise Http404
    if not request.user.is_authenticated:
        # The script says that one is signed out; what was typed waits for the same person to sign in.
        return JsonResponse({}, status=401) if drafts.stash(request) else redirect_to_login(found[2])
    if found[0] != request.user.pk:
        raise Http404
    if "discard" in request.POST:
        drafts.discard(request.user, key)
        messages.success(request, _("What had been saved by itself is discarded."))
        return redirect(found[2])
    data = drafts.typed(request.POST)
    if data is None:
        return JsonResponse({}, status=413)
    now = timezone.now()
    drafts.save(request.user.pk, key, data, now)
    return JsonResponse({"saved_at": formats.time_format(timezone.localtime(now), "H:i")})
