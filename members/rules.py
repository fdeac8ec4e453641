"""Why something about members and registrations is refused; each sentence stands here once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from branches.enums import ACTIVITY_ONLY_SETTINGS, Kind, OrganisationState
from dualmgmt.lib import registry
from dualmgmt.lib.actors import account
from dualmgmt.lib.clock import today
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.lifecycle import NOT_FROM_HERE
from members.enums import (
    LEAVING_REASONS,
    OPEN_REGISTRATION_STATES,
    CardState,
    CloseReason,
    LetterState,
    MembershipStatus,
    RegistrationState,
    Side,
)

if TYPE_CHECKING:
    from branches.models import Organisation
    from dualmgmt.lib.actors import Actor
    from members.models import ActivityRegistration, IntroductionLetter, Member, MemberCard

# What one form can carry: a tick and a receiver for each.
BATCH_MAX = 400
NOT_A_HOME_BRANCH = _("Members cannot be at home here. Choose a branch that holds organisational relations.")
ID_TAKEN = _("This ID number is already registered. Use a transfer of the organisational relation.")
NOT_RECEIVING = _("This organisation does not accept registrations at present. Choose another one.")
RECEIVER_IS_HOME = _("The member's home branch is here already; reporting in is for other organisations.")
ALREADY_OPEN = _("There is already an open registration at this organisation.")
NO_HOME = _("The member has no home branch in the portal, so no letter can be issued.")
HOME_IS_OUTSIDE = _(
    "The home branch is outside the portal. Take its paper letter to the receiving organisation; it is entered there."
)
NOT_A_MEMBER = _("Only somebody whose membership is in order can report in.")
TWO_KEYS = _("You issued this letter, so somebody else has to accept it. Your committee has been asked.")
LETTER_EXPIRED = _("The letter was valid until %(day)s. Ask the home branch to issue a new one.")
LETTER_NOT_VALID = _("This letter has been used or voided.")
LETTER_HANDED_IN = _(
    "The letter has been handed in, so the receiving organisation decides. Past its last day you can take it back."
)
LETTER_REPLACED = _("Another letter has been issued in place of this one.")
LETTER_RAN_OUT = _("Nobody handed it in by its last day.")
LETTER_WITHDRAWN = _("The registration has been withdrawn.")
HOME_HAS_CHANGED = _("The member is at home in another branch now. A new form asks that branch for the letter.")
NOT_EDITABLE = _("The form can be changed only as a draft or after it has been returned.")
VALIDITY_RANGE = _("A letter is valid for 1 to %(days)s days.")
REASON_MISSING = _("Say why, so that the member and the home branch know what to do.")
REMARK_FOR_OTHER = _("Say in words why, where the reason is “other”.")
LEAVING_REASON = _("Choose one of the reasons for leaving.")
NOT_WHO_ASKED = _("Only the side that asked for leaving can take it back: %(side)s.")
UNSETTLED = _("Something is still open: %(what)s. Finish it, withdraw it or hand it over first.")
FINAL_FACTS_MISSING = _("Write the final facts; the home branch gets them with the closing receipt.")
SAME_STATUS = _("This is the membership status already.")
BASIS_MISSING = _("Name the decision or the event this rests on.")
NOT_A_RECEIVER = _("Themed and mixed branches are set up below an organisation that accepts registrations.")
ONLY_FOR_ACTIVITIES = _("Choose one of the settings for activities: themed, mixed or functional.")
BRANCH_NAME_TAKEN = _("There is a branch of this name here already.")
NOBODY_TO_MOVE = _("Choose at least one member who is not there already.")
HOMES_ARE_HERE = _(
    "Members are at home here. A themed, mixed or functional branch holds no relations: transfer them first."
)
WRONG_PLACEMENT = _("Choose the receiving organisation itself or an active branch below it.")
CARD_EXISTS = _("The member already has a valid card. Report it lost or revoke it first.")
CARD_ONLY_FOR_MEMBERS = _("Only somebody whose membership is in order has a card.")
CARD_NOT_VALID = _("This card is no longer valid.")
CARD_CODE_NOT_VALID = _("This card is not valid, or its code has expired. Ask for the code to be renewed.")
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
NOTHING_DIFFERS = _("The form says what the roll says.")
MERGE_ITSELF = _("Choose two different members.")
MERGE_UNSETTLED = _("Some things have to be settled first; they are listed on the page.")
MERGE_GONE = _("One of the two has been merged already.")
NOT_OF_THIS_UNIT = _("The member is not at home in this organisation or below it.")
NO_LETTERS_FROM_HERE = _("You may not issue letters for the member's home branch.")
RECEIVER_MISSING = _("Choose where the member reports in.")
BATCH_EMPTY = _("Choose at least one member.")
BATCH_TOO_MANY = _("At most %(count)s members in one go. Do the others afterwards.")
BATCH_NOTHING_LEFT = _("Everything here is done; nothing waits to be sent.")
BATCH_BEING_SENT = _("The letters are being issued just now. Look at the results in a moment.")
LINE_DONE = _("The letter of this member has been issued already. Open the registration to go on.")
LINE_TWICE = _("The member stands here with this receiving organisation already.")
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


def check_may_hold_card(member: Member) -> None:
    if member.status != MembershipStatus.NORMAL or member.merged_into_id is not None:
        raise ActionDenied(CARD_ONLY_FOR_MEMBERS, "not_a_member")


def check_card_valid(card: MemberCard) -> None:
    if card.state != CardState.ACTIVE:
        raise ActionDenied(CARD_NOT_VALID, "card_not_valid")


def check_receiver(member: Member, organisation: Organisation, home: Organisation | None) -> None:
    """Raise unless *member* may report in at *organisation*."""
    if member.status != MembershipStatus.NORMAL:
        raise ActionDenied(NOT_A_MEMBER, "not_a_member")
    if home is None:
        raise ActionDenied(NO_HOME, "no_home")
    if home.external:
        raise ActionDenied(HOME_IS_OUTSIDE, "home_is_outside")
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


def check_in_hand(letter: IntroductionLetter) -> None:
    """Raise unless *letter* is still in the member's hand: issued on paper, valid, not handed in."""
    if letter.state != LetterState.VALID:
        raise ActionDenied(LETTER_NOT_VALID, "letter_not_valid")
    if letter.registration.state == RegistrationState.PENDING_ACCEPTANCE:
        raise ActionDenied(LETTER_HANDED_IN, "letter_handed_in")
    check_state(letter.registration, RegistrationState.ISSUED)


