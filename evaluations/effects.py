"""What a change of the tree does to reports: those that are out, and to whom the next ones go."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from branches.enums import ChangeKind
from branches.models import Organisation
from branches.plans import ChangePlan
from branches.queries import ancestors
from dualmgmt.lib.registry import Effect
from evaluations.models import FeedbackReport, ReportSection

if TYPE_CHECKING:
    from dualmgmt.lib.actors import Actor


def _addressee(chain: list[Organisation]) -> Organisation | None:
    """The nearest at or above that carries a unit, or leads a place (design.md §9)."""
    return next((row for row in reversed(chain) if row.unit_id or row.leads_id), None)


def preview(plan: ChangePlan) -> Iterable[Effect]:
    organisation = plan.organisation
    past = FeedbackReport.objects.filter(organisation__path__startswith=organisation.path).count()
    past += ReportSection.objects.filter(branch=organisation).exclude(report__organisation=organisation).count()
    if past:
        sentence = ngettext(
            "%(count)s report delivered so far keeps the names of its day.",
            "%(count)s reports delivered so far keep the names of their day.",
            past,
        )
        yield Effect(sentence % {"count": past})
    if plan.kind == ChangeKind.MOVED:
        yield from _preview_addressee(plan)
    if plan.ends:
        yield from _preview_open(plan)


def _preview_addressee(plan: ChangePlan) -> Iterable[Effect]:
    assert plan.parent is not None
    before = _addressee([*ancestors(plan.organisation), plan.organisation])
    after = _addressee([*ancestors(plan.parent), plan.parent, plan.organisation])
    if before != after:
        sentence = _("The next feedback reports go to %(after)s, no longer to %(before)s.")
        yield Effect(sentence % {"after": after or "—", "before": before or "—"})


def _preview_open(plan: ChangePlan) -> Iterable[Effect]:
    count = ReportSection.objects.filter(
        branch=plan.organisation, acknowledged_at=None, report__superseded=False
    ).count()
    if count:
        parent = ancestors(plan.organisation)[-1]
        sentence = ngettext(
            "%(count)s report section is not acknowledged yet; %(parent)s does it.",
            "%(count)s report sections are not acknowledged yet; %(parent)s does it.",
            count,
        )
        yield Effect(sentence % {"count": count, "parent": parent})


def apply(plan: ChangePlan, by: Actor) -> None:
    """Nothing moves: reports are frozen, and who answers for an ended branch follows from the tree."""
