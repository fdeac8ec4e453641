"""What waits for members and communities in the service cycle."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt.lib.registry import Todo
from projects.enums import ClaimState, NeedState, ProjectState, RecordState
from projects.models import Claim, Need, ServiceProject, ServiceRecord

if TYPE_CHECKING:
    from members.models import User


def own_claims(user: User) -> Iterable[Todo]:
    """For the member: confirmed claims for which nothing has been stated yet."""
    if user.as_member is None:
        return
    silent = Claim.objects.filter(member=user.as_member, state=ClaimState.CONFIRMED, records=None)
    yield Todo(
        _("State what I did for my claims"),
        reverse("claim_list"),
        silent.count(),
        hint=_("After the service: date, hours and a sentence are enough."),
    )


def needs_to_look_at(user: User) -> Iterable[Todo]:
    mine = Organisation.objects.where(user, Permission.NEED_HANDLE).receiving()
    fresh = Need.objects.filter(organisation__in=mine, state__in=[NeedState.COLLECTED, NeedState.VERIFIED])
    yield Todo(_("Look at residents' needs"), f"{reverse('need_list')}?waiting=1", fresh.count())


def projects_to_publish(user: User) -> Iterable[Todo]:
    """The second key: every holder at the organisation or above, except the author."""
    mine = Organisation.objects.where(user, Permission.PROJECT_PUBLISH)
    waiting = ServiceProject.objects.filter(organisation__in=mine, state=ProjectState.IN_REVIEW)
    yield Todo(
        _("Review and publish projects"),
        f"{reverse('project_desk')}?state=in_review",
        waiting.exclude(author=user).count(),
    )


def projects_returned(user: User) -> Iterable[Todo]:
    mine = ServiceProject.objects.filter(author=user, state=ProjectState.RETURNED)
    yield Todo(_("Revise returned projects"), f"{reverse('project_desk')}?state=returned", mine.count())


def claims_to_decide(user: User) -> Iterable[Todo]:
    mine = Organisation.objects.where(user, Permission.CLAIM_DECIDE)
    waiting = Claim.objects.filter(project__organisation__in=mine, state=ClaimState.APPLIED)
    yield Todo(_("Confirm claims"), f"{reverse('claim_list')}?box=to_confirm", waiting.count())


def records_to_verify(user: User) -> Iterable[Todo]:
    """Without one's own: somebody else verifies those."""
    mine = Organisation.objects.where(user, Permission.RECORD_VERIFY)
    waiting = ServiceRecord.objects.filter(claim__project__organisation__in=mine, state=RecordState.STATED)
    waiting = waiting.exclude(stated_by=user).exclude(member__user=user)
    yield Todo(_("Verify service records"), f"{reverse('record_list')}?state=stated", waiting.count())


PROVIDERS = (
    own_claims,
    needs_to_look_at,
    projects_to_publish,
    projects_returned,
    claims_to_decide,
    records_to_verify,
)
