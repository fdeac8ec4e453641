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
    """Written by hand for PostgreSQL, so that the planner knows how many rows to expect."""

    def _begins(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        name, params = compiler.compile(self.lhs)
        assert not params, "a plain column"
        return f"{name} {connection.operators['contains']}", [f"{connection.ops.prep_for_like_query(self.rhs)}%"]

    def _holds(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        sql, (begins,) = self._begins(compiler, connection)
        return sql, [f"%{begins}"]

    def _later(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """By the index; of several characters it does not know the order."""
        name, _params = compiler.compile(self.lhs)
        signs = list(str(self.rhs))
        by_index = f"{_LATER_SIGNS.format(name=name)} @> %s::text[]"
        if len(signs) == 1:
            return by_index, [signs]
        sql, params = self._holds(compiler, connection)
        return f"{by_index} AND {sql}", [signs, *params]


class Holds(_NameLookup):
    """``name__holds="小明"``: the characters stand somewhere in the name."""

    lookup_name = "holds"

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return self._holds(compiler, connection)

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        begins, params = self._begins(compiler, connection)
        later, more = self._later(compiler, connection)
        return f"({begins} OR {later})", [*params, *more]


class HoldsLater(_NameLookup):
    """``name__holds_later="小明"``: they stand in the name, which does not begin with them."""

    lookup_name = "holds_later"

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return self._apart(self._holds(compiler, connection), compiler, connection)

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        return self._apart(self._later(compiler, connection), compiler, connection)

    def _apart(self, found: tuple[str, list[Any]], compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        begins, params = self._begins(compiler, connection)
        return f"({found[0]} AND NOT {begins})", [*found[1], *params]
