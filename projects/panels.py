"""What the service cycle shows on members' and organisations' pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Sum
from django.utils.translation import gettext as _

from dualmgmt.lib.forms import SpanForm
from dualmgmt.lib.registry import Panel
from projects.models import Claim, ServiceProject, ServiceRecord

if TYPE_CHECKING:
    from branches.models import Organisation
    from members.models import ActivityRegistration, Member, User


def service_of_member(user: User, member: Member) -> Panel | None:
    """Claims and records of one member, narrowed to what *user* may see."""
    records = ServiceRecord.objects.visible_to(user).filter(member=member)
    claims = Claim.objects.visible_to(user).filter(member=member).select_related("project__organisation")
    return Panel(
        _("Service duty: claims and records"),
        "projects/_service_panel.html",
        {
            "claims": claims.order_by("-claimed_at")[:10],
            # Of claims the home side knows nothing: an empty list would say that there are none.
            "own": member.user_id == user.pk,
            "records": records.select_related("claim__project").order_by("-service_date", "-pk")[:10],
            "hours": records.verified().aggregate(total=Sum("verified_hours"))["total"] or 0,
        },
    )


def service_of_registration(user: User, registration: ActivityRegistration) -> Panel | None:
    """What was verified with this receiver, and the record card to print."""
    if registration.accepted_on is None:
        return None
    records = ServiceRecord.objects.visible_to(user).filter(
        member=registration.member_id,
        claim__project__organisation__path__startswith=registration.organisation.path,
    )
    first, last = SpanForm.this_year()
    return Panel(
        _("Service with this organisation"),
        "projects/_registration_panel.html",
        {
            "registration": registration,
            "records": records.select_related("claim__project").order_by("-service_date", "-pk")[:10],
            "hours": records.verified().aggregate(total=Sum("verified_hours"))["total"] or 0,
            "span_form": SpanForm(initial={"first": first, "last": last}),
        },
    )


def projects_of_organisation(user: User, organisation: Organisation) -> Panel | None:
    rows = ServiceProject.objects.visible_to(user).filter(organisation=organisation)
    projects = list(rows.select_related("category").order_by("-published_at", "-pk")[:10])
    if not projects:
        return None
    return Panel(_("Service projects"), "projects/_projects_panel.html", {"projects": projects})
