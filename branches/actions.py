"""Changes to the organisation tree. Every page, command and import goes through here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from branches import rules
from branches.models import Organisation, Unit
from dualmgmt.lib import audit
from dualmgmt.lib.denied import ActionDenied

if TYPE_CHECKING:
    from dualmgmt.lib.actors import Actor

EDITABLE = frozenset(
    {
        "name",
        "short_code",
        "setting",
        "theme",
        "accepts_registrations",
        "contact_name",
        "contact_phone",
        "address",
        "publish_needs_second_key",
    }
)


@transaction.atomic
def create_organisation(
    *, parent: Organisation, by: Actor, unit: dict[str, Any] | None = None, **fields: Any
) -> Organisation:
    """Put a new organisation below *parent*.

    *unit* (``name``, ``sector``, ``credit_code``) names its employer, which is
    made if there is none of that name. Raises :class:`ActionDenied` when the
    parent may have nothing below it or the code is taken.
    """
    rules.check_parent(parent)
    if fields.get("external") and fields.get("accepts_registrations"):
        raise ActionDenied(rules.EXTERNAL_RECEIVES_NOBODY, "external_receives_nobody")
    if Organisation.objects.filter(code=fields["code"]).exists():
        raise ActionDenied(rules.CODE_TAKEN, "code_taken")
    if unit and unit.get("name"):
        defaults = {"sector": unit["sector"], "credit_code": unit.get("credit_code") or None}
        fields["unit"], _made = Unit.objects.get_or_create(name=unit["name"], defaults=defaults)
    try:
        with transaction.atomic():
            organisation = Organisation.objects.create(parent=parent, **fields)
    except IntegrityError:  # somebody took the code since the check
        raise ActionDenied(rules.CODE_TAKEN, "code_taken") from None
    audit.record("organisation.created", organisation, by=by, organisation=organisation, name=organisation.name)
    return organisation


@transaction.atomic
def edit_organisation(*, organisation: Organisation, by: Actor, **changes: Any) -> Organisation:
    """Change names, contact and settings; place in the tree, kind and code stay.

    Raises ``ValueError`` for a field that this action does not change.
    """
    if unknown := set(changes) - EDITABLE:
        raise ValueError(f"not editable: {', '.join(sorted(unknown))}")
    if organisation.external and changes.get("accepts_registrations"):
        raise ActionDenied(rules.EXTERNAL_RECEIVES_NOBODY, "external_receives_nobody")
    before = {name: getattr(organisation, name) for name in changes if getattr(organisation, name) != changes[name]}
    if not before:
        return organisation
    for name in before:
        setattr(organisation, name, changes[name])
    organisation.save(update_fields=list(before))
    after = {name: changes[name] for name in before}
    audit.record("organisation.edited", organisation, by=by, organisation=organisation, before=before, after=after)
    return organisation
