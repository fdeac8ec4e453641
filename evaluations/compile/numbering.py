"""Report numbers: the issuing committee's short code, the year and a running number."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.db.models import F

from branches.enums import Level
from branches.models import Organisation
from branches.queries import ancestors_of_many
from dualmgmt.models import RunningNumber

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evaluations.models import ReportRun


def issuers_of(units: Iterable[Organisation], senders: dict[int, Organisation]) -> dict[int, Organisation]:
    """Who signs a unit's report: the district's committee above it, where there is none the root of its tree.

    For a unit outside the portal it is the one above or at who sends it.
    """
    found = {}
    units = list(units)
    lines = ancestors_of_many([*units, *senders.values()])
    for unit in units:
        sender = senders.get(unit.pk)
        line = [*lines[sender.pk], sender] if sender is not None else lines[unit.pk] or [unit]
        districts = [node for node in line if node.leads is not None and node.leads.level == Level.DISTRICT]
        found[unit.pk] = (districts or line[:1])[-1]
    return found


class Numbers:
    """Numbers for the first versions of one chunk, taken in blocks: one update per issuer.

    Must run inside the chunk's transaction: a rolled-back chunk gives its block back.
    """

    def __init__(self, run: ReportRun, units: list[int], senders: dict[int, Organisation]) -> None:
        year = run.period.ends_on.year
        self._numbers: dict[int, str] = {}
        organisations = list(Organisation.objects.filter(pk__in=units).order_by("path"))
        issuers = issuers_of(organisations, senders)
        by_issuer: dict[Organisation, list[Organisation]] = defaultdict(list)
        for row in organisations:
            by_issuer[issuers[row.pk]].append(row)
        for issuer, addressees in by_issuer.items():
            scope = f"report:{issuer.pk}"
            RunningNumber.objects.get_or_create(scope=scope, year=year, defaults={"last": 0})
            RunningNumber.objects.filter(scope=scope, year=year).update(last=F("last") + len(addressees))
            last = RunningNumber.objects.values_list("last", flat=True).get(scope=scope, year=year)
            first = last - len(addressees) + 1
            for offset, row in enumerate(addressees):
                self._numbers[row.pk] = f"{issuer.number_prefix()}反馈〔{year}〕{first + offset}号"

    def of(self, unit: int) -> str:
        return self._numbers[unit]
