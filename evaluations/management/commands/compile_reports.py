"""``manage.py compile_reports``: compile a period's feedback reports here and now."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dualmgmt.lib.actors import SYSTEM
from dualmgmt.lib.denied import ActionDenied
from evaluations.actions import feedback
from evaluations.compile import runs
from evaluations.models import Period


class Command(BaseCommand):
    help = (
        "Compiles one feedback report per home unit for a period, in this process. Safe to repeat: the same input "
        "gives no second version, changed input a new version. Joins a run that is under way. "
        "Exit status 0 when all reports are there, 2 when the period is unknown or has not ended."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--period", required=True, metavar="CODE", help="the period's code, such as 2026Q3")
        parser.add_argument("--format", choices=["text", "json"], default="text", help="how the result is printed")

    def handle(self, *args: Any, period: str, format: str, **options: Any) -> None:
        row = Period.objects.filter(code=period).first()
        if row is None:
            known = ", ".join(Period.objects.values_list("code", flat=True)[:8]) or "none"
            raise CommandError(f"There is no period {period}. Known periods: {known}.", returncode=2)
        try:
            if row.prepared_at is None:
                feedback.prepare(period=row, by=SYSTEM)
            result = runs.compile_now(period=row, by=SYSTEM)
        except ActionDenied as denied:
            raise CommandError(str(denied), returncode=2) from None
        if format == "json":
            self.stdout.write(json.dumps(vars(result)))
            return
        self.stdout.write(
            f"{result.units} units: {result.created} new, {result.unchanged} unchanged, "
            f"{result.new_versions} new versions, {result.seconds} s"
        )
