"""What an evaluation shows on members' pages: each party's words to those who may read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from dualmgmt.lib.registry import Panel, Span
from evaluations.models import FactualFeedback, Guidance, Period

if TYPE_CHECKING:
    from collections.abc import Iterable

    from members.models import Member, User


def spans(user: User) -> Iterable[Span]:
    """The evaluation periods, the newest first."""
    for period in Period.objects.order_by("-starts_on")[:40]:
        yield Span(period.code, period.name, period.starts_on, period.ends_on)


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
