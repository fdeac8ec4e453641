"""Middleware that Django does not bring."""

from collections.abc import Callable

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.translation import gettext

from branches import capacity
from dualmgmt import doors
from dualmgmt.lib import drafts, origin


class ChosenLanguageMiddleware(LocaleMiddleware):
    """Chinese unless the person chose English.

    Django's own middleware follows the browser's ``Accept-Language``; office
    machines often announce English, so only the language cookie counts here.
    """

    def process_request(self, request: HttpRequest) -> None:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        known = dict(settings.LANGUAGES)
        translation.activate(chosen if chosen in known else settings.LANGUAGE_CODE)
        request.LANGUAGE_CODE = translation.get_language()


class SignInFirstMiddleware(LoginRequiredMiddleware):
    """Sends people to the sign-in page; what they had typed is there again when the same person has signed in."""

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseRedirect:
        page = drafts.stash(request) if request.method == "POST" else None
        if page is None:
            return super().handle_no_permission(request, view_func)
        words = gettext("You are signed out. Sign in as the same person, and what you typed is here again.")
        messages.info(request, words)
        return redirect_to_login(page)


def _address(request: HttpRequest) -> str:
    """The visitor's address behind as many proxies as are trusted; empty on a local socket."""
    try:
        return get_adapter().get_client_ip(request)
    except PermissionDenied:
        return ""


class CapacityMiddleware:
    """Everybody acts in one capacity at a time, and every audit row says in which and from where."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = None
        if request.user.is_authenticated:
            chosen = capacity.assume(request.user, request.session.get(capacity.SESSION_KEY))
        source = origin.Origin(
            address=_address(request),
            capacity=str(chosen or ""),
            appointment_id=chosen.pk if chosen else None,
        )
        with origin.of(source):
            answer = self.get_response(request)
            if answer.status_code == 403 and request.user.is_authenticated:
                doors.refused(request)
        return answer
