"""What an evaluation shows on members' pages: each party's words to those who may read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt.lib.registry import Panel, Span
from evaluations.models import FactualFeedback, Guidance, Period, ReportSection

if TYPE_CHECKING:
    from collections.abc import Iterable

    from members.models import Member, User


def spans(user: User) -> Iterable[Span]:
    """The evaluation periods, the newest first."""
    for period in Period.objects.order_by("-starts_on")[:40]:
        yield Span(period.code, period.name, period.starts_on, period.ends_on)


def guidance_of_member(user: User, member: Member) -> Panel | None:
    """Post duty: the home side's notes, for the home side and the person."""
    rows = Guidance.objects.visible_to(user).filter(member=member).select_related("section__branch")[:20]
    if not rows and member.user_id != user.pk:
        return None
    return Panel(_("Guidance"), "evaluations/_guidance_panel.html", {"guidance": rows})


def feedback_of_member(user: User, member: Member) -> Panel | None:
    """Service duty: what receivers wrote, for each its own and for the person."""
    rows = FactualFeedback.objects.visible_to(user).filter(registration__member=member)
    rows = rows.select_related("period", "registration__organisation").order_by("-period__starts_on")[:8]
    if not rows:
        return None
    return Panel(_("Factual feedback"), "evaluations/_feedback_panel.html", {"feedback": rows}, order=60)


def reported_of_member(user: User, member: Member) -> Panel | None:
    """Service duty as it was reported to the home side: the person's line in the newest reports."""
    home = Organisation.objects.where(user, Permission.REPORT_VIEW)
    sections = ReportSection.objects.filter(
        branch__in=home.filter(home_memberships__member=member), report__superseded=False
    )
    sections = sections.select_related("report__period").order_by("-report__period__starts_on")[:4]
    lines = [line for section in sections for line in _line_of(section, member.pk)]
    if not lines:
        return None
    return Panel(_("Reported to the home branch"), "evaluations/_reported_panel.html", {"lines": lines})


def _line_of(section: ReportSection, member: int) -> Iterable[dict[str, Any]]:
    """One member's ``report``, ``facts`` (``None`` where nothing is on record) and ``feedback`` in a frozen section."""
    for part in section.report.content["sections"]:
        if part["branch_id"] == section.branch_id:
            for kind in ("active", "inactive"):
                for line in part[kind]:
                    if line["member_id"] == member:
                        facts = line if kind == "active" else None
                        yield {"report": section.report, "facts": facts, "feedback": line.get("feedback", [])}


def evaluation_of_member(user: User, member: Member) -> Panel | None:
    feedback = FactualFeedback.objects.visible_to(user).filter(registration__member=member)
    guidance = Guidance.objects.visible_to(user).filter(member=member)
    context = {
        "feedback": feedback.select_related("period", "registration__organisation").order_by("-period__starts_on")[:8],
        "guidance": guidance.select_related("section__branch")[:8],
    }
    if not context["feedback"] and not context["guidance"]:
        return None
    return Panel(_("Feedback and guidance"), "evaluations/_member_panel.html", context, order=60)
