"""The public check page: whether a letter is valid, and never whose it is."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dualmgmt.lib import throttle
from members import access
from members.models import IntroductionLetter


@login_not_required
@never_cache
@require_safe
def letter_check(request: HttpRequest, token: str) -> HttpResponse:
    """Reached by the square code on a letter. Codes that nobody issued get the same page and the same status.

    A receiver who is signed in gets on to the letter from here.
    """
    context: dict[str, object] = {"token": token, "limited": False, "letter": None, "may_find": False}
    if throttle.allowed(request, "check", limit=30, seconds=600):
        letter = IntroductionLetter.objects.select_related("registration__organisation").with_code(token)
        context["letter"] = letter
        context["may_find"] = letter is not None and access.is_addressee(request.user, letter)
    else:
        context["limited"] = True
    answer = render(request, "members/letter_check.html", context, status=429 if context["limited"] else 200)
    answer["X-Robots-Tag"] = "noindex, nofollow"
    return answer
