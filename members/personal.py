"""What the roll and reporting in keep about a person: who sees it, a copy for the person, merging, how long."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db.models import Field, Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from branches.models import Appointment, Organisation
from branches.permissions import Permission
from dualmgmt.lib.registry import Effect, Retention, Viewer
from dualmgmt.lib.sheets import Sheet
from members.actions.merging import conflicting_registrations, move_own
from members.enums import CardState, CorrectionState, DisclosureState, SlipState
from members.models import (
    ActivationSlip,
    ActivityRegistration,
    BatchLine,
    CorrectionRequest,
    Disclosure,
    HomeMembership,
    Member,
)

if TYPE_CHECKING:
    from dualmgmt.lib.actors import Actor
    from members.plans import MergePlan


def holders(permission: Permission, organisation: Organisation) -> dict[Organisation, list[Appointment]]:
    """Who holds *permission* over *organisation*, by the organisation whose office gives it, nearest first."""
    rows = Appointment.objects.holding(permission, organisation, above=True).select_related("user", "organisation")
    found: dict[Organisation, list[Appointment]] = {organisation: []}
    for row in rows.order_by("-organisation__path", "role", "pk"):
        found.setdefault(row.organisation, []).append(row)
    return found


def viewers(member: Member) -> Iterable[Viewer]:
    home = member.home_branch()
    if home is not None and home.external:
        what = _("Nothing in the portal: receipts and feedback reports on paper, sent by the receiving organisation")
        yield Viewer(home, _("Home branch outside the portal"), what)
    elif home is not None:
        for organisation, people in holders(Permission.ROSTER_VIEW, home).items():
            why = _("Home branch") if organisation == home else _("Committee above the home branch")
            what = _(
                "The roll, skills, card, registrations; ID number, phone, address masked until a purpose is stated"
            )
            yield Viewer(organisation, why, what, people)
    for transfer in member.transfers.open().filter(target__external=False).select_related("target"):
        for organisation, people in holders(Permission.ROSTER_VIEW, transfer.target).items():
            why = _("Branch to which the organisational relation is being transferred")
            yield Viewer(organisation, why, _("The transfer: name, sex, kind of member, masked ID number"), people)
    received = member.registrations.open().reached(Organisation.objects.all())
    for receiver in dict.fromkeys(row.organisation for row in received.select_related("organisation")):
        for organisation, people in holders(Permission.REGISTRATION_VIEW, receiver).items():
            why = _("Receiving organisation") if organisation == receiver else _("Committee above the receiver")
            yield Viewer(organisation, why, _("The registration form, skills and the phone"), people)
    for row in member.registrations.registered().select_related("organisation", "placement"):
        if row.placement is None or row.placement == row.organisation:
            continue
        for organisation, people in holders(Permission.REGISTRATION_VIEW, row.placement).items():
            if people and len(organisation.path) > len(row.organisation.path):
                what = _("The registration form, skills and the phone")
                yield Viewer(organisation, _("Branch in which one is placed"), what, people)


def label_of(name: str) -> str:
    """How the roll's field *name* is called."""
    field = Member._meta.get_field(name)
    assert isinstance(field, Field)
    return str(field.verbose_name)


def _registry(member: Member) -> Sheet:
    """Every field of the roll, in the clear: it is the person's own."""
    facts = [
        (label_of(name), value)
        for name, value in (
            ("name", member.name),
            ("sex", member.get_sex_display()),
            ("ethnicity", member.ethnicity),
            ("birth_date", member.birth_date),
            ("id_number", member.id_number),
            ("phone", member.phone),
            ("home_address", member.home_address),
            ("education", member.education),
            ("kind", member.get_kind_display()),
            ("joined_on", member.joined_on),
            ("full_on", member.full_on),
            ("party_post", member.party_post),
            ("work_unit", member.work_unit),
            ("work_post", member.work_post),
            ("work_status", member.get_work_status_display()),
            ("status", member.get_status_display()),
            ("exempt_reason", member.exempt_reason),
            ("skills", "、".join(str(row) for row in member.skill_rows.select_related("skill"))),
            ("wishes", member.wishes),
            ("available_times", member.available_times),
        )
    ]
    return Sheet(_("Registry"), [_("Item"), _("Content")], [[str(label), value] for label, value in facts])


