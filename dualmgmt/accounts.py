"""How django-allauth behaves in the portal, and which of its pages there are."""

from __future__ import annotations

from typing import Any

from allauth.account import views as account_views
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import LoginForm
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path
from django.utils.translation import gettext_lazy as _


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up: accounts are made for people on a roll."""
        return False


class SignInForm(LoginForm):
    """People know their card's number or their phone, not a user name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        login = self.fields["login"]
        login.label = _("Card number, phone or user name")
        login.widget.attrs.pop("placeholder", None)


@login_not_required
def not_here(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    """Pages that django-allauth links to by name and this portal does not have."""
    raise Http404


# No sign-up, no e-mail, no reset by e-mail: a slip from the home branch does that (issue of slips).
urlpatterns: list[URLPattern | URLResolver] = [
    path("login/", account_views.login, name="account_login"),
    path("logout/", account_views.logout, name="account_logout"),
    path("inactive/", account_views.account_inactive, name="account_inactive"),
    path("reauthenticate/", account_views.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account_views.password_change, name="account_change_password"),
    path("2fa/", include("allauth.mfa.urls")),
    path("sessions/", include("allauth.usersessions.urls")),
    path("signup/", not_here, name="account_signup"),
    path("email/", not_here, name="account_email"),
    path("password/reset/", not_here, name="account_reset_password"),
    path("password/set/", not_here, name="account_set_password"),
]
