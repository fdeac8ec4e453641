"""How a report reads: sentences and tables out of its frozen facts, in the reader's language."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from evaluations.models import FeedbackReport

MAX_CHANGES = 20


def title(report: FeedbackReport) -> str:
    return _("Feedback report on members' service, %(period)s") % {"period": report.content["period"]["name"]}


def _day(text: str) -> str:
    return date_format(dt.date.fromisoformat(text), "DATE_FORMAT")


def summary(report: FeedbackReport) -> list[str]:
    """The report's opening, as an official would put it."""
    content = report.content
    totals = content["totals"]
    span = {"first": _day(content["period"]["starts_on"]), "last": _day(content["period"]["ends_on"])}
    sentences = [
        _("From %(first)s to %(last)s your unit had %(members)s members; %(registered)s of them were registered "
          "with activity branches and %(active)s took part in service projects.")
        % {**span, **{key: totals[key] for key in ("members", "registered", "active")}},
    ]  # fmt: skip
    if totals["active"]:
        sentences.append(
            _("They claimed %(claims)s projects; the receiving organisations verified %(records)s service records with "
              "%(hours)s hours for %(people)s people.")
            % {key: totals[key] for key in ("claims", "records", "hours", "people")}
        )  # fmt: skip
    if totals["exempt"]:
        sentences.append(_("%(exempt)s members are exempt for age or illness.") % {"exempt": totals["exempt"]})
    return sentences


def comparison(report: FeedbackReport, before: FeedbackReport | None) -> str:
    """This period beside the last one, in one sentence; empty where there is nothing to compare."""
    if before is None:
        return ""
    now, then = report.content["totals"], before.content["totals"]
    return _(
        "In %(period)s there were %(active_then)s active members and %(hours_then)s hours; now there are "
        "%(active)s and %(hours)s."
    ) % {
        "period": before.content["period"]["name"],
        "active_then": then["active"],
        "hours_then": then["hours"],
        "active": now["active"],
        "hours": now["hours"],
    }


def requests(report: FeedbackReport) -> list[str]:
    """What the unit is asked to do, and until when."""
    ask = report.content["ask"]
    return [
        _("Please acknowledge this report by %(day)s.") % {"day": _day(ask["acknowledge_by"])},
        _("Please talk with the members concerned and write down your guidance by %(day)s.")
        % {"day": _day(ask["guide_by"])},
    ]


def why_inactive(line: dict[str, Any]) -> str:
    if line["why"] == "exempt":
        return _("Exempt: %(reason)s") % {"reason": line["note"]}
    if line["why"] == "no_record":
        return _("Registered with %(receivers)s; no verified service record in this period.") % {
            "receivers": "、".join(line["receivers"])
        }
    return _("Not registered with any activity branch.")


def words(feedback: dict[str, Any]) -> str:
    """One receiver's feedback with the member's answer, as one paragraph."""
    parts = [feedback["receiver"]]
    if feedback["narrative"]:
        parts = [_("%(receiver)s: %(narrative)s") % feedback]
    if feedback["statement"]:
        parts.append(_("The member states: %(statement)s") % {"statement": feedback["statement"]})
    elif feedback["silent"]:
        parts.append(_("The member raised no objection within the term."))
    else:
        parts.append(_("The member agrees."))
    return " ".join(parts)


def print_data(report: FeedbackReport, before: FeedbackReport | None) -> dict[str, Any]:
    """Data of ``templates/print/feedback_report.typ``."""
    compared = comparison(report, before)
    sections = []
    for section in report.content["sections"]:
        active = [
            [
                line["name"],
                "、".join(entry["receiver"] for entry in line["feedback"]) or "—",
                str(line["claims"]),
                str(line["records"]),
                line["hours"],
                "\n".join(words(entry) for entry in line["feedback"]),
            ]
            for line in section["active"]
        ]
        late = [
            _("Reported late: %(name)s, %(day)s, %(project)s, %(hours)s hours.")
            % {"name": row["name"], "day": _day(row["service_date"]), "project": row["project"], "hours": row["hours"]}
            for row in section["late"]
        ]
        inactive = [[line["name"], why_inactive(line)] for line in section["inactive"]]
        sections.append({"title": section["branch"], "active": active, "inactive": inactive, "notes": late})
    return {
        "issuer": report.content["issuer"],
        "number": report.number,
        "title": title(report),
        "addressee": report.content["addressee"],
        "sentences": [*summary(report), *([compared] if compared else [])],
        "columns": [_("Name"), _("Receiving organisation"), _("Claims"), _("Records"), _("Hours"), _("Feedback")],
        "inactive_columns": [_("Name"), _("Situation")],
        "sections": sections,
        "requests": requests(report),
        "date": date_format(report.delivered_at, "DATE_FORMAT"),
        "checksum": report.checksum,
        "version": report.version,
    }
