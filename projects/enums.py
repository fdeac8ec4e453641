"""Codes of needs, projects, claims and records. Labels follow the glossary."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class NeedSource(models.TextChoices):
    ONLINE = "online", _("Reported online")
    VISIT = "visit", _("Home visit")
    PHONE = "phone", _("Telephone")
    LETTERBOX = "letterbox", _("Letterbox")
    MEETING = "meeting", _("Residents' meeting")
    HOTLINE = "hotline", _("Transferred from hotline 12345")
    GRID = "grid", _("Grid worker")


class NeedState(models.TextChoices):
    """domain.md §2.2."""

    COLLECTED = "collected", pgettext_lazy("need", "Collected")
    VERIFIED = "verified", pgettext_lazy("need", "Verified")
    CONVERTED = "converted", pgettext_lazy("need", "Turned into a project")
    REFERRED = "referred", pgettext_lazy("need", "Referred to a department")
    REJECTED = "rejected", pgettext_lazy("need", "Not accepted")
    ANSWERED = "answered", pgettext_lazy("need", "Answered")


class ProjectKind(models.TextChoices):
    ONE_OFF = "one_off", _("One-off")
    RECURRING = "recurring", _("Recurring")
    STANDING = "standing", _("Standing post")
    MICRO_WISH = "micro_wish", _("Micro-wish")


class ProjectState(models.TextChoices):
    """design.md §5; "partly claimed" and "in progress" are derived."""

    DRAFT = "draft", pgettext_lazy("project", "Draft")
    IN_REVIEW = "in_review", pgettext_lazy("project", "In review")
    RETURNED = "returned", pgettext_lazy("project", "Returned")
    PUBLISHED = "published", pgettext_lazy("project", "Published")
    SUSPENDED = "suspended", pgettext_lazy("project", "Suspended")
    CANCELLED = "cancelled", pgettext_lazy("project", "Cancelled")
    UNCLAIMED = "unclaimed", pgettext_lazy("project", "Closed without claims")
    COMPLETED = "completed", pgettext_lazy("project", "Completed")


# What everybody in the project hall may read.
PUBLIC_PROJECT_STATES = (ProjectState.PUBLISHED, ProjectState.SUSPENDED, ProjectState.COMPLETED)


class OpenTo(models.TextChoices):
    """Whose members may claim (design §9): registered or at home in this area."""

    RECEIVER = "receiver", _("Members registered with the publisher")
    STREET = "street", _("The whole street or town")
    DISTRICT = "district", _("The whole district")


class ClaimState(models.TextChoices):
    # Asked to stand in for somebody else, whose claim holds the place until the answer.
    OFFERED = "offered", pgettext_lazy("claim", "Asked to take over")
    APPLIED = "applied", pgettext_lazy("claim", "Waiting for confirmation")
    CONFIRMED = "confirmed", pgettext_lazy("claim", "Confirmed")
    DECLINED = "declined", pgettext_lazy("claim", "Declined")
    WITHDRAWN = "withdrawn", pgettext_lazy("claim", "Withdrawn")
    HANDED_OVER = "handed_over", pgettext_lazy("claim", "Handed over")
    FINISHED = "finished", pgettext_lazy("claim", "Finished")


# States that hold places.
HOLDING_CLAIM_STATES = (ClaimState.APPLIED, ClaimState.CONFIRMED, ClaimState.FINISHED)
# Over without having been served under: not listed where a project's claims are.
ENDED_CLAIM_STATES = (ClaimState.WITHDRAWN, ClaimState.DECLINED, ClaimState.HANDED_OVER)
# States that count against a member's cap of open claims.
OPEN_CLAIM_STATES = (ClaimState.APPLIED, ClaimState.CONFIRMED)


class RecordState(models.TextChoices):
    STATED = "stated", pgettext_lazy("record", "Stated by the member")
    RETURNED = "returned", pgettext_lazy("record", "Returned for completion")
    VERIFIED = "verified", pgettext_lazy("record", "Verified")
    DISPUTED = "disputed", pgettext_lazy("record", "Disputed")
