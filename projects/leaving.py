"""What the service cycle keeps open when a member leaves a receiver, and what it has to say at the end."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Count, Max, Min, Prefetch, Sum
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from branches.access import may
from branches.permissions import Permission
from dualmgmt.lib.registry import Effect, LooseEnd, Way
from members.enums import RegistrationState
from projects import access
from projects.actions import claims as actions
from projects.actions import handover
from projects.enums import OPEN_CLAIM_STATES, ClaimState, RecordState
from projects.models import Claim, ServiceRecord

if TYPE_CHECKING:
    from dualmgmt.lib.actors import Actor
    from members.models import ActivityRegistration, User
    from members.plans import StatusPlan


def ends(registration: ActivityRegistration, user: User | None) -> Iterable[LooseEnd]:
    """Open claims on projects of the receiver or below, each with what *user* may do about it; then what only waits."""
    here = {"project__organisation__path__startswith": registration.organisation.path}
    waiting = Claim.objects.filter(state=ClaimState.OFFERED).select_related("member")
    rows = (
        Claim.objects.filter(member=registration.member_id, state__in=OPEN_CLAIM_STATES, **here)
        .select_related("project__organisation", "member", "branch")
        .prefetch_related(Prefetch("offers", queryset=waiting, to_attr="waiting"))
        .order_by("claimed_at", "pk")
    )
    for claim in rows:
        yield _line(claim, user, leaving=registration.state == RegistrationState.LEAVING)
    if user is None:
        return
    named = Claim.objects.filter(participants__member=registration.member_id, state__in=OPEN_CLAIM_STATES, **here)
    for other in named.select_related("project", "branch"):
        note = _("Named by %(branch)s; the branch may name somebody else.") % {"branch": other.branch}
        yield LooseEnd(other.project.title, "", other.state, other.get_state_display(), note, must_settle=False)
    stated = ServiceRecord.objects.filter(
        member=registration.member_id,
        state=RecordState.STATED,
        claim__project__organisation__path__startswith=registration.organisation.path,
    ).count()
    if stated:
        words = ngettext(
            "%(count)s service record waits to be verified.", "%(count)s service records wait to be verified.", stated
        )
        verifies = may(user, Permission.RECORD_VERIFY, registration.organisation)
        url = f"{reverse('record_list')}?state=stated" if verifies else ""
        yield LooseEnd(words % {"count": stated}, url, must_settle=False)


def _line(claim: Claim, user: User | None, *, leaving: bool) -> LooseEnd:
    offered: Claim | None = next(iter(claim.waiting), None)  # type: ignore[attr-defined]
    ways: list[Way] = []
    url = note = ""
    if user is not None:
        publishes = may(user, Permission.CLAIM_DECIDE, claim.project.organisation)
        settles = access.holds(user, claim) or (leaving and publishes)
        url = reverse("claim_detail", args=[claim.pk]) if settles or publishes else ""
        if offered is not None:
            note = _("%(name)s has been asked to take over.") % {"name": offered.member} if url else ""
        ways = list(_ways(claim, offered, settles=settles, publishes=publishes))
    return LooseEnd(claim.project.title, url, claim.state, str(claim.get_state_display()), note, ways=ways)


def _ways(claim: Claim, offered: Claim | None, *, settles: bool, publishes: bool) -> Iterable[Way]:
    if claim.state == ClaimState.CONFIRMED and publishes:
        yield Way(_("The service is finished"), reverse("claim_finish", args=[claim.pk]))
    if claim.state == ClaimState.CONFIRMED and settles:
        if offered is None:
            yield Way(_("Hand over to a stand-in"), reverse("claim_offer", args=[claim.pk]), post=False)
        else:
            yield Way(_("Take the request back"), reverse("claim_offer_withdraw", args=[claim.pk]))
    if settles:
        warning = _("The place becomes free for others. Records already made stay.")
        yield Way(_("Withdraw the claim"), reverse("claim_withdraw", args=[claim.pk]), warning=warning)


def facts(registration: ActivityRegistration) -> Iterable[str]:
    """What was verified at the receiver or below since the member was accepted, as one sentence."""
    records = ServiceRecord.objects.verified().filter(
        member=registration.member_id,
        claim__project__organisation__path__startswith=registration.organisation.path,
    )
    if registration.accepted_on is not None:
        records = records.filter(service_date__gte=registration.accepted_on)
    total = records.aggregate(
        records=Count("pk"),
        projects=Count("claim__project", distinct=True),
        hours=Sum("verified_hours"),
        people=Sum("verified_people"),
        first=Min("service_date"),
        last=Max("service_date"),
    )
    if not total["records"]:
        yield _("No service record was verified while the member was registered here.")
        return
    sentence = _(
        "From %(first)s to %(last)s: %(records)s verified service records in %(projects)s projects, %(hours)s hours, "
        "%(people)s people served."
    )
    if total["first"] == total["last"]:
        sentence = _("On %(first)s: %(records)s verified service records, %(hours)s hours, %(people)s people served.")
    yield sentence % {
        **total,
        "hours": f"{(total['hours'] or Decimal(0)).normalize():f}",
        "people": total["people"] or 0,
        "first": date_format(total["first"]),
        "last": date_format(total["last"]),
    }


def closed(registration: ActivityRegistration, by: Actor) -> None:
    """Who has left is not asked to stand in there any more."""
    asked = Claim.objects.filter(
        member=registration.member_id, project__organisation__path__startswith=registration.organisation.path
    )
    handover.end_offers(rows=asked, reason=str(registration.get_state_display()))


def preview_status(plan: StatusPlan) -> Iterable[Effect]:
    if not plan.ends:
        return
    count = Claim.objects.filter(member=plan.member, state__in=OPEN_CLAIM_STATES).count()
    if count:
        words = ngettext(
            "%(count)s open claim ends; its place becomes free.",
            "%(count)s open claims end; their places become free.",
            count,
        )
        yield Effect(words % {"count": count})


def apply_status(plan: StatusPlan, by: Actor) -> None:
    if plan.ends:
        actions.end_all_of(member=plan.member, reason=str(plan.reason.label), by=by)
