"""What members, receivers and home branches are told about leaving."""

from __future__ import annotations

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from branches.models import Appointment, Organisation
from branches.permissions import Permission
from dualmgmt.lib import notices
from dualmgmt.lib.clock import today
from members.models import ActivityRegistration
from members.notices import _holders, _member_account

notices.register(
    "leave.asked", _("%(member)s is leaving %(receiver)s: %(reason)s. To be settled and closed by %(day)s.")
)
notices.register("leave.cancelled", _("%(member)s does not leave %(receiver)s after all; the registration stays."))
notices.register("leave.due", _("The registration of %(member)s at %(receiver)s is to be closed by %(day)s."))
notices.register(
    "leave.late",
    _("%(receiver)s has not closed the registration of %(member)s by %(day)s. Your committee may close it now."),
)
notices.register(
    "registration.left", _("%(receiver)s has closed the registration of %(member)s. Closing receipt %(number)s.")
)


def _tell(registration: ActivityRegistration, kind: str, people: list[int], key: str) -> None:
    notices.tell(
        people,
        kind,
        key=f"{kind}:{registration.pk}:{key}",
        url=reverse("registration_detail", args=[registration.pk]),
        member=registration.member.name,
        receiver=registration.organisation.name,
        reason=str(registration.get_close_reason_display()),
        day=date_format(registration.leave_due_on) if registration.leave_due_on else "",
        number=registration.closing_receipt or "",
    )


def _receivers(registration: ActivityRegistration) -> list[int]:
    return _holders(Permission.REGISTRATION_ACCEPT, registration.organisation)


def _homes(registration: ActivityRegistration) -> list[int]:
    return _holders(Permission.LETTER_ISSUE, registration.home_branch)


def _everybody(registration: ActivityRegistration) -> list[int]:
    return [*_member_account(registration), *_receivers(registration), *_homes(registration)]


def leave_asked(registration: ActivityRegistration) -> None:
    """All three sides, without who asked."""
    if registration.leave_at is None:
        return  # taken back already
    people = [pk for pk in _everybody(registration) if pk != registration.leave_by_id]
    _tell(registration, "leave.asked", people, str(int(registration.leave_at.timestamp())))


def leave_cancelled(registration: ActivityRegistration, moment: str) -> None:
    _tell(registration, "leave.cancelled", _everybody(registration), moment)


def left(registration: ActivityRegistration) -> None:
    _tell(registration, "registration.left", [*_member_account(registration), *_homes(registration)], "")


def leave_due(registration: ActivityRegistration) -> None:
    """The receiver before the last day; after it the committee above, which may close as well."""
    due = registration.leave_due_on
    assert due is not None  # the database holds it
    late = due < today()
    people = _above(registration.organisation) if late else _receivers(registration)
    _tell(registration, "leave.late" if late else "leave.due", people, due.isoformat())


def _above(organisation: Organisation) -> list[int]:
    """Who may accept at the nearest committee above that has somebody."""
    rows = Appointment.objects.holding(Permission.REGISTRATION_ACCEPT, organisation, above=True)
    found = list(rows.exclude(organisation=organisation).values_list("organisation__path", "user_id"))
    nearest = max((len(path) for path, _user in found), default=0)
    return [user for path, user in found if len(path) == nearest]
