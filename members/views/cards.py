"""Pages of the member card: the phone's own, the branch's register, issuing, printing, ending."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from branches.access import may_anywhere, require_anywhere
from branches.permissions import Permission
from dualmgmt.lib import audit, qr, typeset
from dualmgmt.lib.pages import attempt, complain
from members import access, cardcodes, printing, queries
from members.actions import cards
from members.enums import CardEnd
from members.filters import CardFilter
from members.forms.cards import CardEndForm, IssueManyForm
from members.models import Member, MemberCard

PER_PAGE = 50
CARDS_PER_PRINT = 200


@never_cache
@require_safe
def my_card(request: HttpRequest) -> HttpResponse:
    """The card on the phone: its square code is made anew every minute, by htmx or by the link under it."""
    member = access.own_member(request.user)
    card = member.cards.valid().first()
    context = {"card": card, **(_code(request, card) if card else {})}
    fragment = getattr(request, "htmx", False)
    if not fragment:
        context |= {"member": member, "home": member.home_branch(), "history": _history(member)}
    answer = render(request, "members/_card_code.html" if fragment else "members/my_card.html", context)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


def _code(request: HttpRequest, card: MemberCard) -> dict[str, object]:
    code, until = cardcodes.fresh(card)
    return {
        "qr": qr.svg(request.build_absolute_uri(printing.find_path(code))),
        "until": until,
        "every": max(settings.CARD_CODE_SECONDS // 2, 5),
    }


def _history(member: Member) -> list[MemberCard]:
    """Every card the member ever had, newest first."""
    return list(member.cards.select_related("issuer", "ended_by").order_by("-pk"))


@require_POST
def my_card_lost(request: HttpRequest) -> HttpResponse:
    """The member reports the card lost, on the phone; it is dead at once."""
    card = access.own_valid_card(request.user)
    attempt(
        request,
        lambda: cards.end(card=card, reason=CardEnd.LOST, by=request.user),
        _("The card is no longer valid. Your home branch has been told and can issue a new one."),
    )
    return redirect("my_card")


@require_safe
def member_card(request: HttpRequest, pk: int) -> HttpResponse:
    """The card and all earlier ones of a member, for the home branch."""
    return _page(request, access.card_holder(request.user, pk))


def _page(request: HttpRequest, member: Member, end_form: CardEndForm | None = None) -> HttpResponse:
    card = member.cards.current()
    context = {
        "card": card,
        "member": member,
        "home": member.home_branch(),
        "history": _history(member),
        "end_form": end_form or (CardEndForm(card=card) if card else None),
    }
    return render(request, "members/card.html", context)


@require_POST
def card_issue(request: HttpRequest, pk: int) -> HttpResponse:
    member = access.card_holder(request.user, pk)
    attempt(request, lambda: cards.issue(member=member, by=request.user), _("The card has been issued."))
    return redirect("member_card", pk)


@require_POST
def card_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Lost, replaced or revoked by the home branch."""
    member = access.card_holder(request.user, pk)
    card = access.current_card(member)
    form = CardEndForm(request.POST, card=card)
    if not form.is_valid():
        return _page(request, member, form)
    reason = form.cleaned_data["reason"]
    attempt(
        request,
        lambda: cards.end(card=card, reason=reason, by=request.user),
        _("The card is no longer valid."),
    )
    return redirect("member_card", pk)


@require_safe
def card_print(request: HttpRequest, pk: int) -> HttpResponse:
    """The card on paper, with the static token that dies with it."""
    card = access.get_card(request.user, pk)
    audit.record("paper.printed", card, by=request.user, organisation=card.issuer, number=card.number)
    return _printed(request, [card], f"card-{card.pk}")


@require_safe
def card_sheet(request: HttpRequest) -> HttpResponse:
    """All valid cards of the register as it is filtered, to cut out, or one after another for a card printer."""
    require_anywhere(request.user, Permission.CARD_ISSUE)
    people = CardFilter(
        request.GET, queryset=queries.with_card(queries.card_holders(request.user)), user=request.user
    ).qs
    found = MemberCard.objects.valid().filter(member__in=people.values("pk")).select_related("member", "issuer")
    sheet = list(found.order_by("issuer__path", "number")[: CARDS_PER_PRINT + 1])
    if not sheet or len(sheet) > CARDS_PER_PRINT:
        no = _("At most %(count)s cards are printed at once. Narrow the filter.") % {"count": CARDS_PER_PRINT}
        messages.error(request, no if sheet else _("There is no valid card to print here. Issue cards first."))
        return redirect(f"{reverse('card_register')}?{request.GET.urlencode()}")
    office = access.office(request.user, Permission.CARD_ISSUE)
    printed = {"title": _("Member cards"), "count": len(sheet)}
    audit.record("paper.printed", office, by=request.user, organisation=office, **printed)
    return _printed(request, sheet, "cards")


def _printed(request: HttpRequest, sheet: list[MemberCard], name: str) -> HttpResponse:
    """``?layout=printer`` makes pages of card size, front and back; otherwise A4 to cut out."""
    find = [request.build_absolute_uri(printing.find_path(card.token)) for card in sheet]
    data = {
        "layout": "printer" if request.GET.get("layout") == "printer" else "a4",
        "sheets": [printing.card_data(card, url) for card, url in zip(sheet, find, strict=True)],
    }
    return typeset.answer(typeset.pdf("member_card", data), name)


@require_safe
def card_register(request: HttpRequest) -> HttpResponse:
    """The branch's register: who has which card, who has none, who lost it."""
    require_anywhere(request.user, Permission.CARD_ISSUE)
    everybody = queries.card_holders(request.user)
    filters = CardFilter(request.GET, queryset=queries.with_home(queries.with_card(everybody)), user=request.user)
    page = Paginator(filters.qs.order_by("home_name", "name", "pk"), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "filters": filters,
        "page": page,
        "figures": queries.card_figures(everybody),
        "issuing": request.GET.get("card") == "none",
        "sees_roster": may_anywhere(request.user, Permission.ROSTER_VIEW),
    }
    return render(request, "members/card_register.html", context)


@require_POST
def card_issue_many(request: HttpRequest) -> HttpResponse:
    """Cards for everybody ticked on the register."""
    require_anywhere(request.user, Permission.CARD_ISSUE)
    form = IssueManyForm(request.POST, user=request.user)
    back = f"{reverse('card_register')}?card=none"
    if not form.is_valid():
        complain(request, form)
        return redirect(back)
    made, refused = cards.issue_many(members=form.cleaned_data["members"], by=request.user)
    if made:
        words = ngettext("%(count)s card has been issued.", "%(count)s cards have been issued.", len(made))
        messages.success(request, words % {"count": len(made)})
    for member, why in refused:
        messages.error(request, f"{member.name}: {why}")
    return redirect(back if refused else reverse("card_register"))
