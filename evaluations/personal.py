"""What evaluations keep about a person: the person's own copy, and merging."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from branches.permissions import Permission, roles_with
from dualmgmt.lib.registry import Effect, Viewer
from dualmgmt.lib.sheets import Sheet
from evaluations.enums import FeedbackState
from evaluations.models import FactualFeedback, Guidance
from members.personal import holders

if TYPE_CHECKING:
    from dualmgmt.lib.actors import Actor
    from members.models import Member
    from members.plans import MergePlan


def viewers(member: Member) -> Iterable[Viewer]:
    """Who reads the feedback reports of the home unit without keeping its roll: the organisation departments."""
    home = member.home_branch()
    if home is None or home.external:
        return
    keepers = roles_with(Permission.ROSTER_VIEW)
    for organisation, people in holders(Permission.REPORT_VIEW, home).items():
        readers = [row for row in people if row.role not in keepers]
        if readers:
            what = _("The feedback report on the home unit: name, service, the community's and the branch's words")
            yield Viewer(organisation, _("Organisation department"), what, readers)


def sections(member: Member) -> Iterable[Sheet]:
    """Feedback from the moment it was shown to the member, and the home branch's guidance."""
    feedback = FactualFeedback.objects.filter(registration__member=member).exclude(state=FeedbackState.OPEN)
    yield Sheet(
        _("Factual feedback"),
        [
            _("Period"),
            _("Organisation"),
            _("Hours"),
            _("what the receiving organisation adds"),
            _("the member's statement"),
        ],
        [
            [
                row.period.name,
                row.registration.organisation.name,
                row.facts.get("hours", ""),
                row.narrative,
                row.member_statement,
            ]
            for row in feedback.select_related("period", "registration__organisation").order_by("period__starts_on")
        ],
    )
    guidance = Guidance.objects.filter(member=member).select_related("section__branch").order_by("pk")
    yield Sheet(
        _("Guidance"),
        [_("Branch"), _("Kind"), _("Text")],
        [[row.section.branch.name, row.get_kind_display(), row.text] for row in guidance],
    )


def preview_merge(plan: MergePlan) -> Iterable[Effect]:
    count = Guidance.objects.filter(member=plan.lose).count()
    if count:
        words = ngettext(
            "%(count)s note of guidance goes to the row that stays.",
            "%(count)s notes of guidance go to the row that stays.",
            count,
        )
        yield Effect(words % {"count": count})


def apply_merge(plan: MergePlan, by: Actor) -> None:
    """Feedback hangs on registrations, which have moved already; frozen reports keep what they said."""
    Guidance.objects.filter(member=plan.lose).update(member=plan.keep)
