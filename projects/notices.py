"""What members, branches and communities are told about the service cycle."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from branches.models import Appointment, Organisation
from branches.permissions import Permission
from dualmgmt.lib import notices
from projects.enums import RecordState
from projects.models import Claim, Need, ServiceProject, ServiceRecord

notices.register("need.reported", _("A resident of %(organisation)s reports a need: %(text)s"))
notices.register("project.waits", _("Project “%(title)s” waits for a second person to publish it."))
notices.register("project.returned", _("Project “%(title)s” came back: %(reason)s"))
notices.register("project.suspended", _("Project “%(title)s” has been suspended: %(reason)s"))
notices.register("claim.made", _("%(claimant)s has claimed “%(title)s”."))
notices.register("claim.confirmed", _("Your claim of “%(title)s” has been confirmed."))
notices.register("claim.ended", _("Your claim of “%(title)s” has ended: %(reason)s"))
notices.register("claim.withdrawn", _("%(claimant)s has withdrawn the claim of “%(title)s”."))
notices.register("claim.freed", _("The claim of “%(title)s” by %(claimant)s has ended: %(reason)s"))
notices.register("claim.offered", _("%(asker)s asks you to take over “%(title)s” from %(claimant)s."))
notices.register("claim.taken_over", _("%(stand_in)s has taken over “%(title)s” from %(claimant)s."))
notices.register("claim.offer_declined", _("%(stand_in)s does not take over “%(title)s”. The claim is as it was."))
notices.register("record.stated", _("%(member)s has stated a service record for “%(title)s”."))
notices.register("record.verified", _("Your service record for “%(title)s” has been verified: %(hours)s hours."))
notices.register("record.returned", _("Your service record for “%(title)s” came back: %(reason)s"))


def _holders(permission: Permission, organisation: Organisation, *, above: bool = False) -> list[int]:
    rows = Appointment.objects.holding(permission, organisation, above=above)
    return list(rows.values_list("user_id", flat=True))


def _claimants(claim: Claim) -> list[int]:
    """The member's account, or those who claim for the branch."""
    if claim.member is not None:
        return [claim.member.user_id] if claim.member.user_id else []
    assert claim.branch is not None
    return _holders(Permission.CLAIM_FOR_BRANCH, claim.branch)


def need_reported(need: Need) -> None:
    notices.tell(
        _holders(Permission.NEED_HANDLE, need.organisation),
        "need.reported",
        key=f"need.reported:{need.pk}",
        url=reverse("need_detail", args=[need.pk]),
        organisation=need.organisation.name,
        text=need.text[:40],
    )


def project_waits(project: ServiceProject) -> None:
    people = set(_holders(Permission.PROJECT_PUBLISH, project.organisation, above=True)) - {project.author_id}
    _project(project, "project.waits", people)


def project_returned(project: ServiceProject) -> None:
    _project(project, "project.returned", {project.author_id} - {None})


def project_suspended(project: ServiceProject) -> None:
    people = [pk for claim in project.claims.open().select_related("member", "branch") for pk in _claimants(claim)]
    _project(project, "project.suspended", people)


def _project(project: ServiceProject, kind: str, people: Any) -> None:
    notices.tell(
        people,
        kind,
        key=f"{kind}:{project.pk}:{project.remark}",
        url=reverse("project_detail", args=[project.pk]),
        title=project.title,
        reason=project.remark,
    )


def _claim(claim: Claim, kind: str, people: list[int]) -> None:
    notices.tell(
        people,
        kind,
        key=f"{kind}:{claim.pk}",
        url=reverse("claim_detail", args=[claim.pk]),
        claimant=str(claim.claimant),
        title=claim.project.title,
        reason=claim.remark or str(claim.get_state_display()),
    )


def claim_made(claim: Claim) -> None:
    _claim(claim, "claim.made", _holders(Permission.CLAIM_DECIDE, claim.project.organisation))


def claim_withdrawn(claim: Claim) -> None:
    _claim(claim, "claim.withdrawn", _holders(Permission.CLAIM_DECIDE, claim.project.organisation))


def claim_confirmed(claim: Claim) -> None:
    _claim(claim, "claim.confirmed", _claimants(claim))


def claim_ended(claim: Claim) -> None:
    _claim(claim, "claim.ended", _claimants(claim))


def claim_freed(claim: Claim) -> None:
    """By an event, not by the claimant: the publisher looks for somebody else."""
    _claim(claim, "claim.freed", _holders(Permission.CLAIM_DECIDE, claim.project.organisation))


def claim_offered(offered: Claim) -> None:
    _offer(offered, "claim.offered", _claimants(offered), offered)


def claim_taken_over(offered: Claim) -> None:
    """The former claimant and the publisher."""
    original = offered.stands_in_for
    assert original is not None
    people = [*_claimants(original), *_holders(Permission.CLAIM_DECIDE, offered.project.organisation)]
    _offer(offered, "claim.taken_over", people, original)


def offer_declined(offered: Claim) -> None:
    """The claimant, and who asked on the claimant's behalf."""
    original = offered.stands_in_for
    assert original is not None
    asker = [offered.claimed_by_id] if offered.claimed_by_id else []
    _offer(offered, "claim.offer_declined", [*_claimants(original), *asker], original)


def _offer(offered: Claim, kind: str, people: list[int], seen: Claim) -> None:
    original = offered.stands_in_for
    assert original is not None
    notices.tell(
        people,
        kind,
        key=f"{kind}:{offered.pk}",
        url=reverse("claim_detail", args=[seen.pk]),
        claimant=str(original.claimant),
        stand_in=str(offered.claimant),
        asker=str(offered.claimed_by or original.claimant),
        title=offered.project.title,
    )


def record_stated(record: ServiceRecord) -> None:
    _record(record, "record.stated", _holders(Permission.RECORD_VERIFY, record.claim.project.organisation))


def record_decided(record: ServiceRecord) -> None:
    kind = "record.verified" if record.state == RecordState.VERIFIED else "record.returned"
    _record(record, kind, [record.member.user_id] if record.member.user_id else [])


def _record(record: ServiceRecord, kind: str, people: list[int]) -> None:
    notices.tell(
        people,
        kind,
        key=f"{kind}:{record.pk}",
        url=reverse("record_detail", args=[record.pk]),
        member=record.member.name,
        title=record.claim.project.title,
        hours=str(record.verified_hours or record.hours),
        reason=record.remark,
    )
