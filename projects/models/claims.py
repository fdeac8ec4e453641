"""Claims 认领 and service records 服务记录."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from branches.models import Organisation
from branches.permissions import Permission
from members.models import HomeMembership, Member
from projects.enums import HOLDING_CLAIM_STATES, OPEN_CLAIM_STATES, ClaimState, RecordState
from projects.models.projects import ServiceProject

if TYPE_CHECKING:
    from members.models import User

# Order 67 of the Ministry of Civil Affairs records real hours; a day has room for this many (domain.md §10.6).
MAX_HOURS_PER_DAY = Decimal(12)


class ClaimQuerySet(models.QuerySet["Claim"]):
    def holding(self) -> Self:
        """Claims that hold places."""
        return self.filter(state__in=HOLDING_CLAIM_STATES)

    def open(self) -> Self:
        return self.filter(state__in=OPEN_CLAIM_STATES)

    def visible_to(self, user: User) -> Self:
        """One's own, those one takes part in, one's branches', and those on one's organisations' projects."""
        work = Organisation.objects.where(user, Permission.CLAIM_VIEW)
        return self.filter(
            Q(member__user_id=user.pk)
            | Q(pk__in=ClaimParticipant.objects.filter(member__user_id=user.pk).values("claim_id"))
            | Q(branch__in=work)
            | Q(project__organisation__in=work)
        )


class Claim(models.Model):
    """A member's or a branch's hold on one or more places of a project."""

    project = models.ForeignKey(
        ServiceProject, on_delete=models.PROTECT, related_name="claims", verbose_name=_("project")
    )
    # Runs within the project; with the project's number it is the number people quote.
    ordinal = models.PositiveIntegerField()
    member = models.ForeignKey(
        Member, on_delete=models.PROTECT, null=True, blank=True, related_name="claims", verbose_name=_("member")
    )
    branch = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="claims", verbose_name=_("branch")
    )
    places = models.PositiveSmallIntegerField(_("places"), default=1)
    state = models.CharField(_("state"), max_length=12, choices=ClaimState, default=ClaimState.CONFIRMED)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    claimed_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    remark = models.CharField(_("reason"), max_length=300, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    # A hand-over: the claim whose place this one takes when the stand-in accepts.
    stands_in_for = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="offers", verbose_name=_("stands in for")
    )

    objects = ClaimQuerySet.as_manager()

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        constraints = [
            models.CheckConstraint(
                condition=Q(member=None, branch__isnull=False) | Q(member__isnull=False, branch=None),
                name="claimant_is_member_or_branch",
            ),
            models.CheckConstraint(
                condition=Q(places__gte=1) & (Q(member=None) | Q(places=1)), name="a_member_claims_one_place"
            ),
            models.UniqueConstraint(
                fields=["project", "member"],
                condition=Q(state__in=HOLDING_CLAIM_STATES, member__isnull=False),
                name="one_claim_per_member_and_project",
            ),
            models.UniqueConstraint(
                fields=["project", "branch"],
                condition=Q(state__in=HOLDING_CLAIM_STATES, branch__isnull=False),
                name="one_claim_per_branch_and_project",
            ),
            models.UniqueConstraint(fields=["project", "ordinal"], name="claim_number_never_reused"),
            models.UniqueConstraint(
                fields=["stands_in_for"], condition=Q(state=ClaimState.OFFERED), name="one_open_offer_per_claim"
            ),
            models.CheckConstraint(
                condition=~Q(state=ClaimState.OFFERED) | Q(stands_in_for__isnull=False, member__isnull=False),
                name="offered_to_a_stand_in",
            ),
            models.CheckConstraint(condition=Q(state__in=ClaimState.values), name="claim_state_known"),
        ]
        indexes = [models.Index(fields=["member", "state"], name="claim_of_member")]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        return f"{self.project.number}-{self.ordinal:02d}"

    @property
    def claimant(self) -> Member | Organisation:
        claimant = self.member or self.branch
        assert claimant is not None  # the database holds the XOR
        return claimant


class ClaimParticipant(models.Model):
    """A member who serves under a branch's claim, named after claiming."""

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="participants")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="participations")
    named_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    named_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["claim", "member"], name="participant_named_once")]

    def __str__(self) -> str:
        return f"{self.claim_id}: {self.member}"


class RecordQuerySet(models.QuerySet["ServiceRecord"]):
    def verified(self) -> Self:
        return self.filter(state=RecordState.VERIFIED)

    def visible_to(self, user: User) -> Self:
        """One's own; those on one's organisations' projects; those of members at home in one's branches."""
        work = Organisation.objects.where(user, Permission.RECORD_VIEW)
        home = HomeMembership.objects.open().filter(
            organisation__in=Organisation.objects.where(user, Permission.ROSTER_VIEW)
        )
        return self.filter(
            Q(member__user_id=user.pk)
            | Q(claim__project__organisation__in=work)
            | Q(member__in=home.values("member_id"))
        )


class ServiceRecord(models.Model):
    """What was done: the member's statement and the community's sign-off, two facts side by side.

    The statement (``service_date hours people_served content``) is never
    overwritten; the sign-off has fields of its own (``verified_*``).
    """

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="records", verbose_name=_("claim"))
    member = models.ForeignKey(
        Member, on_delete=models.PROTECT, related_name="service_records", verbose_name=_("member")
    )
    service_date = models.DateField(_("service date"))
    hours = models.DecimalField(_("hours"), max_digits=4, decimal_places=1)
    people_served = models.PositiveSmallIntegerField(_("people served"), default=0)
    content = models.TextField(_("what was done"), max_length=1000)
    state = models.CharField(_("state"), max_length=10, choices=RecordState, default=RecordState.STATED)
    stated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    stated_at = models.DateTimeField(default=timezone.now)
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    verified_at = models.DateTimeField(null=True, blank=True)
    verified_hours = models.DecimalField(_("verified hours"), max_digits=4, decimal_places=1, null=True, blank=True)
    verified_people = models.PositiveSmallIntegerField(_("verified people served"), null=True, blank=True)
    # The community's own words where they differ, with the reason; the member's stay as they are.
    verified_content = models.TextField(_("the community's words"), max_length=1000, blank=True)
    correction_reason = models.CharField(_("reason for the correction"), max_length=300, blank=True)
    remark = models.CharField(_("reason"), max_length=300, blank=True)

    objects = RecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("service record")
        verbose_name_plural = _("service records")
        constraints = [
            models.CheckConstraint(
                condition=Q(hours__gt=0, hours__lte=MAX_HOURS_PER_DAY), name="stated_hours_of_one_day"
            ),
            models.CheckConstraint(
                condition=Q(verified_hours=None) | Q(verified_hours__gte=0, verified_hours__lte=MAX_HOURS_PER_DAY),
                name="verified_hours_of_one_day",
            ),
            models.CheckConstraint(
                condition=Q(verified_by=None) | Q(stated_by=None) | ~Q(verified_by=F("stated_by")),
                name="verifier_did_not_state_it",
            ),
            models.CheckConstraint(
                condition=~Q(state=RecordState.VERIFIED) | Q(verified_hours__isnull=False, verified_at__isnull=False),
                name="verified_record_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(verified_hours=None) | Q(verified_hours=F("hours")) | ~Q(correction_reason=""),
                name="corrected_hours_have_a_reason",
            ),
            models.CheckConstraint(condition=Q(state__in=RecordState.values), name="record_state_known"),
        ]
        indexes = [
            models.Index(fields=["member", "service_date"], name="record_of_member"),
            models.Index(fields=["state", "service_date"], name="record_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.member} {self.service_date}"
