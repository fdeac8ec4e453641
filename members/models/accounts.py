"""Activation slips 激活单 and the passwords somebody had before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.enums import SlipState

if TYPE_CHECKING:
    from members.models.users import User

OPEN_SLIPS = (SlipState.REQUESTED, SlipState.APPROVED, SlipState.PRINTED)


class SlipQuerySet(models.QuerySet["ActivationSlip"]):
    def usable(self) -> Self:
        return self.filter(state=SlipState.PRINTED, expires_at__gt=timezone.now())

    def open_for(self, user: User) -> Self:
        return self.filter(user=user, state__in=OPEN_SLIPS)


class ActivationSlip(models.Model):
    """A one-time code on paper with which somebody sets a password: at first, or after forgetting it.

    Only the keyed hash of the code is kept. For an account that holds an office
    another person approves before it can be printed (issue of two keys).
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="slips", verbose_name=_("account")
    )
    state = models.CharField(_("state"), max_length=10, choices=SlipState, default=SlipState.REQUESTED)
    # A lost phone: second factor and connected accounts elsewhere go too, and are set up anew after signing in.
    resets_second_factor = models.BooleanField(_("also removes the second factor"), default=False)
    code_hash = models.CharField(max_length=64, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    requested_at = models.DateTimeField(default=timezone.now)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    expires_at = models.DateTimeField(_("valid until"), null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = SlipQuerySet.as_manager()

    class Meta:
        verbose_name = _("activation slip")
        verbose_name_plural = _("activation slips")
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(state__in=OPEN_SLIPS), name="one_open_slip_per_account"
            ),
            models.CheckConstraint(condition=Q(state__in=SlipState.values), name="slip_state_known"),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("requested_by")) & ~Q(approved_by=F("user")),
                name="slip_approved_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(state=SlipState.PRINTED) | ~Q(code_hash="") & Q(expires_at__isnull=False),
                name="printed_slip_has_a_code",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.get_state_display()}"


class PastPassword(models.Model):
    """A password somebody had, hashed: officers do not take one of the last ones again."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="past_passwords")
    password = models.CharField(max_length=128)
    set_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-set_at"]

    def __str__(self) -> str:
        return f"{self.user} {self.set_at:%Y-%m-%d}"
