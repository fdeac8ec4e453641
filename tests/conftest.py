"""What every test stands on: strict templates, no network, jobs done at once, Chinese catalogue."""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis
from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.template.base import Node
from django.utils import timezone, translation

from dualmgmt.catalogue import compile_catalogues
from dualmgmt.celery import app as celery_app
from dualmgmt.models import AuditEvent, AuditPurge, AuditSeal
from tests.world import World, build

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = str(ROOT / "templates")
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NO_CHROMIUM = (
    "No Chromium found: journeys in the browser were NOT played. "
    "Install chromium and a Chinese font (Debian: apt install chromium fonts-noto-cjk)."
)
CI = bool(os.environ.get("CI"))


class MissingVariable(str):
    """Stands where Django puts a variable that does not exist: our templates fail, others' stay as they are."""

    def __contains__(self, key: object) -> bool:
        return key == "%s"

    def __mod__(self, name: object) -> str:
        origin = self._origin()
        if origin.startswith(TEMPLATES):
            raise AssertionError(f"{origin.removeprefix(TEMPLATES).lstrip('/')}: no variable {name}")
        return ""

    @staticmethod
    def _origin() -> str:
        frame = sys._getframe(2)
        while frame is not None:
            node = frame.f_locals.get("self")
            if isinstance(node, Node) and getattr(node, "origin", None):
                return str(node.origin.name)
            frame = frame.f_back
        return ""


def pytest_configure(config: pytest.Config) -> None:
    settings.TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = MissingVariable("%s")
    celery_app.conf.task_always_eager = True
    # Stretched hashing only makes tests slow; passwords of tests protect nothing.
    # Most tests act as somebody whose second step is done; tests/accounts ask for it.
    settings.SECOND_FACTOR_REQUIRED = False
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if not hasattr(config, "workerinput"):
        compile_catalogues()


@pytest.fixture(autouse=True, scope="session")
def no_network() -> Iterator[None]:
    """Tests speak to this machine only (and to the database and Redis they were given)."""
    services = [urlsplit(os.environ.get(name, "")).hostname for name in ("DATABASE_URL", "REDIS_URL")]
    allowed = {"127.0.0.1", "::1", "localhost", *filter(None, services)}
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in allowed:
            known = {info[4][0] for host in filter(None, services) for info in socket.getaddrinfo(host, None)}
            if address[0] not in known:
                raise AssertionError(f"a test must not reach the network: {address[0]}:{address[1]}")
        connect(self, address)

    socket.socket.connect = guarded  # type: ignore[method-assign,assignment]
    yield
    socket.socket.connect = connect  # type: ignore[method-assign]


CACHE_PREFIX = f"dualmgmt-test-{os.getpid()}"
_numbers = itertools.count()


@pytest.fixture(autouse=True)
def own_cache() -> None:
    """Rate limits live in the cache; without a prefix of its own one test would see another's."""
    prefix = f"{CACHE_PREFIX}-{next(_numbers)}"
    settings.CACHES["default"]["KEY_PREFIX"] = prefix
    caches["default"].key_prefix = prefix


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A Redis that was lent to the tests gets back without their keys; nobody else's are touched."""
    if settings.REDIS_URL and not session.config.option.collectonly:
        with redis.Redis.from_url(settings.REDIS_URL) as client:
            for key in client.scan_iter(f"{CACHE_PREFIX}-*", count=1000):
                client.delete(key)


@pytest.fixture(autouse=True)
def speak_chinese() -> Iterator[None]:
    """A page in English leaves its language in the thread; every test begins with the portal's own."""
    with translation.override(settings.LANGUAGE_CODE):
        yield


@pytest.fixture(autouse=True)
def audit_leaves_with_the_test(request: pytest.FixtureRequest) -> Iterator[None]:
    """Tests that really commit are flushed afterwards; the append-only triggers let that pass for this moment only."""
    mark = request.node.get_closest_marker("django_db")
    commits = "transactional_db" in request.fixturenames or bool(mark and mark.kwargs.get("transaction"))
    if commits:
        request.getfixturevalue("transactional_db")
    yield
    if commits:
        door = AuditPurge.objects.create(up_to_id=0, before=timezone.now())
        AuditEvent.objects.all()._raw_delete("default")
        AuditSeal.objects.all()._raw_delete("default")
        if connection.vendor != "postgresql":  # there all tables are truncated in one statement, the door with them
            door.delete()


@pytest.fixture
def media(tmp_path: Path, settings: Any) -> Path:
    """Uploads of a test go to a folder of its own."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """A Chromium to play journeys in; without one the test is skipped with a loud line, in CI it fails."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if found is None:
        if CI:
            pytest.fail(NO_CHROMIUM)
        pytest.skip(NO_CHROMIUM)
    return found


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """A journey that was not played must not look like one that passed."""
    skipped = terminalreporter.stats.get("skipped", [])
    if any(NO_CHROMIUM in str(report.longrepr) for report in skipped):
        terminalreporter.write_line(f"*** {NO_CHROMIUM} ***", red=True, bold=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    on_postgres = settings.DATABASES["default"]["ENGINE"].endswith("postgresql")
    for item in items:
        if "postgres" in item.keywords and not on_postgres:
            item.add_marker(pytest.mark.skip(reason="needs PostgreSQL: set DATABASE_URL"))


@pytest.fixture
def world(db: None) -> World:
    """The small city of ``tests.world`` with one account per persona."""
    return build()
