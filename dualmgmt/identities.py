"""Signing in with an account elsewhere: connected by its owner first, never a way to get an account.

Nobody is found by name, phone or mail of the other side. Who has signed in with
their password connects WeCom or DingTalk once; from then on it opens this
account, second step and time-outs as with the password.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from allauth.account.utils import get_next_redirect_url
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount import signals
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.helpers import complete_social_login
from allauth.socialaccount.internal.flows.connect import disconnect
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthProcess
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.dispatch import receiver
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dualmgmt.lib import audit, throttle
from dualmgmt.lib.actors import SYSTEM
from dualmgmt.lib.sheets import Sheet
from dualmgmt.provider import CodeProvider, ExchangeFailed, provider_classes
from members import notices
from members.models import User

TRIES_PER_TEN_MINUTES = 30


def offered() -> list[type[CodeProvider]]:
    """The providers that the office has set up, in their order."""
    return [one for one in provider_classes if one.configured()]


def _provider(request: HttpRequest, name: str) -> CodeProvider:
    if name not in [one.id for one in offered()]:
        raise Http404
    found: CodeProvider = get_adapter().get_provider(request, name)
    return found


class IdentityAdapter(DefaultSocialAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> Any:
        """What the other side says about a person is not read."""
        return sociallogin.user

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Who is not connected is told how to be; the answer is the same for everybody."""
        if sociallogin.state.get("process") != AuthProcess.LOGIN or sociallogin.is_existing:
            return
        audit.record("account.sign_in_failed", User(), by=SYSTEM, source=sociallogin.account.provider)
        messages.error(
            request,
            _("This account is not connected with one here. Sign in with your card number, then connect it."),
        )
        raise ImmediateHttpResponse(redirect("account_login"))


@login_not_required
@require_POST
def identity_login(request: HttpRequest, provider: str) -> HttpResponse:
    """Off to the provider: to sign in, or for who is signed in to connect the two accounts."""
    found = _provider(request, provider)
    if not request.user.is_authenticated:
        return found.redirect(request, AuthProcess.LOGIN, next_url=get_next_redirect_url(request))
    if is_reauthentication_required(request, app=""):
        return redirect("socialaccount_connections")  # asks for the password first
    return found.redirect(request, AuthProcess.CONNECT)


@login_not_required
@never_cache
@require_safe
def identity_back(request: HttpRequest, provider: str) -> HttpResponse:
    """Back from the provider with a code; only in the browser that was sent there, and only once."""
    found = _provider(request, provider)
    code = request.GET.get(found.code_name) or request.GET.get("code") or ""
    try:
        if not throttle.allowed(request, "identity", limit=TRIES_PER_TEN_MINUTES, seconds=600):
            raise ExchangeFailed("too many tries")
        state = found.unstash_redirect_state(request, request.GET.get("state", ""))
        if not code:
            raise ExchangeFailed("no code")
        login = found.sociallogin_from_response(request, {"uid": found.exchange(code)})
    except (ExchangeFailed, PermissionDenied):
        messages.error(request, _("Signing in there did not work. Try again, or use your password."))
        return redirect("socialaccount_connections" if request.user.is_authenticated else "account_login")
    login.state = state
    return complete_social_login(request, login)


@require_http_methods(["GET", "HEAD", "POST"])
def connections(request: HttpRequest) -> HttpResponse:
    """Which accounts elsewhere open this one; the password is asked for before they are looked at."""
    if not offered():
        raise Http404
    return _connections(request)


@reauthentication_required
def _connections(request: HttpRequest) -> HttpResponse:
    mine = SocialAccount.objects.filter(user=request.user)
    if request.method == "POST":
        disconnect(request, get_object_or_404(mine, pk=request.POST.get("account") or 0))
        return redirect("socialaccount_connections")
    connected = {row.provider: row for row in mine}
    context = {"providers": [(one, connected.get(one.id)) for one in offered()]}
    return render(request, "socialaccount/connections.html", context)


@receiver(signals.social_account_added)
def connected(sender: Any, request: HttpRequest, sociallogin: SocialLogin, **kwargs: Any) -> None:
    _tell(sociallogin.user, "account.identity_connected", sociallogin.account)


@receiver(signals.social_account_removed)
def removed(sender: Any, request: HttpRequest, socialaccount: SocialAccount, **kwargs: Any) -> None:
    _tell(socialaccount.user, "account.identity_removed", socialaccount)


def _tell(user: User, event: str, row: SocialAccount) -> None:
    audit.record(event, user, by=user, source=row.provider)
    notices.account_changed(user.pk, _("sign-in with an account elsewhere"), f"{event}:{row.pk}")


def sections(member: Any) -> Iterable[Sheet]:
    """For the person's own copy."""
    rows = SocialAccount.objects.filter(user=member.user_id).order_by("pk") if member.user_id else []
    names = {one.id: one.label for one in provider_classes}
    lines = [[str(names.get(row.provider, row.provider)), row.uid, timezone.localdate(row.date_joined)] for row in rows]
    if lines:
        yield Sheet(_("Accounts elsewhere"), [_("Where"), _("Number there"), _("Connected on")], lines)


urlpatterns = [
    path("with/<slug:provider>/", identity_login, name="identity_login"),
    path("with/<slug:provider>/back/", identity_back, name="identity_back"),
    path("identities/", connections, name="socialaccount_connections"),
]
