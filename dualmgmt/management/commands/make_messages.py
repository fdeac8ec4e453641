"""`manage.py make_messages`: bring the catalogue in line with the sources."""

from typing import Any

import polib
from django.core.management.base import BaseCommand, CommandError

from dualmgmt import catalogue


class Command(BaseCommand):
    help = "Extracts all strings, keeps their translations, drops those no longer used, and compiles."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        po = catalogue.path()
        try:
            found = catalogue.extract()
        except RuntimeError as error:
            raise CommandError(str(error)) from None
        kept = polib.pofile(str(po)) if po.exists() else found
        merged = catalogue.merge(found, kept)
        po.parent.mkdir(parents=True, exist_ok=True)
        merged.save(str(po))
        catalogue.compile_catalogues()
        for entry in merged.untranslated_entries() + merged.fuzzy_entries():
            self.stdout.write(f"to translate: {entry.msgid!r}")
