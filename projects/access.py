"""The door to needs, projects, claims and records."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied

from branches.access import fetch, may, require
from branches.models import Organisation
from branches.permissions import Permission
from members.models import User
from projects.models import Claim, Need, ServiceProject, ServiceRecord


def get_need(user: User, pk: int, permission: Permission | None = None) -> Need:
    need = fetch(Need.objects.visible_to(user).select_related("organisation", "category"), pk=pk)
    if permission is not None:
        require(user, permission, need.organisation)
    return need


def get_project(user: User, pk: int, permission: Permission | None = None) -> ServiceProject:
    rows = ServiceProject.objects.visible_to(user).select_related("organisation__leads", "category", "author")
    project = fetch(rows, pk=pk)
    if permission is not None:
        require(user, permission, project.organisation)
    return project


def get_claim(user: User, pk: int) -> Claim:
    rows = Claim.objects.visible_to(user).select_related("project__organisation", "member", "branch")
    return fetch(rows, pk=pk)


def publisher_claim(user: User, pk: int, permission: Permission) -> Claim:
    """A claim for the publisher's side."""
    claim = get_claim(user, pk)
    require(user, permission, claim.project.organisation)
    return claim


def own_claim(user: User, pk: int) -> Claim:
    """A claim for the claimant's side: the member, or who may claim for the branch."""
    claim = get_claim(user, pk)
    if not holds(user, claim):
        raise PermissionDenied
    return claim


def holds(user: User, claim: Claim) -> bool:
    if claim.member is not None:
        return claim.member.user_id == user.pk
    return claim.branch is not None and may(user, Permission.CLAIM_FOR_BRANCH, claim.branch)


def stating_claim(user: User, pk: int) -> Claim:
    """A claim under which the user's own member may state records."""
    claim = get_claim(user, pk)
    member = user.as_member
    if member is None:
        raise PermissionDenied
    if claim.member_id != member.pk and not claim.participants.filter(member=member).exists():
        raise PermissionDenied
    return claim


def get_record(user: User, pk: int, permission: Permission | None = None) -> ServiceRecord:
    rows = ServiceRecord.objects.visible_to(user).select_related(
        "member", "claim__project__organisation", "claim__branch", "verified_by"
    )
    record = fetch(rows, pk=pk)
    if permission is not None:
        require(user, permission, record.claim.project.organisation)
    return record


def claiming_branches(user: User) -> list[Organisation]:
    """Branches for which *user* may claim."""
    return list(Organisation.objects.where(user, Permission.CLAIM_FOR_BRANCH).active().filter(kind="branch")[:200])
