"""Doorbells of the members app: an id comes in, one call goes out."""

import datetime as dt

from celery import shared_task
from django.conf import settings

from dualmgmt.lib.actors import SYSTEM
from dualmgmt.lib.clock import today
from members import homenotices, leavenotices, notices, reminders
from members.actions import accounts, batches, disclosures, letters
from members.enums import RegistrationState
from members.models import (
    ActivationSlip,
    ActivityRegistration,
    CorrectionRequest,
    Disclosure,
    HomeTransfer,
    IntroductionLetter,
    MemberCard,
    Placement,
    ReportInBatch,
    User,
)

_REGISTRATIONS = ActivityRegistration.objects.select_related("member", "organisation", "home_branch")


@shared_task(name="members.tell_letter_wanted")
def tell_letter_wanted(pk: int) -> None:
    notices.letter_wanted(_REGISTRATIONS.get(pk=pk))


@shared_task(name="members.tell_letter_issued")
def tell_letter_issued(pk: int) -> None:
    notices.letter_issued(_REGISTRATIONS.get(pk=pk))


@shared_task(name="members.tell_returned")
def tell_returned(pk: int) -> None:
    notices.returned(_REGISTRATIONS.get(pk=pk))


@shared_task(name="members.tell_closed")
def tell_closed(pk: int) -> None:
    notices.ended(_REGISTRATIONS.get(pk=pk))


@shared_task(name="members.tell_moved")
def tell_moved(pk: int) -> None:
    """Where a registered member is placed now; nothing where the registration has ended meanwhile."""
    rows = Placement.objects.filter(registration=pk, ended_on=None)
    for row in rows.select_related("registration__member", "registration__organisation", "organisation"):
        notices.moved(row)


@shared_task(name="members.tell_receipt")
def tell_receipt(pk: int) -> None:
    rows = IntroductionLetter.objects.select_related("registration__member", "registration__organisation")
    notices.receipt(rows.get(pk=pk))


@shared_task(name="members.expire_letters")
def expire_letters() -> None:
    letters.expire_letters()


@shared_task(name="members.remind_of_letters")
def remind_of_letters() -> None:
    reminders.ending()
    reminders.overdue()
    reminders.escalate()


@shared_task(name="members.tell_letter_voided")
def tell_letter_voided(pk: int) -> None:
    rows = IntroductionLetter.objects.select_related("registration__member", "registration__organisation")
    reminders.voided(rows.get(pk=pk))


@shared_task(name="members.tell_slip_requested")
def tell_slip_requested(pk: int) -> None:
    notices.slip_requested(ActivationSlip.objects.select_related("user__member", "requested_by").get(pk=pk))


@shared_task(name="members.tell_slip_printed")
def tell_slip_printed(pk: int) -> None:
    notices.slip_printed(ActivationSlip.objects.select_related("user").get(pk=pk))


@shared_task(name="members.tidy_accounts")
def tidy_accounts() -> None:
    """Expired slips, lists nobody approved or opened, officers' accounts nobody uses."""
    accounts.expire_slips()
    disclosures.lapse_disclosures()
    accounts.disable_unused()


@shared_task(name="members.tell_revealed")
def tell_revealed(pk: int) -> None:
    notices.revealed(Disclosure.objects.select_related("requested_by", "organisation").get(pk=pk))


@shared_task(name="members.tell_disclosure_asked")
def tell_disclosure_asked(pk: int) -> None:
    notices.disclosure_asked(Disclosure.objects.select_related("requested_by", "organisation").get(pk=pk))


@shared_task(name="members.tell_disclosure_decided")
def tell_disclosure_decided(pk: int) -> None:
    notices.disclosure_decided(Disclosure.objects.get(pk=pk))


@shared_task(name="members.tell_correction_asked")
def tell_correction_asked(pk: int) -> None:
    rows = CorrectionRequest.objects.select_related("member", "asked_by", "registration__organisation")
    notices.correction_asked(rows.get(pk=pk))


@shared_task(name="members.tell_correction_answered")
def tell_correction_answered(pk: int) -> None:
    notices.correction_answered(CorrectionRequest.objects.select_related("member").get(pk=pk))


@shared_task(name="members.send_batch_lines")
def send_batch_lines(pk: int, first: int, last: int, user_pk: int) -> None:
    """The lines of a unit's report-in with keys from *first* to *last*, in the name of who sent them."""
    by = User.objects.get(pk=user_pk) if user_pk else SYSTEM
    batches.send_lines(batch=ReportInBatch.objects.get(pk=pk), first=first, last=last, by=by)


_TRANSFERS = HomeTransfer.objects.select_related("member", "source", "target")


@shared_task(name="members.tell_transfer")
def tell_transfer(pk: int) -> None:
    homenotices.transfer_sent(_TRANSFERS.get(pk=pk))


@shared_task(name="members.tell_transfer_decided")
def tell_transfer_decided(pk: int) -> None:
    homenotices.transfer_decided(_TRANSFERS.get(pk=pk))


@shared_task(name="members.remind_of_transfers")
def remind_of_transfers() -> None:
    homenotices.remind_of_transfers()


@shared_task(name="members.tell_walk_in")
def tell_walk_in(pk: int) -> None:
    homenotices.walk_in_started(_REGISTRATIONS.get(pk=pk))


@shared_task(name="members.tell_card_ended")
def tell_card_ended(pk: int) -> None:
    notices.card_ended(MemberCard.objects.select_related("member").get(pk=pk))


@shared_task(name="members.tell_leave_asked")
def tell_leave_asked(pk: int) -> None:
    leavenotices.leave_asked(_REGISTRATIONS.get(pk=pk))


@shared_task(name="members.tell_leave_cancelled")
def tell_leave_cancelled(pk: int, moment: str) -> None:
    leavenotices.leave_cancelled(_REGISTRATIONS.get(pk=pk), moment)


@shared_task(name="members.tell_left")
def tell_left(pk: int) -> None:
    leavenotices.left(_REGISTRATIONS.get(pk=pk))


@shared_task(name="members.remind_leaving")
def remind_leaving() -> None:
    """Some days before the last one the receiver, after it the committee above; each is told once."""
    edge = today() + dt.timedelta(days=settings.LEAVING_REMIND_DAYS)
    for registration in _REGISTRATIONS.filter(state=RegistrationState.LEAVING, leave_due_on__lte=edge):
        leavenotices.leave_due(registration)
