"""What members and branches are told about registrations."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from branches.models import Appointment, Organisation
from branches.permissions import Permission
from dualmgmt.lib import notices
from members.enums import CorrectionState, DisclosureState, LetterOrigin, RegistrationState
from members.models import (
    ActivationSlip,
    ActivityRegistration,
    CorrectionRequest,
    Disclosure,
    IntroductionLetter,
    MemberCard,
    Placement,
)
from members.queries import slip_approvers

notices.register("letter.wanted", _("%(member)s asks for an introduction letter to %(receiver)s."))
notices.register(
    "letter.paper",
    _("Letter %(number)s is ready. Take it to %(receiver)s by %(day)s; you find it on your page to print."),
)
notices.register("letter.arrived", _("%(member)s of %(home)s reports in; letter %(number)s waits for acceptance."))
notices.register("letter.batch", _("%(home)s reports in together; the letters wait for acceptance."))
notices.register("registration.returned", _("The registration of %(member)s at %(receiver)s came back: %(reason)s"))
notices.register("registration.ended", _("The registration of %(member)s at %(receiver)s has ended: %(reason)s"))
notices.register("slip.requested", _("%(requester)s asks you to approve an activation slip for %(person)s."))
notices.register(
    "slip.printed", _("An activation slip for your account was printed. If you did not ask for one, tell your branch.")
)
notices.register(
    "account.changed", _("Your sign-in was changed: %(what)s. If it was not you, ask for a new slip at once.")
)
notices.register("account.new_device", _("Your account signed in from a new device (%(address)s)."))
notices.register("personal.revealed", _("%(person)s of %(organisation)s has looked at your %(fields)s: %(purpose)s."))
notices.register(
    "personal.asked", _("%(person)s asks you to approve an unmasked list of %(count)s members: %(purpose)s.")
)
notices.register("personal.approved", _("Your unmasked list is approved. Open it within %(days)s days."))
notices.register("personal.refused", _("Your unmasked list is refused: %(reason)s"))
notices.register("correction.asked", _("%(member)s asks you to correct the roll: %(field)s. Answer by %(day)s."))
notices.register("correction.corrected", _("Your %(field)s has been corrected on the roll. %(answer)s"))
notices.register("correction.refused", _("Your correction of %(field)s was not made: %(answer)s"))
notices.register(
    "correction.reported",
    _("%(person)s of %(receiver)s found the roll to differ about %(member)s: %(field)s. Answer by %(day)s."),
)
notices.register("correction.found_corrected", _("%(field)s of %(member)s has been corrected on the roll. %(answer)s"))
notices.register("correction.found_refused", _("%(field)s of %(member)s was not corrected: %(answer)s"))
notices.register("card.lost", _("%(member)s has lost the member card %(number)s. A new one can be issued."))
notices.register("card.ended", _("Your member card %(number)s is no longer valid: %(reason)s."))
notices.register("registration.moved", _("%(receiver)s has placed you in %(branch)s. %(reason)s"))
notices.register("receipt.accepted", _("%(receiver)s has accepted %(member)s. Receipt %(number)s."))
notices.register("receipt.not_accepted", _("%(receiver)s has not accepted %(member)s: %(reason)s Receipt %(number)s."))


def _holders(permission: Permission, organisation: Organisation, *, without: int | None = None) -> list[int]:
    """Who to tell: the holders there, or where there is none, those of the nearest committee above.

    *without* is the account that may not act because it holds the first key.
    """
    rows = Appointment.objects.holding(permission, organisation, above=True)
    found = [row for row in rows.values_list("organisation__path", "user_id") if row[1] != without]
    nearest = max((len(path) for path, _user in found), default=0)
    return [user for path, user in found if len(path) == nearest]


def _member_account(registration: ActivityRegistration) -> list[int]:
    return [registration.member.user_id] if registration.member.user_id else []


def _moment(registration: ActivityRegistration) -> int:
    """Seconds of the submission: a form handed in anew is told anew."""
    return int(registration.submitted_at.timestamp()) if registration.submitted_at else 0


def letter_wanted(registration: ActivityRegistration) -> None:
    if registration.batch_id and registration.state != RegistrationState.PENDING_LETTER:
        return  # a unit's report-in: asked and issued by the same hand
    notices.tell(
        _holders(Permission.LETTER_ISSUE, registration.home_branch),
        "letter.wanted",
        key=f"letter.wanted:{registration.pk}:{_moment(registration)}",
        url=reverse("registration_detail", args=[registration.pk]),
        member=registration.member.name,
        receiver=registration.organisation.name,
    )


def letter_issued(registration: ActivityRegistration) -> None:
    """Online, the receiver; of a paper letter the receiver knows nothing until the member brings it."""
    letter = registration.letters.latest("pk")
    if letter.origin == LetterOrigin.PAPER:
        notices.tell(
            _member_account(registration),
            "letter.paper",
            key=f"letter.paper:{letter.pk}",
            url=reverse("letter_detail", args=[letter.pk]),
            number=letter.number,
            receiver=registration.organisation.name,
            day=date_format(letter.valid_until),
        )
        return
    receivers = _holders(Permission.REGISTRATION_ACCEPT, registration.organisation, without=registration.issued_by_id)
    batch = registration.batch
    if batch is not None and registration.letters.count() == 1:
        notices.tell(  # once, however many of the unit report in there
            receivers,
            "letter.batch",
            key=f"letter.batch:{batch.pk}:{registration.organisation_id}",
            url=f"{reverse('acceptance_desk')}?receiver={registration.organisation_id}",
            home=batch.organisation.name,
        )
        return
    notices.tell(
        receivers,
        "letter.arrived",
        key=f"letter.arrived:{letter.pk}",
        url=reverse("registration_detail", args=[registration.pk]),
        member=registration.member.name,
        home=registration.home_branch.name,
        number=letter.number,
    )


def returned(registration: ActivityRegistration) -> None:
    people = _member_account(registration) + _holders(Permission.LETTER_ISSUE, registration.home_branch)
    if (registration.walk_in or registration.home_branch.external) and registration.created_by_id:
        people.append(registration.created_by_id)  # who stood at the desk with the member
    notices.tell(
        people,
        "registration.returned",
        key=f"registration.returned:{registration.pk}:{registration.letters.count()}:{_moment(registration)}",
        url=reverse("registration_detail", args=[registration.pk]),
        member=registration.member.name,
        receiver=registration.organisation.name,
        reason=registration.remark or registration.get_state_display(),
    )


def ended(registration: ActivityRegistration) -> None:
    """By an event, not by anybody's decision on this person: the member and the home branch are told."""
    people = _member_account(registration) + _holders(Permission.LETTER_ISSUE, registration.home_branch)
    notices.tell(
        people,
        "registration.ended",
        key=f"registration.ended:{registration.pk}",
        url=reverse("registration_detail", args=[registration.pk]),
        member=registration.member.name,
        receiver=registration.organisation.name,
        reason=registration.get_close_reason_display() or registration.remark,
    )


