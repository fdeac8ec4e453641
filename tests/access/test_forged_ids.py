"""A choice that was not offered is an ordinary error in every form, and changes nothing.

Generated: everybody opens every page of the matrix that is theirs, and every
choice among rows is sent back with a row of somebody else, with one that does
not exist, and with nonsense.
"""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django import forms
from django.db import models, transaction
from django.test import Client
from django.urls import reverse

from dualmgmt.models import AuditEvent
from tests.access.matrix import MATRIX, SIGNED_IN
from tests.scene import Scene, set_up
from tests.world import World

NOWHERE = 987_654_321


@pytest.fixture
def scene(world: World, django_capture_on_commit_callbacks: Any) -> Scene:
    with django_capture_on_commit_callbacks(execute=True):
        return set_up(world)


def _forms(answer: Any) -> Iterator[forms.BaseForm]:
    """Every form that a page was rendered with and that writes something."""
    seen: set[int] = set()
    for context in answer.context or []:
        for layer in context.dicts if hasattr(context, "dicts") else [context]:
            for value in layer.values():
                if isinstance(value, forms.BaseForm) and id(value) not in seen:
                    seen.add(id(value))
                    yield value


def _not_offered(field: forms.ModelChoiceField[Any]) -> models.Model | None:
    """A row of the same model that this person may not choose."""
    assert field.queryset is not None
    offered = field.queryset.order_by().values("pk")
    return field.queryset.model._default_manager.exclude(pk__in=offered).first()


def _forgeries(form: forms.BaseForm) -> Iterator[tuple[str, str]]:
    for name, field in form.fields.items():
        if not isinstance(field, forms.ModelChoiceField):
            continue
        stranger = _not_offered(field)
        values = [str(NOWHERE), "'; --", *([str(stranger.pk)] if stranger else [])]
        yield from ((form.add_prefix(name), value) for value in values)


class PageForms(HTMLParser):
    """What a browser would send from a page: per form its address, its values, and its choices among rows."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.found: list[tuple[str, dict[str, str], set[str]]] = []
        self._select = self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            method = given.get("method", "get").lower()
            self.found.append((given.get("action") or self.url if method == "post" else "", {}, set()))
        if not self.found:
            return
        _url, values, choices = self.found[-1]
        name, value = given.get("name", ""), given.get("value", "")
        if tag == "input" and name:
            if given.get("type") in ("checkbox", "radio"):
                if value.isdecimal():
                    choices.add(name)
                if "checked" not in given:
                    return
            values[name] = value
        elif tag in ("select", "textarea"):
            self._select, self._text = (name, "") if tag == "select" else ("", name)
            values.setdefault(name, "")
        elif tag == "button" and name:
            values[name] = value
        elif tag == "option" and self._select:
            if value.isdecimal():
                choices.add(self._select)
            if value and (not values[self._select] or "selected" in given):
                values[self._select] = value

    def handle_data(self, data: str) -> None:
        if self._text:
            self.found[-1][1][self._text] += data

    def handle_endtag(self, tag: str) -> None:
        if tag in ("select", "textarea"):
            self._select = self._text = ""


def _written() -> int:
    """How many changes are on record: every write is."""
    return AuditEvent.objects.exclude(event__in=["access.refused", "report.read"]).count()


def _send(client: Client, told: str, url: str, values: dict[str, str]) -> Any:
    """Post *values*; the answer is an ordinary one and nothing is written."""
    mark, before = transaction.savepoint(), _written()
    answer = client.post(url, values)
    assert answer.status_code in (200, 302, 400, 403, 404, 409), f"{told}: {answer.status_code}"
    assert _written() == before, f"{told}: something was written"
    transaction.savepoint_rollback(mark)
    return answer


def _try_filled_in(client: Client, url: str, html: str) -> int:
    """Every form of the page as a browser would send it, with one choice forged; how many were tried."""
    page = PageForms(url)
    page.feed(html)
    tried = 0
    for target, values, choices in page.found:
        for field in sorted(choices) if target else ():
            for value in (str(NOWHERE), "'; --"):
                _send(client, f"{url} → {target} {field}={value}", target, {**values, field: value})
                tried += 1
    return tried


def _try_at_its_field(client: Client, url: str, answer: Any) -> None:
    """Rows that exist and were not offered, which only the form knows: an error at the field."""
    for field, value in [found for form in _forms(answer) for found in _forgeries(form)]:
        told = f"{url} {field}={value}"
        sent = _send(client, told, url, {field: value})
        if sent.status_code == 200:
            assert any(field in one.errors for one in _forms(sent)), told


def _try_as_filter(client: Client, url: str, answer: Any) -> None:
    """In the address of a list: it never breaks the page."""
    for field, value in [found for form in _forms(answer) for found in _forgeries(form)]:
        assert client.get(url, {field: value}).status_code in (200, 302), f"{url}?{field}={value}"


@pytest.mark.parametrize("persona", SIGNED_IN.split())
def test_a_choice_that_was_not_offered_changes_nothing(scene: Scene, persona: str) -> None:
    client = Client(raise_request_exception=True)
    client.force_login(scene.world.users[persona], backend="members.backends.PortalBackend")
    tried = 0
    for name, row in MATRIX.items():
        if not row.may(persona, "GET"):
            continue
        url = reverse(name, kwargs=row.kwargs(scene))
        answer = client.get(url)
        if answer.status_code != 200 or "html" not in answer.headers["Content-Type"]:
            continue
        tried += _try_filled_in(client, url, answer.content.decode())
        if row.may(persona, "POST"):
            _try_at_its_field(client, url, answer)
        else:
            _try_as_filter(client, url, answer)
    if persona in ("home_secretary", "community_secretary", "department_officer"):
        assert tried > 5, "the forms were not found"
