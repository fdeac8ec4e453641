"""Doorbells of the members app: an id comes in, one call goes out."""

from celery import shared_task

from members import notices
from members.actions import accounts, disclosures, letters
from members.models import ActivationSlip, ActivityRegistration, CorrectionRequest, Disclosure, IntroductionLetter

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


@shared_task(name="members.tell_receipt")
def tell_receipt(pk: int) -> None:
    rows = IntroductionLetter.objects.select_related("registration__member", "registration__organisation")
    notices.receipt(rows.get(pk=pk))


@shared_task(name="members.expire_letters")
def expire_letters() -> None:
    letters.expire_letters()


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
    notices.correction_asked(CorrectionRequest.objects.select_related("member").get(pk=pk))


@shared_task(name="members.tell_correction_answered")
def tell_correction_answered(pk: int) -> None:
    notices.correction_answered(CorrectionRequest.objects.select_related("member").get(pk=pk))