def _skills_and_cards(member: Member) -> Iterable[Sheet]:
    yield Sheet(
        _("Skills"),
        [_("Skill"), _("Level"), _("Certificate"), _("Certificate valid until")],
        [
            [row.skill.name, row.get_level_display(), row.certificate, row.certificate_valid_until]
            for row in member.skill_rows.select_related("skill").order_by("skill__order", "skill__code")
        ],
    )
    yield Sheet(
        _("Member cards"),
        [_("Card number"), _("Issued by"), pgettext("card", "Issued on"), _("State"), _("Ended on"), _("Reason")],
        [
            [
                row.number,
                row.issuer.name,
                row.issued_on,
                row.get_state_display(),
                row.ended_on,
                row.get_end_reason_display(),
            ]
            for row in member.cards.select_related("issuer").order_by("issued_on", "pk")
        ],
    )


def _batch_lines(member: Member) -> Sheet:
    """Where the unit has put the member down and no letter came of it; what did is among the letters."""
    rows = BatchLine.objects.filter(member=member, registration=None).select_related("batch", "organisation")
    return Sheet(
        _("Report-in of the unit"),
        [_("Put down on"), _("Receiving organisation"), _("State"), _("reason")],
        [
            [timezone.localdate(row.batch.made_at), row.organisation.name, row.get_state_display(), row.remark]
            for row in rows
        ],
    )


def _registrations(member: Member) -> Sheet:
    return Sheet(
        _("Registrations"),
        [
            _("Receiving organisation"),
            _("Placed in"),
            _("State"),
            _("Registered on"),
            _("closed on"),
            _("reason for closing"),
            _("closing receipt"),
            _("final facts"),
            _("pledge"),
        ],
        [
            [
                row.organisation.name,
                str(row.placement or ""),
                row.get_state_display(),
                row.accepted_on,
                row.closed_on,
                row.get_close_reason_display() if row.close_reason else "",
                row.closing_receipt,
                row.final_facts,
                row.pledge,
            ]
            for row in member.registrations.select_related("organisation", "placement").order_by("created_at")
        ],
    )


def sections(member: Member) -> Iterable[Sheet]:
    yield _registry(member)
    yield Sheet(
        _("Home over time"),
        [_("Home branch"), _("from"), _("to"), _("basis")],
        [
            [row.organisation.name, row.started_on, row.ended_on, row.basis]
            for row in member.home_memberships.select_related("organisation").order_by("started_on")
        ],
    )
    yield from _skills_and_cards(member)
    yield Sheet(
        _("Transfers of the organisational relation"),
        [_("from branch"), _("to branch"), _("letter number"), _("sent"), _("State"), _("reason")],
        [
            [
                row.source.name,
                row.target.name,
                row.letter_number,
                timezone.localtime(row.sent_at).date(),
                row.get_state_display(),
                row.remark,
            ]
            for row in member.transfers.select_related("source", "target").order_by("sent_at")
        ],
    )
    yield _registrations(member)
    yield Sheet(
        _("Introduction letters"),
        [_("Number"), _("Receiving organisation"), _("issued on"), _("State")],
        [
            [letter.number, row.organisation.name, letter.issued_on, letter.get_state_display()]
            for row in member.registrations.select_related("organisation").prefetch_related("letters")
            for letter in row.letters.all()
        ],
    )
    yield _batch_lines(member)
    yield Sheet(
        _("What was revealed"),
        [_("when"), _("asked by"), _("organisation"), _("what is shown"), _("purpose")],
        [
            [
                timezone.localtime(row.opened_at).strftime("%Y-%m-%d %H:%M") if row.opened_at else "",
                str(row.requested_by),
                row.organisation.name,
                row.field_labels(),
                row.purpose_words(),
            ]
            for row in member.disclosures.opened().select_related("requested_by", "organisation")
        ],
    )


