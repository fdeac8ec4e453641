"""What a change of the tree does to members: their home, their registrations, their placements."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from branches.enums import ACTIVITY_ONLY_SETTINGS, ChangeKind
from branches.plans import ChangePlan
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.registry import Effect
from members import rules
from members.actions import homes
from members.enums import OPEN_REGISTRATION_STATES, LetterState, MembershipStatus
from members.models import ActivityRegistration, HomeMembership, HomeTransfer, IntroductionLetter

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from branches.models import Organisation
    from dualmgmt.lib.actors import Actor


def _at_home(plan: ChangePlan) -> QuerySet[HomeMembership]:
    rows = HomeMembership.objects.open().filter(organisation=plan.organisation)
    return rows.filter(member__in=plan.member_ids) if plan.kind == ChangeKind.SPLIT else rows


def _received(organisation: Organisation) -> QuerySet[ActivityRegistration]:
    return ActivityRegistration.objects.filter(organisation=organisation, state__in=OPEN_REGISTRATION_STATES)


def _placed(organisation: Organisation) -> QuerySet[ActivityRegistration]:
    rows = ActivityRegistration.objects.filter(placement=organisation, state__in=OPEN_REGISTRATION_STATES)
    return rows.exclude(organisation=organisation)


def _holds_relations(organisation: Organisation | None) -> bool:
    if organisation is None:
        return False
    try:
        rules.check_home_branch(organisation)
    except ActionDenied:
        return False
    return True


def veto_setting(change: tuple[Organisation, dict[str, Any]]) -> Iterable[str]:
    """A branch where members are at home cannot become one for activities only."""
    organisation, changes = change
    becomes = changes.get("setting") in ACTIVITY_ONLY_SETTINGS and organisation.setting not in ACTIVITY_ONLY_SETTINGS
    if becomes and HomeMembership.objects.open().filter(organisation=organisation).exists():
        yield str(rules.HOMES_ARE_HERE)


def preview(plan: ChangePlan) -> Iterable[Effect]:
    organisation = plan.organisation
    members = _at_home(plan)
    if plan.kind == ChangeKind.SPLIT or plan.ends:
        late = members.filter(started_on__gt=plan.effect_on).count()
        if late:
            sentence = _("%(count)s members came to this branch after the effect date; choose a later date.")
            yield Effect(sentence % {"count": late}, must_settle=True)
        yield from _transfers(plan)
    if plan.kind == ChangeKind.SPLIT:
        yield from _preview_split(plan)
    elif plan.ends:
        yield from _preview_homes(plan)
        yield from _preview_registrations(plan)
    elif plan.kind == ChangeKind.RENAMED:
        valid = IntroductionLetter.objects.filter(issuer=organisation, state=LetterState.VALID).count()
        if valid:
            sentence = ngettext(
                "%(count)s letter that is still on its way stays valid under the old name.",
                "%(count)s letters that are still on their way stay valid under the old name.",
                valid,
            )
            yield Effect(sentence % {"count": valid})
    else:
        yield Effect(_("Members at home here or below, their registrations and claims stay as they are."))


def _transfers(plan: ChangePlan) -> Iterable[Effect]:
    """The sender answers for a relation on its way until it is accepted: neither end may vanish meanwhile."""
    rows = HomeTransfer.objects.open()
    if plan.kind == ChangeKind.SPLIT:
        rows = rows.filter(source=plan.organisation, member__in=plan.member_ids)
    else:
        rows = rows.filter(Q(source=plan.organisation) | Q(target=plan.organisation))
    if count := rows.count():
        sentence = ngettext(
            "%(count)s transfer from or to this branch is on its way: have it accepted or withdrawn first.",
            "%(count)s transfers from or to this branch are on their way: have them accepted or withdrawn first.",
            count,
        )
        yield Effect(sentence % {"count": count}, must_settle=True)


def _preview_split(plan: ChangePlan) -> Iterable[Effect]:
    rows = _at_home(plan)
    count = rows.count()
    if count != len(plan.member_ids):
        yield Effect(_("Some of the chosen members are no longer at home in this branch."), must_settle=True)
    normal = HomeMembership.objects.open().filter(member__status=MembershipStatus.NORMAL, member__kind="full")
    stay = normal.filter(organisation=plan.organisation).exclude(member__in=plan.member_ids).count()
    leave = normal.filter(organisation=plan.organisation, member__in=plan.member_ids).count()
    yield Effect(
        _("%(count)s members go to %(name)s (%(leave)s full members); %(stay)s full members stay.")
        % {"count": count, "name": plan.name, "leave": leave, "stay": stay}
    )
    least = settings.BRANCH_RULES["min_full"]
    if min(leave, stay) < least:
        sentence = _("A branch needs at least %(limit)s full members: have an exception approved, or choose others.")
        yield Effect(sentence % {"limit": least})
    yield from _following(plan)


def _preview_homes(plan: ChangePlan) -> Iterable[Effect]:
    count = _at_home(plan).count()
    if not count:
        return
    link = f"{reverse('member_list')}?branch={plan.organisation.pk}"
    if _holds_relations(plan.heir):
        sentence = ngettext(
            "The organisational relation of %(count)s member goes to %(heir)s.",
            "The organisational relations of %(count)s members go to %(heir)s.",
            count,
        )
        yield Effect(sentence % {"count": count, "heir": plan.heir}, link)
        yield from _following(plan)
    else:
        sentence = _("%(count)s members are at home here: choose a branch that takes over their relations.")
        yield Effect(sentence % {"count": count}, link, must_settle=True)


def _following(plan: ChangePlan) -> Iterable[Effect]:
    rows = ActivityRegistration.objects.filter(
        member__in=_at_home(plan).values("member_id"), state__in=OPEN_REGISTRATION_STATES
    )
    if count := rows.count():
        sentence = ngettext(
            "%(count)s registration elsewhere stays open under the new home branch.",
            "%(count)s registrations elsewhere stay open under the new home branch.",
            count,
        )
        yield Effect(sentence % {"count": count})


def _preview_registrations(plan: ChangePlan) -> Iterable[Effect]:
    count = _received(plan.organisation).count()
    if count:
        link = reverse("archive")
        if plan.heir is not None and plan.heir.accepts_registrations:
            sentence = ngettext(
                "%(count)s registration is handed over to %(heir)s.",
                "%(count)s registrations are handed over to %(heir)s; who is there already is closed here.",
                count,
            )
            yield Effect(sentence % {"count": count, "heir": plan.heir}, link)
        else:
            sentence = _("%(count)s registrations are open here: choose an organisation that accepts registrations.")
            yield Effect(sentence % {"count": count}, link, must_settle=True)
    placed = _placed(plan.organisation).count()
    if placed:
        sentence = ngettext(
            "%(count)s member placed here goes to the branch that takes over, or to the receiving organisation.",
            "%(count)s members placed here go to the branch that takes over, or to the receiving organisation.",
            placed,
        )
        yield Effect(sentence % {"count": placed})


def apply(plan: ChangePlan, by: Actor) -> None:
    if plan.kind != ChangeKind.SPLIT and not plan.ends:
        return
    rows = _at_home(plan)
    if rows.exists():
        assert plan.heir is not None  # the preview asks to settle it otherwise
        homes.move_homes(
            memberships=rows, target=plan.heir, on=plan.effect_on, basis=plan.document_number.strip(), by=by
        )
    if plan.ends:
        homes.replace_placements(source=plan.organisation, heir=plan.heir, on=plan.effect_on, by=by)
        if plan.heir is not None:
            homes.redirect_registrations(source=plan.organisation, heir=plan.heir, on=plan.effect_on, by=by)
