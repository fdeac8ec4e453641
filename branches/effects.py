"""What a change of the tree does to the tree itself: organisations below, offices, divisions, pairings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db.models import Case, F, Q, QuerySet, When
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from branches.enums import ChangeKind, Kind
from branches.models import Appointment, Organisation, Pairing, RuleException
from branches.plans import ChangePlan
from branches.queries import ancestors
from dualmgmt.lib import audit, outbox
from dualmgmt.lib.actors import account
from dualmgmt.lib.registry import Effect

if TYPE_CHECKING:
    from dualmgmt.lib.actors import Actor


def _below(organisation: Organisation) -> QuerySet[Organisation]:
    return Organisation.objects.get_children(organisation).active()


def preview(plan: ChangePlan) -> Iterable[Effect]:
    """Sentences on the tree, offices, the division led and pairings."""
    if plan.kind == ChangeKind.MOVED:
        yield from _preview_move(plan)
    if plan.kind == ChangeKind.RENAMED:
        yield Effect(_("Letters, receipts and reports issued so far keep the old name; new ones carry the new one."))
    if plan.ends:
        yield from _preview_end(plan)


def _preview_move(plan: ChangePlan) -> Iterable[Effect]:
    assert plan.parent is not None
    subtree = Organisation.objects.below(plan.organisation).active().count()
    yield Effect(
        ngettext("%(count)s organisation moves.", "%(count)s organisations move, with everything below.", subtree)
        % {"count": subtree}
    )
    before = {row.pk: row for row in ancestors(plan.organisation)}
    after = {row.pk: row for row in [*ancestors(plan.parent), plan.parent]}
    lose = [row.name for pk, row in before.items() if pk not in after]
    gain = [row.name for pk, row in after.items() if pk not in before]
    if lose:
        yield Effect(_("No longer in the scope of: %(names)s") % {"names": "、".join(lose)})
    if gain:
        yield Effect(_("From now on in the scope of: %(names)s") % {"names": "、".join(gain)})


def _preview_end(plan: ChangePlan) -> Iterable[Effect]:
    organisation, heir = plan.organisation, plan.heir
    children = _below(organisation).count()
    if children:
        fits = heir is not None and heir.kind != Kind.BRANCH
        sentence = (
            ngettext(
                "%(count)s organisation below goes to %(heir)s.",
                "%(count)s organisations below go to %(heir)s.",
                children,
            )
            % {"count": children, "heir": heir}
            if fits
            else _("%(count)s organisations below have to be moved or dissolved first.") % {"count": children}
        )
        yield Effect(sentence, reverse("organisation_detail", args=[organisation.code]), must_settle=not fits)
    offices = Appointment.objects.lasting().filter(organisation=organisation).select_related("user")
    if offices:
        people = "、".join(f"{row.user}（{row.title}）" for row in offices)
        yield Effect(_("Appointments that end: %(people)s") % {"people": people})
    if organisation.leads_id:
        if heir is not None and heir.leads_id is None:
            yield Effect(_("%(heir)s becomes the Party organisation of %(place)s.") % _names(plan))
        else:
            yield Effect(_("%(place)s has no Party organisation of its own afterwards.") % _names(plan))
    pairings = _pairings(organisation).count()
    if pairings:
        yield Effect(ngettext("%(count)s pairing ends.", "%(count)s pairings end.", pairings) % {"count": pairings})


def _names(plan: ChangePlan) -> dict[str, object]:
    return {"heir": plan.heir, "place": plan.organisation.leads}


def _pairings(organisation: Organisation) -> QuerySet[Pairing]:
    return Pairing.objects.in_force().filter(Q(home_side=organisation) | Q(receiver=organisation))


def apply(plan: ChangePlan, by: Actor) -> None:
    if plan.ends:
        _hand_children(plan, by)
        _end_offices(plan, by)
        _hand_division(plan)
        _pairings(plan.organisation).update(
            ends_on=Case(When(starts_on__gt=plan.effect_on, then=F("starts_on")), default=plan.effect_on)
        )
        RuleException.objects.in_force().filter(organisation=plan.organisation).update(
            ends_on=Case(When(starts_on__gt=plan.effect_on, then=F("starts_on")), default=plan.effect_on)
        )


def _hand_children(plan: ChangePlan, by: Actor) -> None:
    for child in _below(plan.organisation):
        assert plan.heir is not None  # the preview asks to settle it otherwise
        Organisation.objects.move(child, plan.heir, "last-child")
        audit.record(
            "organisation.moved", child, by=by, organisation=child, before=plan.organisation.name, after=plan.heir.name
        )


def _end_offices(plan: ChangePlan, by: Actor) -> None:
    """Offices end on the day before; one that began later ends on its own first day and gives nothing any more.

    What was only proposed is turned down. Everybody concerned is told.
    """
    last = plan.effect_on - dt.timedelta(days=1)
    rows = Appointment.objects.filter(organisation=plan.organisation).select_related("user")
    said: dict[str, Any] = {"by": by, "organisation": plan.organisation}
    for row in rows.proposed():
        row.declined_at, row.declined_by, row.remark = timezone.now(), account(by), plan.document_number
        row.save(update_fields=["declined_at", "declined_by", "remark"])
        audit.record("appointment.declined", row, person=str(row.user), reason=plan.document_number, **said)
        outbox.put("branches.tell_appointment_decided", row.pk)
    for row in rows.lasting():
        row.ends_on = max(last, row.starts_on)
        row.ended_by, row.remark = account(by), plan.document_number
        row.save(update_fields=["ends_on", "ended_by", "remark"])
        audit.record("appointment.ended", row, person=str(row.user), **said)
        outbox.put("branches.tell_appointment_ended", row.pk)


def _hand_division(plan: ChangePlan) -> None:
    organisation, heir = plan.organisation, plan.heir
    if not organisation.leads_id:
        return
    division, organisation.leads = organisation.leads, None
    organisation.save(update_fields=["leads"])
    if heir is not None and heir.leads_id is None:
        heir.leads = division
        heir.save(update_fields=["leads"])
