"""What waits for members and branches around reporting in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt.lib.registry import Todo
from members.enums import RegistrationState as S
from members.models import ActivityRegistration, IntroductionLetter

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
    branches = Organisation.objects.where(user, Permission.LETTER_ISSUE)
    waiting = ActivityRegistration.objects.filter(state=S.PENDING_LETTER, home_branch__in=branches)
    yield Todo(_("Issue introduction letters"), _link("to_issue"), waiting.count())


def registrations_to_accept(user: User) -> Iterable[Todo]:
    """Without those one has issued oneself: somebody else has to accept them."""
    receivers = Organisation.objects.where(user, Permission.REGISTRATION_ACCEPT)
    waiting = ActivityRegistration.objects.filter(state=S.PENDING_ACCEPTANCE, organisation__in=receivers)
    yield Todo(_("Accept members who report in"), _link("to_accept"), waiting.exclude(issued_by=user).count())


def receipts_to_file(user: User) -> Iterable[Todo]:
    branches = Organisation.objects.where(user, Permission.LETTER_ISSUE)
    fresh = IntroductionLetter.objects.filter(issuer__in=branches, receipt_at__isnull=False, receipt_seen_at=None)
    yield Todo(_("File receipts that came back"), f"{reverse('letter_list')}?receipt=new", fresh.count())


PROVIDERS = (own_registrations, letters_to_issue, registrations_to_accept, receipts_to_file)
