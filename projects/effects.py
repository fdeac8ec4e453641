"""What a change of the tree does to needs, projects and the claims of branches."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from branches.plans import ChangePlan
from dualmgmt.lib import audit
from dualmgmt.lib.registry import Effect
from projects.enums import HOLDING_CLAIM_STATES, OPEN_CLAIM_STATES, NeedState, ProjectState
from projects.models import Claim, Need, ServiceProject

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from branches.models import Organisation
    from dualmgmt.lib.actors import Actor

LIVE_PROJECTS = (
    ProjectState.DRAFT,
    ProjectState.IN_REVIEW,
    ProjectState.RETURNED,
    ProjectState.PUBLISHED,
    ProjectState.SUSPENDED,
)
OPEN_NEEDS = (NeedState.COLLECTED, NeedState.VERIFIED, NeedState.CONVERTED, NeedState.REFERRED)


def _projects(organisation: Organisation) -> QuerySet[ServiceProject]:
    return ServiceProject.objects.filter(organisation=organisation, state__in=LIVE_PROJECTS)


def _needs(organisation: Organisation) -> QuerySet[Need]:
    return Need.objects.filter(organisation=organisation, state__in=OPEN_NEEDS)


def _claims(organisation: Organisation) -> QuerySet[Claim]:
    return Claim.objects.filter(branch=organisation, state__in=OPEN_CLAIM_STATES)


def preview(plan: ChangePlan) -> Iterable[Effect]:
    """Only the end of an organisation touches what it publishes and claims."""
    if not plan.ends:
        return
    organisation, heir = plan.organisation, plan.heir
    needs, projects = _needs(organisation).count(), _projects(organisation).count()
    if needs or projects:
        link = f"{reverse('project_desk')}"
        counts = {"needs": needs, "projects": projects, "heir": heir}
        if heir is None:
            sentence = _("%(needs)s needs and %(projects)s projects are open: choose who takes them over.")
            yield Effect(sentence % counts, link, must_settle=True)
        else:
            yield Effect(_("%(needs)s open needs and %(projects)s open projects go to %(heir)s.") % counts, link)
            yield from _same_numbers(plan)
    yield from _preview_claims(plan)


def _same_numbers(plan: ChangePlan) -> Iterable[Effect]:
    taken = ServiceProject.objects.filter(organisation=plan.heir).values("number")
    double = list(_projects(plan.organisation).filter(number__in=taken).values_list("number", flat=True)[:5])
    if double:
        sentence = _("Both have a project of the same number: %(numbers)s. Complete or cancel one of them.")
        yield Effect(sentence % {"numbers": "、".join(double)}, must_settle=True)


def _preview_claims(plan: ChangePlan) -> Iterable[Effect]:
    claims = _claims(plan.organisation)
    count = claims.count()
    if not count:
        return
    if plan.heir is None:
        sentence = _("%(count)s claims of this branch are open: finish or withdraw them, or choose who takes over.")
        yield Effect(sentence % {"count": count}, reverse("claim_list"), must_settle=True)
        return
    theirs = Claim.objects.filter(branch=plan.heir, state__in=HOLDING_CLAIM_STATES).values("project_id")
    double = claims.filter(project__in=theirs).select_related("project")
    if double:
        names = "、".join(claim.project.title for claim in double[:5])
        sentence = _("Both branches have claimed the same project (%(names)s): withdraw one of the claims.")
        yield Effect(sentence % {"names": names}, reverse("claim_list"), must_settle=True)
    sentence = ngettext(
        "%(count)s open claim of the branch goes to %(heir)s.",
        "%(count)s open claims of the branch go to %(heir)s.",
        count,
    )
    yield Effect(sentence % {"count": count, "heir": plan.heir})


def apply(plan: ChangePlan, by: Actor) -> None:
    if not plan.ends or plan.heir is None:
        return
    details = {"before": plan.organisation.name, "after": plan.heir.name}
    for project in _projects(plan.organisation):
        audit.record("project.handed_over", project, by=by, organisation=plan.heir, **details)
    for need in _needs(plan.organisation):
        audit.record("need.handed_over", need, by=by, organisation=plan.heir, **details)
    for claim in _claims(plan.organisation):
        audit.record("claim.handed_over", claim, by=by, organisation=plan.heir, **details)
    _needs(plan.organisation).update(organisation=plan.heir)
    _projects(plan.organisation).update(organisation=plan.heir)
    _claims(plan.organisation).update(branch=plan.heir)
