"""Reporting in 报到: the registration, and where its member is placed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt.lib.clock import today
from dualmgmt.lib.secrets import EncryptedJSONField
from members.enums import (
    OPEN_REGISTRATION_STATES,
    REGISTERED_STATES,
    CloseReason,
    DeclineReason,
    RegistrationReason,
    RegistrationState,
    Side,
)
from members.models.people import HomeMembership, Member

if TYPE_CHECKING:
    from members.models.users import User

# Before the letter is handed in, the receiver knows nothing of the registration; nor of
# one that the home branch itself has returned.
_NOT_YET_RECEIVED = Q(
    state__in=(
        RegistrationState.DRAFT,
        RegistrationState.PENDING_LETTER,
        RegistrationState.ISSUED,
        RegistrationState.WITHDRAWN,
        RegistrationState.EXPIRED,
    )
) | Q(state=RegistrationState.RETURNED, handed_in_at=None)
# What the receiver itself started at its desk it follows from the beginning; of the person it
# knows what was typed there, no more, until the home branch has confirmed.
_RECEIVED = ~_NOT_YET_RECEIVED | Q(walk_in=True)


def _placed_in(organisations: models.QuerySet[Organisation]) -> Q:
    """The members of a branch below the receiver are its head's to see, as long as they are placed there."""
    return Q(placement__in=organisations, state__in=REGISTERED_STATES)


class RegistrationQuerySet(models.QuerySet["ActivityRegistration"]):
    def open(self) -> Self:
        return self.filter(state__in=OPEN_REGISTRATION_STATES)

    def registered(self) -> Self:
        """Accepted and not closed: what "is registered" means, derived from rows."""
        return self.filter(state__in=REGISTERED_STATES)

    def open_during(self, first: object, last: object) -> Self:
        """Accepted registrations open on any day from *first* to *last*, both included."""
        return self.filter(accepted_on__lte=last).filter(Q(closed_on=None) | Q(closed_on__gte=first))

    def reached(self, organisations: models.QuerySet[Organisation]) -> Self:
        """Registrations handed in at one of *organisations*, or placed there now."""
        return self.filter(Q(organisation__in=organisations) & ~_NOT_YET_RECEIVED | _placed_in(organisations))

    def introduced(self) -> Self:
        """Without letters from outside the portal that one person alone has entered about somebody known before.

        Of the person the receiver has what was typed; who and where they are opens when a second person accepts.
        """
        earlier = ActivityRegistration.objects.filter(member=OuterRef("member"), pk__lt=OuterRef("pk"))
        at_home = HomeMembership.objects.filter(member=OuterRef("member"), started_on__lt=OuterRef("entered_on"))
        outside = self.filter(home_branch__external=True, accepted_on=None, walk_in=False)
        typed = outside.annotate(entered_on=TruncDate("created_at")).filter(Exists(earlier) | Exists(at_home))
        return self.exclude(pk__in=typed.values("pk"))

    def visible_to(self, user: User) -> Self:
        """One's own; those handed in or placed at one's organisations; those of members at home in one's branches."""
        received = Organisation.objects.where(user, Permission.REGISTRATION_VIEW)
        home = Organisation.objects.where(user, Permission.LETTER_VIEW)
        return self.filter(
            Q(member__user_id=user.pk)
            | Q(home_branch__in=home)
            | Q(organisation__in=received) & _RECEIVED
            | _placed_in(received)
        )


