"""``manage.py import_roster``: bring a spreadsheet of members into the registry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from branches.models import Organisation
from dualmgmt.lib import tables
from dualmgmt.lib.actors import SYSTEM
from dualmgmt.lib.denied import ActionDenied
from members.roster import actions, planning
from members.roster.columns import REQUIRED, SYNONYMS

REFUSED = 3


class Command(BaseCommand):
    help = (
        "Imports members from an .xlsx or .csv roster. The header may stand below title lines and use the names "
        "offices use. Below a committee a column 所在支部 decides about the branch. Prints how many members are added, "
        "changed and unchanged and which rows are refused (row number in the file, field, reason). "
        "Exit status 0 when written (or, in a dry run, when it would be), 3 when rows were refused and --partial was "
        "not given (nothing is written), 2 when the file or the organisation could not be used at all."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the roster, .xlsx or .csv (UTF-8 or GB18030)")
        parser.add_argument("--organisation", required=True, metavar="CODE", help="the branch, or a committee above it")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and write nothing")
        parser.add_argument("--partial", action="store_true", help="write the correct rows even if others are refused")
        parser.add_argument("--format", choices=["text", "json"], default="text", help="how the result is printed")

    def handle(
        self, *args: Any, file: Path, organisation: str, dry_run: bool, partial: bool, format: str, **options: Any
    ) -> None:
        target = Organisation.objects.filter(code=organisation).first()
        if target is None:
            raise CommandError(f"There is no organisation with the code {organisation}.", returncode=2)
        try:
            table = tables.read(file.read_bytes(), file.name, SYNONYMS, REQUIRED)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}", returncode=2) from None
        except ActionDenied as denied:
            raise CommandError(f"{file.name}: {denied}", returncode=2) from None
        plan = planning.make(table, target)
        if not dry_run and (partial or not plan.refused):
            try:
                actions.apply(plan=plan, organisation=target, by=SYSTEM, partial=partial, source=file.name)
            except ActionDenied as denied:
                raise CommandError(str(denied), returncode=2) from None
        self._print(plan, format)
        if plan.refused and not partial:
            raise SystemExit(REFUSED)

    def _print(self, plan: planning.Plan, format: str) -> None:
        if format == "json":
            refused = [vars(refusal) for refusal in plan.refused]
            self.stdout.write(json.dumps({**plan.counts(), "refused": refused}, ensure_ascii=False))
            return
        self.stdout.write(", ".join(f"{name}: {count}" for name, count in plan.counts().items()))
        for refusal in plan.refused:
            self.stdout.write(f"row {refusal.row}, {refusal.label}: {refusal.reason}")
