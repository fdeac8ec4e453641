"""Transfers of the organisational relation 组织关系转接."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from branches.models import Appointment, Organisation
from branches.permissions import Permission, roles_with
from dualmgmt.lib.clock import today
from members.enums import TransferReason, TransferState
from members.models.people import Member

if TYPE_CHECKING:
    from members.models.users import User


class HomeTransferQuerySet(models.QuerySet["HomeTransfer"]):
    def open(self) -> Self:
        return self.filter(state=TransferState.SENT)

    def visible_to(self, user: User) -> Self:
        """One's own; those from and to one's branches."""
        branches = Organisation.objects.where(user, Permission.ROSTER_VIEW)
        return self.filter(Q(member__user_id=user.pk) | Q(source__in=branches) | Q(target__in=branches))

    def asked_of(self, user: User, end: str) -> Self:
        """Of the open ones those that wait for *user* at their *end* (``source`` or ``target``).

        At one's own branch always; at one below only where nobody there can
        act (design.md §9, two keys without paralysis).
        """
        appointments = Appointment.objects.of(user)
        own = [row.organisation_id for row in appointments if Permission.RELATION_TRANSFER in row.permissions()]
        holders = Appointment.objects.able().filter(
            role__in=roles_with(Permission.RELATION_TRANSFER), organisation=OuterRef(f"{end}_id")
        )
        reach = Organisation.objects.where(user, Permission.RELATION_TRANSFER)
        return self.open().filter(Q(**{f"{end}__in": own}) | Q(**{f"{end}__in": reach}) & ~Exists(holders))

    def to_accept(self, user: User) -> Self:
        """What *user* is asked to accept or refuse, while the letter is valid."""
        return self.asked_of(user, "target").filter(valid_until__gte=today())

    def receipt_awaited(self, user: User) -> Self:
        """Sent by *user*'s branch to one outside the portal: the paper receipt is entered when it comes."""
        return self.asked_of(user, "source").filter(target__external=True, valid_until__gte=today())

    def ran_out(self, user: User) -> Self:
        """Sent by *user*'s branch, past the last day without an answer: the sender is still responsible."""
        return self.asked_of(user, "source").filter(valid_until__lt=today())

    def escalated(self, user: User) -> Self:
        """Long past their last day, for the committee directly above the sender."""
        edge = today() - dt.timedelta(days=settings.LETTER_ESCALATE_DAYS)
        places = [
            row.organisation
            for row in Appointment.objects.of(user)
            if Permission.RELATION_TRANSFER in row.permissions() and row.organisation.covers_below()
        ]
        under = Q(pk=None)
        for place in places:
            under |= Q(source__path__startswith=place.path, source__depth=place.depth + 1)
        return self.open().filter(under, valid_until__lt=edge)


class HomeTransfer(models.Model):
    """The organisational relation on its way from one branch to another.

    Until it is accepted the member is at home at ``source``, which stays
    responsible (domain.md §4.1). Either end may be an organisation outside the
    portal: its part is then recorded from paper by the other end.
    """

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="transfers", verbose_name=_("member"))
    source = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="transfers_out", verbose_name=_("from branch")
    )
    target = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="transfers_in", verbose_name=_("to branch")
    )
    # The number of the letter of the organisational relation, given by the office that writes it.
    letter_number = models.CharField(_("letter number"), max_length=60)
    reason = models.CharField(_("reason for the transfer"), max_length=12, choices=TransferReason)
    state = models.CharField(_("state"), max_length=10, choices=TransferState, default=TransferState.SENT)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    sent_at = models.DateTimeField(_("sent"), default=timezone.now)
    valid_until = models.DateField(_("valid until"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    remark = models.CharField(_("reason"), max_length=300, blank=True)

    objects = HomeTransferQuerySet.as_manager()

    class Meta:
        ordering = ["-sent_at", "-pk"]
        verbose_name = _("transfer of the organisational relation")
        verbose_name_plural = _("transfers of organisational relations")
        constraints = [
            models.UniqueConstraint(
                fields=["member"], condition=Q(state=TransferState.SENT), name="one_open_transfer_per_member"
            ),
            models.CheckConstraint(condition=~Q(source=F("target")), name="transfer_between_two"),
            models.CheckConstraint(condition=Q(state__in=TransferState.values), name="transfer_state_known"),
            models.CheckConstraint(
                condition=Q(state=TransferState.SENT, decided_at=None)
                | ~Q(state=TransferState.SENT) & Q(decided_at__isnull=False),
                name="ended_transfer_was_decided",
            ),
            models.CheckConstraint(
                condition=~Q(state=TransferState.REFUSED) | ~Q(remark=""), name="refused_transfer_says_why"
            ),
        ]
        indexes = [
            models.Index(fields=["target", "state"], name="transfer_target_state"),
            models.Index(fields=["source", "state"], name="transfer_source_state"),
        ]

    def __str__(self) -> str:
        return f"{self.member}: {self.source} → {self.target}"

    @property
    def has_run_out(self) -> bool:
        return self.state == TransferState.SENT and self.valid_until < today()

    @property
    def office(self) -> Organisation:
        """Where the answer is given: the target, or, from the paper receipt, the sender to one outside the portal."""
        return self.source if self.target.external else self.target
