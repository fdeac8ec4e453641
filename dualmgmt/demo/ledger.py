"""Running numbers of the demo, written once at the end so that the portal counts on from them."""

from __future__ import annotations

from collections import Counter

from dualmgmt.models import RunningNumber


class Ledger:
    def __init__(self) -> None:
        self._last: Counter[tuple[str, int]] = Counter()

    def number(self, scope: str, year: int, pattern: str) -> str:
        """The next number of *scope* in *year*; *pattern* takes the year and the running number."""
        self._last[scope, year] += 1
        return pattern.format(year, self._last[scope, year])

    def write(self) -> None:
        RunningNumber.objects.bulk_create(
            RunningNumber(scope=scope, year=year, last=last) for (scope, year), last in self._last.items()
        )
