"""What happened to organisations, exceptions from the rules of setting, and pairings."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from branches.enums import BranchRule, ChangeKind, ChangePartKind, ResourceKind
from branches.models.organisations import Organisation
from branches.permissions import Permission
from dualmgmt.lib.clock import today

if TYPE_CHECKING:
    from members.models import User


class OrganisationChange(models.Model):
    """One decision about the tree: founded, renamed, moved, split, merged, dissolved. Appended, never edited.

    ``details`` holds what was before and after in words and counts, so that the
    history reads the same when names have changed again.
    """

    kind = models.CharField(_("change"), max_length=12, choices=ChangeKind)
    effect_on = models.DateField(_("effect date"))
    document_number = models.CharField(_("document number"), max_length=60, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    details = models.JSONField(default=dict)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-effect_on", "-pk"]
        verbose_name = _("organisation change")
        verbose_name_plural = _("organisation changes")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ChangeKind.values), name="organisation_change_known"),
            models.CheckConstraint(
                condition=Q(kind=ChangeKind.FOUNDED) | ~Q(document_number=""), name="organisation_change_has_a_document"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.effect_on}"


class ChangePart(models.Model):
    """An organisation's part in a change, with its name on that day."""

    change = models.ForeignKey(OrganisationChange, on_delete=models.CASCADE, related_name="parts")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="change_parts")
    part = models.CharField(max_length=10, choices=ChangePartKind)
    name = models.CharField(_("name"), max_length=120)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["change", "organisation"], name="one_part_per_organisation_and_change"),
            models.CheckConstraint(condition=Q(part__in=ChangePartKind.values), name="change_part_known"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.get_part_display()})"


class RuleExceptionQuerySet(models.QuerySet["RuleException"]):
    def in_force(self) -> Self:
        return self.filter(starts_on__lte=today(), ends_on__gte=today())


class RuleException(models.Model):
    """An approved exception from a rule of setting, where the rule allows one (domain.md §4.7, §10.12)."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="rule_exceptions")
    rule = models.CharField(_("rule"), max_length=20, choices=BranchRule)
    document_number = models.CharField(_("document number"), max_length=60)
    reason = models.CharField(_("reason"), max_length=300)
    starts_on = models.DateField(_("from"), default=today)
    ends_on = models.DateField(_("to"))
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    made_at = models.DateTimeField(default=timezone.now)

    objects = RuleExceptionQuerySet.as_manager()

    class Meta:
        ordering = ["-ends_on"]
        verbose_name = _("approved exception")
        verbose_name_plural = _("approved exceptions")
        constraints = [
            models.CheckConstraint(condition=Q(rule__in=BranchRule.values), name="exception_rule_known"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="exception_ends_after_it_starts"),
            models.CheckConstraint(condition=~Q(document_number=""), name="exception_has_a_document"),
        ]

    def __str__(self) -> str:
        return f"{self.organisation} {self.get_rule_display()}"


class PairingQuerySet(models.QuerySet["Pairing"]):
    def in_force(self) -> Self:
        return self.filter(ends_on=None)

    def on(self, day: dt.date) -> Self:
        """Pairings in force on *day*."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gt=day), starts_on__lte=day)

    def visible_to(self, user: User) -> Self:
        """Those of which either side is within the user's scope."""
        mine = Organisation.objects.where(user, Permission.PAIRING_VIEW).values("pk")
        return self.filter(Q(home_side__in=mine) | Q(receiver__in=mine))


class Pairing(models.Model):
    """A unit's Party organisation paired with a receiving one 结对: part of the area line, not of the tree."""

    home_side = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="pairings", verbose_name=_("unit's Party organisation")
    )
    receiver = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="paired_with", verbose_name=_("receiving organisation")
    )
    document_number = models.CharField(_("document number"), max_length=60, blank=True)
    # What the two agreed on, and who answers the phone on the unit's side.
    agreement = models.TextField(_("agreement"), blank=True)
    contact_name = models.CharField(_("contact"), max_length=50, blank=True)
    contact_phone = models.CharField(_("office phone"), max_length=30, blank=True)
    starts_on = models.DateField(_("from"), default=today)
    ends_on = models.DateField(_("to"), null=True, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = PairingQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_on", "-pk"]
        verbose_name = _("pairing")
        verbose_name_plural = _("pairings")
        constraints = [
            models.CheckConstraint(condition=~Q(home_side=F("receiver")), name="pairing_of_two"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="pairing_ends_after_it_starts"
            ),
            models.UniqueConstraint(
                fields=["home_side", "receiver"], condition=Q(ends_on=None), name="one_open_pairing"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.home_side} – {self.receiver}"


class ResourceQuerySet(models.QuerySet["PairingResource"]):
    def offered(self) -> Self:
        return self.filter(withdrawn_on=None)


class PairingResource(models.Model):
    """A line of the resource list 资源清单 that a unit brings into a pairing."""

    pairing = models.ForeignKey(Pairing, on_delete=models.CASCADE, related_name="resources")
    kind = models.CharField(_("kind"), max_length=12, choices=ResourceKind)
    name = models.CharField(_("name"), max_length=100)
    details = models.CharField(_("details"), max_length=300, blank=True)
    offered_on = models.DateField(_("offered on"), default=today)
    withdrawn_on = models.DateField(_("withdrawn on"), null=True, blank=True)

    objects = ResourceQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "pk"]
        verbose_name = _("resource")
        verbose_name_plural = _("resources")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ResourceKind.values), name="resource_kind_known"),
            models.CheckConstraint(
                condition=Q(withdrawn_on=None) | Q(withdrawn_on__gte=F("offered_on")), name="resource_withdrawn_later"
            ),
        ]

    def __str__(self) -> str:
        return self.name
