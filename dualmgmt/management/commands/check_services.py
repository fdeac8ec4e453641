"""`manage.py check_services`: do the database server and Redis answer?"""

from typing import Any

import redis
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection


class Command(BaseCommand):
    help = "Asks PostgreSQL and Redis, as named by DATABASE_URL and REDIS_URL, whether they answer."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            # The server, not the database in it: tests make their own beside it.
            with connection._nodb_cursor() as cursor:
                cursor.execute("SELECT 1")
        except OperationalError as error:
            raise CommandError(f"PostgreSQL does not answer ({str(error).strip()}). Set CHECK_DATABASE_URL.") from None
        try:
            redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5).ping()
        except (redis.RedisError, ValueError) as error:
            raise CommandError(f"Redis does not answer ({error}). Set CHECK_REDIS_URL.") from None
