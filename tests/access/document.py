"""``python -m tests.access.document [--check]``: docs/access.md, printed from the permissions and the access matrix."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

PAGE = Path("docs") / "access.md"
HEAD = """# Who may do what

Written by `make fix` from `branches/permissions.py` and from the access matrix (`tests/access/matrix.py`), in which
every URL is tried with every persona below through the sign-in page. Not edited by hand.

**How a permission reaches.** It holds at the organisation of the appointment and, unless that is a branch, at all that
is below it; with several appointments only the chosen capacity counts. What is out of reach is *404*, what is visible
but not allowed *403*. What members do for themselves (their registrations, claims, records, data) needs no permission:
the row must be their own.
"""


def roles() -> Iterator[str]:
    from branches.permissions import ROLE_PERMISSIONS, Permission

    yield "## Permissions of the roles\n"
    yield "| Permission | " + " | ".join(role.value.replace("_", " ") for role in ROLE_PERMISSIONS) + " |"
    yield "|---|" + ":-:|" * len(ROLE_PERMISSIONS)
    for permission in Permission:
        marks = ("●" if permission in held else "" for held in ROLE_PERMISSIONS.values())
        yield f"| {permission.value.replace('_', ' ')} | " + " | ".join(marks) + " |"
    yield ""


def personas() -> Iterator[str]:
    from tests.scene import NEIGHBOURS
    from tests.world import OFFICERS

    yield "## Personas\n"
    yield "A page with a row in its address is tried on Li's row at `branch_a` or the `community`'s. Seen from there:\n"
    where = {
        "branch_a": "own, unit line", "community": "own, area line",
        "bureau": "ancestor", "street": "ancestor", "district": "ancestor", "city": "ancestor",
        "branch_b": "sibling", "community2": "sibling", "branch_c": "foreign", "community3": "foreign",
    }  # fmt: skip
    yield "| Persona | Office | Organisation | Relation |"
    yield "|---|---|---|---|"
    for name, (organisation, role) in {**OFFICERS, **NEIGHBOURS}.items():
        yield f"| {name} | {role.value.replace('_', ' ')} | {organisation} | {where[organisation]} |"
    yield "| member | – | branch_a, registered with the community | the person |"
    yield "| other_member | – | branch_b | sibling |"
    yield "| stranger | – | – | an account without anything |"
    yield ""


def urls() -> Iterator[str]:
    from tests.access.matrix import ANYBODY, BUSINESS, MATRIX, MEMBERS, OFFICERS, SIGNED_IN
    from tests.access.test_matrix import patterns

    groups = {ANYBODY: "everybody", SIGNED_IN: "signed in", BUSINESS: "members and officers", OFFICERS: "officers",
              MEMBERS: "members"}  # fmt: skip
    routes = patterns()

    def words(who: str | None) -> str:
        if who is None:
            return "–"
        if who in groups:
            return f"**{groups[who]}**"
        return ", ".join(who.split()) or "nobody yet"

    yield "## Pages\n"
    yield "*Officers* are secretaries and clerks of branches and committees. – means that the method is not there.\n"
    yield "| Name | Address | May read | May write |"
    yield "|---|---|---|---|"
    for name, row in sorted(MATRIX.items()):
        yield f"| {name} | `/{routes[name]}` | {words(row.reads)} | {words(row.writes)} |"


def page() -> str:
    return "\n".join([HEAD, *roles(), *personas(), *urls(), ""])


def main(check: bool) -> int:
    wanted = page()
    if check:
        if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != wanted:
            print(f"{PAGE} is not what the code says. Run make fix.", file=sys.stderr)
            return 1
        return 0
    PAGE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dualmgmt.settings")
    import django

    django.setup()
    sys.exit(main("--check" in sys.argv))
