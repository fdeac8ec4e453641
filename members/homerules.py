"""Why something about homes outside the portal, walk-ins and transfers is refused; each sentence stands here once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from branches.enums import OrganisationState
from dualmgmt.lib.clock import today
from dualmgmt.lib.denied import ActionDenied
from members import rules
from members.enums import MembershipStatus
from members.values import squeeze

if TYPE_CHECKING:
    import datetime as dt

    from branches.models import Organisation
    from members.models import HomeTransfer, Member

TRANSFER_OPEN = _("A transfer of this member is under way already. Withdraw it first, or wait for the answer.")
TRANSFER_SAME = _("The member is at home there already. Choose another branch.")
TRANSFER_NOT_A_MEMBER = _("Only the relation of somebody whose membership is in order is transferred.")
TRANSFER_RAN_OUT = _(
    "The letter was valid until %(day)s. The sending branch stays responsible; ask it to withdraw and send anew."
)
TRANSFER_IN_FUTURE = _("The receipt is dated in the future or before the transfer was sent.")
TRANSFER_FROM_OUTSIDE = _(
    "The home branch is outside the portal: it writes the letter on paper, and the branch that takes the member in "
    "enters it."
)
HOME_IN_PORTAL = _("This person's home branch is in the portal. That branch sends the transfer.")
WALK_IN_INSTEAD = _(
    "This person's home branch is in the portal, so no paper letter is entered. Start a walk-in instead: the home "
    "branch is asked to confirm and to issue the letter."
)
# One sentence for whatever does not fit, so that nobody learns who is on a roll and who is not.
NOT_IDENTIFIED = _(
    "Nobody could be identified by this. Scan the card, or type its number with the name, or the name with the ID "
    "number."
)
TOO_MANY_TRIES = _("Too many tries. Wait ten minutes, then try again.")
NAME_AND_NUMBER = _("The name and the ID number do not go together. Check both.")
NOT_WITH_THIS_LETTER = _(
    "This person cannot be registered with this letter. Ask the organisation department of the district."
)
LETTER_ENTERED = _("This letter has been entered already: every letter counts once.")
LETTER_IS_OVER = _("The letter is past its last day. The home branch has to write a new one.")
NOT_A_WALK_IN = _("Only a walk-in that the home branch has not confirmed is refused like this.")
NOT_STARTED_HERE = _("Only what was started at this desk and is not with anybody else yet can be taken back here.")
ONLY_RECEIPTS_BY_POST = _("Only a receipt to a home branch outside the portal is sent by post, and only once.")


def check_receives(organisation: Organisation) -> None:
    if not organisation.accepts_registrations or organisation.state != OrganisationState.ACTIVE:
        raise ActionDenied(rules.NOT_RECEIVING, "not_receiving")


def check_known(member: Member, name: str) -> None:
    """Raise unless *member*, found by the ID number, may be registered with a letter from outside the portal."""
    if squeeze(member.name) != squeeze(name):
        raise ActionDenied(NAME_AND_NUMBER, "name_and_number")
    home = member.home_branch()
    if home is not None and not home.external:
        raise ActionDenied(WALK_IN_INSTEAD, "walk_in_instead")
    if member.status != MembershipStatus.NORMAL or home is None:
        raise ActionDenied(NOT_WITH_THIS_LETTER, "not_with_this_letter")


def check_transfer(member: Member, source: Organisation | None, target: Organisation) -> None:
    """Raise unless the relation of *member* may be sent from *source* to *target*."""
    if member.status != MembershipStatus.NORMAL or member.merged_into_id is not None:
        raise ActionDenied(TRANSFER_NOT_A_MEMBER, "not_a_member")
    if source is None:
        raise ActionDenied(rules.NO_HOME, "no_home")
    if source.external:
        raise ActionDenied(TRANSFER_FROM_OUTSIDE, "home_is_outside")
    rules.check_home_branch(target)
    if source.pk == target.pk:
        raise ActionDenied(TRANSFER_SAME, "transfer_same")


def check_transfer_valid(transfer: HomeTransfer, day: dt.date) -> None:
    """Accepted within its days; a receipt on paper may be entered later, but is dated within them."""
    if day > today() or day < timezone.localtime(transfer.sent_at).date():
        raise ActionDenied(TRANSFER_IN_FUTURE, "receipt_date")
    if transfer.valid_until < day:
        raise ActionDenied(TRANSFER_RAN_OUT % {"day": date_format(transfer.valid_until)}, "transfer_ran_out")


def check_comes_from_outside(member: Member, source: Organisation | None, target: Organisation) -> None:
    """Raise unless *target* may enter a transfer of *member* from a paper letter."""
    if member.status != MembershipStatus.NORMAL or member.merged_into_id is not None or source is None:
        raise ActionDenied(TRANSFER_NOT_A_MEMBER, "not_a_member")
    if not source.external:
        raise ActionDenied(HOME_IN_PORTAL, "home_in_portal")
    rules.check_home_branch(target)
    if target.external:
        raise ActionDenied(rules.NOT_A_HOME_BRANCH, "not_a_home_branch")
