"""A whole unit reporting in at once 集中报到."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from branches.models import Organisation
from branches.permissions import Permission
from members.enums import BatchLineState, RegistrationReason
from members.models.people import Member

if TYPE_CHECKING:
    from members.models.users import User


class ReportInBatchQuerySet(models.QuerySet["ReportInBatch"]):
    def visible_to(self, user: User) -> Self:
        """Batches of the organisations whose letters one may see."""
        return self.filter(organisation__in=Organisation.objects.where(user, Permission.LETTER_VIEW))


class ReportInBatch(models.Model):
    """Letters issued in one go for members of one Party organisation and the branches below it."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="batches", verbose_name=_("organisation")
    )
    reason = models.CharField(
        _("reason for reporting in"), max_length=12, choices=RegistrationReason, default=RegistrationReason.RESIDENCE
    )
    paper = models.BooleanField(_("paper letters"), default=False)
    valid_days = models.PositiveSmallIntegerField(_("valid for (days)"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    made_at = models.DateTimeField(default=timezone.now)

    objects = ReportInBatchQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-pk"]
        verbose_name = _("report-in of a unit")
        verbose_name_plural = _("report-ins of units")

    def __str__(self) -> str:
        return f"{self.organisation} {self.made_at:%Y-%m-%d}"


class BatchLine(models.Model):
    """One member to one receiver: done with a registration, or not possible and why."""

    batch = models.ForeignKey(ReportInBatch, on_delete=models.CASCADE, related_name="lines")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+", verbose_name=_("member"))
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", verbose_name=_("receiving organisation")
    )
    state = models.CharField(_("state"), max_length=8, choices=BatchLineState, default=BatchLineState.WAITING)
    registration = models.OneToOneField(
        "ActivityRegistration", on_delete=models.PROTECT, null=True, blank=True, related_name="batch_line"
    )
    remark = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "member", "organisation"], name="one_line_per_member_and_receiver"
            ),
            models.CheckConstraint(condition=Q(state__in=BatchLineState.values), name="batch_line_state_known"),
            models.CheckConstraint(
                condition=Q(state=BatchLineState.DONE, registration__isnull=False)
                | ~Q(state=BatchLineState.DONE) & Q(registration=None),
                name="done_line_has_its_registration",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member} → {self.organisation}"
