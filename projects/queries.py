"""The project hall: what a member can claim and why not, for a page of projects at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from branches.queries import ancestors
from projects.rules import Claimant, areas_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from members.models import Member
    from projects.models import ServiceProject


@dataclass(frozen=True)
class HallLine:
    """A project as one member sees it: claimable with a reason, or refused with one."""

    project: ServiceProject
    refusal: str | Promise | None
    why: str

    @property
    def claimable(self) -> bool:
        return self.refusal is None


def publishers_near(member: Member) -> set[int]:
    """Organisations with which *member* is registered, and those at or above the home branch."""
    registered = member.registrations.registered().values_list("organisation_id", flat=True)
    home = member.home_branch()
    line = [*ancestors(home), home] if home is not None else []
    return {*registered, *(node.pk for node in line)}


def hall_lines(projects: Iterable[ServiceProject], member: Member | None) -> list[HallLine]:
    """Lines in the given order; *projects* come with ``organisation`` and prefetched ``skills``."""
    if member is None:
        return [HallLine(project, "", "") for project in projects]
    projects = list(projects)
    claimant = Claimant(member)
    areas = areas_of(projects)
    skills = {skill.pk: skill.name for skill in member.skills.all()}
    lines = []
    for project in projects:
        refusal = claimant.why_not(project, areas[project.pk])
        fitting = [skills[skill.pk] for skill in project.skills.all() if skill.pk in skills]
        if refusal is not None:
            lines.append(HallLine(project, refusal[0], ""))
        elif fitting:
            lines.append(
                HallLine(project, None, _("Because of your skill: %(skills)s") % {"skills": "、".join(fitting)})
            )
        else:
            lines.append(HallLine(project, None, _("You are registered or at home here")))
    return lines
