"""Feedback reports 反馈报告 to home units, and the runs that compile them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from branches.models import Organisation
from branches.permissions import Permission
from evaluations.enums import GuidanceKind, RunState
from evaluations.models.feedback import Period
from members.models import Member

if TYPE_CHECKING:
    from members.models import User


class ReportRun(models.Model):
    """One compilation of a period's reports: the job with its progress.

    ``as_of`` is the one snapshot for all units: what was verified or confirmed
    later is not in this run. A worker holds the run by a lease; when the lease
    ends, the sweeper hands the rest to another.
    """

    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="runs", verbose_name=_("period"))
    state = models.CharField(_("state"), max_length=10, choices=RunState, default=RunState.QUEUED)
    as_of = models.DateTimeField(_("as of"), default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_holder = models.CharField(max_length=40, blank=True)
    total_units = models.PositiveIntegerField(_("units"), default=0)
    done_units = models.PositiveIntegerField(_("units done"), default=0)
    created = models.PositiveIntegerField(_("new reports"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged reports"), default=0)
    new_versions = models.PositiveIntegerField(_("new versions"), default=0)
    attempts = models.PositiveIntegerField(_("starts"), default=0)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("report run")
        verbose_name_plural = _("report runs")
        constraints = [
            models.UniqueConstraint(
                fields=["period"],
                condition=Q(state__in=[RunState.QUEUED, RunState.RUNNING]),
                name="one_live_run_per_period",
            ),
            models.CheckConstraint(condition=Q(state__in=RunState.values), name="run_state_known"),
        ]

    def __str__(self) -> str:
        return f"{self.period} #{self.pk}"


class ReportChunk(models.Model):
    """Units compiled in one transaction; what is done survives a killed worker."""

    run = models.ForeignKey(ReportRun, on_delete=models.CASCADE, related_name="chunks")
    ordinal = models.PositiveIntegerField()
    organisation_ids = models.JSONField()
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["ordinal"]
        constraints = [models.UniqueConstraint(fields=["run", "ordinal"], name="chunk_once_per_run")]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.ordinal}"


class ReportQuerySet(models.QuerySet["FeedbackReport"]):
    def current(self) -> Self:
        """The newest version of each report."""
        return self.filter(superseded=False)

    def visible_to(self, user: User) -> Self:
        """Reports addressed to one's organisations, or with a section for one of one's branches, or to be posted."""
        mine = Organisation.objects.where(user, Permission.REPORT_VIEW)
        sections = ReportSection.objects.filter(branch__in=mine)
        posting = Organisation.objects.where(user, Permission.REPORT_DELIVER)
        return self.filter(Q(organisation__in=mine) | Q(pk__in=sections.values("report_id")) | Q(sender__in=posting))

    def to_post(self, user: User) -> Self:
        """Current reports to homes outside the portal that wait for *user* to print and send them."""
        return self.current().filter(
            sender__in=Organisation.objects.where(user, Permission.REPORT_DELIVER), sent_on=None
        )


class FeedbackReport(models.Model):
    """The frozen report to one home unit for one period. Only delivery marks ever change.

    ``content`` has the shape written by ``evaluations.compile``; ``checksum``
    covers the facts and the template version, no clock time.
    """

    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="reports", verbose_name=_("period"))
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="reports", verbose_name=_("addressee")
    )
    version = models.PositiveSmallIntegerField(_("version"), default=1)
    superseded = models.BooleanField(default=False)
    number = models.CharField(_("report number"), max_length=60)
    run = models.ForeignKey(ReportRun, on_delete=models.PROTECT, related_name="reports")
    content = models.JSONField()
    checksum = models.CharField(_("checksum"), max_length=64)
    changes = models.JSONField(default=list)
    member_count = models.PositiveIntegerField(default=0)
    active_count = models.PositiveIntegerField(default=0)
    delivered_at = models.DateTimeField(_("delivered at"), default=timezone.now)
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)
    acknowledged_at = models.DateTimeField(_("acknowledged at"), null=True, blank=True)
    # For an addressee outside the portal: who prints and posts it, the receiver of its members or, of several
    # receivers, the nearest organisation above them all; and when that was done.
    sender = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("sent by")
    )
    sent_on = models.DateField(_("sent on"), null=True, blank=True)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = ReportQuerySet.as_manager()

    class Meta:
        ordering = ["-period__starts_on", "organisation__path"]
        verbose_name = _("feedback report")
        verbose_name_plural = _("feedback reports")
        constraints = [
            models.UniqueConstraint(
                fields=["period", "organisation", "version"], name="one_report_per_unit_and_version"
            ),
            models.UniqueConstraint(
                fields=["period", "organisation"], condition=Q(superseded=False), name="one_current_report_per_unit"
            ),
            models.UniqueConstraint(fields=["number", "version"], name="report_number_never_reused"),
            models.CheckConstraint(
                condition=Q(sent_on=None) | Q(sender__isnull=False), name="report_is_sent_by_its_sender"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class ReportSection(models.Model):
    """The part of a report that concerns one home branch, answered by its secretary."""

    report = models.ForeignKey(FeedbackReport, on_delete=models.PROTECT, related_name="sections")
    branch = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="report_sections", verbose_name=_("home branch")
    )
    acknowledged_at = models.DateTimeField(_("acknowledged at"), null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["branch__path"]
        verbose_name = _("report section")
        verbose_name_plural = _("report sections")
        constraints = [models.UniqueConstraint(fields=["report", "branch"], name="one_section_per_branch")]

    def __str__(self) -> str:
        return f"{self.report}: {self.branch}"


class GuidanceQuerySet(models.QuerySet["Guidance"]):
    def visible_to(self, user: User) -> Self:
        """The home side's own and the member's; the community sees no post-duty notes."""
        home = Organisation.objects.where(user, Permission.REPORT_VIEW)
        return self.filter(Q(section__branch__in=home) | Q(member__user_id=user.pk))


class Guidance(models.Model):
    """What the home branch does with what it read 督促指导. Appended, never edited."""

    section = models.ForeignKey(ReportSection, on_delete=models.PROTECT, related_name="guidance")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="guidance", verbose_name=_("member"))
    kind = models.CharField(_("kind"), max_length=10, choices=GuidanceKind)
    held_on = models.DateField(_("date"))
    text = models.TextField(_("what was said or agreed"), max_length=1000)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    written_at = models.DateTimeField(default=timezone.now)

    objects = GuidanceQuerySet.as_manager()

    class Meta:
        ordering = ["-written_at"]
        verbose_name = _("guidance")
        verbose_name_plural = _("guidance")
        constraints = [models.CheckConstraint(condition=Q(kind__in=GuidanceKind.values), name="guidance_kind_known")]

    def __str__(self) -> str:
        return f"{self.member} {self.held_on}"
