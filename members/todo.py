"""What waits for members and branches around reporting in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from dualmgmt.lib.clock import today
from dualmgmt.lib.registry import Todo
from members import queries
from members.enums import DisclosureState, SlipState
from members.enums import RegistrationState as S
from members.models import CorrectionRequest, Disclosure

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
    if not member.exempt and not mine.open().exists():
        yield Todo(
            _("Report in where I live"),
            reverse("registration_new"),
            hint=_("Fill in the form; your branch issues the letter and the community accepts."),
        )


def letters_to_issue(user: User) -> Iterable[Todo]:
    yield Todo(_("Issue introduction letters"), _link("to_issue"), queries.letters_wanted(user).count())


def registrations_to_accept(user: User) -> Iterable[Todo]:
    yield Todo(_("Accept members who report in"), _link("to_accept"), queries.acceptance_wanted(user).count())


def receipts_to_file(user: User) -> Iterable[Todo]:
    """Of the branches one is appointed to; a committee may file them too, but is not asked to."""
    fresh = queries.own_letters(user).filter(receipt_at__isnull=False, receipt_seen_at=None)
    yield Todo(_("File receipts that came back"), f"{reverse('letter_list')}?box=receipts", fresh.count())


def letters_overdue(user: User) -> Iterable[Todo]:
    late = queries.own_letters(user).overdue().count()
    yield Todo(
        _("Letters without a receipt past their last day"),
        f"{reverse('letter_list')}?box=overdue",
        late,
        late=True,
        hint=_("Until the receipt is back, the home branch stays responsible."),
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


PROVIDERS = (
    disclosures_to_decide,
    disclosures_to_open,
    corrections_to_answer,
    slips_to_approve,
    slips_to_print,
    own_registrations,
    letters_to_issue,
    registrations_to_accept,
    receipts_to_file,
    letters_overdue,
)