def receipt(letter: IntroductionLetter) -> None:
    registration = letter.registration
    people = _member_account(registration) + _holders(Permission.LETTER_ISSUE, registration.home_branch)
    notices.tell(
        people,
        f"receipt.{letter.verdict}",
        key=f"receipt:{letter.pk}",
        url=reverse("letter_detail", args=[letter.pk]),
        member=registration.member.name,
        receiver=registration.organisation.name,
        reason=letter.receipt_remark,
        number=letter.receipt_number,
    )


def slip_requested(slip: ActivationSlip) -> None:
    """To who may give the second key, where the account's holder is at home or in office."""
    notices.tell(
        slip_approvers(slip),
        "slip.requested",
        key=f"slip.requested:{slip.pk}",
        url=reverse("slip_desk"),
        requester=str(slip.requested_by or ""),
        person=str(slip.user),
    )


def slip_printed(slip: ActivationSlip) -> None:
    notices.tell([slip.user_id], "slip.printed", key=f"slip.printed:{slip.pk}")


def account_changed(user_id: int, what: str, moment: str) -> None:
    notices.tell([user_id], "account.changed", key=f"account.changed:{moment}", what=what)


def new_device(user_id: int, address: str, moment: str) -> None:
    notices.tell([user_id], "account.new_device", key=f"account.new_device:{user_id}:{moment}", address=address)


