"""`manage.py check_sizes`: modules and functions that a person can still take in."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

MODULE_LINES = 400
FUNCTION_LINES = 60
FOLDERS = ("dualmgmt", "branches", "members", "projects", "evaluations", "deploy", "tests")


def oversized(source: str, name: str) -> Iterator[str]:
    """One line per module or function beyond the limits; blank lines and docstrings count."""
    lines = source.count("\n")
    if lines > MODULE_LINES:
        yield f"{name}: {lines} lines, at most {MODULE_LINES}; split it by noun"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                yield f"{name}:{node.lineno} {node.name}: {length} lines, at most {FUNCTION_LINES}"


class Command(BaseCommand):
    help = f"Fails on a module of more than {MODULE_LINES} lines and a function of more than {FUNCTION_LINES}."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        found: list[str] = []
        for folder in FOLDERS:
            for path in sorted((Path(settings.BASE_DIR) / folder).rglob("*.py")):
                if "migrations" not in path.parts:
                    name = str(path.relative_to(settings.BASE_DIR))
                    found += oversized(path.read_text(encoding="utf-8"), name)
        for line in found:
            self.stderr.write(line)
        if found:
            raise CommandError(f"{len(found)} too long.")
