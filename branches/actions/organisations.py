"""Changes to the organisation tree. Every page, command and import goes through here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from branches import rules
from branches.actions.changes import record_founding
from branches.enums import Kind
from branches.models import Division, Organisation, Unit
from dualmgmt.lib import audit, numbers, registry
from dualmgmt.lib.clock import today
from dualmgmt.lib.denied import ActionDenied

if TYPE_CHECKING:
    from dualmgmt.lib.actors import Actor

EDITABLE = frozenset(
    {
        "setting",
        "external_parent",
        "theme",
        "purpose",
        "division",
        "accepts_registrations",
        "contact_name",
        "contact_phone",
        "address",
        "publish_needs_second_key",
        "committee_size",
        "elected_on",
        "term_ends_on",
    }
)


@transaction.atomic
def found_root(*, code: str, name: str, short_code: str, leads: Division | None, by: Actor) -> Organisation:
    """The topmost committee of a new city; it is the one there is where its code is known already."""
    Organisation.objects.hold_tree()
    known = Organisation.objects.filter(code=code).first()
    if known is not None:
        if known.depth > 1:
            raise ActionDenied(rules.NOT_THE_TOP, "not_the_top")
        return known
    root = Organisation.objects.create(
        code=code, name=name, short_code=short_code, kind=Kind.COMMITTEE, leads=leads, division=leads
    )
    audit.record("organisation.created", root, by=by, organisation=root, name=root.name)
    return root


@transaction.atomic
def create_organisation(
    *, parent: Organisation, by: Actor, unit: dict[str, Any] | None = None, document_number: str = "", **fields: Any
) -> Organisation:
    """Put a new organisation below *parent*.

    *unit* (``name``, ``sector``, ``credit_code``) names its employer, which is
    made if there is none of that name. Raises :class:`ActionDenied` when the
    parent may have nothing below it or the code is taken.
    """
    Organisation.objects.hold_tree()
    parent = Organisation.objects.hold(parent.pk)
    rules.check_parent(parent)
    if fields.get("external") and fields.get("accepts_registrations"):
        raise ActionDenied(rules.EXTERNAL_RECEIVES_NOBODY, "external_receives_nobody")
    if Organisation.objects.filter(code=fields["code"]).exists():
        raise ActionDenied(rules.CODE_TAKEN, "code_taken")
    if unit and unit.get("name"):
        fields["unit"] = _employer(**unit)
    try:
        with transaction.atomic():
            organisation = Organisation.objects.create(parent=parent, **fields)
    except IntegrityError:  # somebody took the code since the check
        raise ActionDenied(rules.CODE_TAKEN, "code_taken") from None
    if organisation.founded_on:
        record_founding(organisation, by=by, document_number=document_number)
    audit.record("organisation.created", organisation, by=by, organisation=organisation, name=organisation.name)
    return organisation


def _employer(*, name: str, sector: str, credit_code: str = "") -> Unit:
    """The unit of this credit code or else of this name; made where there is none."""
    known = Unit.objects.filter(credit_code=credit_code).first() if credit_code else None
    if known is not None and known.name != name:
        raise ActionDenied(rules.CREDIT_CODE_TAKEN, "credit_code_taken")
    known = known or Unit.objects.filter(name=name).order_by("pk").first()
    return known or Unit.objects.create(name=name, sector=sector, credit_code=credit_code or None)


@transaction.atomic
def enter_external(
    *, name: str, parent: str, contact_name: str = "", contact_phone: str = "", address: str = "", by: Actor
) -> Organisation:
    """A branch outside the portal, named on a paper letter: a root of its own, without accounts.

    The one of the same name and parent where there is one already. Its code is
    the portal's own, as the office that writes the letter has none here.
    """
    Organisation.objects.hold_tree()
    fields: dict[str, Any] = {"name": name.strip(), "external_parent": parent.strip(), "external": True}
    known = Organisation.objects.active().filter(**fields).first()
    if known is not None:
        return known
    year = today().year
    organisation = Organisation.objects.create(
        code=f"EXT-{year}-{numbers.take('organisation:external', year):04d}",
        kind=Kind.BRANCH,
        contact_name=contact_name,
        contact_phone=contact_phone,
        address=address,
        **fields,
    )
    audit.record("organisation.created", organisation, by=by, organisation=organisation, name=organisation.name)
    return organisation


@transaction.atomic
def edit_organisation(
    *, organisation: Organisation, by: Actor, joint_units: Any = None, **changes: Any
) -> Organisation:
    """Change contact, settings and terms of office; the name changes by a document (``changes.carry_out``).

    Raises ``ValueError`` for a field that this action does not change.
    """
    if unknown := set(changes) - EDITABLE:
        raise ValueError(f"not editable: {', '.join(sorted(unknown))}")
    organisation = Organisation.objects.hold(organisation.pk)
    rules.check_edit(organisation, changes)
    for refusal in registry.setting_vetoes.of((organisation, changes)):
        raise ActionDenied(refusal, "vetoed")
    before = {name: getattr(organisation, name) for name in changes if getattr(organisation, name) != changes[name]}
    for name in before:
        setattr(organisation, name, changes[name])
    organisation.save(update_fields=list(before))
    after = {name: _plain(changes[name]) for name in before}
    before = {name: _plain(value) for name, value in before.items()}
    if joint_units is not None:
        units = {unit.name for unit in organisation.joint_units.all()}
        organisation.joint_units.set(joint_units)
        if (now := {unit.name for unit in joint_units}) != units:
            before["joint_units"], after["joint_units"] = sorted(units), sorted(now)
    if not before:
        return organisation
    audit.record("organisation.edited", organisation, by=by, organisation=organisation, before=before, after=after)
    return organisation


def _plain(value: Any) -> Any:
    """For the audit row: dates and rows as words."""
    return value if value is None or isinstance(value, bool | int | str) else str(value)
