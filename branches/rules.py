"""Why something about an organisation is refused; each sentence stands here once."""

from django.utils.translation import gettext_lazy as _

from branches.enums import Kind, OrganisationState
from branches.models import Organisation
from dualmgmt.lib.denied import ActionDenied

BRANCH_HAS_NOTHING_BELOW = _(
    "A branch has no organisations below it. Choose a committee or general branch as the parent."
)
PARENT_NOT_ACTIVE = _("The parent organisation is no longer active. Choose another one.")
EXTERNAL_RECEIVES_NOBODY = _("An organisation outside the portal cannot accept registrations.")
CODE_TAKEN = _("This code already belongs to another organisation.")
DIVISION_LED = _("This division already has its own Party organisation.")


def check_parent(parent: Organisation) -> None:
    """Raise unless organisations may be put below *parent*."""
    if parent.kind == Kind.BRANCH:
        raise ActionDenied(BRANCH_HAS_NOTHING_BELOW, "branch_has_nothing_below")
    if parent.state != OrganisationState.ACTIVE:
        raise ActionDenied(PARENT_NOT_ACTIVE, "parent_not_active")
