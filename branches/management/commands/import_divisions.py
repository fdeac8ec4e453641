"""``manage.py import_divisions``: load a city's administrative divisions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from branches.imports import divisions
from dualmgmt.lib.actors import SYSTEM


class Command(BaseCommand):
    help = (
        "Loads divisions from a CSV with the columns code, name, level (city, district, street, community) and "
        "parent_code, and prints how many were added, changed, unchanged and ended. Safe to repeat. A later file "
        "that renames, moves or drops rows keeps the old ones as history; rows absent from the file end only below "
        "the roots present in it. Exit status 0 when loaded, 2 when the file was refused (nothing is written)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the CSV file, UTF-8 or GB18030")
        parser.add_argument("--format", choices=["text", "json"], default="text", help="how the result is printed")

    def handle(self, *args: Any, file: Path, format: str, **options: Any) -> None:
        try:
            data = file.read_bytes()
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}", returncode=2) from None
        try:
            counts = divisions.load(divisions.parse(data), by=SYSTEM, source=file.name)
        except divisions.DivisionsRefused as refused:
            raise CommandError(f"{file.name}: {refused}", returncode=2) from None
        if format == "json":
            self.stdout.write(json.dumps(vars(counts)))
        else:
            self.stdout.write("\n".join(divisions.summary(counts)))