def preview_merge(plan: MergePlan) -> Iterable[Effect]:
    for receiver in conflicting_registrations(plan):
        sentence = _("Both are registered with %(receiver)s: close or withdraw one of the two registrations first.")
        yield Effect(sentence % {"receiver": receiver}, must_settle=True)
    if plan.lose.user is not None and plan.keep.user is not None:
        offices = plan.lose.user.appointments.lasting().count()
        if offices:
            sentence = _("The account of the closed row holds %(count)s offices: hand them over first.")
            yield Effect(sentence % {"count": offices}, must_settle=True)
        else:
            yield Effect(_("The account of the closed row is disabled; its owner signs in with the other one."))
    elif plan.lose.user is not None:
        yield Effect(_("The account goes to the row that stays."))
    count = plan.lose.registrations.count()
    if count:
        words = ngettext(
            "%(count)s registration goes to the row that stays.",
            "%(count)s registrations go to the row that stays.",
            count,
        )
        yield Effect(words % {"count": count})
    if plan.lose.transfers.open().exists():
        sentence = _("A transfer of the closed row is under way: withdraw it or have it decided first.")
        yield Effect(sentence, must_settle=True)
    home = plan.lose.home_branch()
    if home is not None:
        yield Effect(_("The membership at %(branch)s ends today and stays as history.") % {"branch": home.name})
    active = {"state": CardState.ACTIVE}
    if plan.lose.cards.filter(**active).exists() and plan.keep.cards.filter(**active).exists():
        yield Effect(_("The member card of the closed row is revoked."))


def apply_merge(plan: MergePlan, by: Actor) -> None:
    move_own(plan, by)


def _ended_slips(before: dt.datetime) -> Any:
    ended = [SlipState.USED, SlipState.EXPIRED, SlipState.VOID]
    return ActivationSlip.objects.filter(state__in=ended, requested_at__lt=before)


def _answered_corrections(before: dt.datetime) -> Any:
    rows = CorrectionRequest.objects.exclude(state=CorrectionState.ASKED).filter(answered_at__lt=before)
    return rows.exclude(proposed="")


def _old_disclosures(before: dt.datetime) -> Any:
    waiting = [DisclosureState.REQUESTED, DisclosureState.APPROVED]
    return Disclosure.objects.exclude(state__in=waiting).filter(requested_at__lt=before)


def _former_members(before: dt.datetime) -> Any:
    """Nobody's members any more since before that day, registered nowhere, with a phone or an address still kept.

    At home outside the portal, people are known here by their registrations only.
    """
    day = timezone.localdate(before)
    homes = HomeMembership.objects.open()
    rows = Member.objects.exclude(pk__in=ActivityRegistration.objects.open().values("member_id"))
    rows = rows.annotate(left_on=Max("home_memberships__ended_on"), closed_on=Max("registrations__closed_on"))
    gone = Q(left_on__lt=day) & ~Q(pk__in=homes.values("member_id"))
    outside = Q(pk__in=homes.filter(organisation__external=True, started_on__lt=day).values("member_id"))
    return rows.filter(gone | outside & (Q(closed_on=None) | Q(closed_on__lt=day))).exclude(phone="", home_address="")


def _forget_contact(before: dt.datetime) -> int:
    keys = list(_former_members(before).values_list("pk", flat=True))
    return Member.objects.filter(pk__in=keys).update(phone="", phone_hash="", home_address="")


RETENTIONS = (
    Retention(
        "slips",
        gettext_lazy("Activation slips that are used, expired or void"),
        "RETAIN_SLIPS_DAYS",
        lambda before: _ended_slips(before).count(),
        lambda before: _ended_slips(before).delete()[0],
    ),
    Retention(
        "corrections",
        gettext_lazy("Proposed values of correction requests that are answered"),
        "RETAIN_CORRECTIONS_DAYS",
        lambda before: _answered_corrections(before).count(),
        lambda before: _answered_corrections(before).update(proposed=""),
    ),
    Retention(
        "disclosures",
        gettext_lazy("Records of personal data that was revealed"),
        "RETAIN_DISCLOSURES_DAYS",
        lambda before: _old_disclosures(before).count(),
        lambda before: _old_disclosures(before).delete()[1].get("members.Disclosure", 0),
    ),
    Retention(
        "former_contact",
        gettext_lazy("Phone and address of people no longer on any roll"),
        "RETAIN_FORMER_CONTACT_DAYS",
        lambda before: _former_members(before).count(),
        _forget_contact,
    ),
)
