"""What people mean for an organisation's page: the rules of setting it meets or does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from branches.access import above, may
from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt.lib.registry import Panel
from members.branchrules import findings

if TYPE_CHECKING:
    from members.models import User


def setting_of_organisation(user: User, organisation: Organisation) -> Panel | None:
    """Warnings with their source, and exceptions approved; for those who manage the organisation."""
    if not may(user, Permission.ORGANISATION_MANAGE, organisation):
        return None
    found = findings(Organisation.objects.filter(pk=organisation.pk))
    if not found:
        return None
    context = {
        "findings": found,
        "organisation": organisation,
        "may_except": may(user, Permission.ORGANISATION_CHANGE, above(organisation)),
    }
    return Panel(_("Setting and rules"), "members/_rules_panel.html", context, order=10)
