"""Codes of the organisation tree. Labels follow the glossary."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Level(models.TextChoices):
    CITY = "city", _("City")
    DISTRICT = "district", _("District")
    STREET = "street", _("Street or town")
    COMMUNITY = "community", _("Community or village")


class Kind(models.TextChoices):
    COMMITTEE = "committee", _("Committee")
    GENERAL_BRANCH = "general_branch", _("General branch")
    BRANCH = "branch", _("Branch")


class Setting(models.TextChoices):
    STANDARD = "standard", pgettext_lazy("branch setting", "Standard")
    JOINT = "joint", pgettext_lazy("branch setting", "Joint")
    TEMPORARY = "temporary", pgettext_lazy("branch setting", "Temporary")
    FLOATING = "floating", pgettext_lazy("branch setting", "Floating members")
    FUNCTIONAL = "functional", pgettext_lazy("branch setting", "Functional")
    THEMED = "themed", pgettext_lazy("branch setting", "Themed")
    MIXED = "mixed", pgettext_lazy("branch setting", "Mixed")
    GRID = "grid", pgettext_lazy("branch setting", "Grid")


# Branches of these settings hold activity members only; relations stay at home (domain.md §4.7).
ACTIVITY_ONLY_SETTINGS = frozenset({Setting.FUNCTIONAL, Setting.THEMED, Setting.MIXED})


class OrganisationState(models.TextChoices):
    APPLIED = "applied", pgettext_lazy("organisation", "Applied for")
    APPROVED = "approved", pgettext_lazy("organisation", "Approved")
    ACTIVE = "active", pgettext_lazy("organisation", "Active")
    MERGED = "merged", pgettext_lazy("organisation", "Merged")
    DISSOLVED = "dissolved", pgettext_lazy("organisation", "Dissolved")


class Sector(models.TextChoices):
    ORGAN = "organ", _("Party or government organ")
    INSTITUTION = "institution", _("Public institution")
    STATE_FIRM = "state_firm", _("State-owned firm")
    PRIVATE_FIRM = "private_firm", _("Private firm")
    SOCIAL_ORGANISATION = "social_organisation", _("Social organisation")
    COMMUNITY = "community", pgettext_lazy("sector", "Community or village")
    OTHER = "other", pgettext_lazy("sector", "Other")


class Role(models.TextChoices):
    SECRETARY = "secretary", _("Secretary")
    DEPUTY_SECRETARY = "deputy_secretary", _("Deputy secretary")
    ORGANISATION_MEMBER = "organisation_member", _("Organisation member")
    CLERK = "clerk", _("Clerk")
    DEPARTMENT_OFFICER = "department_officer", _("Organisation department officer")
    SOCIAL_WORK_OFFICER = "social_work_officer", _("Social work department officer")
    INSTRUCTOR = "instructor", _("Party-building instructor")
    LIAISON = "liaison", _("Liaison")
    SYSTEM_ADMIN = "system_admin", _("System administrator")
    SECURITY_ADMIN = "security_admin", _("Security administrator")
    AUDITOR = "auditor", _("Auditor")
