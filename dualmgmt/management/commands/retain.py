"""``manage.py retain``: delete what has been kept long enough, or only say what that would be."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.timezone import localdate

from dualmgmt import retention


class Command(BaseCommand):
    help = (
        "Deletes, or empties of what is personal, every kind of data that is older than its period (RETAIN_…_DAYS). "
        "With --dry-run nothing is changed. One line a kind: kind, days kept, day before which it is old, rows."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count")
        parser.add_argument("--format", choices=["text", "json"], default="text", help="how the result is printed")

    def handle(self, *args: Any, dry_run: bool, format: str, **options: Any) -> None:
        found = retention.look() if dry_run else retention.run()
        if format == "json":
            lines = [{**asdict(one), "before": one.before.isoformat()} for one in found]
            self.stdout.write(json.dumps(lines, ensure_ascii=False))
            return
        for one in found:
            done = f"{one.due} due" if one.deleted is None else f"{one.deleted} deleted"
            self.stdout.write(f"{one.kind:<16} {one.days:>5} days  before {localdate(one.before)}  {done}")
