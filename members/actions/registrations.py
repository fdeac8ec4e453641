"""Reporting in: the member's and the home branch's side of a registration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from branches.models import Organisation
from dualmgmt.lib import audit, outbox
from dualmgmt.lib.actors import account
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.lifecycle import SOMEBODY_WAS_FASTER
from members import lifecycle, rules
from members.actions import corrections
from members.actions.skills import add as add_skills
from members.enums import LetterState
from members.enums import RegistrationState as S
from members.models import ActivityRegistration

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dualmgmt.lib.actors import Actor
    from members.models import Member, Skill

# As the field of the letter has it.
VOID_REASON_LENGTH = 200
# In the form of a walk-in that was edited before it was confirmed: what had been typed at the desk.
AT_DESK = "at_desk"


def snapshot(member: Member, *, skills: Iterable[Skill] | None = None) -> dict[str, Any]:
    """The registration form's fields as *member* has them (domain.md §1.3): a row of the roll, or with *skills*
    somebody who was typed and is on no roll yet.
    """
    if skills is None:
        rows = member.skill_rows.select_related("skill").order_by("skill__order", "skill__code")
        named = [str(row) for row in rows]
    else:
        named = [skill.name for skill in skills]
    return {
        "name": member.name,
        "sex": member.get_sex_display(),
        "ethnicity": member.ethnicity,
        "birth_date": member.birth_date.isoformat() if member.birth_date else "",
        "id_number": member.id_number,
        "education": member.education,
        "phone": member.phone,
        "home_address": member.home_address,
        "kind": member.get_kind_display(),
        "joined_on": member.joined_on.isoformat() if member.joined_on else "",
        "full_on": member.full_on.isoformat() if member.full_on else "",
        "party_post": member.party_post,
        "work_unit": member.work_unit,
        "work_post": member.work_post,
        "work_status": member.get_work_status_display(),
        "skills": named,
        "wishes": member.wishes,
        "available_times": member.available_times,
    }


def _say(member: Member, form: dict[str, Any], skills: Iterable[Skill] | None, by: Actor) -> dict[str, Any]:
    """*form* as it is kept: what the person says of themselves goes to their row, the roll's own fields never do.

    ``differs`` names the fields in which the form says something else than the roll.
    """
    if skills is not None:
        chosen = list(skills)
        add_skills(member=member, skills=chosen, by=by)
        rows = member.skill_rows.filter(skill__in=chosen).select_related("skill")
        form = {**form, "skills": [str(row) for row in rows.order_by("skill__order", "skill__code")]}
    said = {name: form[name] for name in ("wishes", "available_times") if name in form}
    if said:
        type(member).objects.filter(pk=member.pk).update(**said)
    return {**form, "differs": corrections.typed_over(member, form)}


@transaction.atomic
def start(
    *,
    member: Member,
    organisation: Organisation,
    reason: str,
    form: dict[str, Any],
    pledge: str,
    by: Actor,
    skills: Iterable[Skill] | None = None,
) -> ActivityRegistration:
    """Start a registration as a draft; the home branch may do it for an elderly member.

    *form* holds what the person typed over the pre-filled master data, *skills*
    what was ticked; ``None`` takes all the member has. Raises
    :class:`ActionDenied` when the receiver is not open, is the home branch, or
    already has an open registration of this member.
    """
    organisation = Organisation.objects.hold(organisation.pk)
    home = member.home_branch()
    rules.check_receiver(member, organisation, home)
    rules.check_no_open_registration(member, organisation)
    assert home is not None
    try:
        with transaction.atomic():
            registration = ActivityRegistration.objects.create(
                member=member,
                organisation=organisation,
                home_branch=home,
                reason=reason,
                form={**snapshot(member), **_say(member, form, skills, by)},
                pledge=pledge,
                created_by=account(by),
            )
    except IntegrityError:  # another tab or the home branch was faster
        raise ActionDenied(rules.ALREADY_OPEN, "already_open") from None
    audit.record("registration.started", registration, by=by, organisation=home)
    return registration


@transaction.atomic
def edit(
    *,
    registration: ActivityRegistration,
    form: dict[str, Any],
    reason: str,
    pledge: str,
    by: Actor,
    skills: Iterable[Skill] | None = None,
) -> None:
    """Change a draft or a returned form; what has been submitted stays as it was read."""
    if registration.state not in (S.DRAFT, S.RETURNED):
        raise ActionDenied(rules.NOT_EDITABLE, "not_editable")
    said = {**registration.form, **_say(registration.member, form, skills, by)}
    if registration.is_unconfirmed:
        # The desk goes on seeing what was typed there, not what the home side fills in.
        said = {AT_DESK: registration.form, **said}
    changes = {"form": said, "reason": reason, "pledge": pledge}
    if not ActivityRegistration.objects.filter(pk=registration.pk, state=registration.state).update(**changes):
        raise ActionDenied(SOMEBODY_WAS_FASTER, "stale")
    for name, value in changes.items():
        setattr(registration, name, value)
    audit.record("registration.edited", registration, by=by, organisation=registration.home_branch)


@transaction.atomic
def submit(*, registration: ActivityRegistration, by: Actor) -> None:
    """Ask the home branch of today for the letter; it may have changed since the draft.

    What the member typed over the roll's own words becomes a request for
    correction; the home branch that fills in the form writes its roll itself.
    """
    rules.check_state(registration, S.DRAFT, S.RETURNED)
    home = registration.member.home_branch()
    rules.check_receiver(registration.member, registration.organisation, home)
    lifecycle.registration.move(
        registration, S.PENDING_LETTER, submitted_at=timezone.now(), remark="", home_branch=home
    )
    audit.record("registration.submitted", registration, by=by, organisation=registration.home_branch)
    outbox.put("members.tell_letter_wanted", registration.pk)
    person = account(by)
    if person is not None and (registration.walk_in or person.pk == registration.member.user_id):
        corrections.ask_from_form(registration=registration, by=by)


@transaction.atomic
def send_back(*, registration: ActivityRegistration, reason: str, by: Actor) -> None:
    """The home branch or the receiver returns the form for correction."""
    rules.check_reason(reason)
    lifecycle.registration.move(registration, S.RETURNED, remark=reason.strip())
    void_letters(registration, reason)
    audit.record("registration.returned", registration, by=by, organisation=registration.home_branch, reason=reason)
    outbox.put("members.tell_returned", registration.pk)


@transaction.atomic
def withdraw(*, registration: ActivityRegistration, by: Actor) -> None:
    """The member or the home branch takes the registration back; a letter becomes void."""
    lifecycle.registration.move(registration, S.WITHDRAWN)
    void_letters(registration, str(rules.LETTER_WITHDRAWN))
    audit.record("registration.withdrawn", registration, by=by, organisation=registration.home_branch)


def void_letters(registration: ActivityRegistration, reason: str = "") -> None:
    """A letter is never reused: what is not used by now is void."""
    for letter in registration.letters.filter(state=LetterState.VALID):
        lifecycle.letter.move(
            letter, LetterState.VOID, voided_at=timezone.now(), void_reason=reason.strip()[:VOID_REASON_LENGTH]
        )
