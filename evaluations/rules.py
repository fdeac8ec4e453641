"""Why something about feedback and reports is refused; each sentence stands here once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from dualmgmt.lib.clock import today
from dualmgmt.lib.denied import ActionDenied

if TYPE_CHECKING:
    from evaluations.models import Period

PERIOD_RUNS = _("The period has not ended yet; feedback is written after %(day)s.")
PERIOD_PREPARED = _("The feedback of this period has been prepared; its dates stand.")
PERIOD_EXISTS = _("There is already a period of this kind with this start.")
RUN_LIVE = _("A run for this period is under way. Open it to see its progress.")
NOT_RUN_YET = _("The feedback of this period has not been prepared, so there is nothing to compile.")
NOT_TO_SEND = _("Only the newest report to a home branch outside the portal is sent by post, and only once.")
SUPERSEDED = _("A newer version of this report has arrived. Please read that one.")
SECTION_DONE = _("This section has been acknowledged already.")
NOT_IN_SECTION = _("This member is not in the report's section of your branch.")
DATE_IN_FUTURE = _("The date lies in the future.")
ALREADY_FROZEN = _("The feedback has been shown to the member, so its text stands.")


def check_ended(period: Period) -> None:
    if period.ends_on >= today():
        raise ActionDenied(PERIOD_RUNS % {"day": period.ends_on}, "period_runs")
