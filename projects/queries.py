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

    from members.models import MemberSkill
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
    mine = list(claimant.member.skill_rows.select_related("skill"))
    lines = []
    for project in projects:
        refusal = claimant.why_not(project, areas[project.pk])
        if refusal is not None:
            lines.append(HallLine(project, refusal[0], ""))
        else:
            lines.append(HallLine(project, None, _why_fitting(project, mine) or _why_open(project, claimant)))
    return lines


def _why_fitting(project: ServiceProject, mine: Iterable[MemberSkill]) -> str:
    """By which skill the project is offered; one that asks for a certificate counts those valid today only."""
    wanted = list(project.skills.all())
    found = [row for row in mine if any(row.serves(skill) for skill in wanted)]
    counted = [row for row in found if row.has_valid_certificate] if project.wants_certificate else found
    if counted:
        return _("Because of your skill: %(skills)s") % {"skills": "、".join(str(row) for row in counted)}
    expired = [row.certificate for row in found if row.has_expired_certificate]
    if expired:
        return _("It asks for a valid certificate; yours has expired: %(certificates)s") % {
            "certificates": "、".join(expired)
        }
    return _("It asks for a valid certificate of your skill; none is stated.") if found else ""


def _why_open(project: ServiceProject, claimant: Claimant) -> str:
    """Why a project without a matching skill is offered: one's own place, street or district."""
    if any(path.startswith(project.organisation.path) for path in claimant.paths):
        return _("You are registered or at home here")
    if project.open_to == OpenTo.STREET:
        return _("Open to the members of your street")
    return _("Open to the members of your district")
