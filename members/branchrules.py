"""Rules of setting up branches, watched over whole parts of the tree at once (domain.md §4.7).

They warn with their source and never block: most of them allow an exception
that the parent committee approves, and the portal records it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count, Q
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from branches.enums import ACTIVITY_ONLY_SETTINGS, BranchRule, Kind, Setting
from branches.models import Organisation, OrganisationQuerySet, RuleException
from dualmgmt.lib.clock import today
from members.enums import REGISTERED_STATES, MemberKind, MembershipStatus
from members.models import ActivityRegistration, HomeMembership

BRANCH_REGULATIONS = gettext_lazy("Regulations on the Work of Party Branches (trial), 2018")
ORGANS_REGULATIONS = gettext_lazy("Regulations on Grass-roots Organisations in Party and State Organs, 2019")
ELECTION_REGULATIONS = gettext_lazy("Regulations on Elections of Grass-roots Organisations, 2020")

SOURCES: dict[BranchRule, str | Promise] = {
    BranchRule.MIN_FULL: BRANCH_REGULATIONS,
    BranchRule.MAX_MEMBERS: BRANCH_REGULATIONS,
    BranchRule.BRANCH_COMMITTEE: BRANCH_REGULATIONS,
    BranchRule.JOINT_UNITS: BRANCH_REGULATIONS,
    BranchRule.COMMITTEE: ORGANS_REGULATIONS,
    BranchRule.RE_ELECTION: ELECTION_REGULATIONS,
}


@dataclass(frozen=True)
class Finding:
    """A rule that an organisation does not meet; ``exception`` where one is approved and in force."""

    organisation: Organisation
    rule: BranchRule
    sentence: str
    exception: RuleException | None = None

    @property
    def source(self) -> str | Promise:
        return SOURCES[self.rule]


@dataclass(frozen=True)
class Counts:
    """Members who count for the rule: at home, or in an activity-only branch those placed there."""

    full: int = 0
    all: int = 0


def findings(organisations: OrganisationQuerySet) -> list[Finding]:
    """What the active ones among *organisations* do not meet; four queries, however many there are."""
    active = organisations.active().filter(external=False)
    rows = list(active.select_related("leads").annotate(units=Count("joint_units")))
    home, placed = _at_home(active), _placed(active)
    excepted = {
        (row.organisation_id, row.rule): row for row in RuleException.objects.in_force().filter(organisation__in=active)
    }
    found = []
    for row in rows:
        counts = (placed if row.setting in ACTIVITY_ONLY_SETTINGS else home).get(row.pk, Counts())
        for rule, sentence in _broken(row, counts):
            found.append(Finding(row, rule, sentence, excepted.get((row.pk, rule))))
    return found


def _at_home(organisations: OrganisationQuerySet) -> dict[int, Counts]:
    rows = HomeMembership.objects.open().filter(organisation__in=organisations, member__status=MembershipStatus.NORMAL)
    return _counted(rows.values_list("organisation"))


def _placed(organisations: OrganisationQuerySet) -> dict[int, Counts]:
    rows = ActivityRegistration.objects.filter(
        placement__in=organisations.filter(setting__in=ACTIVITY_ONLY_SETTINGS), state__in=REGISTERED_STATES
    )
    return _counted(rows.values_list("placement"))


def _counted(rows: Iterable[tuple[int]]) -> dict[int, Counts]:
    full = Count("pk", filter=Q(member__kind=MemberKind.FULL))
    counted = rows.annotate(full=full, total=Count("pk")).order_by()  # type: ignore[attr-defined]
    return {pk: Counts(full_members, total) for pk, full_members, total in counted}


def _broken(row: Organisation, counts: Counts) -> Iterable[tuple[BranchRule, str]]:
    limits = settings.BRANCH_RULES
    if row.kind == Kind.BRANCH:
        yield from _broken_by_branch(row, counts)
    if row.kind == Kind.GENERAL_BRANCH and counts.all >= limits["committee"]:
        yield BranchRule.COMMITTEE, _("%(count)s members: a committee should be set up.") % {"count": counts.all}
    yield from _term(row)


def _broken_by_branch(row: Organisation, counts: Counts) -> Iterable[tuple[BranchRule, str]]:
    limits = settings.BRANCH_RULES
    if counts.full < limits["min_full"] and row.setting != Setting.TEMPORARY:
        sentence = _(
            "%(count)s full members, at least %(limit)s are needed. Form a joint branch or have an exception approved."
        )
        yield BranchRule.MIN_FULL, sentence % {"count": counts.full, "limit": limits["min_full"]}
    if counts.all >= limits["committee"]:
        yield BranchRule.COMMITTEE, _("%(count)s members: a committee should be set up.") % {"count": counts.all}
    elif counts.all > limits["max_members"]:
        sentence = _("%(count)s members, normally not more than %(limit)s. Split it or set up a general branch.")
        yield BranchRule.MAX_MEMBERS, sentence % {"count": counts.all, "limit": limits["max_members"]}
    if (
        counts.full >= limits["branch_committee"]
        and not row.committee_size
        and row.setting
        not in (
            *ACTIVITY_ONLY_SETTINGS,
            Setting.TEMPORARY,
        )
    ):
        sentence = _("%(count)s full members and no branch committee on record: elect one of 3 to 5 members.")
        yield BranchRule.BRANCH_COMMITTEE, sentence % {"count": counts.full}
    units: int = row.units + bool(row.unit_id)  # type: ignore[attr-defined]
    if row.setting == Setting.JOINT and units > limits["joint_units"]:
        sentence = _("A joint branch of %(count)s units, normally not more than %(limit)s.")
        yield BranchRule.JOINT_UNITS, sentence % {"count": units, "limit": limits["joint_units"]}


def _term(row: Organisation) -> Iterable[tuple[BranchRule, str]]:
    """Temporary and activity-only branches have no elections."""
    if row.term_ends_on is None or row.setting in (*ACTIVITY_ONLY_SETTINGS, Setting.TEMPORARY):
        return
    left = (row.term_ends_on - today()).days
    day = date_format(row.term_ends_on)
    if left < 0:
        yield (
            BranchRule.RE_ELECTION,
            _("The term of office ended on %(day)s; the re-election is overdue.") % {"day": day},
        )
    elif left <= settings.RE_ELECTION_NOTICE_DAYS:
        yield BranchRule.RE_ELECTION, _("The term of office ends on %(day)s; prepare the re-election.") % {"day": day}
