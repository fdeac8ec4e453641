"""The clock of letters: told before the last day, when it is past, and to the committee when nobody acts.

Rung once a day; every sentence is given once, by its key.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from branches.models import Appointment
from branches.permissions import Permission
from dualmgmt.lib import notices
from dualmgmt.lib.clock import today
from members.enums import LetterState, RegistrationState
from members.models import IntroductionLetter
from members.queries import long_overdue

if TYPE_CHECKING:
    from branches.models.appointments import AppointmentQuerySet
    from members.models.letters import LetterQuerySet

notices.register(
    "letter.ending",
    _("Letter %(number)s to %(receiver)s is valid until %(day)s. Hand it in by then, or tell your home branch."),
)
notices.register(
    "letter.ending_home",
    _("%(member)s has not handed in letter %(number)s to %(receiver)s yet; it is valid until %(day)s."),
)
notices.register(
    "letter.overdue",
    _("%(receiver)s has not decided on letter %(number)s of %(member)s, valid until %(day)s. Ask or take it back."),
)
notices.register(
    "letter.escalated",
    _("Letter %(number)s of %(home)s to %(receiver)s has been without a receipt since %(day)s. Please settle it."),
)
notices.register("letter.voided", _("Letter %(number)s to %(receiver)s is void: %(reason)s"))


def _nearest(rows: AppointmentQuerySet) -> list[int]:
    """Of the holders of an office those at the lowest organisation."""
    found = list(rows.values_list("organisation__path", "user_id"))
    nearest = max((len(path) for path, _user in found), default=0)
    return [user for path, user in found if len(path) == nearest]


def _tell(people: list[int], kind: str, letter: IntroductionLetter, key: str, **words: str) -> None:
    notices.tell(
        people,
        kind,
        key=f"{kind}:{key}",
        url=reverse("letter_detail", args=[letter.pk]),
        number=letter.number,
        receiver=letter.registration.organisation.name,
        day=date_format(letter.valid_until),
        **words,
    )


def _loaded(rows: LetterQuerySet) -> LetterQuerySet:
    places = ("issuer", "registration__organisation", "registration__home_branch")
    return rows.select_related("registration__member", *places).defer("content")


def voided(letter: IntroductionLetter) -> None:
    """The member holds a paper that is worth nothing any more."""
    account = letter.registration.member.user_id
    _tell([account] if account else [], "letter.voided", letter, str(letter.pk), reason=letter.void_reason)


def ending() -> None:
    """Paper letters that nobody has handed in, some days before they end."""
    steps, day = sorted(settings.LETTER_REMIND_DAYS), today()
    if not steps:
        return
    rows = IntroductionLetter.objects.filter(
        state=LetterState.VALID,
        registration__state=RegistrationState.ISSUED,
        issued_on__lt=day,
        valid_until__range=(day, day + dt.timedelta(days=steps[-1])),
    )
    for letter in _loaded(rows):
        step = next(step for step in steps if letter.valid_until - day <= dt.timedelta(days=step))
        if letter.valid_until - letter.issued_on <= dt.timedelta(days=step):
            continue  # a letter for three days needs no reminder seven days before its end
        key, registration = f"{letter.pk}:{step}", letter.registration
        if registration.member.user_id:
            _tell([registration.member.user_id], "letter.ending", letter, key)
        home = Appointment.objects.holding(Permission.LETTER_ISSUE, letter.answered_by, above=True)
        _tell(_nearest(home), "letter.ending_home", letter, key, member=registration.member.name)


def overdue() -> None:
    """The sender stays responsible until the receipt is back: the home branch is told the day after."""
    for letter in _loaded(IntroductionLetter.objects.overdue()):
        home = Appointment.objects.holding(Permission.LETTER_ISSUE, letter.answered_by, above=True)
        _tell(_nearest(home), "letter.overdue", letter, str(letter.pk), member=letter.registration.member.name)


def escalate() -> None:
    """Overdue for so long that the nearest committee above the home branch with officers is asked."""
    for letter in _loaded(long_overdue()):
        above = Appointment.objects.holding(Permission.LETTER_ISSUE, letter.answered_by, above=True)
        above = above.exclude(organisation=letter.answered_by)
        _tell(_nearest(above), "letter.escalated", letter, str(letter.pk), home=letter.issuer.name)
