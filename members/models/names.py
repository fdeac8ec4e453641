"""Finding people by one to three characters of a name.

PostgreSQL's trigrams do not know a given name of two characters, so the index
holds the single characters after the first one (``member_name_signs``); the
beginning of a name is found by the plain index. SQLite looks at every name.
"""

from __future__ import annotations

from typing import Any

from django.db.models.lookups import Contains

# As the index was made; written in any other way, the index would not be used.
_LATER_SIGNS = "string_to_array(substr({name}, 2), NULL)"


class _NameLookup(Contains):
    """Written by hand for PostgreSQL; ``contains`` stays in the condition, for signs have no order."""

    def _parts(self, compiler: Any, connection: Any) -> tuple[str, list[Any], list[Any]]:
        """The column, and what *begins with* and *holds* compare it with."""
        name, params = compiler.compile(self.lhs)
        assert not params, "a plain column"
        escaped = connection.ops.prep_for_like_query(self.rhs)
        return name, [f"{escaped}%"], [list(str(self.rhs)), f"%{escaped}%"]


class Holds(_NameLookup):
    """``name__holds="小明"``: the characters stand somewhere in the name."""

    lookup_name = "holds"

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        name, begins, holds = self._parts(compiler, connection)
        later = f"{_LATER_SIGNS.format(name=name)} @> %s::text[] AND {name} LIKE %s"
        return f"({name} LIKE %s OR {later})", [*begins, *holds]


class HoldsLater(_NameLookup):
    """``name__holds_later="小明"``: they stand in the name, which does not begin with them."""

    lookup_name = "holds_later"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        name, begins, (_signs, holds) = self._parts(compiler, connection)
        like = f"{name} {connection.operators['contains']}"
        return f"({like} AND NOT {like})", [holds, *begins]

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        name, begins, holds = self._parts(compiler, connection)
        later = f"{_LATER_SIGNS.format(name=name)} @> %s::text[] AND {name} LIKE %s"
        return f"({later} AND NOT {name} LIKE %s)", [*holds, *begins]
