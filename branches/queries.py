"""Questions about the organisation tree."""

from __future__ import annotations

from collections.abc import Iterable

from branches.models import Organisation


def ancestors(organisation: Organisation) -> list[Organisation]:
    """From the root down to the parent of *organisation*, in one query."""
    step = Organisation.steplen
    paths = [organisation.path[:end] for end in range(step, len(organisation.path), step)]
    return list(Organisation.objects.filter(path__in=paths))


def parent_paths(organisations: Iterable[Organisation]) -> dict[int, str]:
    """Path of each organisation's parent, empty for roots."""
    step = Organisation.steplen
    return {organisation.pk: organisation.path[:-step] for organisation in organisations}
