"""`manage.py run`: the whole portal on one machine, in one command."""

from __future__ import annotations

import fcntl
import hashlib
import http.client
import os
import signal
import socket
import sys
import time
import unicodedata
from types import FrameType
from typing import IO, Any

import redis
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import OperationalError, connection
from django.utils.translation import gettext as _

from dualmgmt.processes import Child, stop_all

START_SECONDS = 90


class Stop(BaseException):
    """Raised in the main thread by SIGINT and SIGTERM; like KeyboardInterrupt, no ``except Exception`` holds it."""


class Refused(SystemExit):
    """Ends the command with one sentence on stderr and status 1, without Django's “CommandError:” before it."""

    def __init__(self, sentence: str) -> None:
        super().__init__(f"✗ {sentence}")


def raise_stop(number: int, frame: FrameType | None) -> None:
    raise Stop


def pad(text: str, width: int) -> str:
    """Left-align in a terminal, where a Chinese character takes two columns."""
    taken = sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
    return text + " " * max(width - taken, 1)


class Command(BaseCommand):
    help = (
        "Migrate the database, load the demo into one that this command has just created, then run web, worker and "
        "schedule together until Ctrl-C. An existing database keeps its data: only its tables are brought up to date."
    )
    requires_system_checks: list[str] = []
    lock: IO[str]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=None, help="port of the web server (default: PORT or 8000)")
        parser.add_argument("--host", default=None, help="address to listen on (default: HOST or 127.0.0.1)")
        parser.add_argument("--no-demo", action="store_true", help="leave a new database empty")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            port = options["port"] or int(os.environ.get("PORT") or 8000)
        except ValueError:
            raise Refused(_("PORT must be a number, for example PORT=8001.")) from None
        host = options["host"] or os.environ.get("HOST") or "127.0.0.1"
        signal.signal(signal.SIGINT, raise_stop)
        signal.signal(signal.SIGTERM, raise_stop)
        children: list[Child] = []
        try:
            self.be_the_only_one()
            self.check_port(host, port)
            self.check_redis()
            self.prepare_database(demo=not options["no_demo"])
            children = self.children(host, port)
            self.serve(children, host, port)
        except Stop:
            # A second Ctrl-C must not leave children behind.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            self.stdout.write("\n" + _("Stopping …"))
        finally:
            stop_all(children)
        self.stdout.write(_("Stopped."))

    def be_the_only_one(self) -> None:
        """Two schedules on one folder would ring every bell twice."""
        settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
        self.lock = (settings.VAR_DIR / "run.lock").open("w")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Refused(
                _("The portal is already running from this folder. Stop it first (Ctrl-C in its window).")
            ) from None

    def check_port(self, host: str, port: int) -> None:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except (OSError, OverflowError):
                raise Refused(
                    _("Port %(port)s is in use or not allowed. Choose another one: PORT=%(other)s make run")
                    % {"port": port, "other": port + 1 if port < 65535 else 8001}
                ) from None

    def check_redis(self) -> None:
        if not settings.REDIS_URL:
            return
        try:
            with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=5, socket_timeout=5) as client:
                client.ping()
        except (redis.RedisError, ValueError) as error:
            raise Refused(_("Redis does not answer: %(error)s Check REDIS_URL.") % {"error": error}) from None

    def prepare_database(self, *, demo: bool) -> None:
        try:
            tables = connection.introspection.table_names()
        except OperationalError as error:
            raise Refused(
                _("The database does not answer: %(error)s Check DATABASE_URL.")
                % {"error": str(error).strip().partition("\n")[0]}
            ) from None
        if tables and "django_migrations" not in tables:
            raise Refused(_("This database holds other tables. Name an empty one in DATABASE_URL."))
        # Remembers that this database was created here, should the demo be interrupted before it is complete.
        wanted = settings.VAR_DIR / f"demo-wanted-{self.database_key()}"
        if not tables and demo:
            wanted.touch()
        self.stdout.write(_("Preparing the database …"))
        call_command("migrate", verbosity=0)
        if demo and wanted.exists():
            self.load_demo()
            wanted.unlink()

    def database_key(self) -> str:
        names = [str(settings.DATABASES["default"].get(name, "")) for name in ("HOST", "PORT", "NAME")]
        return hashlib.sha256("|".join(names).encode()).hexdigest()[:12]

    def load_demo(self) -> None:
        from branches.models import Organisation

        if Organisation.objects.exists():
            return
        self.stdout.write(_("Loading the demo data, once; this may take a minute …"))
        call_command("seed_demo", stdout=self.stdout, stderr=self.stderr)

    def children(self, host: str, port: int) -> list[Child]:
        logs = settings.VAR_DIR / "logs"
        celery = [sys.executable, "-m", "celery", "--app", "dualmgmt", "--quiet"]
        listen = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        worker = ["worker", "--pool", "threads", "--concurrency", "2", "--loglevel", "WARNING"]
        worker += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        beat = ["beat", "--schedule", str(settings.VAR_DIR / "beat-schedule"), "--pidfile", "", "--loglevel", "WARNING"]
        web = [sys.executable, "-m", "waitress", "--threads", "8", "--listen", listen, "dualmgmt.wsgi:application"]
        return [
            Child("web", web, logs / "web.log"),
            Child("worker", [*celery, *worker], logs / "worker.log"),
            Child("schedule", [*celery, *beat], logs / "schedule.log"),
        ]

    def serve(self, children: list[Child], host: str, port: int) -> None:
        os.chdir(settings.BASE_DIR)
        connection.close()
        for child in children:
            child.start()
        self.wait_for_web(children[0], host, port)
        self.greet(host, port)
        while True:
            for child in children:
                status = child.ended()
                if status is not None:
                    self.stderr.write(
                        _("“%(name)s” ended (status %(status)s) and is being started again; see %(log)s")
                        % {"name": child.name, "status": status, "log": child.log}
                    )
            time.sleep(0.5)

    def wait_for_web(self, web: Child, host: str, port: int) -> None:
        """Until the first answer, whatever it says: a stuck worker must not hide the pages."""
        reach = "127.0.0.1" if host in ("0.0.0.0", "") else host  # noqa: S104 - compared, not listened on
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if web.process is not None and web.process.poll() is not None:
                break
            asked = http.client.HTTPConnection(reach, port, timeout=5)
            try:
                asked.request("GET", "/health/")
                asked.getresponse().read()
                return
            except OSError:
                time.sleep(0.1)
            finally:
                asked.close()
        raise Refused(_("The web server did not start; the reason is at the end of %(log)s") % {"log": web.log})

    def greet(self, host: str, port: int) -> None:
        from dualmgmt.demo import is_demo
        from dualmgmt.demo.personas import PERSONAS

        shown = "127.0.0.1" if host in ("0.0.0.0", "") else host  # noqa: S104
        self.stdout.write("")
        self.stdout.write(_("The portal is running: %(address)s") % {"address": f"http://{shown}:{port}/"})
        if is_demo():
            self.stdout.write("")
            self.stdout.write(_("Demo sign-ins (made-up people):"))
            self.stdout.write("  " + pad(_("Who"), 34) + pad(_("User name"), 18) + _("Password"))
            for persona in PERSONAS:
                title = pad(str(persona.title), 34)
                self.stdout.write("  " + title + pad(persona.username, 18) + persona.password)
        self.stdout.write("")
        self.stdout.write(_("Ctrl-C stops it. Logs: %(logs)s") % {"logs": settings.VAR_DIR / "logs"})
        self.stdout.flush()
