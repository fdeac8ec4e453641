"""State diagrams for docs/architecture.md, printed from the tables the code moves by."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from django.apps import apps
from django.conf import settings

from dualmgmt.lib.lifecycle import Lifecycle, machines

PAGE = Path("docs") / "architecture.md"
BEGIN = "<!-- state diagrams: written by `make fix`, not by hand -->"
END = "<!-- end of state diagrams -->"


def diagram(machine: Lifecycle) -> str:
    """One machine as a Mermaid state diagram; it starts at the model's default and ends where nothing follows."""
    lines = ["```mermaid", "stateDiagram-v2"]
    initial = apps.get_model(machine.label)._meta.get_field("state").default
    lines.append(f"    [*] --> {machine.states(initial).value}")
    lines += [f"    {old.value} --> {new.value}" for old, new in machine.pairs()]
    lines += [f"    {state.value} --> [*]" for state, targets in machine.table.items() if not targets]
    return "\n".join([*lines, "```"])


def section() -> str:
    for config in apps.get_app_configs():
        if Path(config.path).is_relative_to(settings.BASE_DIR) and find_spec(f"{config.name}.lifecycle"):
            import_module(f"{config.name}.lifecycle")
    parts = [f"### {label}\n\n{diagram(machines[label])}" for label in sorted(machines)]
    return "\n\n".join([BEGIN, *parts, END])


def redrawn(page: str) -> str:
    """*page* with its diagrams as they should be. Raises ``ValueError`` when it has no place for them."""
    before, begin, rest = page.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE} lacks the two marks {BEGIN} and {END}")
    return before + section() + after
