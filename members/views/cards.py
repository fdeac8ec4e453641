"""Pages of the member card: issuing, showing, printing, ending."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from branches.permissions import Permission
from dualmgmt.lib import audit, qr, typeset
from dualmgmt.lib.pages import attempt
from members import access, printing
from members.actions import people
from members.enums import CardState
from members.models import MemberCard


@require_POST
def card_issue(request: HttpRequest, pk: int) -> HttpResponse:
    member = access.get_member(request.user, pk, Permission.CARD_ISSUE)
    done = attempt(request, lambda: people.issue_card(member=member, by=request.user), _("The card has been issued."))
    return redirect("member_card" if done else "member_detail", pk)


@require_POST
def card_end(request: HttpRequest, pk: int) -> HttpResponse:
    member = access.get_member(request.user, pk, Permission.CARD_ISSUE)
    card = access.fetch(MemberCard.objects.filter(member=member), state=CardState.ACTIVE)
    attempt(
        request,
        lambda: people.end_card(card=card, lost="lost" in request.POST, by=request.user),
        _("The card is no longer valid."),
    )
    return redirect("member_detail", pk)


@require_safe
def member_card(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, access.get_card(request.user, pk))


@require_safe
def my_card(request: HttpRequest) -> HttpResponse:
    return _page(request, access.get_card(request.user, access.own_member(request.user).pk))


def _page(request: HttpRequest, card: MemberCard) -> HttpResponse:
    home = card.member.home_branch()
    context = {
        "card": card,
        "member": card.member,
        "home": home,
        "qr": qr.svg(request.build_absolute_uri(printing.find_path(card.token))),
        "may_end": home is not None and access.may(request.user, Permission.CARD_ISSUE, home),
    }
    return render(request, "members/card.html", context)


@require_safe
def card_print(request: HttpRequest, pk: int) -> HttpResponse:
    """A card to cut out and fold."""
    card = access.get_card(request.user, pk)
    data = printing.card_data(card, request.build_absolute_uri(printing.find_path(card.token)))
    audit.record("paper.printed", card, by=request.user, organisation=card.issuer, number=card.number)
    return printing.answer(typeset.pdf("member_card", data), f"card-{card.pk}")
