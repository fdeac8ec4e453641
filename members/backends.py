"""Sign-in backend: by card number, phone or user name; loads account and member in one query."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.http import HttpRequest

from members.access import account_named
from members.models import User


class PortalBackend(AuthenticationBackend):
    def _authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        """What was typed becomes the account's user name; an unknown one goes on as it is and fails as slowly."""
        user = account_named(str(credentials.get("username") or ""))
        if user is not None:
            credentials["username"] = user.username
        return super()._authenticate(request, **credentials)

    def get_user(self, user_id: Any) -> User | None:
        user = User.objects.select_related("member").filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None
