"""What waits for members, communities, home units and the department in an evaluation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db.models import Count, Min
from django.urls import reverse
from django.utils.translation import gettext as _

from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt.lib.clock import today
from dualmgmt.lib.registry import Todo
from evaluations.enums import FeedbackState
from evaluations.models import FactualFeedback, FeedbackReport, Period, ReportSection

if TYPE_CHECKING:
    from members.models import User


def own_feedback(user: User) -> Iterable[Todo]:
    if user.as_member is None:
        return
    rows = FactualFeedback.objects.filter(
        registration__member=user.as_member, state=FeedbackState.MEMBER_REVIEW
    ).aggregate(count=Count("pk"), due=Min("review_until"))
    yield Todo(_("Read what was written about my service"), reverse("feedback_mine"), rows["count"], due=rows["due"])


def feedback_to_write(user: User) -> Iterable[Todo]:
    mine = Organisation.objects.where(user, Permission.FEEDBACK_WRITE)
    rows = FactualFeedback.objects.filter(registration__organisation__in=mine, state=FeedbackState.OPEN)
    for row in rows.values("period__code", "period__name", "period__feedback_due_on").annotate(count=Count("pk")):
        due = row["period__feedback_due_on"]
        yield Todo(
            _("Write factual feedback for %(period)s") % {"period": row["period__name"]},
            f"{reverse('feedback_list')}?period={row['period__code']}",
            row["count"],
            due=due,
            late=due < today(),
        )


def reports_to_acknowledge(user: User) -> Iterable[Todo]:
    mine = Organisation.objects.where(user, Permission.REPORT_ACKNOWLEDGE)
    rows = ReportSection.objects.filter(branch__in=mine, acknowledged_at=None, report__superseded=False).aggregate(
        count=Count("report", distinct=True), due=Min("report__period__acknowledge_due_on")
    )
    yield Todo(
        _("Read and acknowledge feedback reports"),
        f"{reverse('report_list')}?open=1",
        rows["count"],
        due=rows["due"],
        late=rows["due"] is not None and rows["due"] < today(),
    )


def reports_to_post(user: User) -> Iterable[Todo]:
    count = FeedbackReport.objects.to_post(user).count()
    yield Todo(
        _("Post feedback reports to home branches outside the portal"), f"{reverse('report_list')}?post=1", count
    )


def periods_to_compile(user: User) -> Iterable[Todo]:
    """For the department: periods whose compile date has come and no run has been started."""
    if not Organisation.objects.where(user, Permission.PERIOD_MANAGE).exists():
        return
    waiting = Period.objects.filter(compile_on__lte=today(), runs=None).exclude(prepared_at=None)
    yield Todo(_("Compile the feedback reports"), reverse("period_list"), waiting.count())


PROVIDERS = (own_feedback, feedback_to_write, reports_to_acknowledge, reports_to_post, periods_to_compile)
