"""Transfers of the organisational relation 组织关系转接."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from branches.models import Organisation
from branches.permissions import Permission
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
