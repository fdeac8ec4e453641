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


# Organisations that are no more; they keep their place in the tree and their history.
ENDED_STATES = (OrganisationState.MERGED, OrganisationState.DISSOLVED)


class ChangeKind(models.TextChoices):
    """What may happen to an organisation (domain.md §4.7)."""

    FOUNDED = "founded", pgettext_lazy("organisation change", "Founded")
    RENAMED = "renamed", pgettext_lazy("organisation change", "Renamed")
    MOVED = "moved", pgettext_lazy("organisation change", "Moved")
    SPLIT = "split", pgettext_lazy("organisation change", "Split")
    MERGED = "merged", pgettext_lazy("organisation change", "Merged")
    DISSOLVED = "dissolved", pgettext_lazy("organisation change", "Dissolved")


class ChangePartKind(models.TextChoices):
    SUBJECT = "subject", pgettext_lazy("organisation change", "Concerned")
    SUCCESSOR = "successor", pgettext_lazy("organisation change", "Successor")
    PARENT = "parent", pgettext_lazy("organisation change", "New parent")


class BranchRule(models.TextChoices):
    """Rules of setting that the portal watches (domain.md §4.7)."""

    MIN_FULL = "min_full", _("Enough full members")
    MAX_MEMBERS = "max_members", _("Size of a branch")
    COMMITTEE = "committee", _("A committee for many members")
    BRANCH_COMMITTEE = "branch_committee", _("A branch committee")
    JOINT_UNITS = "joint_units", _("Units of a joint branch")
    RE_ELECTION = "re_election", _("Re-election at the end of the term")


# A branch committee "shall" be elected; of the other rules the parent committee may approve exceptions.
RULES_WITH_EXCEPTIONS = (
    BranchRule.MIN_FULL,
    BranchRule.MAX_MEMBERS,
    BranchRule.COMMITTEE,
    BranchRule.JOINT_UNITS,
    BranchRule.RE_ELECTION,
)


class ResourceKind(models.TextChoices):
    """What a unit offers to the organisation it is paired with."""

    EXPERTISE = "expertise", pgettext_lazy("resource", "Expertise")
    VENUE = "venue", pgettext_lazy("resource", "Venue")
    EQUIPMENT = "equipment", pgettext_lazy("resource", "Equipment")
    FUNDS = "funds", pgettext_lazy("resource", "Funds")
    SERVICE = "service", pgettext_lazy("resource", "Service")
    OTHER = "other", pgettext_lazy("resource", "Other")


class Paper(models.TextChoices):
    """Papers whose words an office may set."""

    LETTER = "letter", _("Introduction letter")
    RECEIPT = "receipt", _("Receipt")
    REGISTRATION_FORM = "registration_form", _("Registration form")
    MEMBER_CARD = "member_card", _("Member card")
    FEEDBACK_CARD = "feedback_card", _("Service record card")
    ROSTER = "roster", _("Roster of registered members")
    STUB_REGISTER = "stub_register", _("Stub register")
    CLOSING_RECEIPT = "closing_receipt", _("Closing receipt")


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
