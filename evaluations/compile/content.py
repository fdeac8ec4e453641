"""What stands in a report: computed by sets for many units at once, as of one moment.

``content`` of a report (all counts are numbers, hours are decimal text)::

    {"template": 1,
     "period": {"code", "name", "starts_on", "ends_on"},
     "addressee": str, "issuer": str,
     "totals": {"members", "registered", "active", "claims", "records", "hours", "people", "exempt"},
     "sections": [{"branch": str, "branch_id": int,
                   "active": [{"member_id", "name", "claims", "records", "hours", "people",
                               "feedback": [{"receiver", "claims", "records", "hours", "people",
                                             "narrative", "statement", "silent", "confirmed"}]}],
                   "inactive": [{"member_id", "name", "why": "exempt"|"unregistered"|"no_record",
                                 "note", "receivers": [str], "feedback": [as above]}],
                   "late": [{"member_id", "name", "service_date", "hours", "project"}]}],
     "ask": {"acknowledge_by", "guide_by"}}
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from branches.models import Organisation
from evaluations.compile.homeunits import reported
from evaluations.compile.numbering import issuers_of
from evaluations.enums import FeedbackState
from evaluations.facts import plain
from evaluations.models import FactualFeedback, Period
from members.models import ActivityRegistration
from projects.models import ServiceRecord

TEMPLATE_VERSION = 1


def checksum(content: dict[str, Any]) -> str:
    """SHA-256 over the canonical JSON: same facts, same sum; no clock time is in it."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class Facts:
    """Everything that concerns the members of some branches, read in five queries."""

    def __init__(self, period: Period, branches: list[int], as_of: datetime, previous: datetime | None) -> None:
        self.period = period
        homes = reported(period.ends_on, period.starts_on).filter(organisation_id__in=branches)
        fields = ("organisation_id", "member_id", "member__name", "member__exempt", "member__exempt_reason")
        self.members: dict[int, list[tuple[int, str, bool, str]]] = defaultdict(list)
        ids = set()
        for branch, member, name, exempt, reason in homes.order_by("member__name", "member_id").values_list(*fields):
            self.members[branch].append((member, name, exempt, reason))
            ids.add(member)
        self.receivers = self._receivers(ids)
        self.feedback = self._feedback(ids, as_of)
        self.records, self.late = self._records(ids, as_of, previous)

    def _receivers(self, ids: set[int]) -> dict[int, list[str]]:
        rows = ActivityRegistration.objects.open_during(self.period.starts_on, self.period.ends_on)
        found: dict[int, list[str]] = defaultdict(list)
        rows = rows.filter(member_id__in=ids).order_by("organisation__path", "pk")
        for member, name in rows.values_list("member_id", "organisation__name"):
            if name not in found[member]:
                found[member].append(name)
        return found

    def _feedback(self, ids: set[int], as_of: datetime) -> dict[int, list[dict[str, Any]]]:
        rows = FactualFeedback.objects.filter(
            period=self.period,
            registration__member_id__in=ids,
            state=FeedbackState.CONFIRMED,
            confirmed_at__lte=as_of,
        ).order_by("registration__organisation__path", "pk")
        fields = (
            "registration__member_id", "registration__organisation__name", "facts", "narrative",
            "member_statement", "confirmed_by_silence",
        )  # fmt: skip
        found: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for member, receiver, facts, narrative, statement, silent in rows.values_list(*fields):
            counts = {key: facts.get(key, 0) for key in ("claims", "records", "hours", "people")}
            found[member].append(
                {"receiver": receiver, **counts, "narrative": narrative, "statement": statement, "silent": silent}
            )
        return found

    def _records(
        self, ids: set[int], as_of: datetime, previous: datetime | None
    ) -> tuple[dict[int, list[tuple[int, Decimal, int]]], dict[int, list[dict[str, Any]]]]:
        """Records of the period, and those of earlier periods verified since the last report."""
        verified = ServiceRecord.objects.verified().filter(member_id__in=ids, verified_at__lte=as_of)
        now: dict[int, list[tuple[int, Decimal, int]]] = defaultdict(list)
        rows = verified.filter(service_date__gte=self.period.starts_on, service_date__lte=self.period.ends_on)
        fields = ("member_id", "claim_id", "verified_hours", "verified_people")
        for member, claim, hours, people in rows.order_by("pk").values_list(*fields):
            now[member].append((claim, hours, people or 0))
        late: dict[int, list[dict[str, Any]]] = defaultdict(list)
        if previous is not None:
            older = verified.filter(service_date__lt=self.period.starts_on, verified_at__gt=previous)
            shown = ("member_id", "member__name", "service_date", "verified_hours", "claim__project__title")
            for member, name, day, hours, title in older.order_by("service_date", "pk").values_list(*shown):
                line = {"member_id": member, "name": name, "service_date": day.isoformat()}
                late[member].append({**line, "hours": plain(hours), "project": title})
        return now, late

    def section(self, branch: int, name: str) -> dict[str, Any]:
        active, inactive, late = [], [], []
        for member, member_name, exempt, reason in self.members[branch]:
            late += self.late[member]
            feedback = self.feedback[member]
            records = self.records[member]
            person = {"member_id": member, "name": member_name, "feedback": feedback}
            if records:
                active.append(
                    {
                        **person,
                        "claims": len({claim for claim, _hours, _people in records}),
                        "records": len(records),
                        "hours": plain(sum((hours for _claim, hours, _people in records), Decimal(0))),
                        "people": sum(people for _claim, _hours, people in records),
                    }
                )
                continue
            receivers = self.receivers[member]
            why = "exempt" if exempt else "no_record" if receivers else "unregistered"
            inactive.append({**person, "why": why, "note": reason if exempt else "", "receivers": receivers})
        return {"branch": name, "branch_id": branch, "active": active, "inactive": inactive, "late": late}


