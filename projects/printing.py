"""What goes on paper from the service cycle: data for the typesetter (docs/printing.md)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from branches import papers
from branches.enums import Paper
from dualmgmt.lib.clock import today
from projects.models import ServiceRecord

if TYPE_CHECKING:
    from members.models import ActivityRegistration, User


def record_card_data(user: User, registration: ActivityRegistration, first: dt.date, last: dt.date) -> dict[str, Any]:
    """Data for ``templates/print/record_card.typ``: verified records on projects of the receiver or below."""
    member = registration.member
    records = (
        ServiceRecord.objects.visible_to(user)
        .verified()
        .filter(
            member=member,
            claim__project__organisation__path__startswith=registration.organisation.path,
            service_date__range=(first, last),
        )
    )
    rows = list(records.select_related("claim__project", "verified_by").order_by("service_date", "pk"))
    hours = sum((row.verified_hours or Decimal(0) for row in rows), Decimal(0))
    return {
        "name": member.name,
        "sex": str(member.get_sex_display()),
        "kind": str(member.get_kind_display()),
        "home_branch": registration.home_branch.name,
        "receiver": registration.organisation.name,
        "placement": registration.placement.name if registration.placement else "",
        "period": _("%(first)s to %(last)s") % {"first": date_format(first), "last": date_format(last)},
        "rows": [_line(row) for row in rows],
        "total_hours": f"{hours.normalize():f}" if rows else "",
        "total_people": str(sum(row.verified_people or 0 for row in rows)) if rows else "",
        "day": date_format(today()),
        "words": papers.words(Paper.FEEDBACK_CARD, registration.organisation),
    }


def _line(row: ServiceRecord) -> list[str]:
    project = row.claim.project
    hours = row.verified_hours or Decimal(0)
    return [
        f"{row.service_date:%Y.%m.%d}",
        project.place,
        project.title,
        row.verified_content or row.content,
        f"{hours.normalize():f}",
        str(row.verified_people or 0),
        str(row.verified_by or ""),
        "",  # residents' ratings are written by hand
    ]
