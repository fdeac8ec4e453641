"""The project hall: what a member can claim and why not, for a page of projects at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from projects.enums import OpenTo
from projects.rules import areas_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from projects.models import ServiceProject
    from projects.rules import Claimant


@dataclass(frozen=True)
class HallLine:
    """A project as one member sees it: claimable with a reason, or refused with one."""

    project: ServiceProject
    refusal: str | Promise | None
    why: str

    @property
    def claimable(self) -> bool:
        return self.refusal is None


def hall_lines(projects: Iterable[ServiceProject], claimant: Claimant | None) -> list[HallLine]:
    """Lines in the given order; *projects* come with ``organisation__leads`` and prefetched ``skills``."""
    if claimant is None:
        return [HallLine(project, "", "") for project in projects]
    projects = list(projects)
    areas = areas_of(projects)
    skills = {skill.pk: skill.name for skill in claimant.member.skills.all()}
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
            lines.append(HallLine(project, None, _why_open(project, claimant)))
    return lines


def _why_open(project: ServiceProject, claimant: Claimant) -> str:
    """Why a project without a matching skill is offered: one's own place, street or district."""
    if any(path.startswith(project.organisation.path) for path in claimant.paths):
        return _("You are registered or at home here")
    if project.open_to == OpenTo.STREET:
        return _("Open to the members of your street")
    return _("Open to the members of your district")
