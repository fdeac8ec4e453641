"""`manage.py make_docs`: the generated parts of the documentation."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from dualmgmt import diagrams


class Command(BaseCommand):
    help = "Draws the state diagrams of docs/architecture.md from the tables in the code."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing, fail if something would change")

    def handle(self, *args: Any, **options: Any) -> None:
        page = settings.BASE_DIR / diagrams.PAGE
        try:
            written = page.read_text(encoding="utf-8")
            wanted = diagrams.redrawn(written)
        except (FileNotFoundError, ValueError) as error:
            raise CommandError(str(error)) from None
        if wanted == written:
            return
        if options["check"]:
            raise CommandError(f"The diagrams in {diagrams.PAGE} are not those of the code. Run make fix.")
        page.write_text(wanted, encoding="utf-8")
