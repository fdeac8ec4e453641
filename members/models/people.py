"""Members, their skills, their home and their card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt.lib.clock import today
from dualmgmt.lib.secrets import EncryptedTextField, lookup_hash, mask_id_number, mask_phone
from members.enums import (
    CardEnd,
    CardState,
    MemberKind,
    MembershipStatus,
    Sex,
    SkillLevel,
    WorkStatus,
)
from members.models.names import Holds, HoldsLater

if TYPE_CHECKING:
    from members.models.users import User


class SkillQuerySet(models.QuerySet["Skill"]):
    def with_below(self, skill: Skill) -> Self:
        """*skill* and what is below it: who looks for law finds legal advice and mediation too."""
        return self.filter(Q(pk=skill.pk) | Q(parent=skill.pk))


class Skill(models.Model):
    """A speciality 专长 that members state and projects look for; a tree of two levels."""

    code = models.CharField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=50)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    objects = SkillQuerySet.as_manager()

    class Meta:
        ordering = ["order", "code"]
        verbose_name = _("skill")
        verbose_name_plural = _("skills")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """The tree has two levels."""
        if self.parent is not None and (self.parent.parent_id is not None or self.children.exists()):
            raise ValidationError({"parent": _("The tree of skills has two levels.")})


class MemberQuerySet(models.QuerySet["Member"]):
    def living(self) -> Self:
        return self.filter(status=MembershipStatus.NORMAL, merged_into=None)

    def at_home_in(self, organisations: models.QuerySet[Organisation]) -> Self:
        """Members whose home branch is one of *organisations*."""
        return self.filter(
            pk__in=HomeMembership.objects.open().filter(organisation__in=organisations).values("member_id")
        )

    def registered_with(self, organisations: models.QuerySet[Organisation]) -> Self:
        """Members with an open registration that has reached one of *organisations*."""
        from members.models.registrations import ActivityRegistration

        return self.filter(
            pk__in=ActivityRegistration.objects.reached(organisations).introduced().open().values("member_id")
        )

    def kept_by(self, organisations: models.QuerySet[Organisation]) -> Self:
        """Members whose data *organisations* keep: the set-based twin of :meth:`Member.keepers`."""
        from members.models.registrations import ActivityRegistration

        at_home = HomeMembership.objects.open().filter(organisation__in=organisations)
        outside = HomeMembership.objects.open().filter(organisation__external=True)
        registered = ActivityRegistration.objects.registered().filter(organisation__in=organisations)
        return self.filter(
            Q(pk__in=at_home.values("member_id"))
            | Q(pk__in=outside.values("member_id")) & Q(pk__in=registered.values("member_id"))
        )

    def visible_to(self, user: User) -> Self:
        """Oneself, the members at home in one's branches, those registered with one's organisations."""
        home = HomeMembership.objects.open().filter(
            organisation__in=Organisation.objects.where(user, Permission.ROSTER_VIEW)
        )
        from members.models.registrations import ActivityRegistration

        places = Organisation.objects.where(user, Permission.REGISTRATION_VIEW)
        registered = ActivityRegistration.objects.reached(places).introduced().open()
        return self.filter(
            Q(user_id=user.pk) | Q(pk__in=home.values("member_id")) | Q(pk__in=registered.values("member_id"))
        )

    def with_id_number(self, number: str) -> Self:
        """Found by the keyed hash of a normalised ID number."""
        return self.filter(id_hash=lookup_hash(number))


class Member(models.Model):
    """A Party member 党员; the fields of the registration form (domain.md §1.3)."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="member",
        verbose_name=_("account"),
    )
    name = models.CharField(_("name"), max_length=50)
    # First letters of the name's pinyin, lower case, for search: 王小明 → wxm.
    name_initials = models.CharField(max_length=50, blank=True, editable=False)
    sex = models.CharField(_("sex"), max_length=1, choices=Sex)
    ethnicity = models.CharField(_("ethnicity"), max_length=20, blank=True)
    birth_date = models.DateField(_("birth date"), null=True, blank=True)
    education = models.CharField(_("education"), max_length=30, blank=True)
    id_number = EncryptedTextField(_("ID number"))
    id_hash = models.CharField(max_length=64, unique=True, editable=False)
    phone = EncryptedTextField(_("phone"), blank=True)
    phone_hash = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    home_address = EncryptedTextField(_("home address"), blank=True)
    kind = models.CharField(_("kind of member"), max_length=12, choices=MemberKind, default=MemberKind.FULL)
    joined_on = models.DateField(_("joined the Party on"), null=True, blank=True)
    full_on = models.DateField(_("full member since"), null=True, blank=True)
    party_post = models.CharField(_("Party post"), max_length=50, blank=True)
    work_unit = models.CharField(_("employer"), max_length=100, blank=True)
    work_post = models.CharField(_("post or title"), max_length=50, blank=True)
    work_status = models.CharField(_("work status"), max_length=12, choices=WorkStatus, default=WorkStatus.IN_SERVICE)
    status = models.CharField(
        _("membership status"), max_length=12, choices=MembershipStatus, default=MembershipStatus.NORMAL
    )
    # Age, illness: out of every denominator, with the reason on record (domain.md §3.2).
    exempt = models.BooleanField(_("exempt from service"), default=False)
    exempt_reason = models.CharField(_("reason for exemption"), max_length=100, blank=True)
    skills = models.ManyToManyField(
        Skill, through="MemberSkill", blank=True, related_name="members", verbose_name=_("skills")
    )
    wishes = models.CharField(_("service wishes"), max_length=200, blank=True)
    available_times = models.CharField(_("times available"), max_length=200, blank=True)
    # The same person stood on the rolls twice: what hung on this row hangs on that one now.
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged", editable=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = MemberQuerySet.as_manager()

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [
            models.CheckConstraint(condition=Q(sex__in=Sex.values), name="member_sex_known"),
            models.CheckConstraint(condition=Q(kind__in=MemberKind.values), name="member_kind_known"),
            models.CheckConstraint(condition=Q(status__in=MembershipStatus.values), name="member_status_known"),
            models.CheckConstraint(condition=Q(exempt=False) | ~Q(exempt_reason=""), name="exemption_has_a_reason"),
            models.CheckConstraint(
                condition=Q(merged_into=None) | ~Q(merged_into=F("id")), name="member_not_merged_into_itself"
            ),
        ]
        indexes = [
            models.Index(fields=["name"], name="member_name"),
            models.Index(fields=["name_initials"], name="member_initials"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def masked_id_number(self) -> str:
        return mask_id_number(self.id_number)

    @property
    def masked_phone(self) -> str:
        return mask_phone(self.phone)

    def home_branch(self) -> Organisation | None:
        """Where the organisational relation is today; ``None`` only for somebody no longer a member."""
        membership = self.home_memberships.open().select_related("organisation").first()
        return membership.organisation if membership else None

    def keepers(self) -> list[Organisation]:
        """Who keeps this person's data: the home branch; where it is outside the portal, the receivers (design.md §9).

        Those that have accepted the person; only of somebody whom nobody has ever
        accepted, those where a letter was entered.
        """
        home = self.home_branch()
        if home is None or not home.external:
            return [home] if home is not None else []
        rows = self.registrations.registered()
        if not self.registrations.filter(accepted_on__isnull=False).exists():
            rows = self.registrations.open().reached(Organisation.objects.all())
        return list(Organisation.objects.filter(pk__in=rows.values("organisation_id")))


for _lookup in (Holds, HoldsLater):
    Member._meta.get_field("name").register_lookup(_lookup)


class MemberSkill(models.Model):
    """A skill that a member has: how well, and the certificate that shows it, while it is valid."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="skill_rows")
    skill = models.ForeignKey(Skill, on_delete=models.CASCADE, related_name="member_rows", verbose_name=_("skill"))
    level = models.CharField(_("level"), max_length=12, choices=SkillLevel, default=SkillLevel.BASIC)
    certificate = models.CharField(_("certificate"), max_length=100, blank=True)
    certificate_valid_until = models.DateField(_("certificate valid until"), null=True, blank=True)

    class Meta:
        db_table = "members_member_skills"
        verbose_name = _("skill of a member")
        verbose_name_plural = _("skills of members")
        unique_together = [("member", "skill")]
        constraints = [
            models.CheckConstraint(condition=Q(level__in=SkillLevel.values), name="skill_level_known"),
            models.CheckConstraint(
                condition=Q(certificate_valid_until=None) | ~Q(certificate=""), name="validity_is_of_a_certificate"
            ),
        ]

    def __str__(self) -> str:
        return _("%(skill)s (%(level)s)") % {"skill": self.skill, "level": self.get_level_display()}

    @property
    def has_valid_certificate(self) -> bool:
        return bool(self.certificate) and not self.has_expired_certificate

    @property
    def has_expired_certificate(self) -> bool:
        return self.certificate_valid_until is not None and self.certificate_valid_until < today()

    def serves(self, wanted: Skill) -> bool:
        """Whether a project that looks for *wanted* finds this one: the same, or one below it."""
        return wanted.pk in (self.skill_id, self.skill.parent_id)


class HomeMembershipQuerySet(models.QuerySet["HomeMembership"]):
    def open(self) -> Self:
        return self.filter(ended_on=None)

    def on(self, day: object) -> Self:
        """Memberships in force on *day*."""
        return self.filter(Q(ended_on=None) | Q(ended_on__gt=day), started_on__lte=day)


class HomeMembership(models.Model):
    """Where the organisational relation 组织关系 is, over time; exactly one open row per living member."""

    member = models.ForeignKey(
        Member, on_delete=models.PROTECT, related_name="home_memberships", verbose_name=_("member")
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="home_memberships", verbose_name=_("home branch")
    )
    started_on = models.DateField(_("from"), default=today)
    ended_on = models.DateField(_("to"), null=True, blank=True)
    basis = models.CharField(_("basis"), max_length=100, blank=True)

    objects = HomeMembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("home membership")
        verbose_name_plural = _("home memberships")
        constraints = [
            models.UniqueConstraint(fields=["member"], condition=Q(ended_on=None), name="one_open_home_per_member"),
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(ended_on__gte=F("started_on")), name="home_ends_after_it_starts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member} @ {self.organisation}"


class CardQuerySet(models.QuerySet["MemberCard"]):
    def valid(self) -> Self:
        return self.filter(state=CardState.ACTIVE)

    def current(self) -> MemberCard | None:
        """Of one member: the valid card, or the lost one that nothing has replaced yet."""
        held = self.filter(state__in=[CardState.ACTIVE, CardState.LOST]).select_related("issuer", "member")
        return held.order_by("state", "-pk").first()


class MemberCard(models.Model):
    """The member's card 党员卡; its code opens nothing by itself and can be revoked."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="cards", verbose_name=_("member"))
    number = models.CharField(_("card number"), max_length=40)
    # Opaque: neither the ID number nor the fact of membership can be read from it.
    token = models.CharField(max_length=40, unique=True)
    state = models.CharField(_("state"), max_length=10, choices=CardState, default=CardState.ACTIVE)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    issuer = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", verbose_name=_("issuer"))
    issued_on = models.DateField(_("issued on"), default=today)
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    end_reason = models.CharField(_("reason"), max_length=20, choices=CardEnd, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = CardQuerySet.as_manager()

    class Meta:
        verbose_name = _("member card")
        verbose_name_plural = _("member cards")
        constraints = [
            models.UniqueConstraint(
                fields=["member"], condition=Q(state=CardState.ACTIVE), name="one_valid_card_per_member"
            ),
            # Two issuers may have chosen the same short code.
            models.UniqueConstraint(fields=["issuer", "number"], name="card_number_never_reused"),
            models.CheckConstraint(condition=Q(state__in=CardState.values), name="card_state_known"),
        ]

    def __str__(self) -> str:
        return self.number
