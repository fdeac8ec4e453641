"""How django-allauth behaves in the portal, and which of its pages there are."""

from __future__ import annotations

from typing import Any

from allauth.account import views as account_views
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import ChangePasswordForm, LoginForm
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dualmgmt import identities
from dualmgmt.lib import secrets
from members.access import account_named
from members.models import User


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": _("The sign-in name or the password is not right."),
        "too_many_login_attempts": _("Too many failed tries. Wait a quarter of an hour, then try again."),
        "enter_current_password": _("This is not your current password."),
        "incorrect_password": _("This is not your password."),
    }

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Failures count against the account, whether it was named by its card, its phone or its user name."""
        user = account_named(str(credentials.get("username") or ""))
        if user is not None:
            credentials["username"] = user.username
        super().pre_authenticate(request, **credentials)

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up: accounts are made for people on a roll."""
        return False


class SecondFactorAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("This code is not right or no longer valid. Type the one that the app shows now."),
    }

    def encrypt(self, text: str) -> str:
        """Keys of authenticator apps and seeds of recovery codes, at rest."""
        return secrets.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return secrets.decrypt(encrypted_text)

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002 – their name
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return gettext("Passkey %(number)s") % {"number": number}

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """The browser names the portal when it asks for the passkey."""
        name = settings.PORTAL_NAME or gettext("Dual management, dual duty portal")
        return super().get_public_key_credential_rp_entity() | {"name": name}


class SignInForm(LoginForm):
    """People know their card's number or their phone, not a user name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("Card number, phone or user name")


class NewPasswordForm(ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].help_text = _("At least 8 characters; officers at least 10 of three kinds.")


def code_field(label: Any) -> forms.CharField:
    digits = forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"})
    return forms.CharField(label=label, widget=digits)


class SecondStepForm(AuthenticateForm):
    code = code_field(_("Code of the app, or a recovery code"))

    def has_passkey(self) -> bool:
        return Authenticator.objects.filter(user=self.user, type=Authenticator.Type.WEBAUTHN).exists()


class SecondStepAgainForm(ReauthenticateForm):
    code = code_field(_("Code of the app, or a recovery code"))


class AppForm(ActivateTOTPForm):
    code = code_field(_("Six digits"))


class PasskeyForm(AddWebAuthnForm):
    name = forms.CharField(label=_("Name of the passkey"), required=False)
    passwordless = forms.BooleanField(
        label=_("Sign in with it alone, without a password"),
        help_text=_("The device then asks for the fingerprint, the face or its PIN."),
        required=False,
        initial=True,
    )


class PasskeyNameForm(EditWebAuthnForm):
    name = forms.CharField(label=_("Name of the passkey"))


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
    *identities.urlpatterns,
    path("signup/", not_here, name="account_signup"),
    path("identities/signup/", not_here, name="socialaccount_signup"),
    path("identities/cancelled/", not_here, name="socialaccount_login_cancelled"),
    path("identities/error/", not_here, name="socialaccount_login_error"),
    path("email/", not_here, name="account_email"),
    path("password/reset/", not_here, name="account_reset_password"),
    path("password/set/", not_here, name="account_set_password"),
]
