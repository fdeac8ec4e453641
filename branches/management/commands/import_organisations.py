"""``manage.py import_organisations``: build or extend the organisation tree from a spreadsheet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from branches.imports import organisations
from branches.models import Organisation
from dualmgmt.lib import tables
from dualmgmt.lib.actors import SYSTEM
from dualmgmt.lib.denied import ActionDenied

REFUSED = 3


class Command(BaseCommand):
    help = (
        "Adds organisations from an .xlsx or .csv with the columns 党组织代码, 党组织名称, 组织类别 and "
        "上级党组织代码. "
        "Exit status 0 when written, 3 when rows were refused (nothing is written), 2 when the file cannot be used."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the spreadsheet")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and write nothing")
        parser.add_argument("--format", choices=["text", "json"], default="text", help="how the result is printed")

    def handle(self, *args: Any, file: Path, dry_run: bool, format: str, **options: Any) -> None:
        try:
            table = tables.read(file.read_bytes(), file.name, organisations.SYNONYMS, organisations.REQUIRED)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}", returncode=2) from None
        except ActionDenied as denied:
            raise CommandError(f"{file.name}: {denied}", returncode=2) from None
        plan = organisations.make(table, Organisation.objects.all())
        if not dry_run and not plan.refused:
            organisations.apply(plan=plan, by=SYSTEM)
        refused = [vars(refusal) for refusal in plan.refused]
        if format == "json":
            self.stdout.write(json.dumps({**plan.counts(), "refused": refused}, ensure_ascii=False))
        else:
            self.stdout.write(", ".join(f"{name}: {count}" for name, count in plan.counts().items()))
            for refusal in plan.refused:
                self.stdout.write(f"row {refusal.row}, {refusal.label}: {refusal.reason}")
        if plan.refused:
            raise SystemExit(REFUSED)
