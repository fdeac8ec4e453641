"""``manage.py verify_audit``: is the audit log what was once written?"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dualmgmt import sealing

SHOWN = 50


class Command(BaseCommand):
    help = (
        "Checks the hash chain over the audit log and every sealed row: finds rows that were changed, taken out or put "
        "in, and counts those not sealed yet. Note the head digest outside of this database from time to time. "
        "Exit status 0 when all is as it was written, 1 when something is wrong."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--format", choices=["text", "json"], default="text", help="how the result is printed")
        parser.add_argument("--seal", action="store_true", help="seal what is settled before checking")

    def handle(self, *args: Any, format: str, seal: bool, **options: Any) -> None:
        if seal:
            sealing.seal()
        verdict = sealing.verify()
        if format == "json":
            self.stdout.write(json.dumps({**asdict(verdict), "intact": verdict.intact}, ensure_ascii=False))
        else:
            self.stdout.write(
                f"{verdict.seals} seals, {verdict.rows} rows checked, {verdict.purged} purged, "
                f"{verdict.unsealed} not sealed yet; head {verdict.head or '-'}"
            )
        if not verdict.intact:
            shown = "; ".join(verdict.faults[:SHOWN])
            more = len(verdict.faults) - SHOWN
            raise CommandError(f"{shown}{f' and {more} more' if more > 0 else ''}", returncode=1)
