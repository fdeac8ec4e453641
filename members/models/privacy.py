"""Personal data that was revealed, corrections that were asked for, records that are one person or two."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt.lib.secrets import EncryptedTextField
from members.enums import (
    CorrectionField,
    CorrectionState,
    DisclosedField,
    DisclosureKind,
    DisclosureState,
    Purpose,
)
from members.models.people import Member
from members.models.registrations import ActivityRegistration

if TYPE_CHECKING:
    from members.models.users import User


class DisclosureQuerySet(models.QuerySet["Disclosure"]):
    def of(self, user: User) -> Self:
        """What *user* asked for: nobody else opens it."""
        return self.filter(requested_by=user)

    def opened(self) -> Self:
        return self.filter(state=DisclosureState.OPENED)


class Disclosure(models.Model):
    """Personal fields of one or more members shown to one person for a stated purpose.

    A single one and a contact sheet are opened as they are made; one in bulk
    waits for a second person (design.md §9, two keys). The values themselves
    are never kept here.
    """

    kind = models.CharField(max_length=8, choices=DisclosureKind)
    # Values of DisclosedField.
    fields = models.JSONField(_("what is shown"))
    purpose = models.CharField(_("purpose"), max_length=16, choices=Purpose)
    words = models.CharField(_("purpose in words"), max_length=200, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="disclosures", verbose_name=_("asked by")
    )
    # In which office, as the header said it then.
    capacity = models.CharField(max_length=200, blank=True)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", verbose_name=_("organisation")
    )
    requested_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(_("state"), max_length=10, choices=DisclosureState, default=DisclosureState.REQUESTED)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    remark = models.CharField(_("reason"), max_length=200, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    closes_at = models.DateTimeField(null=True, blank=True)
    members = models.ManyToManyField(Member, related_name="disclosures")

    objects = DisclosureQuerySet.as_manager()

    class Meta:
        verbose_name = _("disclosure")
        verbose_name_plural = _("disclosures")
        ordering = ["-requested_at"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=DisclosureKind.values), name="disclosure_kind_known"),
            models.CheckConstraint(condition=Q(state__in=DisclosureState.values), name="disclosure_state_known"),
            models.CheckConstraint(condition=Q(purpose__in=Purpose.values), name="disclosure_purpose_known"),
            models.CheckConstraint(
                condition=~Q(purpose=Purpose.OTHER) | ~Q(words=""), name="other_purpose_is_put_in_words"
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("requested_by")), name="disclosure_approved_by_another"
            ),
            models.CheckConstraint(
                condition=~Q(kind=DisclosureKind.BULK, state=DisclosureState.OPENED) | Q(approved_by__isnull=False),
                name="bulk_disclosure_takes_two",
            ),
            models.CheckConstraint(
                condition=~Q(state=DisclosureState.OPENED) | Q(opened_at__isnull=False, closes_at__isnull=False),
                name="opened_disclosure_closes",
            ),
        ]
        indexes = [models.Index(fields=["requested_by", "-requested_at"], name="disclosure_of_officer")]

    def __str__(self) -> str:
        return f"{self.requested_by} {self.get_purpose_display()} {self.requested_at:%Y-%m-%d}"

    @property
    def is_open(self) -> bool:
        return self.state == DisclosureState.OPENED and self.closes_at is not None and timezone.now() < self.closes_at

    @property
    def seconds_left(self) -> int:
        assert self.closes_at is not None
        return max(int((self.closes_at - timezone.now()) / dt.timedelta(seconds=1)), 0)

    def field_labels(self) -> str:
        return "、".join(str(DisclosedField(name).label) for name in self.fields)

    def purpose_words(self) -> str:
        label = str(self.get_purpose_display())
        return f"{label}（{self.words}）" if self.words else label


class CorrectionQuerySet(models.QuerySet["CorrectionRequest"]):
    def open(self) -> Self:
        return self.filter(state=CorrectionState.ASKED)

    def to_answer(self, user: User) -> Self:
        """Open requests about members whose data *user*'s branches keep."""
        places = Organisation.objects.where(user, Permission.ROSTER_EDIT)
        return self.open().filter(member__in=Member.objects.kept_by(places).values("pk"))

    def visible_to(self, user: User) -> Self:
        """One's own, those one asked for, and those of members whose data one's branches keep."""
        kept = Member.objects.kept_by(Organisation.objects.where(user, Permission.ROSTER_EDIT))
        return self.filter(Q(member__user_id=user.pk) | Q(asked_by=user.pk) | Q(member__in=kept.values("pk")))


class CorrectionRequest(models.Model):
    """Somebody says that the roll is wrong about a member; the home branch answers within a term.

    The law gives everybody the right to have personal data corrected (PIPL
    article 46); the term is ``CORRECTION_WORKING_DAYS``.
    """

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="corrections", verbose_name=_("member"))
    field = models.CharField(_("what is wrong"), max_length=16, choices=CorrectionField)
    proposed = EncryptedTextField(_("what it should be"))
    words = models.CharField(_("explanation"), max_length=300, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=CorrectionState, default=CorrectionState.ASKED)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    asked_at = models.DateTimeField(default=timezone.now)
    due_on = models.DateField(_("to be answered by"))
    answer = models.CharField(_("answer"), max_length=300, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    # Where the difference was found: a form that says something else than the roll.
    registration = models.ForeignKey(
        ActivityRegistration,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="corrections",
        verbose_name=_("registration"),
    )

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("correction request")
        verbose_name_plural = _("correction requests")
        ordering = ["due_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["member", "field"],
                condition=Q(state=CorrectionState.ASKED) & ~Q(field=CorrectionField.OTHER),
                name="one_open_correction_per_field",
            ),
            models.CheckConstraint(condition=Q(state__in=CorrectionState.values), name="correction_state_known"),
            models.CheckConstraint(condition=Q(field__in=CorrectionField.values), name="correction_field_known"),
            models.CheckConstraint(
                condition=~Q(state=CorrectionState.REFUSED) | ~Q(answer=""), name="refused_correction_says_why"
            ),
            models.CheckConstraint(
                condition=Q(state=CorrectionState.ASKED) | Q(answered_at__isnull=False),
                name="answered_correction_has_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member}: {self.get_field_display()}"


class DistinctPair(models.Model):
    """Two members who look like one and are two: not shown as duplicates again."""

    first = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="pair_decided_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="pair_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} ≠ {self.second_id}"
