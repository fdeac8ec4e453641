"""Sign-in policy: second factor where it is required, idle and absolute time-outs, passwords that have grown old."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from typing import Any

from allauth.account.signals import password_changed
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, resolve_url
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from branches.models import Appointment
from branches.permissions import ADMINISTRATOR_ROLES, STRONG_ROLES
from dualmgmt.demo import is_demo
from dualmgmt.lib import audit, drafts, origin
from members import notices
from members.actions.accounts import remember_password
from members.models import User

# Marks in the session, seconds since the epoch.
BEGAN, SEEN = "signed_in_at", "seen_at"
# Asking again on every request would write the session every time.
MARK_EVERY_SECONDS = 60
# What may be opened before the second factor or the new password is there.
ALWAYS = ("/accounts/", "/language/", "/static/", "/health/")


def second_factor_missing(user: User) -> bool:
    """Department officers and administrators without an authenticator; the demo asks nobody."""
    if not settings.SECOND_FACTOR_REQUIRED:
        return False
    if not any(row.role in STRONG_ROLES for row in Appointment.objects.all_of(user)):
        return False
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    return not Authenticator.objects.filter(user=user, type__in=kinds).exists() and not is_demo()


def idle_minutes(user: User) -> int | None:
    """How long *user* may do nothing; ``None`` for members without office."""
    roles = {row.role for row in Appointment.objects.all_of(user)}
    if roles & ADMINISTRATOR_ROLES:
        return settings.IDLE_MINUTES["administrator"]
    return settings.IDLE_MINUTES["officer"] if roles else None


def timed_out(request: HttpRequest, user: User, now: float) -> bool:
    minutes = idle_minutes(user)
    if minutes is None:
        return False  # the session's own fourteen days hold
    session = request.session
    idle = now - session.get(SEEN, now) > minutes * 60
    return idle or now - session.get(BEGAN, now) > settings.ABSOLUTE_HOURS * 3600


def password_too_old(user: User) -> bool:
    """Officers change their password from time to time; the day is read once per sign-in."""
    if idle_minutes(user) is None or not user.has_usable_password():
        return False
    newest = user.past_passwords.values_list("set_at", flat=True).first() or user.date_joined
    return timezone.now() - newest > dt.timedelta(days=settings.OFFICER_PASSWORD_DAYS)


class SignInPolicyMiddleware:
    """Runs after everything that knows who it is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not isinstance(user, User) and not user.is_authenticated:
            return self.get_response(request)
        now = time.time()
        if timed_out(request, user, now):
            return self._sign_out(request, user)
        if now - request.session.get(SEEN, 0) > MARK_EVERY_SECONDS:
            request.session[SEEN] = int(now)
            request.session.setdefault(BEGAN, int(now))
        if not request.path.startswith(ALWAYS):
            if second_factor_missing(user):
                words = _("Your office asks for a second step at sign-in. Set it up before you go on.")
                return self._first(request, "mfa_activate_totp", words)
            if request.session.get("password_old"):
                return self._first(request, "account_change_password", _("Your password is due. Choose a new one."))
        return self.get_response(request)

    @staticmethod
    def _first(request: HttpRequest, page: str, words: str) -> HttpResponse:
        if request.path.startswith("/api/"):
            return JsonResponse({"detail": words}, status=403)
        messages.warning(request, words)
        return redirect(page)

    @staticmethod
    def _sign_out(request: HttpRequest, user: User) -> HttpResponse:
        audit.record("account.timed_out", user, by=user)
        logout(request)
        messages.info(request, _("You were signed out because nothing was done for a while. Sign in to go on."))
        # A form sent too late is kept: it carries a field that we signed, so nobody else can have made it.
        back = request.get_full_path() if request.method == "GET" else drafts.stash(request)
        query = f"?{urlencode({'next': back})}" if back else ""
        return redirect(f"{resolve_url(settings.LOGIN_URL)}{query}")


@receiver(user_logged_in)
def begin(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    request.session[BEGAN] = request.session[SEEN] = int(time.time())
    drafts.claim(request, user)
    if password_too_old(user):
        request.session["password_old"] = True
    agent = request.META.get("HTTP_USER_AGENT", "")
    known = UserSession.objects.filter(user=user)
    if known.exists() and not known.filter(user_agent=agent).exists():
        notices.new_device(user.pk, origin.current().address, str(request.session[BEGAN]))
    end_oldest(user)


def end_oldest(user: User) -> None:
    """Who holds an office is signed in at few places at once; where one has been left longest it ends."""
    if idle_minutes(user) is None or not settings.OFFICER_SESSIONS:
        return
    rows = sorted(UserSession.objects.purge_and_list(user), key=lambda row: row.last_seen_at)
    for row in rows[: max(len(rows) + 1 - settings.OFFICER_SESSIONS, 0)]:
        row.end()
        audit.record("account.session_ended", user, by=user)


@receiver(password_changed)
def password_is_new(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Django signs the other sessions out by itself; the person is told, in case it was somebody else."""
    request.session.pop("password_old", None)
    remember_password(user)
    audit.record("account.password_changed", user, by=user)
    notices.account_changed(user.pk, _("password"), f"{user.pk}:{time.time_ns()}")


@receiver([authenticator_added, authenticator_removed])
def second_factor_changed(sender: Any, request: HttpRequest, user: User, authenticator: Any, **kwargs: Any) -> None:
    audit.record("account.second_factor", user, by=user, name=authenticator.type)
    notices.account_changed(user.pk, _("second factor"), f"{user.pk}:{time.time_ns()}")