def _totals(sections: list[dict[str, Any]], facts: Facts) -> dict[str, Any]:
    active = [line for section in sections for line in section["active"]]
    idle = [line for section in sections for line in section["inactive"]]
    return {
        "members": len(active) + len(idle),
        "registered": sum(1 for line in active + idle if facts.receivers[line["member_id"]]),
        "active": len(active),
        "exempt": sum(1 for line in idle if line["why"] == "exempt"),
        "claims": sum(line["claims"] for line in active),
        "records": sum(line["records"] for line in active),
        "hours": plain(sum((Decimal(line["hours"]) for line in active), Decimal(0))),
        "people": sum(line["people"] for line in active),
    }


def of_units(
    units: dict[int, list[int]],
    period: Period,
    as_of: datetime,
    previous: datetime | None,
    senders: dict[int, Organisation],
) -> dict[int, dict[str, Any]]:
    """Content of the report of each unit; the number of queries does not depend on the number of units.

    *senders* are those of the units outside the portal (``homeunits.senders``).
    """
    branches = [branch for mine in units.values() for branch in mine]
    organisations = {row.pk: row for row in Organisation.objects.filter(pk__in=[*units, *branches])}
    issuers = issuers_of([organisations[pk] for pk in units], senders)
    facts = Facts(period, branches, as_of, previous)
    found = {}
    for unit, mine in units.items():
        sections = [facts.section(branch, organisations[branch].name) for branch in mine]
        found[unit] = {
            "template": TEMPLATE_VERSION,
            "period": {
                "code": period.code,
                "name": period.name,
                "starts_on": period.starts_on.isoformat(),
                "ends_on": period.ends_on.isoformat(),
            },
            "addressee": organisations[unit].name,
            "issuer": issuers[unit].name,
            "totals": _totals(sections, facts),
            "sections": sections,
            "ask": {
                "acknowledge_by": period.acknowledge_due_on.isoformat(),
                "guide_by": period.guide_due_on.isoformat(),
            },
        }
    return found
