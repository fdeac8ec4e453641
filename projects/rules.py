"""Why something about needs, projects, claims and records is refused; each sentence stands here once."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from branches.models import Organisation
from branches.queries import ancestors, ancestors_of_many
from dualmgmt.lib.actors import account
from dualmgmt.lib.clock import today
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.lifecycle import NOT_FROM_HERE, SOMEBODY_WAS_FASTER
from members.enums import MembershipStatus, RegistrationState
from projects.enums import OPEN_CLAIM_STATES, ClaimState, OpenTo, ProjectKind, ProjectState, RecordState
from projects.models import Claim
from projects.models.claims import MAX_HOURS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dualmgmt.lib.actors import Actor
    from members.models import Member
    from projects.models import ServiceProject, ServiceRecord
    from projects.models.projects import ProjectQuerySet

ANSWER_MISSING = _("Write an answer; the resident reads it with the tracking code.")
REASON_MISSING = _("Say why; the people concerned read it.")
SECOND_PERSON = _(
    "This project needs a second person to publish it. It waits in the to-do list of your organisation and above."
)
NOT_EDITABLE = _("Only a draft or a returned project can be edited.")
HAS_OPEN_CLAIMS = _("There are open claims. Finish or decline them first.")
HAS_CLAIMS = _("This project has claims, so it cannot be closed as unclaimed.")
NOT_PUBLISHED = _("This project is not open for claims.")
NOT_YET_OPEN = _("Claims open on %(moment)s.")
CLOSED = _("The time for claims is over.")
FULL = _("All places are taken.")
AT_LEAST_ONE_PLACE = _("Claim at least one place.")
NOT_ENOUGH_PLACES = _("Only %(count)s places are left.")
NO_MEMBERS = _("This project is for branches.")
NO_BRANCHES = _("This project is for members.")
NOT_REGISTERED_HERE = _("Only members registered with or at home in this organisation may claim.")
NOT_OF_THIS_STREET = _("Only members registered or at home in this street may claim.")
NOT_OF_THIS_DISTRICT = _("Only members registered or at home in this district may claim.")
ALREADY_HELD = _("You already hold this place.")
ALREADY_HELD_BY_BRANCH = _("Your branch already holds places in this project.")
NOT_A_MEMBER = _("Only somebody whose membership is in order may claim.")
LEAVING = _("The registration here is being closed, so nothing more can be claimed. What is claimed already counts.")
STAND_IN_UNKNOWN = _("Nobody with this name and number can be asked. Check both, or ask the community to choose.")
STAND_IN_HIMSELF = _("This is the claimant. Choose somebody else.")
STAND_IN_HOLDS = _("This member holds a place in this project already.")
STAND_IN_LEAVES = _("This member is leaving the organisation. Choose somebody else.")
STAND_IN_UNFIT = _("This member cannot take on another claim at present.")
STAND_IN_NO_ACCOUNT = _("This member does not sign in here and so cannot accept. Choose somebody else.")
OFFER_OPEN = _("Somebody has been asked already. Wait for the answer, or take the request back first.")
OFFER_GONE = _("The claim is no longer there to be taken over.")
NOT_AN_OFFER = _("This claim is not a request to stand in.")
ONLY_MEMBERS_HAND_OVER = _("A branch names others for its places; only a member's claim is handed over.")
CAP_REACHED = _("You have %(count)s open claims already. Finish or withdraw one first.")
TOO_MANY_PARTICIPANTS = _("The claim holds %(places)s places. Take somebody off the list first.")
NOT_OF_THE_BRANCH = _("Choose members who are at home in the branch or placed in it.")
NOT_A_PARTICIPANT = _("Only who holds the claim or takes part in it can state what was done.")
CLAIM_NOT_CONFIRMED = _("The claim is not confirmed.")
DATE_IN_FUTURE = _("The service date lies in the future.")
DATE_BEFORE_CLAIM = _("The service date lies before the claim.")
HOURS_RANGE = _("State more than 0 and at most 12 hours.")
DAY_IS_FULL = _("With this record there would be more than 12 hours on this day.")
OWN_RECORD = _("What you stated yourself or did yourself has to be verified by somebody else.")
CORRECTION_REASON = _("Say why the hours, the people or the words differ from the member's statement.")

EDITABLE_STATES = (ProjectState.DRAFT, ProjectState.RETURNED)


def check_reason(reason: str) -> str:
    if not reason.strip():
        raise ActionDenied(REASON_MISSING, "reason_missing")
    return reason.strip()


def needs_second_key(project: ServiceProject) -> bool:
    """Minors or money always; everything where the organisation or a committee above has said so (design.md §9)."""
    if project.is_sensitive or project.organisation.publish_needs_second_key:
        return True
    return any(above.publish_needs_second_key for above in ancestors(project.organisation))


def check_publisher(project: ServiceProject, by: Actor) -> None:
    person = account(by)
    if person is not None and project.author_id == person.pk and needs_second_key(project):
        raise ActionDenied(SECOND_PERSON, "second_person")


def window(project: ServiceProject) -> tuple[str | Promise, str] | None:
    """Why nobody may claim just now, or ``None``."""
    now = timezone.now()
    if project.state != ProjectState.PUBLISHED:
        return NOT_PUBLISHED, "not_published"
    if project.claims_open_at and project.claims_open_at > now:
        moment = timezone.localtime(project.claims_open_at).strftime("%Y-%m-%d %H:%M")
        return NOT_YET_OPEN % {"moment": moment}, "not_yet_open"
    if project.claims_close_at and project.claims_close_at <= now:
        return CLOSED, "closed"
    return None


def areas_of(projects: Iterable[ServiceProject]) -> dict[int, Organisation]:
    """Project → the organisation under which members may claim; one query for all.

    That is the publisher itself, or the committee of its street or district: the
    nearest one at or above the publisher that leads a division of that level.
    """
    projects = list(projects)
    wide = {project.organisation for project in projects if project.open_to != OpenTo.RECEIVER}
    lines = ancestors_of_many(wide)
    found = {}
    for project in projects:
        line = [*lines.get(project.organisation_id, []), project.organisation]
        wanted = str(project.open_to)
        fitting = [node for node in line if node.leads is not None and node.leads.level == wanted]
        found[project.pk] = fitting[-1] if fitting else project.organisation
    return found


class Claimant:
    """What the rules need to know of a member, read once for a whole list of projects.

    Three queries: where registered, where at home, what is held.
    """

    def __init__(self, member: Member) -> None:
        self.member = member
        self.home = member.home_branch()
        registered = list(member.registrations.registered().select_related("organisation"))
        self.registered_with = {row.organisation_id for row in registered}
        # Who is leaving serves out what was claimed, and claims nothing more there.
        self.paths = [row.organisation.path for row in registered if row.state == RegistrationState.ACTIVE]
        self.left_paths = [row.organisation.path for row in registered if row.state != RegistrationState.ACTIVE]
        if self.home is not None:
            self.paths.append(self.home.path)
        held = Claim.objects.holding().filter(member=member).values_list("project_id", "state", "project__kind")
        self.held = {project for project, _state, _kind in held}
        self.open_claims = sum(
            1 for _project, state, kind in held if state in OPEN_CLAIM_STATES and kind != ProjectKind.STANDING
        )

    def why_not(self, project: ServiceProject, area: Organisation | None = None) -> tuple[str | Promise, str] | None:
        """The sentence and code by which *project* is refused to this member, or ``None``.

        *area* is the project's entry of :func:`areas_of`, where a caller has many.
        """
        if project.pk in self.held:
            return ALREADY_HELD, "already_held"
        if refusal := window(project):
            return refusal
        if not project.open_to_members:
            return NO_MEMBERS, "no_members"
        if project.taken >= project.places:
            return FULL, "full"
        return self.unfit(project, area)

    def unfit(self, project: ServiceProject, area: Organisation | None = None) -> tuple[str | Promise, str] | None:
        """What of :meth:`why_not` lies in the person and not in the project's places and times."""
        if self.member.status != MembershipStatus.NORMAL:
            return NOT_A_MEMBER, "not_a_member"
        area = area or areas_of([project])[project.pk]
        if not any(path.startswith(area.path) for path in self.paths):
            if any(path.startswith(area.path) for path in self.left_paths):
                return LEAVING, "leaving"
            sentence = {
                OpenTo.RECEIVER: NOT_REGISTERED_HERE,
                OpenTo.STREET: NOT_OF_THIS_STREET,
                OpenTo.DISTRICT: NOT_OF_THIS_DISTRICT,
            }[OpenTo(project.open_to)]
            return sentence, "not_of_this_area"
        if project.kind != ProjectKind.STANDING and self.open_claims >= settings.CLAIM_OPEN_CAP:
            return CAP_REACHED % {"count": self.open_claims}, "cap_reached"
        return None

    def why_no_stand_in(self, project: ServiceProject) -> tuple[str | Promise, str] | None:
        """Why this member may not take over a place in *project*, in the third person, or ``None``.

        The rules of claiming, without those on free places and on the time for claims: no place is newly taken.
        """
        if project.pk in self.held:
            return STAND_IN_HOLDS, "already_held"
        if project.state != ProjectState.PUBLISHED:
            return NOT_PUBLISHED, "not_published"
        if not project.open_to_members:
            return NO_MEMBERS, "no_members"
        refusal = self.unfit(project)
        if refusal is None or refusal[1] in ("not_of_this_area", "not_a_member"):
            return refusal
        return {"leaving": STAND_IN_LEAVES}.get(refusal[1], STAND_IN_UNFIT), refusal[1]

    def publishers_near(self) -> set[int]:
        """Organisations with which the member is registered, and those at or above the home branch."""
        home = self.home.path if self.home is not None else ""
        step = Organisation.steplen
        line = [home[:end] for end in range(step, len(home) + step, step)] if home else []
        near = Q(path__in=line) | Q(pk__in=self.registered_with)
        return set(Organisation.objects.filter(near).values_list("pk", flat=True))

    def claimable(self, rows: ProjectQuerySet) -> ProjectQuerySet:
        """The set-based twin of :meth:`why_not`: those of *rows* for which it answers ``None``."""
        if self.member.status != MembershipStatus.NORMAL:
            return rows.none()
        rows = rows.open_for_claims().filter(self._in_reach(), open_to_members=True).exclude(pk__in=self.held)
        if self.open_claims >= settings.CLAIM_OPEN_CAP:
            rows = rows.filter(kind=ProjectKind.STANDING)
        return rows

    def _in_reach(self) -> Q:
        """Projects whose area, in the sense of :func:`areas_of`, holds one of the member's organisations."""
        step = Organisation.steplen
        lines = {path[:end] for path in self.paths for end in range(step, len(path) + step, step)}
        # Whoever publishes at or above one of mine: its area is itself or lies above, so it holds mine as well.
        reach = Q(organisation__path__in=lines)
        leading = Organisation.objects.filter(path__in=lines, leads__level__in=[OpenTo.STREET, OpenTo.DISTRICT])
        for path, level in leading.values_list("path", "leads__level"):
            reach |= Q(open_to=level, organisation__path__startswith=path)
        return reach