def check_last_letter(letter: IntroductionLetter) -> None:
    """Of several letters of one registration the last one is replaced."""
    if letter.registration.letters.filter(pk__gt=letter.pk).exists():
        raise ActionDenied(LETTER_REPLACED, "letter_replaced")


def check_still_at_home(registration: ActivityRegistration) -> None:
    """The branch that asks is the member's home today."""
    home = registration.member.home_branch()
    if home is None or home.pk != registration.home_branch_id:
        raise ActionDenied(HOME_HAS_CHANGED, "home_has_changed")


def check_validity(days: int) -> None:
    if not 1 <= days <= settings.LETTER_VALID_DAYS_MAX:
        raise ActionDenied(VALIDITY_RANGE % {"days": settings.LETTER_VALID_DAYS_MAX}, "validity_range")


def check_batch_size(lines: int) -> None:
    if not lines:
        raise ActionDenied(BATCH_EMPTY, "batch_empty")
    if lines > BATCH_MAX:
        raise ActionDenied(BATCH_TOO_MANY % {"count": BATCH_MAX}, "batch_too_many")


def check_reason(reason: str) -> None:
    if not reason.strip():
        raise ActionDenied(REASON_MISSING, "reason_missing")


def check_leaving(reason: str, remark: str) -> None:
    if reason not in LEAVING_REASONS:
        raise ActionDenied(LEAVING_REASON, "leaving_reason")
    if reason == CloseReason.OTHER and not remark.strip():
        raise ActionDenied(REMARK_FOR_OTHER, "remark_for_other")


def check_asked_by(registration: ActivityRegistration, side: Side) -> None:
    """Only the side that asked takes it back (domain.md §1.5)."""
    if registration.leave_side != side:
        label = Side(registration.leave_side).label if registration.leave_side else ""
        raise ActionDenied(NOT_WHO_ASKED % {"side": label}, "not_who_asked")


def check_final_facts(text: str) -> None:
    if not text.strip():
        raise ActionDenied(FINAL_FACTS_MISSING, "final_facts_missing")


def check_basis(text: str) -> None:
    if not text.strip():
        raise ActionDenied(BASIS_MISSING, "basis_missing")


def check_settled(registration: ActivityRegistration) -> None:
    """Raise while a claim at the receiver or below is open; the member's row must be held by the caller."""
    left = [end.title for end in registry.leaving.ends(registration) if end.must_settle]
    if left:
        raise ActionDenied(UNSETTLED % {"what": "、".join(left[:5])}, "unsettled")


def check_founding(receiver: Organisation, name: str, setting: str) -> None:
    """Below a receiver that may have branches, of a setting that holds activity members only (domain.md §4.7)."""
    if not receiver.accepts_registrations:
        raise ActionDenied(NOT_A_RECEIVER, "not_a_receiver")
    if setting not in ACTIVITY_ONLY_SETTINGS:
        raise ActionDenied(ONLY_FOR_ACTIVITIES, "only_for_activities")
    if type(receiver).objects.get_children(receiver).filter(name=name, state=OrganisationState.ACTIVE).exists():
        raise ActionDenied(BRANCH_NAME_TAKEN, "branch_name_taken")


def check_placement(receiver: Organisation, placement: Organisation) -> None:
    if not placement.path.startswith(receiver.path) or placement.state != OrganisationState.ACTIVE:
        raise ActionDenied(WRONG_PLACEMENT, "wrong_placement")
