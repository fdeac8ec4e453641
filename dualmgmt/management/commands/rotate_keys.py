"""``manage.py rotate_keys``: encrypt everything with the newest of FIELD_KEYS."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dualmgmt import rotation


class Command(BaseCommand):
    help = (
        "Put a new key first in FIELD_KEYS, restart, run this, then drop the old key. Every encrypted value is written "
        "anew with the first key; the portal may go on running. Exit status 1 when a value opens with no known key."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        tallies = rotation.rotate(dry_run=dry_run)
        for one in tallies:
            done = "to rotate" if dry_run else "rotated"
            unreadable = f", {one.unreadable} unreadable" if one.unreadable else ""
            self.stdout.write(f"{one.field}: {one.current} under the newest key, {one.rotated} {done}{unreadable}")
        if any(one.unreadable for one in tallies):
            raise CommandError("Some values open with none of FIELD_KEYS. Put the missing key back at the end of it.")
