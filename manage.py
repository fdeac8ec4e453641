#!/usr/bin/env python
"""Command-line entry point of the portal."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dualmgmt.settings")
    try:
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in {"dualmgmt", "branches", "members", "projects", "evaluations"}:
            raise
        sys.exit(
            f"缺少 Python 模块 {missing}。请先运行 make setup，再用 .venv/bin/python manage.py。\n"
            f"Python module {missing} is missing. Run `make setup` once, then use .venv/bin/python manage.py."
        )


if __name__ == "__main__":
    main()
