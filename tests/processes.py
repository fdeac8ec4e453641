"""Real processes for tests: a database of their own, a private Redis, workers that can be killed."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def database(folder: Path) -> Iterator[str]:
    """URL of a fresh database: SQLite in *folder*, or one on the PostgreSQL the suite runs on."""
    given = os.environ.get("DATABASE_URL", "")
    if not given.startswith("postgres"):
        yield f"sqlite:///{folder / 'own.sqlite3'}"
        return
    name = f"dualmgmt_own_{os.getpid()}_{folder.name.replace('-', '_')[-20:]}"
    parts = urlsplit(given)
    server = parts._replace(path="/postgres").geturl()
    _administer(server, f'CREATE DATABASE "{name}"')
    try:
        yield parts._replace(path=f"/{name}").geturl()
    finally:
        _administer(server, f'DROP DATABASE "{name}" WITH (FORCE)')


def _administer(server: str, statement: str) -> None:
    connection = psycopg2.connect(server)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(statement)
    connection.close()


@contextmanager
def private_redis(folder: Path) -> Iterator[str]:
    """URL of a Redis that belongs to this test only."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            wait(lambda: _answers(port), 10, "redis-server did not start")
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            server.kill()


def scalar(url: str, query: str) -> int:
    """One number straight from the database, without the seconds a portal process takes to start."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=20)) as connection:
            row = connection.execute(query).fetchone()
    else:
        with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
            cursor.execute(query)
            row = cursor.fetchone()
    return int(row[0]) if row else 0


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
        return True
    return False


def environment(folder: Path, **extra: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("REDIS_URL", "DATABASE_URL")}
    return {**kept, "VAR_DIR": str(folder), "LOG_LEVEL": "ERROR", "PYTHONPATH": str(ROOT), **extra}


def python(code: str, env: dict[str, str], timeout: float = 120) -> str:
    """Run *code* inside the portal in a process of its own; its standard output."""
    start = "import django; django.setup()\n"
    env = {**env, "DJANGO_SETTINGS_MODULE": "dualmgmt.settings"}
    done = subprocess.run(
        [sys.executable, "-c", start + code],
        env=env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.strip()


def migrate(env: dict[str, str]) -> None:
    python("from django.core.management import call_command; call_command('migrate', verbosity=0)", env)


def worker(env: dict[str, str]) -> subprocess.Popen[bytes]:
    """A real Celery worker in a process group that :func:`kill_group` can end at once."""
    command = [sys.executable, "-m", "celery", "-A", "dualmgmt", "worker", "-c", "1", "-l", "ERROR"]
    return subprocess.Popen(
        command, env=env, cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def kill_group(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


def wait(reached: Callable[[], bool], seconds: float, otherwise: str, pause: float = 0.05) -> None:
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, otherwise
        time.sleep(pause)
