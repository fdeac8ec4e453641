"""`manage.py check_catalogue`: is every string translated, and nothing else kept?"""

from typing import Any

import polib
from django.core.management.base import BaseCommand, CommandError

from dualmgmt import catalogue


class Command(BaseCommand):
    help = "Fails and names every string that is missing, untranslated, fuzzy or no longer used in the catalogue."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        if not catalogue.path().exists():
            raise CommandError("There is no catalogue. Run make messages.")
        try:
            found = catalogue.extract()
        except RuntimeError as error:
            raise CommandError(str(error)) from None
        lines = list(catalogue.faults(found, polib.pofile(str(catalogue.path()))))
        for line in lines:
            self.stderr.write(line)
        if lines:
            raise CommandError(f"{len(lines)} fault(s) in the catalogue. Run make messages, then translate.")
        if catalogue.stale():
            raise CommandError("The compiled catalogue is not that of the written one. Run make setup.")
