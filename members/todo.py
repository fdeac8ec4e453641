"""What waits for members and branches around reporting in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db.models import Count, Min
from django.urls import reverse
from django.utils.translation import gettext as _

from branches.models import Appointment
from dualmgmt.lib.clock import today
from dualmgmt.lib.registry import Todo
from members import queries
from members.enums import BatchLineState, DisclosureState, SlipState
from members.enums import RegistrationState as S
from members.models import BatchLine, CorrectionRequest, Disclosure, HomeTransfer, IntroductionLetter

if TYPE_CHECKING:
    from members.models import User


def _link(box: str) -> str:
    return f"{reverse('registration_list')}?box={box}"


def own_registrations(user: User) -> Iterable[Todo]:
    """For the member: a draft to finish, a form that came back, or nothing reported yet."""
    member = user.as_member
    if member is None:
        return
    mine = member.registrations
    unfinished = mine.filter(state__in=[S.DRAFT, S.RETURNED]).count()
    yield Todo(_("Finish my registration form"), reverse("my_page"), unfinished)
    home = member.home_branch()
    outside = home is not None and home.external  # its letters are on paper, entered where one reports in
    if not member.exempt and not outside and not mine.open().exists():
        yield Todo(
            _("Report in where I live"),
            reverse("registration_new"),
            hint=_("Fill in the form; your branch issues the letter and the receiving organisation accepts."),
        )


def letters_to_issue(user: User) -> Iterable[Todo]:
    yield Todo(_("Issue introduction letters"), _link("to_issue"), queries.letters_wanted(user).count())


def batches_to_send(user: User) -> Iterable[Todo]:
    """A unit's report-in that was put down and not sent yet."""
    if not Appointment.objects.of(user):
        return
    waiting = BatchLine.objects.filter(state=BatchLineState.WAITING, batch__made_by=user).count()
    yield Todo(_("Send the letters of a unit that reports in"), reverse("batch_list"), waiting)


def registrations_to_accept(user: User) -> Iterable[Todo]:
    yield Todo(_("Accept members who report in"), _link("to_accept"), queries.acceptance_wanted(user).count())


def receipts_to_file(user: User) -> Iterable[Todo]:
    """Of the branches one is appointed to; a committee may file them too, but is not asked to."""
    fresh = queries.own_letters(user).filter(receipt_at__isnull=False, receipt_seen_at=None)
    yield Todo(_("File receipts that came back"), f"{reverse('letter_list')}?box=receipts", fresh.count())


def cards_missed(user: User) -> Iterable[Todo]:
    """Lost cards that nothing has replaced yet."""
    missed = queries.cards_missed(user).count() if Appointment.objects.of(user) else 0
    yield Todo(_("Issue new cards for lost ones"), f"{reverse('card_register')}?card=lost", missed)


def letters_overdue(user: User) -> Iterable[Todo]:
    late = queries.own_letters(user).overdue().count()
    yield Todo(
        _("Letters without a receipt past their last day"),
        f"{reverse('letter_list')}?box=overdue",
        late,
        late=True,
        hint=_("Until the receipt is back, the home branch stays responsible."),
    )


def letters_expired(user: User) -> Iterable[Todo]:
    yield Todo(
        _("Paper letters that expired: issue anew or withdraw"),
        f"{reverse('letter_list')}?box=expired",
        queries.own_letters(user).expired().count(),
    )


def letters_escalated(user: User) -> Iterable[Todo]:
    """For the committee above, when neither the receiver nor the home branch acts."""
    yield Todo(
        _("Letters of branches below, long without a receipt"),
        f"{reverse('letter_list')}?box=escalated",
        queries.letters_escalated(user).count(),
        late=True,
        hint=_("Ask the receiving organisation to decide, or have the branch take the letter back."),
    )


def slips_to_approve(user: User) -> Iterable[Todo]:
    yield Todo(_("Approve activation slips"), reverse("slip_desk"), len(queries.slips_for(user)))


def slips_to_print(user: User) -> Iterable[Todo]:
    ready = queries.own_slips(user).filter(state=SlipState.APPROVED).count()
    yield Todo(_("Print activation slips"), reverse("slip_desk"), ready)


def disclosures_to_decide(user: User) -> Iterable[Todo]:
    title = _("Approve unmasked lists")
    yield Todo(title, reverse("disclosure_list"), queries.disclosures_to_decide(user).count())


def disclosures_to_open(user: User) -> Iterable[Todo]:
    ready = Disclosure.objects.of(user).filter(state=DisclosureState.APPROVED).count()
    yield Todo(_("Open the unmasked list that was approved"), reverse("disclosure_list"), ready)


def corrections_to_answer(user: User) -> Iterable[Todo]:
    due = list(CorrectionRequest.objects.to_answer(user).order_by("due_on").values_list("due_on", flat=True))
    if due:
        late = due[0] < today()
        yield Todo(_("Answer requests for correction"), reverse("correction_list"), len(due), due=due[0], late=late)


def leaving_to_close(user: User) -> Iterable[Todo]:
    due = list(queries.leaving_wanted(user).order_by("leave_due_on").values_list("leave_due_on", flat=True))
    if due:
        yield Todo(
            _("Settle and close registrations of members who leave"),
            _link("to_close"),
            len(due),
            due=due[0],
            late=due[0] is not None and due[0] < today(),
        )


def closings_to_file(user: User) -> Iterable[Todo]:
    yield Todo(_("File closing receipts"), _link("closings"), queries.closings_to_file(user).count())


def _transfers(box: str) -> str:
    return f"{reverse('transfer_list')}?box={box}"


def transfers_to_accept(user: User) -> Iterable[Todo]:
    rows = HomeTransfer.objects.to_accept(user).aggregate(count=Count("pk"), due=Min("valid_until"))
    yield Todo(_("Accept organisational relations"), _transfers("to_accept"), rows["count"], due=rows["due"])


def transfers_sent(user: User) -> Iterable[Todo]:
    """For the sender: receipts on paper to enter, and what nobody answered."""
    awaited = HomeTransfer.objects.receipt_awaited(user).aggregate(count=Count("pk"), due=Min("valid_until"))
    title = _("Enter receipts of transfers to branches outside the portal")
    yield Todo(title, _transfers("receipt_awaited"), awaited["count"], due=awaited["due"])
    yield Todo(
        _("Transfers without an answer past their last day"),
        _transfers("ran_out"),
        HomeTransfer.objects.ran_out(user).count(),
        late=True,
        hint=_("You stay responsible: withdraw them and send them anew."),
    )


def transfers_escalated(user: User) -> Iterable[Todo]:
    yield Todo(
        _("Transfers of branches below, long without an answer"),
        _transfers("escalated"),
        HomeTransfer.objects.escalated(user).count(),
        late=True,
    )


def receipts_to_post(user: User) -> Iterable[Todo]:
    count = IntroductionLetter.objects.to_post(user).count()
    yield Todo(_("Post receipts to home branches outside the portal"), f"{reverse('desk')}#receipts", count)


PROVIDERS = (
    transfers_to_accept,
    transfers_sent,
    transfers_escalated,
    receipts_to_post,
    leaving_to_close,
    closings_to_file,
    disclosures_to_decide,
    disclosures_to_open,
    corrections_to_answer,
    slips_to_approve,
    slips_to_print,
    own_registrations,
    letters_to_issue,
    batches_to_send,
    registrations_to_accept,
    receipts_to_file,
    cards_missed,
    letters_overdue,
    letters_expired,
    letters_escalated,
)
