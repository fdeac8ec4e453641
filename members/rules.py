"""Why something about members and registrations is refused; each sentence stands here once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from branches.enums import ACTIVITY_ONLY_SETTINGS, Kind, OrganisationState
from dualmgmt.lib.actors import account
from dualmgmt.lib.clock import today
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.lifecycle import NOT_FROM_HERE
from members.enums import OPEN_REGISTRATION_STATES, LetterState, MembershipStatus, RegistrationState

if TYPE_CHECKING:
    from branches.models import Organisation
    from dualmgmt.lib.actors import Actor
    from members.models import ActivityRegistration, IntroductionLetter, Member

NOT_A_HOME_BRANCH = _("Members cannot be at home here. Choose a branch that holds organisational relations.")
ID_TAKEN = _("This ID number is already registered. Use a transfer of the organisational relation.")
NOT_RECEIVING = _("This organisation does not accept registrations at present. Choose another one.")
RECEIVER_IS_HOME = _("The member's home branch is here already; reporting in is for other organisations.")
ALREADY_OPEN = _("There is already an open registration at this organisation.")
NO_HOME = _("The member has no home branch in the portal, so no letter can be issued.")
NOT_A_MEMBER = _("Only somebody whose membership is in order can report in.")
TWO_KEYS = _("You issued this letter, so somebody else has to accept it. Your committee has been asked.")
LETTER_EXPIRED = _("The letter was valid until %(day)s. Ask the home branch to issue a new one.")
LETTER_NOT_VALID = _("This letter has been used or voided.")
NOT_EDITABLE = _("The form can be changed only as a draft or after it has been returned.")
VALIDITY_RANGE = _("A letter is valid for 1 to %(days)s days.")
REASON_MISSING = _("Say why, so that the member and the home branch know what to do.")
WRONG_PLACEMENT = _("Choose the receiving organisation itself or an active branch below it.")
CARD_EXISTS = _("The member already has a valid card. Report it lost or revoke it first.")
SLIP_REFUSED = _("The name and the code do not go together, or the slip is no longer valid. Ask for a new one.")
SLIP_ANOTHER_APPROVES = _(
    "Another person has to approve this slip: not who asked for it, and not the person concerned."
)
SLIP_NOT_READY = _("This slip cannot be printed now. Look at its state and ask for a new one if needed.")
PURPOSE_MISSING = _("Put the purpose in words: the member reads it.")
DISCLOSURE_ANOTHER_APPROVES = _("Another person has to approve this list, not who asked for it.")
DISCLOSURE_TOO_MANY = _("At most %(count)s members in one list. Narrow the filter.")
DISCLOSURE_NOBODY = _("Nobody is on this list. Change the filter.")
DISCLOSURE_NOT_IN_BULK = _("ID numbers are looked at one by one.")
CORRECTION_OPEN = _("A correction of this is open already. Wait for the answer, or withdraw it first.")
CORRECTION_SAME = _("This is what the roll says already.")
MERGE_ITSELF = _("Choose two different members.")
MERGE_UNSETTLED = _("Some things have to be settled first; they are listed on the page.")
MERGE_GONE = _("One of the two has been merged already.")
ACCOUNT_EXISTS = _("This member already has an account.")
USERNAME_TAKEN = _("This user name is taken. Choose another one.")


def check_home_branch(organisation: Organisation) -> None:
    """Relations are held by active branches; activity-only settings hold none (domain.md §4.7)."""
    if (
        organisation.kind != Kind.BRANCH
        or organisation.state != OrganisationState.ACTIVE
        or organisation.setting in ACTIVITY_ONLY_SETTINGS
    ):
        raise ActionDenied(NOT_A_HOME_BRANCH, "not_a_home_branch")


def check_receiver(member: Member, organisation: Organisation, home: Organisation | None) -> None:
    """Raise unless *member* may report in at *organisation*."""
    if member.status != MembershipStatus.NORMAL:
        raise ActionDenied(NOT_A_MEMBER, "not_a_member")
    if home is None:
        raise ActionDenied(NO_HOME, "no_home")
    if home.pk == organisation.pk or home.path.startswith(organisation.path):
        raise ActionDenied(RECEIVER_IS_HOME, "receiver_is_home")
    if not organisation.accepts_registrations or organisation.state != OrganisationState.ACTIVE:
        raise ActionDenied(NOT_RECEIVING, "not_receiving")


def check_no_open_registration(member: Member, organisation: Organisation) -> None:
    if member.registrations.filter(organisation=organisation, state__in=OPEN_REGISTRATION_STATES).exists():
        raise ActionDenied(ALREADY_OPEN, "already_open")


def check_state(registration: ActivityRegistration, *states: RegistrationState) -> None:
    """For actions that start from fewer states than the table allows for the same move.

    Issued → waiting for acceptance is the hand-in, not a second letter; leaving → active
    takes a leave back, it is no second acceptance.
    """
    if registration.state not in states:
        label = RegistrationState(registration.state).label
        raise ActionDenied(NOT_FROM_HERE % {"state": label}, "wrong_state")


def check_two_keys(registration: ActivityRegistration, by: Actor) -> None:
    """Issuer ≠ accepter (design.md §2.4)."""
    person = account(by)
    if person is not None and registration.issued_by_id == person.pk:
        raise ActionDenied(TWO_KEYS, "two_keys")


def check_letter(letter: IntroductionLetter) -> None:
    if letter.state != LetterState.VALID:
        raise ActionDenied(LETTER_NOT_VALID, "letter_not_valid")
    if letter.valid_until < today():
        raise ActionDenied(LETTER_EXPIRED % {"day": date_format(letter.valid_until)}, "letter_expired")


def check_validity(days: int) -> None:
    if not 1 <= days <= settings.LETTER_VALID_DAYS_MAX:
        raise ActionDenied(VALIDITY_RANGE % {"days": settings.LETTER_VALID_DAYS_MAX}, "validity_range")


def check_reason(reason: str) -> None:
    if not reason.strip():
        raise ActionDenied(REASON_MISSING, "reason_missing")


def check_placement(receiver: Organisation, placement: Organisation) -> None:
    if not placement.path.startswith(receiver.path) or placement.state != OrganisationState.ACTIVE:
        raise ActionDenied(WRONG_PLACEMENT, "wrong_placement")
