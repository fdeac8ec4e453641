"""Periods and the community's factual feedback 写实反馈."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from branches.models import Organisation
from branches.permissions import Permission
from evaluations.enums import FeedbackState, PeriodKind
from members.models import ActivityRegistration

if TYPE_CHECKING:
    from members.models import User


class Period(models.Model):
    """An evaluation period 考评周期 with its calendar (design.md §9)."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=50)
    kind = models.CharField(_("kind"), max_length=10, choices=PeriodKind, default=PeriodKind.QUARTER)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"))
    feedback_due_on = models.DateField(_("feedback due on"))
    compile_on = models.DateField(_("reports compiled on"))
    acknowledge_due_on = models.DateField(_("reports acknowledged by"))
    guide_due_on = models.DateField(_("guidance given by"))
    # Set when the feedback rows of the period have been pre-filled.
    prepared_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-starts_on"]
        verbose_name = _("evaluation period")
        verbose_name_plural = _("evaluation periods")
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="period_ends_after_it_starts"),
            models.CheckConstraint(
                condition=Q(
                    feedback_due_on__gt=F("ends_on"),
                    compile_on__gt=F("feedback_due_on"),
                    acknowledge_due_on__gt=F("compile_on"),
                    guide_due_on__gte=F("acknowledge_due_on"),
                ),
                name="period_steps_in_order",
            ),
            models.UniqueConstraint(fields=["kind", "starts_on"], name="one_period_per_kind_and_start"),
        ]

    def __str__(self) -> str:
        return self.name


class FeedbackQuerySet(models.QuerySet["FactualFeedback"]):
    def visible_to(self, user: User) -> Self:
        """The receiver's own; the member's once it has been shown to them. Home units read it in their report."""
        written = Organisation.objects.where(user, Permission.FEEDBACK_VIEW)
        return self.filter(
            Q(registration__organisation__in=written)
            | Q(registration__member__user_id=user.pk) & ~Q(state=FeedbackState.OPEN)
        )


class FactualFeedback(models.Model):
    """What a receiving organisation states about one registered member in one period.

    ``facts`` is frozen when the feedback is shown to the member::

        {"claims": int, "records": int, "hours": "12.5", "people": int, "record_ids": [int, …]}
    """

    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="feedback", verbose_name=_("period"))
    registration = models.ForeignKey(
        ActivityRegistration, on_delete=models.PROTECT, related_name="feedback", verbose_name=_("registration")
    )
    state = models.CharField(_("state"), max_length=14, choices=FeedbackState, default=FeedbackState.OPEN)
    facts = models.JSONField(default=dict)
    narrative = models.TextField(_("what the community adds"), max_length=1000, blank=True)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    shown_at = models.DateTimeField(_("shown to the member at"), null=True, blank=True)
    review_until = models.DateField(_("the member may answer until"), null=True, blank=True)
    member_statement = models.TextField(_("the member's statement"), max_length=1000, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    # The member was silent until the term ended: recorded as silence, not as agreement.
    confirmed_by_silence = models.BooleanField(default=False)

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        verbose_name = _("factual feedback")
        verbose_name_plural = _("factual feedback")
        constraints = [
            models.UniqueConstraint(fields=["period", "registration"], name="one_feedback_per_registration_and_period"),
            models.CheckConstraint(condition=Q(state__in=FeedbackState.values), name="feedback_state_known"),
            models.CheckConstraint(
                condition=Q(state=FeedbackState.OPEN) | Q(shown_at__isnull=False, review_until__isnull=False),
                name="shown_feedback_has_a_term",
            ),
            models.CheckConstraint(
                condition=~Q(state=FeedbackState.CONFIRMED) | Q(confirmed_at__isnull=False),
                name="confirmed_feedback_has_a_time",
            ),
        ]
        indexes = [models.Index(fields=["state", "review_until"], name="feedback_in_review")]

    def __str__(self) -> str:
        return f"{self.registration} {self.period}"
