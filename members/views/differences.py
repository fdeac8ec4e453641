"""Where a registration form says something else than the roll: asked, answered, or written into the roll at home."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from branches.access import may
from branches.permissions import Permission
from dualmgmt.lib.pages import attempt, complain
from members import access
from members.actions import corrections
from members.enums import CorrectionField
from members.forms.privacy import DifferenceForm
from members.models import CorrectionRequest

if TYPE_CHECKING:
    from members.models import ActivityRegistration, User


def shown(user: User, registration: ActivityRegistration) -> dict[str, Any]:
    """For the page of a registration: what was asked about its form, and what each side may do about it.

    No value of the roll is among it: a receiver reads that something was corrected, not into what.
    """
    asked = list(registration.corrections.select_related("asked_by").order_by("pk"))
    openable = set(
        CorrectionRequest.objects.visible_to(user).filter(registration=registration).values_list("pk", flat=True)
    )
    keeps_roll = access.keeps(user, registration.member, Permission.ROSTER_EDIT)
    differing = corrections.differing(registration) if keeps_roll else []
    settled = {row.field for row in asked}
    may_report = (
        registration.state in corrections.REPORTABLE
        and not keeps_roll
        and may(user, Permission.REGISTRATION_ACCEPT, registration.organisation)
    )
    return {
        "asked_corrections": [(row, row.pk in openable) for row in asked],
        "into_roll": [CorrectionField(name).label for name in differing if name not in settled],
        "difference_form": DifferenceForm(member=registration.member, prefix="differs") if may_report else None,
    }


@require_POST
def registration_differs(request: HttpRequest, pk: int) -> HttpResponse:
    """The receiver has found at the desk that something is different; the home branch is asked."""
    registration = access.received_registration(request.user, pk, Permission.REGISTRATION_ACCEPT)
    form = DifferenceForm(request.POST, member=registration.member, prefix="differs")
    if not form.is_valid():
        complain(request, form)
        return redirect("registration_detail", pk)
    cleaned = {**form.cleaned_data, "field": CorrectionField(form.cleaned_data["field"])}
    attempt(
        request,
        lambda: corrections.report(registration=registration, by=request.user, **cleaned),
        _("The home branch has been asked. Its answer shows here."),
    )
    return redirect("registration_detail", pk)


@require_POST
def registration_into_roll(request: HttpRequest, pk: int) -> HttpResponse:
    """The home branch filled in the form itself: what it typed there goes into its own roll."""
    registration = access.registration_on_own_roll(request.user, pk)
    attempt(
        request,
        lambda: corrections.take_over(registration=registration, by=request.user),
        _("The roll now says what the form says."),
    )
    return redirect("registration_detail", pk)
