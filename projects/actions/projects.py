"""Projects: drafted, reviewed, published, ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from branches.models import Organisation
from branches.rules import check_active
from dualmgmt.lib import audit, numbers, outbox
from dualmgmt.lib.actors import account
from dualmgmt.lib.clock import today
from dualmgmt.lib.denied import ActionDenied
from projects import lifecycle, rules
from projects.actions import handover
from projects.enums import OPEN_CLAIM_STATES, ClaimState, NeedState, ProjectState
from projects.models import Need, ServiceProject

if TYPE_CHECKING:
    from dualmgmt.lib.actors import Actor


@transaction.atomic
def draft(
    *, organisation: Organisation, by: Actor, need: Need | None = None, skills: Any = (), **fields: Any
) -> ServiceProject:
    """Write a project down; *need* is the residents' need it answers."""
    check_active(Organisation.objects.hold(organisation.pk))
    year = today().year
    running = numbers.take(f"project:{organisation.pk}", year)
    project = ServiceProject.objects.create(
        organisation=organisation,
        number=f"{organisation.number_prefix()}项〔{year}〕{running}号",
        author=account(by),
        **fields,
    )
    project.skills.set(skills)
    if need is not None:
        project.needs.add(need)
        lifecycle.need.move(need, NeedState.CONVERTED, category=project.category)
        audit.record("need.converted", need, by=by, organisation=organisation, project=project.number)
    audit.record("project.drafted", project, by=by, organisation=organisation, number=project.number)
    return project


@transaction.atomic
def edit(*, project: ServiceProject, changes: dict[str, Any], skills: Any, by: Actor) -> None:
    """Change a draft or a returned project; who edits it last is its author.

    Raises :class:`ActionDenied` where it is past editing, also when somebody published it meanwhile.
    """
    rows = ServiceProject.objects.filter(pk=project.pk, state__in=rules.EDITABLE_STATES)
    if not rows.update(**changes, author=account(by)):
        raise ActionDenied(rules.NOT_EDITABLE, "wrong_state")
    project.refresh_from_db()
    project.skills.set(skills)
    audit.record("project.edited", project, by=by, organisation=project.organisation, fields=sorted(changes))


@transaction.atomic
def submit(*, project: ServiceProject, by: Actor) -> None:
    """Hand over to a second person."""
    lifecycle.project.move(project, ProjectState.IN_REVIEW)
    audit.record("project.submitted", project, by=by, organisation=project.organisation)
    outbox.put("projects.tell_project_waits", project.pk)


@transaction.atomic
def publish(*, project: ServiceProject, by: Actor) -> None:
    """Open the project for claims. Raises :class:`ActionDenied` where a second person is needed."""
    rules.check_publisher(project, by)
    lifecycle.project.move(
        project, ProjectState.PUBLISHED, published_by=account(by), published_at=timezone.now(), remark=""
    )
    audit.record("project.published", project, by=by, organisation=project.organisation)


@transaction.atomic
def send_back(*, project: ServiceProject, reason: str, by: Actor) -> None:
    lifecycle.project.move(project, ProjectState.RETURNED, remark=rules.check_reason(reason))
    audit.record("project.returned", project, by=by, organisation=project.organisation, reason=reason)
    outbox.put("projects.tell_project_returned", project.pk)


@transaction.atomic
def suspend(*, project: ServiceProject, reason: str, by: Actor) -> None:
    lifecycle.project.move(project, ProjectState.SUSPENDED, remark=rules.check_reason(reason))
    audit.record("project.suspended", project, by=by, organisation=project.organisation, reason=reason)
    outbox.put("projects.tell_project_suspended", project.pk)


@transaction.atomic
def resume(*, project: ServiceProject, by: Actor) -> None:
    lifecycle.project.move(project, ProjectState.PUBLISHED, remark="")
    audit.record("project.resumed", project, by=by, organisation=project.organisation)


@transaction.atomic
def cancel(*, project: ServiceProject, reason: str, by: Actor) -> None:
    """Call the project off: open claims end and their places are free; hours already served stay."""
    lifecycle.project.move(project, ProjectState.CANCELLED, remark=rules.check_reason(reason))
    for claim in project.claims.filter(state__in=OPEN_CLAIM_STATES):
        # A confirmed claim is withdrawn by the cancellation, one that waited is declined.
        target = ClaimState.DECLINED if claim.state == ClaimState.APPLIED else ClaimState.WITHDRAWN
        lifecycle.claim.move(claim, target, remark=project.remark, ended_at=timezone.now())
        ServiceProject.objects.filter(pk=project.pk).update(taken=F("taken") - claim.places)
        outbox.put("projects.tell_claim_ended", claim.pk)
    handover.end_offers(rows=project.claims.all(), reason=project.remark)
    audit.record("project.cancelled", project, by=by, organisation=project.organisation, reason=reason)


@transaction.atomic
def complete(*, project: ServiceProject, by: Actor) -> None:
    """All that was to be done is done: confirmed claims are finished with it."""
    if project.claims.filter(state=ClaimState.APPLIED).exists():
        raise ActionDenied(rules.HAS_OPEN_CLAIMS, "has_open_claims")
    lifecycle.project.move(project, ProjectState.COMPLETED, completed_at=timezone.now())
    for claim in project.claims.filter(state=ClaimState.CONFIRMED):
        lifecycle.claim.move(claim, ClaimState.FINISHED, ended_at=timezone.now())
    handover.end_offers(rows=project.claims.all(), reason=str(rules.OFFER_GONE))
    audit.record("project.completed", project, by=by, organisation=project.organisation)


@transaction.atomic
def close_unclaimed(*, project: ServiceProject, by: Actor) -> None:
    """Nobody took it: a useful fact about demand, kept as one."""
    if project.taken:
        raise ActionDenied(rules.HAS_CLAIMS, "has_claims")
    lifecycle.project.move(project, ProjectState.UNCLAIMED)
    audit.record("project.unclaimed", project, by=by, organisation=project.organisation)
