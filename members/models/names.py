"""Finding people by one to three characters of a name."""

from __future__ import annotations

from typing import Any

from django.db.models.lookups import Contains


def grams(text: str) -> list[str]:
    """The pieces of *text* by which the index finds it: pairs of characters, or the one there is."""
    return sorted({text[start : start + 2] for start in range(len(text) - 1)}) or [text]


class Holds(Contains):
    """``name__holds="小明"``: ``contains``, on PostgreSQL through the index of one and two characters.

    Trigrams, which PostgreSQL offers for this, do not know a given name of two
    characters. ``contains`` stays in the condition, because pairs do not say in
    which order they stand.
    """

    lookup_name = "holds"

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        sql, params = self.as_sql(compiler, connection)
        name, name_params = compiler.compile(self.lhs)
        pieces = grams(str(self.rhs))
        return f"({sql} AND members_name_grams({name}) @> %s::text[])", [*params, *name_params, pieces]
