"""Statistics of reporting in (domain.md §6.1–6.2): each figure with its definition and the records behind it.

Whoever opens them acts in the capacity of an office over that part of the tree:
no audience is wide here, so no small count is hidden (design.md §5).
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Substr
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from branches.enums import Kind
from branches.figures import Board, Figure, Rate, Span, during
from branches.models import Organisation, Pairing
from members.enums import LetterOrigin, LetterState, MembershipStatus, ReceiptVerdict, WorkStatus
from members.models import ActivityRegistration, HomeMembership, IntroductionLetter

# Digits 7–9 of a division's code say what the street level is (GB/T 10114, which the National Bureau of Statistics
# follows): 001–099 a street 街道, 100–199 a town 镇, 200–399 a township 乡; 400–599 neither (farms, mines).
STREETS, TOWNS, TOWNSHIPS = ("001", "099"), ("100", "199"), ("200", "399")
# No tree is deeper; the city's own has five or six levels.
LEVELS = 15


def year_until(day: date) -> Span:
    """The statistical year, 1 January to 31 December, as far as *day* (domain.md §6)."""
    return Span(day.replace(month=1, day=1), day)


def expected_members(span: Span) -> QuerySet[HomeMembership]:
    """In-service members who are not exempt: whom report-in is expected of (domain.md §6.2)."""
    return HomeMembership.objects.on(span.last).filter(
        member__status=MembershipStatus.NORMAL, member__work_status=WorkStatus.IN_SERVICE, member__exempt=False
    )


def registered_members(span: Span) -> QuerySet[HomeMembership]:
    open_then = open_registrations(span)
    return expected_members(span).filter(Exists(open_then.filter(member=OuterRef("member"))))


def open_registrations(span: Span) -> QuerySet[ActivityRegistration]:
    return ActivityRegistration.objects.open_during(span.last, span.last)


def _receivers(span: Span) -> QuerySet[Organisation]:
    return Organisation.objects.filter(pk__in=open_registrations(span).values("organisation_id")).order_by()


def _in_service(span: Span) -> QuerySet[ActivityRegistration]:
    return open_registrations(span).filter(member__work_status=WorkStatus.IN_SERVICE)


def _at(between: tuple[str, str]) -> Q:
    return Q(street_digits__range=between)


def _split(span: Span) -> QuerySet[ActivityRegistration]:
    return _in_service(span).alias(street_digits=Substr("organisation__division__code", 7, 3))


def _elsewhere(span: Span) -> QuerySet[ActivityRegistration]:
    known = _split(span).filter(_at(STREETS) | _at(TOWNS) | _at(TOWNSHIPS))
    return _in_service(span).exclude(pk__in=known.values("pk"))


def letters_issued(span: Span) -> QuerySet[IntroductionLetter]:
    """Letters of the year, without those replaced by another one and those of homes outside the portal."""
    rows = IntroductionLetter.objects.filter(**during(span, "issued_on"), replaced_by=None)
    return rows.exclude(origin=LetterOrigin.OUTSIDE)


def letters_accepted(span: Span) -> QuerySet[IntroductionLetter]:
    return letters_issued(span).filter(verdict=ReceiptVerdict.ACCEPTED, receipt_at__date__lte=span.last)


def receipts_overdue(span: Span) -> QuerySet[IntroductionLetter]:
    """Past their last day on that day, neither answered nor void by then."""
    no_receipt = Q(receipt_at=None) | Q(receipt_at__date__gt=span.last)
    not_void = ~Q(state=LetterState.VOID) | Q(voided_at__date__gt=span.last)
    rows = IntroductionLetter.objects.filter(no_receipt, not_void, valid_until__lt=span.last)
    return rows.exclude(origin=LetterOrigin.OUTSIDE)


def _pairings(span: Span) -> QuerySet[Pairing]:
    return Pairing.objects.on(span.last).order_by()


def paired_branches(span: Span) -> QuerySet[Organisation]:
    """Branches that are paired themselves or below an organisation that is."""
    step = Organisation.steplen
    line = [Substr(OuterRef("path"), 1, end) for end in range(step, step * LEVELS + 1, step)]
    covered = Pairing.objects.on(span.last).filter(home_side__path__in=line)
    rows = Organisation.objects.filter(Q(ended_on=None) | Q(ended_on__gt=span.last), kind=Kind.BRANCH)
    return rows.filter(Exists(covered)).order_by()


def _paired_members(span: Span) -> QuerySet[HomeMembership]:
    rows = HomeMembership.objects.on(span.last).filter(member__status=MembershipStatus.NORMAL)
    return rows.filter(organisation__in=paired_branches(span).values("pk"))


_HOMES = (((_("Home branch"), "organisation"), (_("Member since"), "started_on")), ("organisation",))
_RECEIVED = (
    (
        (_("Receiving organisation"), "organisation"),
        (_("Address"), "organisation.division"),
        (_("Home branch"), "home_branch"),
        (_("Accepted on"), "accepted_on"),
    ),
    ("organisation__division", "home_branch"),
)
_LETTERS = (
    (
        (_("Number"), "number"),
        (_("Addressee"), "registration.organisation"),
        (_("Issued on"), "issued_on"),
        (_("Valid until"), "valid_until"),
        (_("Receipt"), "get_verdict_display"),
    ),
    ("registration__organisation",),
)
_ORGANISATIONS = (((_("Organisation"), "name"), (_("Address"), "division")), ("division",))
_SIDES = (
    (
        (_("Unit's Party organisation"), "home_side"),
        (_("Receiving organisation"), "receiver"),
        (_("Since"), "starts_on"),
    ),
    ("home_side", "receiver"),
)


def _figure(key: str, label: Any, definition: Any, rows: Any, path: str, shown: Any) -> Figure:
    columns, related = shown
    return Figure(key, label, definition, rows, path, columns=columns, related=related)


FIGURES: dict[str, Figure] = {
    figure.key: figure
    for figure in (
        _figure(
            "receivers",
            _("Organisations that run report-in"),
            _("Organisations here with at least one member registered on the day."),
            _receivers,
            "path",
            _ORGANISATIONS,
        ),
        _figure(
            "in_service",
            _("In-service members received"),
            _("Registrations of in-service members, open on the day; who is registered twice counts at both places."),
            _in_service,
            "organisation__path",
            _RECEIVED,
        ),
        _figure(
            "streets",
            _("of these at streets"),
            _("Of these, where digits 7–9 of the division's code are 001–099: a street."),
            lambda span: _split(span).filter(_at(STREETS)),
            "organisation__path",
            _RECEIVED,
        ),
        _figure(
            "towns",
            _("of these at towns"),
            _("Of these, where digits 7–9 of the division's code are 100–199: a town."),
            lambda span: _split(span).filter(_at(TOWNS)),
            "organisation__path",
            _RECEIVED,
        ),
        _figure(
            "townships",
            _("of these at townships"),
            _("Of these, where digits 7–9 of the division's code are 200–399: a township."),
            lambda span: _split(span).filter(_at(TOWNSHIPS)),
            "organisation__path",
            _RECEIVED,
        ),
        _figure(
            "others",
            _("of these elsewhere"),
            _("Of these, at organisations whose address is no street, town or township: markets, firms, farms."),
            _elsewhere,
            "organisation__path",
            _RECEIVED,
        ),
        _figure(
            "expected",
            _("Members expected to report in"),
            _("In-service members at home here on the last day, without those exempt for age or illness."),
            expected_members,
            "organisation__path",
            _HOMES,
        ),
        _figure(
            "registered",
            _("Members registered elsewhere"),
            _("Of these, members with at least one open registration on the last day."),
            registered_members,
            "organisation__path",
            _HOMES,
        ),
        _figure(
            "issued",
            _("Letters issued"),
            _("Letters issued here from 1 January to the day, without those replaced by another one."),
            letters_issued,
            "issuer__path",
            _LETTERS,
        ),
        _figure(
            "accepted",
            pgettext_lazy("figure", "Letters accepted"),
            _("Of these, with a receipt by the day that says accepted."),
            letters_accepted,
            "issuer__path",
            _LETTERS,
        ),
        _figure(
            "overdue",
            _("Receipts overdue"),
            _("Letters of any year past their last day, and on the day neither answered nor void."),
            receipts_overdue,
            "issuer__path",
            _LETTERS,
        ),
        _figure(
            "pairings",
            _("Pairings"),
            _("Pairings of organisations here with receiving ones, in force on the day."),
            _pairings,
            "home_side__path",
            _SIDES,
        ),
        _figure(
            "paired_branches",
            _("Branches paired"),
            _("Branches that are paired on the day themselves, or with the unit above them."),
            paired_branches,
            "path",
            _ORGANISATIONS,
        ),
        _figure(
            "paired_members",
            _("Members of paired branches"),
            _("Members at home in these branches on the day."),
            _paired_members,
            "organisation__path",
            _HOMES,
        ),
    )
}
RATES = (
    Rate(
        "reported",
        _("Report-in rate"),
        _("Members registered elsewhere ÷ members expected to report in."),
        "registered",
        "expected",
    ),
    Rate("completed", _("Completion rate"), _("Letters accepted ÷ letters issued."), "accepted", "issued"),
)
BOARD = Board(FIGURES, RATES)