def check_claim_state(claim: Claim, *states: ClaimState) -> None:
    """For steps that start from fewer states than the table allows: an offer is not an application."""
    if claim.state not in states:
        raise ActionDenied(NOT_FROM_HERE % {"state": ClaimState(claim.state).label}, "wrong_state")


def check_handing_over(claim: Claim, stand_in: Member) -> None:
    """Raise unless *claim* is a member's own, confirmed, and *stand_in* another member who can answer."""
    if claim.member_id is None:
        raise ActionDenied(ONLY_MEMBERS_HAND_OVER, "only_members")
    check_claim_state(claim, ClaimState.CONFIRMED)
    if not Claim.objects.filter(pk=claim.pk, state=ClaimState.CONFIRMED).exists():
        raise ActionDenied(SOMEBODY_WAS_FASTER, "stale")
    if stand_in.pk == claim.member_id:
        raise ActionDenied(STAND_IN_HIMSELF, "claimant_himself")
    if stand_in.user is None or not stand_in.user.is_active:
        raise ActionDenied(STAND_IN_NO_ACCOUNT, "no_account")


def check_statement(claim: Claim, member: Member, service_date: dt.date, hours: Decimal) -> None:
    """Raise unless *member* may state *hours* on *service_date* for *claim* (domain.md §10.6)."""
    if claim.member_id != member.pk and not claim.participants.filter(member=member).exists():
        raise ActionDenied(NOT_A_PARTICIPANT, "not_a_participant")
    if claim.state not in (ClaimState.CONFIRMED, ClaimState.FINISHED):
        raise ActionDenied(CLAIM_NOT_CONFIRMED, "claim_not_confirmed")
    if service_date > today():
        raise ActionDenied(DATE_IN_FUTURE, "date_in_future")
    if service_date < timezone.localtime(claim.claimed_at).date():
        raise ActionDenied(DATE_BEFORE_CLAIM, "date_before_claim")
    if not 0 < hours <= MAX_HOURS_PER_DAY:
        raise ActionDenied(HOURS_RANGE, "hours_range")
    check_day(member.service_records.all(), service_date, hours)


def check_day(records: QuerySet[ServiceRecord], day: dt.date, hours: Decimal) -> None:
    """Raise when *hours* more on *day* would exceed what a day holds, beside a member's other *records*.

    Of a verified record the community's hours count, of any other the stated ones, of a returned one none.
    """
    others = records.filter(service_date=day).exclude(state=RecordState.RETURNED)
    already = others.aggregate(total=Sum(Coalesce("verified_hours", "hours")))["total"] or Decimal(0)
    if already + hours > MAX_HOURS_PER_DAY:
        raise ActionDenied(DAY_IS_FULL, "day_is_full")


def check_verifier(record: ServiceRecord, by: Actor) -> None:
    """Nobody verifies what they stated or did themselves (design.md §2.4)."""
    person = account(by)
    if person is not None and person.pk in (record.stated_by_id, record.member.user_id):
        raise ActionDenied(OWN_RECORD, "own_record")
