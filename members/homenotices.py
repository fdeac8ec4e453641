"""What members and branches are told about transfers of the organisational relation and about walk-ins."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from branches.models import Organisation
from branches.permissions import Permission
from branches.queries import ancestors
from dualmgmt.lib import notices
from dualmgmt.lib.clock import today
from members.models import ActivityRegistration, HomeTransfer
from members.notices import _holders

# Days before the last one on which the branch that has not answered is reminded.
REMIND_DAYS = 5

notices.register(
    "transfer.sent",
    _("%(source)s transfers the organisational relation of %(member)s to you. Accept or refuse it by %(day)s."),
)
notices.register(
    "transfer.under_way",
    _(
        "Your organisational relation is on its way to %(target)s. Until it is accepted %(source)s stays your home "
        "branch."
    ),
)
notices.register(
    "transfer.accepted",
    _("The organisational relation of %(member)s has gone from %(source)s to %(target)s (letter %(number)s)."),
)
notices.register(
    "transfer.refused",
    _("%(target)s has not accepted the organisational relation of %(member)s: %(reason)s"),
)
notices.register(
    "transfer.withdrawn",
    _("%(source)s has withdrawn the transfer of the organisational relation of %(member)s."),
)
notices.register(
    "transfer.ends_soon",
    _("The transfer of %(member)s from %(source)s ends on %(day)s without an answer. Accept or refuse it before."),
)
notices.register(
    "transfer.ran_out",
    _("The transfer of %(member)s to %(target)s ended on %(day)s without an answer. You stay responsible; send anew."),
)
notices.register(
    "transfer.escalated",
    _("The transfer of %(member)s from %(source)s to %(target)s has been without an answer since %(day)s."),
)
notices.register(
    "walk_in.started",
    _("%(receiver)s has started a registration with you at its desk. If you were not there, tell your home branch."),
)


def _told(transfer: HomeTransfer) -> dict[str, str]:
    return {
        "member": transfer.member.name,
        "source": transfer.source.name,
        "target": transfer.target.name,
        "number": transfer.letter_number,
        "day": date_format(transfer.valid_until),
        "reason": transfer.remark,
    }


def _at(organisation: Organisation) -> list[int]:
    """Who transfers relations there; of a branch outside the portal nobody."""
    return [] if organisation.external else _holders(Permission.RELATION_TRANSFER, organisation)


def _tell(people: list[int], kind: str, transfer: HomeTransfer) -> None:
    url = reverse("transfer_detail", args=[transfer.pk])
    notices.tell(people, f"transfer.{kind}", key=f"transfer.{kind}:{transfer.pk}", url=url, **_told(transfer))


def _member(transfer: HomeTransfer) -> list[int]:
    return [transfer.member.user_id] if transfer.member.user_id else []


def transfer_sent(transfer: HomeTransfer) -> None:
    _tell(_at(transfer.target), "sent", transfer)
    _tell(_member(transfer), "under_way", transfer)


def transfer_decided(transfer: HomeTransfer) -> None:
    """Both ends and the member."""
    people = [*_at(transfer.source), *_at(transfer.target), *_member(transfer)]
    _tell(people, transfer.state, transfer)


def remind_of_transfers() -> None:
    """Before the last day the target, after it the sender, long after it the committee above the sender; each once."""
    rows = HomeTransfer.objects.open().select_related("member", "source", "target")
    edge = today() + dt.timedelta(days=REMIND_DAYS)
    for transfer in rows.filter(valid_until__gte=today(), valid_until__lte=edge):
        _tell(_at(transfer.office), "ends_soon", transfer)
    for transfer in rows.filter(valid_until__lt=today()):
        _tell(_at(transfer.source), "ran_out", transfer)
    edge = today() - dt.timedelta(days=settings.LETTER_ESCALATE_DAYS)
    for transfer in rows.filter(valid_until__lt=edge):
        above = ancestors(transfer.source)
        if above:
            _tell(_holders(Permission.RELATION_TRANSFER, above[-1]), "escalated", transfer)


def walk_in_started(registration: ActivityRegistration) -> None:
    member = registration.member
    notices.tell(
        [member.user_id] if member.user_id else [],
        "walk_in.started",
        key=f"walk_in.started:{registration.pk}",
        url=reverse("registration_detail", args=[registration.pk]),
        receiver=registration.organisation.name,
    )
