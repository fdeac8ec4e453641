"""Pages of people: the roster, one member, one's own page, the archive, the card."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.access import may, require_anywhere
from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt.lib import qr, sheets
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.pages import attempt
from members import access, forms
from members.actions import people
from members.enums import OPEN_REGISTRATION_STATES, CardState
from members.filters import ArchiveFilter, MemberFilter
from members.models import ActivityRegistration, Member, MemberCard
from members.queries import with_home

PER_PAGE = 25


@require_safe
def member_list(request: HttpRequest) -> HttpResponse:
    """The roster of the branches in one's scope."""
    require_anywhere(request.user, Permission.ROSTER_VIEW)
    homes = Organisation.objects.where(request.user, Permission.ROSTER_VIEW)
    filters = MemberFilter(request.GET, queryset=Member.objects.at_home_in(homes), user=request.user)
    page = Paginator(with_home(filters.qs).order_by("name", "pk"), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "members/member_list.html", {"filters": filters, "page": page})


@require_safe
def member_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Dual management, dual duty of one member, each side seeing its part."""
    member = access.get_member(request.user, pk)
    return render(request, "members/member_detail.html", _dual_page(request, member))


@require_safe
def my_page(request: HttpRequest) -> HttpResponse:
    member = access.own_member(request.user)
    return render(request, "members/my_page.html", _dual_page(request, member))


def _dual_page(request: HttpRequest, member: Member) -> dict[str, object]:
    home = member.home_branch()
    registrations = ActivityRegistration.objects.visible_to(request.user).filter(member=member)
    at_home = member.user_id == request.user.pk or (
        home is not None and may(request.user, Permission.ROSTER_VIEW, home)
    )
    return {
        "member": member,
        "home": home,
        "at_home": at_home,
        "homes": member.home_memberships.select_related("organisation").order_by("-started_on") if at_home else [],
        "registrations": registrations.select_related("organisation", "placement").order_by("-created_at"),
        "card": member.cards.filter(state=CardState.ACTIVE).first() if at_home else None,
        "sees_phone": access.sees_phone(request.user, member),
        "may_edit": home is not None and may(request.user, Permission.ROSTER_EDIT, home),
        "may_issue_card": home is not None and may(request.user, Permission.CARD_ISSUE, home),
        "has_open": any(row.state in OPEN_REGISTRATION_STATES for row in registrations),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def member_new(request: HttpRequest) -> HttpResponse:
    require_anywhere(request.user, Permission.ROSTER_EDIT)
    form = forms.MemberForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            member = people.add_member(
                member=form.save(commit=False),
                branch=form.cleaned_data["branch"],
                skills=form.cleaned_data["skills"],
                by=request.user,
            )
        except ActionDenied as denied:
            form.add_error("id_number" if denied.code == "id_taken" else None, str(denied))
        else:
            messages.success(request, _("%(name)s has been added to the roll.") % {"name": member.name})
            return redirect("member_detail", member.pk)
    return render(request, "members/member_form.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def member_edit(request: HttpRequest, pk: int) -> HttpResponse:
    member = access.get_member(request.user, pk, Permission.ROSTER_EDIT)
    form = forms.MemberForm(request.POST or None, instance=member, user=request.user)
    if request.method == "POST" and form.is_valid():
        changed = [name for name in form.changed_data if name != "skills"]
        people.edit_member(member=member, changed=changed, skills=form.cleaned_data["skills"], by=request.user)
        messages.success(request, _("The changes have been saved."))
        return redirect("member_detail", pk)
    return render(request, "members/member_form.html", {"form": form, "member": member})


@require_http_methods(["GET", "HEAD", "POST"])
def member_account(request: HttpRequest, pk: int) -> HttpResponse:
    """Open an account; the first password is shown once, to be handed over."""
    member = access.get_member(request.user, pk, Permission.ROSTER_EDIT)
    form = forms.AccountForm(request.POST or None)
    password = ""
    if request.method == "POST" and form.is_valid():
        try:
            password = people.open_account(member=member, username=form.cleaned_data["username"], by=request.user)
        except ActionDenied as denied:
            form.add_error(None, str(denied))
    return render(request, "members/member_account.html", {"form": form, "member": member, "password": password})


@require_POST
def card_issue(request: HttpRequest, pk: int) -> HttpResponse:
    member = access.get_member(request.user, pk, Permission.CARD_ISSUE)
    attempt(request, lambda: people.issue_card(member=member, by=request.user), _("The card has been issued."))
    return redirect("member_detail", pk)


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
def my_card(request: HttpRequest) -> HttpResponse:
    member = access.own_member(request.user)
    card = access.fetch(MemberCard.objects.filter(member=member).select_related("issuer"), state=CardState.ACTIVE)
    context = {"member": member, "card": card, "home": member.home_branch(), "qr": qr.svg(card.token)}
    return render(request, "members/my_card.html", context)


def _archive(request: HttpRequest) -> ArchiveFilter:
    """The member archive 党员档案库: who is registered with one's organisations."""
    require_anywhere(request.user, Permission.REGISTRATION_VIEW)
    receivers = Organisation.objects.where(request.user, Permission.REGISTRATION_VIEW)
    rows = ActivityRegistration.objects.registered().filter(organisation__in=receivers)
    rows = rows.select_related("member", "organisation", "placement", "home_branch")
    return ArchiveFilter(request.GET, queryset=rows.order_by("organisation__path", "member__name"), user=request.user)


@require_safe
def archive(request: HttpRequest) -> HttpResponse:
    filters = _archive(request)
    page = Paginator(filters.qs, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "members/archive.html", {"filters": filters, "page": page})


@require_safe
def archive_export(request: HttpRequest) -> FileResponse:
    """Exactly what is filtered, without ID numbers and phones."""
    rows = _archive(request).qs
    header = [_("Name"), _("Receiving organisation"), _("Placed in"), _("Home branch"), _("Registered on")]
    lines = (
        [row.member.name, row.organisation.name, str(row.placement or ""), row.home_branch.name, row.accepted_on]
        for row in rows
    )
    return sheets.download(_("Member archive"), header, lines)
