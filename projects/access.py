"""The door to needs, projects, claims and records."""

from __future__ import annotations

import unicodedata

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet

from branches.access import fetch, may, require
from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt.lib.secrets import lookup_hash
from members.enums import CardState, RegistrationState
from members.models import ActivityRegistration, Member, MemberCard, User
from members.values import squeeze
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
    rows = Claim.objects.visible_to(user).select_related(
        "project__organisation", "member", "branch", "stands_in_for__member"
    )
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


def settles(user: User, claim: Claim) -> bool:
    """Who may withdraw a claim or hand it over: the claimant; for a member who is leaving, the publisher as well."""
    return holds(user, claim) or (is_leaving(claim) and may(user, Permission.CLAIM_DECIDE, claim.project.organisation))


def is_leaving(claim: Claim) -> bool:
    """Whether the claimant is leaving the publisher or the receiver above it."""
    if claim.member is None:
        return False
    path, step = claim.project.organisation.path, Organisation.steplen
    lines = [path[:end] for end in range(step, len(path) + 1, step)]
    leaving = claim.member.registrations.filter(state=RegistrationState.LEAVING)
    return leaving.filter(organisation__path__in=lines).exists()


def settled_claim(user: User, pk: int) -> Claim:
    """A claim that the user may withdraw or hand over."""
    claim = get_claim(user, pk)
    if not settles(user, claim):
        raise PermissionDenied
    return claim


def find_stand_in(name: str, number: str) -> Member | None:
    """The member of that name whose card number or phone was typed; both have to fit, so that nobody can browse."""
    phone = Q(phone_hash=lookup_hash(squeeze(number)))
    typed = unicodedata.normalize("NFKC", number).strip()
    card = Q(pk__in=MemberCard.objects.filter(number__iexact=typed, state=CardState.ACTIVE).values("member_id"))
    found = list(Member.objects.living().filter(phone | card, name=name.strip())[:2])
    return found[0] if len(found) == 1 else None


def stand_ins(user: User, claim: Claim) -> QuerySet[Member]:
    """Whom an officer may choose from: members with an account, registered with the publisher or the receiver above it
    where the officer sees them, and without a place in the project."""
    path, step = claim.project.organisation.path, Organisation.steplen
    lines = [path[:end] for end in range(step, len(path) + 1, step)]
    receivers = Organisation.objects.where(user, Permission.REGISTRATION_VIEW).filter(path__in=lines)
    registered = ActivityRegistration.objects.filter(state=RegistrationState.ACTIVE, organisation__in=receivers)
    held = Claim.objects.holding().filter(project=claim.project_id, member__isnull=False)
    rows = Member.objects.living().filter(pk__in=registered.values("member_id"), user__is_active=True)
    return rows.exclude(pk__in=held.values("member_id")).order_by("name", "pk")


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
