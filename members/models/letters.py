"""The introduction letter 报到介绍信 of a registration, and its receipt."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from branches.enums import ENDED_STATES
from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt.lib.clock import today
from dualmgmt.lib.secrets import EncryptedJSONField
from members.enums import LetterOrigin, LetterState, ReceiptState, ReceiptVerdict, RegistrationState
from members.models.registrations import ActivityRegistration

if TYPE_CHECKING:
    from members.models.users import User


class LetterQuerySet(models.QuerySet["IntroductionLetter"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(registration__in=ActivityRegistration.objects.visible_to(user))

    def followed_up_by(self, organisations: Iterable[int] | models.QuerySet[Organisation]) -> Self:
        """Letters for which *organisations* answer: their own, and of a branch that has ended since, its members'."""
        inherited = Q(issuer__state__in=ENDED_STATES, registration__home_branch__in=organisations)
        return self.filter(Q(issuer__in=organisations) | inherited)

    def overdue(self) -> Self:
        """Past their last day without a receipt: the sender stays responsible (domain.md §1.5)."""
        return self.filter(state=LetterState.VALID, valid_until__lt=today())

    def to_post(self, user: User) -> Self:
        """Letters of homes outside the portal whose receipt *user* prints and sends."""
        desks = Organisation.objects.where(user, Permission.REGISTRATION_ENTER)
        return self.filter(
            origin=LetterOrigin.OUTSIDE,
            receipt_at__isnull=False,
            receipt_sent_on=None,
            registration__organisation__in=desks,
        )

    def expired(self) -> Self:
        """Not handed in by their last day and not replaced since."""
        later = IntroductionLetter.objects.filter(
            registration=models.OuterRef("registration"), pk__gt=models.OuterRef("pk")
        )
        return self.filter(~models.Exists(later), registration__state=RegistrationState.EXPIRED)

    def with_code(self, text: str) -> IntroductionLetter | None:
        """The one with a check code, however it is typed."""
        code = text.upper().replace(" ", "").replace("-", "")
        return self.filter(code=code).first() if code.isalnum() else None

    def with_receipt(self, state: str) -> Self:
        """Those whose ``receipt_state`` is *state*."""
        if state == ReceiptState.OVERDUE:
            return self.overdue()
        if state == ReceiptState.PENDING:
            return self.filter(state=LetterState.VALID, valid_until__gte=today())
        if state == ReceiptState.NONE:
            return self.filter(state=LetterState.VOID)
        return self.filter(receipt_at__isnull=False, receipt_seen_at__isnull=state == ReceiptState.RECEIVED)


class IntroductionLetter(models.Model):
    """The three-part introduction letter 报到介绍信: stub, letter and receipt.

    ``content`` is what was printed, frozen at issue. A letter is never reused:
    re-issuing makes a new one and voids the old.
    """

    registration = models.ForeignKey(
        ActivityRegistration, on_delete=models.PROTECT, related_name="letters", verbose_name=_("registration")
    )
    issuer = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="letters_issued", verbose_name=_("issuer")
    )
    number = models.CharField(_("letter number"), max_length=60)
    # What the receiver types or scans; says nothing by itself.
    code = models.CharField(_("check code"), max_length=20, unique=True)
    origin = models.CharField(_("origin"), max_length=8, choices=LetterOrigin, default=LetterOrigin.PORTAL)
    state = models.CharField(_("state"), max_length=8, choices=LetterState, default=LetterState.VALID)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    issued_on = models.DateField(_("issued on"), default=today)
    valid_until = models.DateField(_("valid until"))
    content = EncryptedJSONField(default=dict)
    # The receipt 回执, filled by the receiver, back at the home branch by itself.
    # Counted per receiver; two receivers may have chosen the same short code.
    receipt_number = models.CharField(_("receipt number"), max_length=60, null=True, blank=True)
    verdict = models.CharField(_("receipt"), max_length=12, choices=ReceiptVerdict, blank=True)
    receipt_remark = models.CharField(_("reason"), max_length=300, blank=True)
    receipt_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    receipt_at = models.DateTimeField(_("receipt of"), null=True, blank=True)
    receipt_seen_at = models.DateTimeField(_("receipt filed"), null=True, blank=True)
    # A home outside the portal gets the receipt by post or by hand; marked by who sent it.
    receipt_sent_on = models.DateField(_("receipt sent on"), null=True, blank=True)
    receipt_sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    voided_at = models.DateTimeField(_("void since"), null=True, blank=True)
    void_reason = models.CharField(_("reason"), max_length=200, blank=True)
    replaces = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="replaced_by",
        verbose_name=_("issued in place of"),
    )

    objects = LetterQuerySet.as_manager()

    class Meta:
        verbose_name = _("introduction letter")
        verbose_name_plural = _("introduction letters")
        constraints = [
            # A paper letter from outside that was returned and is entered anew is the same paper.
            models.UniqueConstraint(
                fields=["issuer", "number"],
                condition=~Q(origin=LetterOrigin.OUTSIDE, state=LetterState.VOID),
                name="letter_number_never_reused",
            ),
            models.UniqueConstraint(
                fields=["registration"], condition=Q(state=LetterState.VALID), name="one_valid_letter_per_registration"
            ),
            models.CheckConstraint(condition=Q(valid_until__gte=F("issued_on")), name="letter_valid_after_issue"),
            models.CheckConstraint(
                condition=Q(verdict="", receipt_number=None, receipt_at=None)
                | ~Q(verdict="") & Q(receipt_number__isnull=False, receipt_at__isnull=False),
                name="receipt_is_whole",
            ),
            models.CheckConstraint(condition=Q(state__in=LetterState.values), name="letter_state_known"),
            models.CheckConstraint(condition=Q(origin__in=LetterOrigin.values), name="letter_origin_known"),
            models.CheckConstraint(
                condition=Q(receipt_sent_on=None) | Q(receipt_at__isnull=False), name="only_a_receipt_is_sent"
            ),
        ]
        indexes = [models.Index(fields=["number"], name="letter_number")]

    def __str__(self) -> str:
        return self.number

    @property
    def answered_by(self) -> Organisation:
        """Who files the receipt: the issuer, or where it has ended the member's home branch of today."""
        return self.registration.home_branch if self.issuer.state in ENDED_STATES else self.issuer

    @property
    def holds(self) -> bool:
        """Whether it can still be handed in or accepted."""
        return self.state == LetterState.VALID and self.valid_until >= today()

    @property
    def is_overdue(self) -> bool:
        """One of ``LetterQuerySet.overdue``."""
        return self.state == LetterState.VALID and self.valid_until < today()

    @property
    def receipt_state(self) -> ReceiptState:
        if self.receipt_at is not None:
            return ReceiptState.FILED if self.receipt_seen_at else ReceiptState.RECEIVED
        if self.state == LetterState.VOID:
            return ReceiptState.NONE
        return ReceiptState.OVERDUE if self.is_overdue else ReceiptState.PENDING
