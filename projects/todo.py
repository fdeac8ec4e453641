"""What waits for members and communities in the service cycle."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt.lib.clock import today
from dualmgmt.lib.registry import Todo
from members.enums import RegistrationState
from projects.enums import ClaimState, NeedState, ProjectState, RecordState
from projects.leaving import ends as open_ends
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


def requests_to_stand_in(user: User) -> Iterable[Todo]:
    """For the member: somebody asks to be stood in for."""
    if user.as_member is None:
        return
    asked = list(Claim.objects.filter(member=user.as_member, state=ClaimState.OFFERED).values_list("pk", flat=True))
    if asked:
        url = reverse("claim_detail", args=asked) if len(asked) == 1 else f"{reverse('claim_list')}?box=asked"
        yield Todo(_("Answer whether I take over a claim"), url, len(asked))


def claims_before_leaving(user: User) -> Iterable[Todo]:
    """For the member who is leaving: what has to be finished, withdrawn or handed over."""
    member = user.as_member
    if member is None:
        return
    leaving = member.registrations.filter(state=RegistrationState.LEAVING).order_by("leave_due_on")
    for registration in leaving.select_related("organisation"):
        ends = [end for end in open_ends(registration, None) if end.must_settle]
        due = registration.leave_due_on
        yield Todo(
            _("Settle my claims before I leave %(receiver)s") % {"receiver": registration.organisation.name},
            reverse("registration_detail", args=[registration.pk]),
            len(ends),
            due=due,
            late=due is not None and due < today(),
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
    requests_to_stand_in,
    claims_before_leaving,
    own_claims,
    needs_to_look_at,
    projects_to_publish,
    projects_returned,
    claims_to_decide,
    records_to_verify,
)
