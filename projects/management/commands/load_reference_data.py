"""``manage.py load_reference_data``: the ten categories and the skills that a new portal starts with."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction

from members.models import Skill
from projects.models import Category

SOURCES = ((Category, "projects/data/categories.csv"), (Skill, "members/data/skills.csv"))


class Command(BaseCommand):
    help = (
        "Adds the categories and skills a new portal starts with. Rows that exist are left as the office "
        "has edited them, so the command is safe to repeat."
    )

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        for model, source in SOURCES:
            with (Path(settings.BASE_DIR) / source).open(encoding="utf-8", newline="") as handle:
                rows = list(csv.DictReader(handle))
            added = 0
            for order, row in enumerate(rows, start=1):
                defaults: dict[str, Any] = {"name": row["name"], "order": order}
                if row.get("parent"):  # it stands above in the file
                    defaults["parent"] = Skill.objects.get(code=row["parent"])
                _found, made = model.objects.get_or_create(code=row["code"], defaults=defaults)
                added += made
            self.stdout.write(f"{model._meta.verbose_name_plural}: {added} added, {len(rows) - added} unchanged")
