"""Why something about an organisation is refused; each sentence stands here once."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING, Any

from django.db.models import Max
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from branches.enums import ENDED_STATES, ChangeKind, Kind, Level, OrganisationState, Role
from branches.models import Appointment, Organisation, OrganisationChange
from branches.permissions import ADMINISTRATOR_ROLES, DEPARTMENT_ROLES
from dualmgmt.lib.actors import account
from dualmgmt.lib.clock import today
from dualmgmt.lib.denied import ActionDenied

if TYPE_CHECKING:
    from branches.plans import ChangePlan
    from dualmgmt.lib.actors import Actor
    from members.models import User

FIRST_OFFICES_AT_LEAST = {
    Role.SECURITY_ADMIN: 2,
    Role.SYSTEM_ADMIN: 1,
    Role.AUDITOR: 1,
    Role.DEPARTMENT_OFFICER: 1,
}
BRANCH_HAS_NOTHING_BELOW = _(
    "A branch has no organisations below it. Choose a committee or general branch as the parent."
)
PARENT_NOT_ACTIVE = _("The parent organisation is no longer active. Choose another one.")
EXTERNAL_RECEIVES_NOBODY = _("An organisation outside the portal cannot accept registrations.")
NOT_THE_TOP = _("This organisation is not the topmost one.")
CODE_TAKEN = _("This code already belongs to another organisation.")
NOT_ACTIVE = _("This organisation is not active, so it cannot be changed.")
DOCUMENT_MISSING = _("Give the number of the document that decided this.")
EFFECT_IN_FUTURE = _("The effect date lies in the future. Enter the change on the day it takes effect.")
EFFECT_TOO_EARLY = _("The effect date lies before %(day)s, the day of the last change to this organisation.")
NAME_UNCHANGED = _("Give a new name or a new short code.")
ROOT_STAYS = _("The topmost organisation can be renamed but neither moved nor ended.")
INTO_ITSELF = _("An organisation cannot go to itself or to one below it.")
SAME_PARENT = _("It is below this organisation already. Choose another parent.")
ONLY_BRANCHES_SPLIT = _("Only a branch is split. For a committee found a new one and move branches to it.")
NOBODY_CHOSEN = _("Choose at least one member who goes to the new branch.")
HEIR_MISSING = _("Choose the organisation into which it is merged.")
HEIR_NOT_ACTIVE = _("The organisation that takes over must be an active one in the portal.")
KINDS_DIFFER = _("A branch can be merged only into a branch, a committee or general branch only into one of these.")
TERM_WRONG = _("The term of office ends after the election; give both days.")
REASON_MISSING = _("Say why; it stays on record.")
NO_DEPARTMENT_HERE = _("Department officers belong to the committee of a city or district.")
ADMINISTRATORS_AT_THE_TOP = _("Administrators are appointed at the topmost organisation.")
ENDS_BEFORE_START = _("The appointment would end before it starts.")
ACTING_NEEDS_END_AND_REASON = _("An acting appointment needs its last day and the reason.")
ADMINISTRATORS_HOLD_NOTHING_ELSE = _(
    "An administrator holds no other office. End the person's other appointments first."
)
IS_ADMINISTRATOR = _("This person is an administrator of the portal and cannot hold a second office.")
OFFICE_HELD = _("This person already holds this office here, or is proposed for it.")
ANOTHER_APPROVES = _("Another person has to approve: not who proposed it, and not the person concerned.")
LAST_DAY_WRONG = _("The last day lies before the appointment's first day or in the past.")
LAST_SECRETARY = _("This is the last secretary here. Hand the office over, or say that the committee above acts.")
NOBODY_ABOVE = _("There is no committee above that could act. Hand the office over.")
TWO_SECURITY_ADMINISTRATORS = _("Two security administrators have to remain. Appoint another one first.")
ALREADY_BOOTSTRAPPED = _("The portal has its administrators already; further ones are proposed in the portal.")
FIRST_OFFICES = _(
    "A new city begins with two security administrators, a system administrator, an auditor and a department officer, "
    "each of them another person."
)
ALREADY_PAIRED = _("These two are paired already.")
PAIRING_ENDED = _("This pairing has ended. What was agreed on stays readable.")
RESOURCE_WITHDRAWN = _("This resource is no longer offered. Put it on the list anew.")
PAIR_WITH_RECEIVER = _("Choose an organisation that accepts registrations and is not part of the same tree line.")
CREDIT_CODE_TAKEN = _("This unified social credit code already belongs to another unit.")
NO_EXCEPTION = _("This rule allows no exception.")
SETTLE_FIRST = _("This has to be settled first: %(what)s")
PREVIEW_CHANGED = _("Something has changed since the preview. Please look at it again and confirm.")
DIVISION_LED = _("This division already has its own Party organisation.")


def check_parent(parent: Organisation) -> None:
    """Raise unless organisations may be put below *parent*."""
    if parent.kind == Kind.BRANCH:
        raise ActionDenied(BRANCH_HAS_NOTHING_BELOW, "branch_has_nothing_below")
    if parent.state != OrganisationState.ACTIVE:
        raise ActionDenied(PARENT_NOT_ACTIVE, "parent_not_active")


def check_active(organisation: Organisation) -> None:
    """Raise where nothing new may begin: the organisation has ended or does not work yet."""
    if organisation.state != OrganisationState.ACTIVE:
        raise ActionDenied(NOT_ACTIVE, "not_active")


def check_edit(organisation: Organisation, changes: dict[str, Any]) -> None:
    """Raise where the settings do not go together."""

    def value(name: str) -> Any:
        return changes.get(name, getattr(organisation, name))

    if organisation.state in ENDED_STATES:
        raise ActionDenied(NOT_ACTIVE, "not_active")
    if organisation.external and value("accepts_registrations"):
        raise ActionDenied(EXTERNAL_RECEIVES_NOBODY, "external_receives_nobody")
    elected, ends = value("elected_on"), value("term_ends_on")
    if ends and (not elected or ends <= elected):
        raise ActionDenied(TERM_WRONG, "term_wrong")


def check_change(plan: ChangePlan) -> None:
    """What forbids *plan* by itself, before looking at what hangs on the organisation."""
    organisation = plan.organisation
    if organisation.state != OrganisationState.ACTIVE:
        raise ActionDenied(NOT_ACTIVE, "not_active")
    if not plan.document_number.strip():
        raise ActionDenied(DOCUMENT_MISSING, "document_missing")
    if plan.effect_on > today():
        raise ActionDenied(EFFECT_IN_FUTURE, "effect_in_future")
    earliest = max(filter(None, [organisation.founded_on, _last_change(organisation)]), default=None)
    if earliest and plan.effect_on < earliest:
        raise ActionDenied(EFFECT_TOO_EARLY % {"day": date_format(earliest)}, "effect_too_early")
    _CHECKS[plan.kind](plan)


def _last_change(organisation: Organisation) -> dt.date | None:
    return OrganisationChange.objects.filter(parts__organisation=organisation).aggregate(last=Max("effect_on"))["last"]


def _check_rename(plan: ChangePlan) -> None:
    organisation = plan.organisation
    if not plan.name.strip() or (plan.name == organisation.name and plan.short_code == organisation.short_code):
        raise ActionDenied(NAME_UNCHANGED, "name_unchanged")


def _check_move(plan: ChangePlan) -> None:
    assert plan.parent is not None
    if plan.organisation.depth == 1:
        raise ActionDenied(ROOT_STAYS, "root_stays")
    check_parent(plan.parent)
    if plan.parent.path.startswith(plan.organisation.path):
        raise ActionDenied(INTO_ITSELF, "into_itself")
    if plan.organisation.path[: -Organisation.steplen] == plan.parent.path:
        raise ActionDenied(SAME_PARENT, "same_parent")


def _check_split(plan: ChangePlan) -> None:
    if plan.organisation.kind != Kind.BRANCH:
        raise ActionDenied(ONLY_BRANCHES_SPLIT, "only_branches_split")
    if not plan.member_ids:
        raise ActionDenied(NOBODY_CHOSEN, "nobody_chosen")
    if Organisation.objects.filter(code=plan.code).exists():
        raise ActionDenied(CODE_TAKEN, "code_taken")


def _check_heir(plan: ChangePlan) -> None:
    organisation, heir = plan.organisation, plan.heir
    if organisation.depth == 1:
        raise ActionDenied(ROOT_STAYS, "root_stays")
    if heir is None:
        if plan.kind == ChangeKind.MERGED:
            raise ActionDenied(HEIR_MISSING, "heir_missing")
        return
    if heir.state != OrganisationState.ACTIVE or heir.external:
        raise ActionDenied(HEIR_NOT_ACTIVE, "heir_not_active")
    if heir.pk == organisation.pk or heir.path.startswith(organisation.path):
        raise ActionDenied(INTO_ITSELF, "into_itself")
    if plan.kind == ChangeKind.MERGED and (heir.kind == Kind.BRANCH) != (organisation.kind == Kind.BRANCH):
        raise ActionDenied(KINDS_DIFFER, "kinds_differ")


_CHECKS = {
    ChangeKind.RENAMED: _check_rename,
    ChangeKind.MOVED: _check_move,
    ChangeKind.SPLIT: _check_split,
    ChangeKind.MERGED: _check_heir,
    ChangeKind.DISSOLVED: _check_heir,
}


def check_reason(reason: str) -> None:
    if not reason.strip():
        raise ActionDenied(REASON_MISSING, "reason_missing")


def check_office(organisation: Organisation, role: str) -> None:
    """Which offices there are where: department officers of city and district committees only (design.md §9)."""
    if role in DEPARTMENT_ROLES and not has_department(organisation):
        raise ActionDenied(NO_DEPARTMENT_HERE, "no_department_here")
    if role in ADMINISTRATOR_ROLES and organisation.depth != 1:
        raise ActionDenied(ADMINISTRATORS_AT_THE_TOP, "administrators_at_the_top")


def check_first_offices(offices: list[tuple[User, Role]]) -> None:
    """Enough people for two keys from the first day, and nobody in two of the offices that exclude each other."""
    held = Counter(role for _user, role in offices)
    enough = all(held[role] >= least for role, least in FIRST_OFFICES_AT_LEAST.items())
    if not enough or len({user.pk for user, _role in offices}) < len(offices):
        raise ActionDenied(FIRST_OFFICES, "first_offices")


def has_department(organisation: Organisation) -> bool:
    if organisation.depth == 1:
        return True
    leads = organisation.leads
    return organisation.kind == Kind.COMMITTEE and leads is not None and leads.level in (Level.CITY, Level.DISTRICT)


def check_dates(starts_on: dt.date, ends_on: dt.date | None, *, acting: bool, reason: str) -> None:
    if ends_on is not None and ends_on < starts_on:
        raise ActionDenied(ENDS_BEFORE_START, "ends_before_start")
    if acting and (ends_on is None or not reason.strip()):
        raise ActionDenied(ACTING_NEEDS_END_AND_REASON, "acting_needs_end_and_reason")


def check_roles_of(
    user: User, role: str, *, leaving: Appointment | None = None, besides: Appointment | None = None
) -> None:
    """Administrators exclude each other and hold no business office (MLPS level 3, domain.md §5)."""
    rows = Appointment.objects.lasting().filter(user=user)
    held = set(rows.exclude(pk__in=[row.pk for row in (leaving, besides) if row]).values_list("role", flat=True))
    if role in ADMINISTRATOR_ROLES and held:
        raise ActionDenied(ADMINISTRATORS_HOLD_NOTHING_ELSE, "administrators_hold_nothing_else")
    if held & ADMINISTRATOR_ROLES:
        raise ActionDenied(IS_ADMINISTRATOR, "is_administrator")


def check_second_key(appointment: Appointment, by: Actor) -> None:
    """Granter ≠ approver, and nobody decides about themselves."""
    person = account(by)
    if person is not None and person.pk in (appointment.granted_by_id, appointment.user_id):
        raise ActionDenied(ANOTHER_APPROVES, "another_approves")


def is_last_secretary(appointment: Appointment) -> bool:
    """Whether nobody else holds the secretary's office here, acting ones included."""
    if appointment.role != Role.SECRETARY or appointment.approved_at is None:
        return False
    secretaries = Appointment.objects.lasting().filter(
        organisation_id=appointment.organisation_id, role=Role.SECRETARY, approved_at__isnull=False
    )
    return not secretaries.exclude(pk=appointment.pk).exists()


def check_administrator_left(appointment: Appointment) -> None:
    """A portal without two security administrators could grant nothing to administrators any more."""
    if appointment.role != Role.SECURITY_ADMIN:
        return
    left = Appointment.objects.able().filter(role=Role.SECURITY_ADMIN, ends_on=None).exclude(pk=appointment.pk)
    if left.count() < 2:
        raise ActionDenied(TWO_SECURITY_ADMINISTRATORS, "two_security_administrators")