def revealed(disclosure: Disclosure) -> None:
    """Every member on it who has an account; names the office and the person, as the law asks (PIPL article 44)."""
    people = disclosure.members.exclude(user=None).exclude(user=disclosure.requested_by)
    notices.tell(
        list(people.values_list("user_id", flat=True)),
        "personal.revealed",
        key=f"personal.revealed:{disclosure.pk}",
        url=reverse("my_data"),
        person=str(disclosure.requested_by),
        organisation=disclosure.organisation.name,
        fields=disclosure.field_labels(),
        purpose=disclosure.purpose_words(),
    )


def disclosure_asked(disclosure: Disclosure) -> None:
    notices.tell(
        _holders(Permission.PERSONAL_REVEAL, disclosure.organisation, without=disclosure.requested_by_id),
        "personal.asked",
        key=f"personal.asked:{disclosure.pk}",
        url=reverse("disclosure_list"),
        person=str(disclosure.requested_by),
        count=disclosure.members.count(),
        purpose=disclosure.purpose_words(),
    )


def disclosure_decided(disclosure: Disclosure) -> None:
    approved = disclosure.state != DisclosureState.REFUSED
    notices.tell(
        [disclosure.requested_by_id],
        "personal.approved" if approved else "personal.refused",
        key=f"personal.decided:{disclosure.pk}",
        url=reverse("disclosure_list"),
        days=settings.REVEAL_VALID_DAYS,
        reason=disclosure.remark,
    )


def correction_asked(request: CorrectionRequest) -> None:
    found = request.registration if request.asked_by_id != request.member.user_id else None
    notices.tell(
        [pk for place in request.member.keepers() for pk in _holders(Permission.ROSTER_EDIT, place)],
        "correction.reported" if found is not None else "correction.asked",
        key=f"correction.asked:{request.pk}",
        url=reverse("correction_detail", args=[request.pk]),
        person=str(request.asked_by or ""),
        receiver=found.organisation.name if found is not None else "",
        member=request.member.name,
        field=request.get_field_display(),
        day=date_format(request.due_on),
    )


def correction_answered(request: CorrectionRequest) -> None:
    """The member, and whoever else found it."""
    corrected = request.state == CorrectionState.CORRECTED
    for user_id in {pk for pk in (request.member.user_id, request.asked_by_id) if pk}:
        own = user_id == request.member.user_id
        made, not_made = ("corrected", "refused") if own else ("found_corrected", "found_refused")
        notices.tell(
            [user_id],
            f"correction.{made if corrected else not_made}",
            key=f"correction.answered:{request.pk}",
            url=reverse("correction_detail", args=[request.pk]),
            member=request.member.name,
            field=request.get_field_display(),
            answer=request.answer,
        )


def card_ended(card: MemberCard) -> None:
    """The member, or where the member has said so, those who issue a new one."""
    member = card.member
    home = member.home_branch()
    if card.ended_by_id is not None and card.ended_by_id == member.user_id:
        notices.tell(
            _holders(Permission.CARD_ISSUE, home) if home is not None else [],
            "card.lost",
            key=f"card.ended:{card.pk}",
            url=reverse("member_card", args=[member.pk]),
            member=member.name,
            number=card.number,
        )
    elif member.user_id is not None:
        notices.tell(
            [member.user_id],
            "card.ended",
            key=f"card.ended:{card.pk}",
            url=reverse("my_card"),
            number=card.number,
            reason=card.get_end_reason_display(),
        )


def moved(placement: Placement) -> None:
    """The member is told where they take part from now on."""
    registration = placement.registration
    notices.tell(
        _member_account(registration),
        "registration.moved",
        key=f"registration.moved:{placement.pk}",
        url=reverse("registration_detail", args=[registration.pk]),
        receiver=registration.organisation.name,
        branch=placement.organisation.name,
        reason=placement.reason,
    )
