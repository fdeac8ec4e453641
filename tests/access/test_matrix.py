"""Every URL × every persona × GET and POST, and nothing that nobody has classified."""

from __future__ import annotations

from collections.abc import Iterator
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.access.matrix import MATRIX, SIGNED_IN
from tests.factories import PASSWORD
from tests.scene import Scene, set_up
from tests.world import World

# Third-party URLs with doors of their own.
FOREIGN = {
    "account_login", "account_logout", "account_inactive", "account_reauthenticate", "account_change_password",
    "mfa_index", "mfa_authenticate", "mfa_reauthenticate", "mfa_trust",
    "mfa_activate_totp", "mfa_deactivate_totp",
    "mfa_view_recovery_codes", "mfa_generate_recovery_codes", "mfa_download_recovery_codes",
    "mfa_list_webauthn", "mfa_add_webauthn", "mfa_edit_webauthn", "mfa_remove_webauthn", "mfa_reauthenticate_webauthn",
    "mfa_login_webauthn", "usersessions_list", "identity_login", "identity_back", "socialaccount_connections",
}  # fmt: skip
# Names that django-allauth looks up and this portal answers with 404.
NOT_HERE = {
    "account_signup", "account_email", "account_reset_password", "account_set_password",
    "socialaccount_signup", "socialaccount_login_cancelled", "socialaccount_login_error",
}  # fmt: skip
# URLs that answer every method alike.
ANY_METHOD = {"front", "health", "set_language", "need_reported", "todo", "api_schema", "api_docs"}


def named(resolver: URLResolver, prefix: str = "", above: str = "") -> Iterator[tuple[str, str]]:
    """Name and address of every pattern."""
    for pattern in resolver.url_patterns:
        route = above + str(pattern.pattern).removeprefix("^").removesuffix("$")
        if isinstance(pattern, URLResolver):
            yield from named(pattern, f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix, route)
        elif isinstance(pattern, URLPattern):
            yield f"{prefix}{pattern.name or pattern.pattern}", route


def patterns() -> dict[str, str]:
    return dict(named(get_resolver()))


def ours() -> set[str]:
    return {name for name in patterns() if not name.startswith("admin:")} - FOREIGN - NOT_HERE


@pytest.fixture
def scene(world: World, django_capture_on_commit_callbacks: Any) -> Scene:
    with django_capture_on_commit_callbacks(execute=True):
        return set_up(world)


def test_every_url_is_classified() -> None:
    assert ours() == set(MATRIX)


@pytest.mark.parametrize("name", sorted(NOT_HERE))
def test_pages_that_this_portal_does_not_have(client: Client, db: None, name: str) -> None:
    assert client.get(reverse(name)).status_code == 404
    assert client.post(reverse(name), {"email": "a@example.com"}).status_code == 404


def test_every_persona_is_known(scene: Scene) -> None:
    assert set(SIGNED_IN.split()) == set(scene.world.users)


def _signed_in(scene: Scene, persona: str) -> Client:
    """Through the sign-in page, with a password."""
    client = Client(raise_request_exception=True)
    if persona == "anonymous":
        return client
    user = scene.world.users[persona]
    user.set_password(PASSWORD)
    user.save()
    answer = client.post(reverse("account_login"), {"login": user.username, "password": PASSWORD})
    assert answer.status_code == 302, answer.content.decode()
    return client


def _mismatch(client: Client, scene: Scene, persona: str, name: str, method: str, expected: bool | None) -> str | None:
    url = reverse(name, kwargs=MATRIX[name].kwargs(scene))
    answer = client.get(url) if method == "GET" else client.post(url)
    status = answer.status_code
    to_login = status == 302 and answer["Location"].startswith("/accounts/login/")
    if expected is None:
        fine = status in (403, 404, 405) or to_login
    elif expected:
        fine = status in (200, 201, 302, 409) and not to_login  # 409: let in, and told why not
    else:
        fine = status in (403, 404) or to_login
    return None if fine else f"{method} {name} as {persona}: {status}, expected {expected}"


@pytest.mark.parametrize("persona", ["anonymous", *SIGNED_IN.split()])
def test_who_gets_in(scene: Scene, persona: str) -> None:
    """Not signed in goes to the sign-in page; out of scope is 404, not allowed 403, wrong method 405."""
    wrong = []
    client = _signed_in(scene, persona)
    cookies = client.cookies.output(header="", sep=";")
    for name, row in MATRIX.items():
        for method in ("GET",) if name in ANY_METHOD else ("GET", "POST"):
            mark = transaction.savepoint()  # every request meets the same scene
            client.cookies = SimpleCookie(cookies)
            wrong.append(_mismatch(client, scene, persona, name, method, row.may(persona, method)))
            transaction.savepoint_rollback(mark)
    assert not any(wrong), "\n".join(line for line in wrong if line)