class ActivityRegistration(models.Model):
    """One report-in 报到登记 of a member at a receiving organisation.

    ``form`` is the registration form as filled in, a snapshot that later
    changes of master data do not touch.
    """

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="registrations", verbose_name=_("member"))
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="registrations", verbose_name=_("receiving organisation")
    )
    home_branch = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="outgoing_registrations", verbose_name=_("home branch")
    )
    placement = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="placed_registrations",
        verbose_name=_("placed in"),
    )
    state = models.CharField(_("state"), max_length=20, choices=RegistrationState, default=RegistrationState.DRAFT)
    reason = models.CharField(
        _("reason for reporting in"), max_length=12, choices=RegistrationReason, default=RegistrationReason.RESIDENCE
    )
    form = EncryptedJSONField(_("registration form"), default=dict)
    pledge = models.CharField(_("service pledge"), max_length=300, blank=True)
    # Started at the receiver's desk with the person present; the home branch confirms and issues.
    walk_in = models.BooleanField(_("started at the receiver's desk"), default=False)
    batch = models.ForeignKey(
        "ReportInBatch",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="registrations",
        verbose_name=_("batch"),
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    submitted_at = models.DateTimeField(null=True, blank=True)
    # The first key: who issued the letter, or entered a paper letter of a home outside the portal.
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    handed_in_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    accepted_on = models.DateField(_("accepted on"), null=True, blank=True)
    # Why it was returned or not accepted, in words for the member and the home branch.
    remark = models.CharField(_("reason"), max_length=300, blank=True)
    decline_reason = models.CharField(_("reason"), max_length=20, choices=DeclineReason, blank=True)
    # Leaving: who asked, why, and by when the receiver settles it (working days, domain.md §1.5).
    leave_side = models.CharField(_("asked for by"), max_length=8, choices=Side, blank=True)
    leave_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    leave_at = models.DateTimeField(null=True, blank=True)
    leave_due_on = models.DateField(_("to be settled by"), null=True, blank=True)
    leave_remark = models.CharField(_("remark"), max_length=300, blank=True)
    # The final facts 写实 of the receiver; the home branch gets them with the closing receipt.
    final_facts = models.TextField(_("final facts"), blank=True)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    close_reason = models.CharField(_("reason for closing"), max_length=24, choices=CloseReason, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    closing_receipt = models.CharField(_("closing receipt"), max_length=60, null=True, blank=True)
    closing_seen_at = models.DateTimeField(_("closing receipt filed"), null=True, blank=True)

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        verbose_name = _("activity registration")
        verbose_name_plural = _("activity registrations")
        constraints = [
            models.UniqueConstraint(
                fields=["member", "organisation"],
                condition=Q(state__in=OPEN_REGISTRATION_STATES),
                name="one_open_registration_per_receiver",
            ),
            models.CheckConstraint(condition=~Q(home_branch=F("organisation")), name="receiver_is_not_the_home_branch"),
            models.CheckConstraint(
                condition=Q(issued_by=None) | Q(accepted_by=None) | ~Q(issued_by=F("accepted_by")),
                name="issuer_is_not_accepter",
            ),
            models.CheckConstraint(condition=Q(state__in=RegistrationState.values), name="registration_state_known"),
            models.CheckConstraint(
                condition=~Q(state__in=REGISTERED_STATES) | Q(accepted_on__isnull=False),
                name="registered_since_a_day",
            ),
            models.CheckConstraint(
                condition=Q(closed_on=None) | Q(closed_on__gte=F("accepted_on")),
                name="registration_closes_after_acceptance",
            ),
            models.CheckConstraint(
                condition=~Q(state=RegistrationState.LEAVING)
                | ~Q(leave_side="") & Q(leave_at__isnull=False, leave_due_on__isnull=False),
                name="leaving_was_asked_for",
            ),
            models.CheckConstraint(
                condition=~Q(state=RegistrationState.CLOSED) | Q(closed_on__isnull=False) & ~Q(close_reason=""),
                name="closed_on_a_day_for_a_reason",
            ),
            models.UniqueConstraint(fields=["organisation", "closing_receipt"], name="closing_receipt_never_reused"),
        ]
        indexes = [
            models.Index(fields=["organisation", "state"], name="registration_receiver_state"),
            models.Index(fields=["home_branch", "state"], name="registration_home_state"),
            models.Index(fields=["accepted_on"], name="registration_accepted_on"),
        ]

    def __str__(self) -> str:
        return f"{self.member} → {self.organisation}"

    @property
    def is_unconfirmed(self) -> bool:
        """Started at the receiver's desk, and the home branch has not said yet that the person is its member."""
        return self.walk_in and self.issued_by_id is None and self.handed_in_at is None


class Placement(models.Model):
    """Where below the receiver a registered member was placed, over time; the open row equals the registration's."""

    registration = models.ForeignKey(ActivityRegistration, on_delete=models.PROTECT, related_name="placements")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="placements", verbose_name=_("placed in")
    )
    started_on = models.DateField(_("from"), default=today)
    ended_on = models.DateField(_("to"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    placed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["started_on", "pk"]
        verbose_name = _("placement")
        verbose_name_plural = _("placements")
        constraints = [
            models.UniqueConstraint(
                fields=["registration"], condition=Q(ended_on=None), name="one_open_placement_per_registration"
            ),
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(ended_on__gte=F("started_on")), name="placement_ends_after_it_starts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.registration} @ {self.organisation}"
