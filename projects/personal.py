"""What the service cycle keeps about a person: who sees it, the person's own copy, merging, how long it stays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from branches.permissions import Permission
from dualmgmt.lib.registry import Effect, Retention, Viewer
from dualmgmt.lib.sheets import Sheet
from members.personal import holders
from projects.enums import HOLDING_CLAIM_STATES, OPEN_CLAIM_STATES, ClaimState, NeedState
from projects.models import Claim, ClaimParticipant, Need, ServiceRecord

if TYPE_CHECKING:
    from dualmgmt.lib.actors import Actor
    from members.models import Member
    from members.plans import MergePlan


def viewers(member: Member) -> Iterable[Viewer]:
    """Publishers of the projects that the member has claimed and not finished, or is asked to take over."""
    claims = Claim.objects.filter(member=member, state__in=(ClaimState.OFFERED, *OPEN_CLAIM_STATES))
    claims = claims.select_related("project__organisation")
    for publisher in dict.fromkeys(claim.project.organisation for claim in claims):
        for organisation, people in holders(Permission.CLAIM_VIEW, publisher).items():
            why = _("Publisher of a project you claimed") if organisation == publisher else _("Committee above it")
            yield Viewer(organisation, why, _("Name, claim, service records and the phone"), people)


def sections(member: Member) -> Iterable[Sheet]:
    claims = Claim.objects.filter(member=member).select_related("project__organisation").order_by("claimed_at")
    yield Sheet(
        _("Claims"),
        [_("Number"), _("Project"), _("Organisation"), _("State")],
        [[row.number, row.project.title, row.project.organisation.name, row.get_state_display()] for row in claims],
    )
    records = ServiceRecord.objects.filter(member=member).select_related("claim__project").order_by("service_date")
    yield Sheet(
        _("Service records"),
        [_("service date"), _("Project"), _("hours"), _("verified hours"), _("what was done"), _("State")],
        [
            [
                row.service_date,
                row.claim.project.title,
                row.hours,
                row.verified_hours,
                row.content,
                row.get_state_display(),
            ]
            for row in records
        ],
    )


def _twice_claimed(plan: MergePlan) -> list[str]:
    """Titles of projects on which both rows hold a place."""
    theirs = Claim.objects.filter(member=plan.keep, state__in=HOLDING_CLAIM_STATES).values("project_id")
    rows = Claim.objects.filter(member=plan.lose, state__in=HOLDING_CLAIM_STATES, project_id__in=theirs)
    return list(rows.values_list("project__title", flat=True))


def preview_merge(plan: MergePlan) -> Iterable[Effect]:
    for title in _twice_claimed(plan):
        sentence = _("Both have claimed “%(title)s”: withdraw one of the two claims first.")
        yield Effect(sentence % {"title": title}, must_settle=True)
    between = Claim.objects.filter(state=ClaimState.OFFERED).filter(
        Q(member=plan.keep, stands_in_for__member=plan.lose) | Q(member=plan.lose, stands_in_for__member=plan.keep)
    )
    for title in between.values_list("project__title", flat=True):
        sentence = _("One asks the other to take over “%(title)s”: take the request back first.")
        yield Effect(sentence % {"title": title}, must_settle=True)
    count = Claim.objects.filter(member=plan.lose).count()
    if count:
        words = ngettext(
            "%(count)s claim goes to the row that stays.", "%(count)s claims go to the row that stays.", count
        )
        yield Effect(words % {"count": count})
    records = ServiceRecord.objects.filter(member=plan.lose).count()
    if records:
        words = ngettext(
            "%(count)s service record goes to the row that stays.",
            "%(count)s service records go to the row that stays.",
            records,
        )
        yield Effect(words % {"count": records})


def apply_merge(plan: MergePlan, by: Actor) -> None:
    keep, lose = plan.keep, plan.lose
    Claim.objects.filter(member=lose).update(member=keep)
    ServiceRecord.objects.filter(member=lose).update(member=keep)
    named = ClaimParticipant.objects.filter(member=keep).values("claim_id")
    ClaimParticipant.objects.filter(member=lose, claim_id__in=named).delete()
    ClaimParticipant.objects.filter(member=lose).update(member=keep)


def _settled_needs(before: dt.datetime) -> Any:
    closed = [NeedState.REJECTED, NeedState.REFERRED, NeedState.ANSWERED]
    return Need.objects.filter(state__in=closed, created_at__lt=before).exclude(contact_name="", contact_phone="")


RETENTIONS = (
    Retention(
        "reporters",
        gettext_lazy("Name and phone of residents whose need is settled"),
        "RETAIN_REPORTERS_DAYS",
        lambda before: _settled_needs(before).count(),
        lambda before: _settled_needs(before).update(contact_name="", contact_phone=""),
    ),
)
