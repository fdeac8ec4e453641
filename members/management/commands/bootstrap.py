"""``manage.py bootstrap``: a new city begins with its topmost committee and its first officers."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from branches.enums import Role
from branches.models import Division
from dualmgmt.lib.actors import SYSTEM
from dualmgmt.lib.denied import ActionDenied
from members.actions.founding import Officer, found_city
from members.values import in_groups

OFFICES = {
    "security": (Role.SECURITY_ADMIN, "security administrator; give this twice or more"),
    "system": (Role.SYSTEM_ADMIN, "system administrator"),
    "auditor": (Role.AUDITOR, "auditor"),
    "department": (Role.DEPARTMENT_OFFICER, "officer of the organisation department"),
}


def officer(role: Role, text: str) -> Officer:
    """``username=name`` as an officer. Raises ``CommandError`` for anything else."""
    username, equals, name = (part.strip() for part in text.partition("="))
    if not (username and equals and name):
        raise CommandError(f"{text}: write username=name, for example anquan1=冯洁", returncode=2)
    return Officer(role, username, name)


class Command(BaseCommand):
    help = (
        "Makes the topmost committee (or takes the one with this code) and its first officers, each another person, "
        "and prints the code of an activation slip for each, this once. Every later appointment takes two keys in the "
        "portal. Exit status 0 when done, 2 when something is wrong (nothing is written)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", help="code of the topmost committee, 党组织代码")
        parser.add_argument("--name", required=True, help="its full name, for example 中共烟台市委员会")
        parser.add_argument("--short-code", required=True, help="what stands in its document numbers, for example 烟")
        parser.add_argument("--division", help="code of the division it leads; import the divisions first")
        for option, (_role, words) in OFFICES.items():
            parser.add_argument(f"--{option}", action="append", default=[], metavar="USERNAME=NAME", help=words)
        parser.add_argument("--format", choices=["text", "json"], default="text", help="how the result is printed")

    def handle(self, *args: Any, code: str, name: str, short_code: str, format: str, **options: Any) -> None:
        officers = [officer(role, text) for option, (role, _words) in OFFICES.items() for text in options[option]]
        leads = None
        if options["division"]:
            leads = Division.objects.filter(code=options["division"], valid_to=None).first()
            if leads is None:
                raise CommandError(
                    f"{options['division']}: no such division. Import the divisions first.", returncode=2
                )
        try:
            root, slips = found_city(
                code=code, name=name, short_code=short_code, leads=leads, officers=officers, by=SYSTEM
            )
        except ActionDenied as denied:
            raise CommandError(str(denied), returncode=2) from None
        lines = [
            {"username": one.username, "name": one.name, "role": str(one.role.label), "code": in_groups(slip)}
            for one, slip in slips
        ]
        if format == "json":
            self.stdout.write(json.dumps({"organisation": root.code, "slips": lines}, ensure_ascii=False))
            return
        self.stdout.write(f"{root.name} ({root.code})")
        self.stdout.write(f"Slips are valid for {settings.SLIP_VALID_DAYS} days; hand each to its person alone:")
        for line in lines:
            self.stdout.write(f"  {line['role']}  {line['name']}  {line['username']}  {line['code']}")
        self.stdout.write("They set a password on /accounts/activate/ and then a second factor.")
