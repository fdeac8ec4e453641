"""What every page's frame needs: name, navigation, capacity, unread notices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from branches.access import is_administrator, may_anywhere
from branches.capacity import others
from branches.models import Appointment
from branches.permissions import Permission
from dualmgmt.demo import is_demo
from dualmgmt.demo.personas import PERSONAS
from dualmgmt.identities import offered
from dualmgmt.models import Notice
from members.models import User


@dataclass(frozen=True)
class NavItem:
    label: str
    url: str
    icon: str
    active: bool


def navigation(user: User, path: str) -> list[NavItem]:
    """The pages *user* has something to do on, in the order of the work."""

    def holds(*permissions: Permission) -> bool:
        return any(may_anywhere(user, permission) for permission in permissions)

    member = user.as_member is not None
    business = member or (bool(Appointment.objects.of(user)) and not is_administrator(user))
    P = Permission
    entries = [
        (True, _("To do"), "todo", "check2-square"),
        (member, _("My page"), "my_page", "person"),
        (business, _("Project hall"), "project_list", "grid"),
        (member, _("My claims"), "claim_list", "hand-index"),
        (holds(P.ROSTER_VIEW), _("Members"), "member_list", "people"),
        (
            member or holds(P.REGISTRATION_VIEW, P.LETTER_VIEW),
            _("Registrations"),
            "registration_list",
            "box-arrow-in-right",
        ),
        (holds(P.LETTER_VIEW), _("Introduction letters"), "letter_list", "envelope-paper"),
        (holds(P.NEED_VIEW), _("Needs"), "need_list", "chat-left-text"),
        (member or holds(P.RECORD_VIEW), _("Service records"), "record_list", "journal-check"),
        (holds(P.FEEDBACK_VIEW), _("Factual feedback"), "feedback_list", "pencil-square"),
        (holds(P.REPORT_VIEW), _("Feedback reports"), "report_list", "file-earmark-text"),
        (holds(P.DASHBOARD_VIEW), _("Dashboard"), "dashboard", "bar-chart"),
        (holds(P.PERIOD_MANAGE), _("Evaluation periods"), "period_list", "calendar3"),
        (holds(P.JOB_VIEW), _("Report jobs"), "run_list", "gear"),
        (business, _("Organisations"), "organisation_list", "diagram-3"),
        (holds(P.UNIT_MANAGE), _("Units"), "unit_list", "building"),
        (holds(P.APPOINTMENT_VIEW), _("Appointments"), "appointment_desk", "person-badge"),
        (holds(P.AUDIT_VIEW), _("Audit log"), "audit_list", "shield-check"),
        (holds(P.RETENTION_VIEW), _("Retention"), "retention", "trash"),
    ]
    items = [(label, reverse(name), icon) for shown, label, name, icon in entries if shown]
    # The longest matching path wins, so that /members/me/ does not light up /members/ too.
    best = max((url for _label, url, _icon in items if path.startswith(url)), key=len, default="")
    return [NavItem(label, url, icon, url == best) for label, url, icon in items]


def capacity_of(user: User) -> str:
    """In which capacity the person acts: the chosen appointment, or being a member."""
    appointments = Appointment.objects.of(user)
    if appointments:
        return str(appointments[0])
    return _("Party member") if user.as_member is not None else ""


def portal(request: HttpRequest) -> dict[str, Any]:
    """The frame. Fragments asked for by htmx have none and cost no query."""
    frame: dict[str, Any] = {
        "portal_name": settings.PORTAL_NAME or _("Dual management, dual duty portal"),
        "languages": settings.LANGUAGES,
        "sign_in_providers": offered(),
    }
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        if is_demo():
            frame["demo_personas"] = PERSONAS
        return frame
    if getattr(request, "htmx", False):
        return frame
    frame["nav"] = navigation(user, request.path)
    frame["capacity"] = capacity_of(user)
    frame["other_capacities"] = others(user)
    frame["unread_notices"] = Notice.objects.filter(user=user, read_at=None).count()
    return frame
