"""Categories and residents' needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt.lib.secrets import EncryptedTextField
from projects.enums import NeedSource, NeedState

if TYPE_CHECKING:
    from members.models import User


class Category(models.Model):
    """A category of service; ten by default, data that an office edits (domain.md §2.1)."""

    code = models.CharField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=40)
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["order", "code"]
        verbose_name = _("category")
        verbose_name_plural = _("categories")

    def __str__(self) -> str:
        return self.name


class NeedQuerySet(models.QuerySet["Need"]):
    def visible_to(self, user: User) -> Self:
        """Needs of the organisations at which *user* handles or reads needs."""
        return self.filter(organisation__in=Organisation.objects.where(user, Permission.NEED_VIEW))


class Need(models.Model):
    """What a resident asks for 民意/需求. Who asked is for the community's eyes only."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="needs", verbose_name=_("community")
    )
    source = models.CharField(_("source"), max_length=12, choices=NeedSource, default=NeedSource.ONLINE)
    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, null=True, blank=True, related_name="needs", verbose_name=_("category")
    )
    text = models.TextField(_("what is needed"), max_length=1000)
    place = models.CharField(_("place"), max_length=100, blank=True)
    contact_name = EncryptedTextField(_("contact name"), blank=True)
    contact_phone = EncryptedTextField(_("contact phone"), blank=True)
    # The resident's only key to the need; drawn at random.
    tracking_code = models.CharField(_("tracking code"), max_length=20, unique=True)
    state = models.CharField(_("state"), max_length=12, choices=NeedState, default=NeedState.COLLECTED)
    # What the resident reads on the tracking page.
    answer = models.TextField(_("answer"), max_length=1000, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = NeedQuerySet.as_manager()

    class Meta:
        verbose_name = _("need")
        verbose_name_plural = _("needs")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=NeedState.values), name="need_state_known"),
            models.CheckConstraint(
                condition=~Q(state__in=[NeedState.REJECTED, NeedState.REFERRED, NeedState.ANSWERED]) | ~Q(answer=""),
                name="need_is_closed_with_an_answer",
            ),
        ]
        indexes = [models.Index(fields=["organisation", "state", "-created_at"], name="need_of_organisation")]

    def __str__(self) -> str:
        return self.text[:30]
