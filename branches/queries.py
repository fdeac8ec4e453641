"""Questions about the organisation tree."""

from __future__ import annotations

from collections.abc import Iterable

from branches.models import Organisation


def ancestors(organisation: Organisation) -> list[Organisation]:
    """From the root down to the parent of *organisation*, in one query."""
    step = Organisation.steplen
    paths = [organisation.path[:end] for end in range(step, len(organisation.path), step)]
    return list(Organisation.objects.filter(path__in=paths))


def ancestors_of_many(organisations: Iterable[Organisation]) -> dict[int, list[Organisation]]:
    """Primary key → ancestors from the root down, with ``leads`` loaded; one query for all."""
    organisations = list(organisations)
    step = Organisation.steplen
    ends = {row.pk: range(step, len(row.path), step) for row in organisations}
    paths = {row.path[:end] for row in organisations for end in ends[row.pk]}
    by_path = {row.path: row for row in Organisation.objects.filter(path__in=paths).select_related("leads")}
    return {row.pk: [by_path[row.path[:end]] for end in ends[row.pk]] for row in organisations}
