"""Service projects 服务项目."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from branches.access import is_administrator
from branches.models import Appointment, Organisation
from branches.permissions import Permission
from members.models import Skill
from projects.enums import PUBLIC_PROJECT_STATES, OpenTo, ProjectKind, ProjectState
from projects.models.needs import Category, Need

if TYPE_CHECKING:
    from collections.abc import Iterable

    from members.models import User


class ProjectQuerySet(models.QuerySet["ServiceProject"]):
    def visible_to(self, user: User) -> Self:
        """The hall for members and officers; every state for those who work on the publisher's projects."""
        if is_administrator(user):
            return self.none()
        seen = Q(organisation__in=Organisation.objects.where(user, Permission.PROJECT_VIEW))
        if user.as_member is not None or Appointment.objects.of(user):
            seen |= Q(state__in=PUBLIC_PROJECT_STATES)
        return self.filter(seen)

    def nearest_first(self, claimable: ProjectQuerySet, publishers: Iterable[int]) -> Self:
        """The *claimable* ones first, then those of the given *publishers*, then all others; newest first."""
        rank = Case(
            When(pk__in=claimable.values("pk"), then=Value(0)),
            When(organisation__in=list(publishers), then=Value(1)),
            default=Value(2),
        )
        return self.annotate(rank=rank).order_by("rank", "-published_at", "-pk")

    def newest_first(self) -> Self:
        return self.order_by("-published_at", "-pk")

    def open_for_claims(self) -> Self:
        """Published, inside the claim window and with a free place."""
        now = timezone.now()
        return self.filter(
            Q(claims_close_at=None) | Q(claims_close_at__gt=now),
            Q(claims_open_at=None) | Q(claims_open_at__lte=now),
            state=ProjectState.PUBLISHED,
            taken__lt=F("places"),
        )


class ServiceProject(models.Model):
    """A project residents wait for and members or branches claim.

    ``taken`` counts the places held by claims; it moves only in the one
    conditional statement of ``projects.actions.claims``.
    """

    number = models.CharField(_("project number"), max_length=60)
    title = models.CharField(_("title"), max_length=80)
    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, related_name="projects", verbose_name=_("category")
    )
    description = models.TextField(_("description"), max_length=2000)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="projects", verbose_name=_("publisher")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=ProjectKind, default=ProjectKind.ONE_OFF)
    needs = models.ManyToManyField(Need, blank=True, related_name="projects", verbose_name=_("needs"))
    skills = models.ManyToManyField(Skill, blank=True, related_name="projects", verbose_name=_("skills wanted"))
    wants_certificate = models.BooleanField(_("a valid certificate is asked for"), default=False)
    place = models.CharField(_("place"), max_length=100)
    places = models.PositiveSmallIntegerField(
        _("places"), validators=[MinValueValidator(1), MaxValueValidator(500)], default=1
    )
    taken = models.PositiveSmallIntegerField(_("places taken"), default=0, editable=False)
    last_claim = models.PositiveIntegerField(default=0, editable=False)
    open_to_members = models.BooleanField(_("members may claim"), default=True)
    open_to_branches = models.BooleanField(_("branches may claim"), default=True)
    open_to = models.CharField(_("open to"), max_length=10, choices=OpenTo, default=OpenTo.RECEIVER)
    confirm_claims = models.BooleanField(_("claims wait for our confirmation"), default=False)
    starts_at = models.DateTimeField(_("starts at"), null=True, blank=True)
    ends_at = models.DateTimeField(_("ends at"), null=True, blank=True)
    claims_open_at = models.DateTimeField(_("claims open at"), null=True, blank=True)
    claims_close_at = models.DateTimeField(_("claims close at"), null=True, blank=True)
    expected_hours = models.DecimalField(
        _("hours expected"), max_digits=4, decimal_places=1, validators=[MinValueValidator(0)], null=True, blank=True
    )
    involves_minors = models.BooleanField(_("involves minors"), default=False)
    involves_money = models.BooleanField(_("involves money"), default=False)
    state = models.CharField(_("state"), max_length=12, choices=ProjectState, default=ProjectState.DRAFT)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    published_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    remark = models.CharField(_("reason"), max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        verbose_name = _("service project")
        verbose_name_plural = _("service projects")
        constraints = [
            # Two publishers may have chosen the same short code.
            models.UniqueConstraint(fields=["organisation", "number"], name="project_number_never_reused"),
            models.CheckConstraint(
                condition=Q(taken__gte=0, taken__lte=F("places")), name="places_never_oversubscribed"
            ),
            models.CheckConstraint(condition=Q(places__gte=1), name="project_has_a_place"),
            models.CheckConstraint(
                condition=Q(open_to_members=True) | Q(open_to_branches=True), name="somebody_may_claim"
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(starts_at=None) | Q(ends_at__gt=F("starts_at")),
                name="project_ends_after_it_starts",
            ),
            # Two keys for minors and money (design.md §9).
            models.CheckConstraint(
                condition=Q(involves_minors=False, involves_money=False)
                | Q(published_by=None)
                | Q(author=None)
                | ~Q(published_by=F("author")),
                name="sensitive_project_published_by_another",
            ),
            models.CheckConstraint(condition=Q(state__in=ProjectState.values), name="project_state_known"),
        ]
        indexes = [
            models.Index(fields=["organisation", "state"], name="project_of_publisher"),
            models.Index(fields=["state", "-published_at"], name="project_hall"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def places_left(self) -> int:
        return self.places - self.taken

    @property
    def is_sensitive(self) -> bool:
        return self.involves_minors or self.involves_money
