"""Rows of the floor: audit, outbox, notices, running numbers, calendar exceptions.

Written through ``dualmgmt.lib`` only.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dualmgmt.lib.secrets import EncryptedJSONField


class AuditEvent(models.Model):
    """Who did what to which row, and when. Append-only; no foreign key to the subject."""

    at = models.DateTimeField(default=timezone.now, db_index=True)
    event = models.CharField(max_length=60)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    actor_name = models.CharField(max_length=100)
    capacity = models.CharField(max_length=200, blank=True)
    appointment_id = models.BigIntegerField(null=True, blank=True)
    address = models.CharField(max_length=45, blank=True)
    subject_type = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=40)
    organisation_id = models.BigIntegerField(null=True, blank=True)
    organisation_path = models.CharField(max_length=255, blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "at"], name="audit_subject"),
            models.Index(fields=["organisation_path", "at"], name="audit_organisation"),
            models.Index(fields=["actor", "at"], name="audit_actor"),
            models.Index(fields=["event", "at"], name="audit_event"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.event} {self.subject_type}:{self.subject_id}"


class AuditSeal(models.Model):
    """A batch of audit rows under one keyed digest, chained to the batch before it.

    ``rows`` holds 16 bytes a row, the row's id and the first half of its digest,
    so that a check names the very row that was changed, taken out or put in.
    """

    ordinal = models.PositiveIntegerField(unique=True)
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    count = models.PositiveIntegerField()
    rows = models.BinaryField()
    previous = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["ordinal"]
        constraints = [
            models.CheckConstraint(condition=Q(last_id__gte=models.F("first_id")), name="seal_covers_a_range"),
        ]

    def __str__(self) -> str:
        return f"#{self.ordinal} {self.first_id}–{self.last_id}"


class AuditPurge(models.Model):
    """The one door through which old audit rows leave: while it stands open the triggers let deletions pass.

    ``digest`` is keyed like a seal: who only has the database cannot write a
    purge that excuses missing rows.
    """

    up_to_id = models.BigIntegerField()
    before = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    digest = models.CharField(max_length=64, null=True, blank=True)

    def __str__(self) -> str:
        return f"up to {self.up_to_id}: {self.count}"


class Outbox(models.Model):
    """Work promised in a transaction: a task name and its arguments."""

    task = models.CharField(max_length=100)
    args = models.JSONField(default=list)
    key = models.CharField(max_length=200, unique=True, null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=100, blank=True)

    class Meta:
        verbose_name_plural = "outbox rows"
        indexes = [models.Index(fields=["due_at"], condition=Q(done_at=None), name="outbox_waiting")]

    def __str__(self) -> str:
        return f"{self.task}{tuple(self.args)}"


class Notice(models.Model):
    """A sentence to one person; ``kind`` and ``params`` are rendered in the reader's language."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=60)
    params = models.JSONField(default=dict)
    url = models.CharField(max_length=200, blank=True)
    key = models.CharField(max_length=200, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["user", "-created_at"], name="notice_of_user")]

    def __str__(self) -> str:
        return f"{self.kind} → {self.user_id}"


class FormDraft(models.Model):
    """What somebody has typed into a form and not sent yet; survives a lost session. Encrypted whole."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts")
    key = models.CharField(max_length=80)
    data = EncryptedJSONField(default=dict)
    saved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_draft_per_user_and_form")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.key}"


class RunningNumber(models.Model):
    """The last number given out in one scope and year."""

    scope = models.CharField(max_length=80)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "year"], name="one_counter_per_scope_and_year")]

    def __str__(self) -> str:
        return f"{self.scope} {self.year}: {self.last}"


class RetentionRun(models.Model):
    """What a run of the retention job deleted of one kind of data."""

    kind = models.CharField(max_length=30)
    days = models.PositiveIntegerField()
    before = models.DateTimeField()
    deleted = models.PositiveIntegerField()
    ran_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-ran_at", "-pk"]
        verbose_name = _("retention run")
        verbose_name_plural = _("retention runs")

    def __str__(self) -> str:
        return f"{self.kind}: {self.deleted}"


class WorkingDayException(models.Model):
    """A day on which the office differs from the published holiday calendar."""

    day = models.DateField(_("day"), unique=True)
    is_working = models.BooleanField(_("working day"))
    note = models.CharField(_("note"), max_length=100, blank=True)

    class Meta:
        ordering = ["day"]
        verbose_name = _("working-day exception")
        verbose_name_plural = _("working-day exceptions")

    def __str__(self) -> str:
        return f"{self.day}: {self.is_working}"
