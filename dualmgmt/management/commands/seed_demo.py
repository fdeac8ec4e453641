"""``manage.py seed_demo``: a portal full of made-up life, to try things with."""

from __future__ import annotations

import datetime as dt
import random
import time
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from branches.models import Organisation
from dualmgmt.demo import evaluation, leaving, outside, people, service, themed, tree, units
from dualmgmt.demo.ledger import Ledger
from dualmgmt.lib.clock import today

SCALES = {"district": (None, 1500), "small": (6, 160)}


class Command(BaseCommand):
    help = (
        "Builds the demo: Zhifu's real streets and communities, made-up units, members and two quarters of history. "
        "Does nothing when the database holds organisations already. Deterministic; dates are relative to today."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--scale", choices=SCALES, default="district", help="how much life: district or small")
        parser.add_argument("--today", type=dt.date.fromisoformat, help="build as of this day (YYYY-MM-DD)")

    def handle(self, *args: Any, scale: str, today: dt.date | None, **options: Any) -> None:
        if Organisation.objects.exists():
            self.stdout.write("The database holds organisations already; the demo was not added.")
            return
        began = time.monotonic()
        ground, members = seed(scale, today)
        self.stdout.write(
            f"Demo of {len(ground.communities)} receiving organisations, {len(ground.homes)} home branches and "
            f"{members} members built in {time.monotonic() - began:.0f} s."
        )


@transaction.atomic
def seed(scale: str, day: dt.date | None = None) -> tuple[tree.Ground, int]:
    """Build the demo at *scale* as of *day*; returns the ground and the number of members."""
    if scale not in SCALES:
        raise CommandError(f"There is no scale {scale}.")
    communities, members = SCALES[scale]
    call_command("load_reference_data", verbosity=0, stdout=_Silent())
    ground = tree.Ground(random.Random(20260701), day or today())  # noqa: S311 – repeatable, not secret
    ledger = Ledger()
    tree.build(ground, communities=communities)
    people.build(ground, ledger, members)
    themed.build(ground)
    service.build(ground, ledger)
    outside.build(ground, ledger)
    leaving.build(ground, ledger)
    ledger.write()
    units.build(ground)
    evaluation.build(ground)
    return ground, members


class _Silent:
    def write(self, text: str) -> None:
        """The reference data's own report is not this command's result."""

    def flush(self) -> None: ...
