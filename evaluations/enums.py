"""Codes of periods, feedback and reports. Labels follow the glossary."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class PeriodKind(models.TextChoices):
    QUARTER = "quarter", _("Quarter")
    HALF_YEAR = "half_year", _("Half-year")
    YEAR = "year", _("Year")


class FeedbackState(models.TextChoices):
    """domain.md §3.3; what follows confirmation belongs to the report (design.md §5)."""

    OPEN = "open", pgettext_lazy("feedback", "To be written")
    MEMBER_REVIEW = "member_review", pgettext_lazy("feedback", "With the member")
    CONFIRMED = "confirmed", pgettext_lazy("feedback", "Confirmed")


class RunState(models.TextChoices):
    QUEUED = "queued", pgettext_lazy("run", "Queued")
    RUNNING = "running", pgettext_lazy("run", "Running")
    DONE = "done", pgettext_lazy("run", "Done")
    FAILED = "failed", pgettext_lazy("run", "Failed")


class GuidanceKind(models.TextChoices):
    TALK = "talk", _("Heart-to-heart talk")
    REMINDER = "reminder", pgettext_lazy("guidance", "Reminder")
    PRAISE = "praise", pgettext_lazy("guidance", "Praise")
    HELP_PLAN = "help_plan", _("Help plan")
