"""Pages of people: the roster, one member, one's own page, accounts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from branches.access import may, may_anywhere, require_anywhere
from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.pages import LongPaginator
from members import access
from members.actions import people
from members.enums import OPEN_REGISTRATION_STATES, CardState
from members.enums import RegistrationState as S
from members.filters import MemberFilter
from members.forms.people import MemberForm
from members.models import ActivityRegistration, HomeMembership, IntroductionLetter, Member
from members.queries import with_home

PER_PAGE = 25


def filtered_roster(request: HttpRequest) -> MemberFilter:
    """The roll of the branches in one's scope, as narrowed by the filter."""
    require_anywhere(request.user, Permission.ROSTER_VIEW)
    homes = Organisation.objects.where(request.user, Permission.ROSTER_VIEW)
    rows = with_home(Member.objects.at_home_in(homes)).order_by("name", "pk")
    return MemberFilter(request.GET, queryset=rows, user=request.user)


@require_safe
def member_list(request: HttpRequest) -> HttpResponse:
    """The roster of the branches in one's scope."""
    filters = filtered_roster(request)
    page = LongPaginator(filters.in_order(), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "filters": filters,
        "page": page,
        "may_reveal": may_anywhere(request.user, Permission.PERSONAL_REVEAL),
        "may_issue_cards": may_anywhere(request.user, Permission.CARD_ISSUE),
        "may_merge": may_anywhere(request.user, Permission.MEMBER_MERGE),
    }
    return render(request, "members/member_list.html", context)


@require_safe
def member_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Dual management, dual duty of one member, each side seeing its part."""
    member = access.get_member(request.user, pk)
    return render(request, "members/member_detail.html", _dual_page(request, member))


@require_safe
def my_page(request: HttpRequest) -> HttpResponse:
    member = access.own_member(request.user)
    context = _dual_page(request, member)
    steps = _next_steps(context["registrations"], outside=context["outside"])
    return render(request, "members/my_page.html", {**context, "next_steps": steps})


def _card_url(request: HttpRequest, member: Member, home: Organisation | None) -> str:
    """The page of the card, for those who get in there."""
    if member.user_id == request.user.pk:
        return reverse("my_card")
    if home is not None and may(request.user, Permission.CARD_ISSUE, home):
        return reverse("member_card", args=[member.pk])
    return ""


def _next_steps(registrations: Iterable[ActivityRegistration], *, outside: bool) -> list[tuple[str, str, str]]:
    """What the member does or waits for next: sentence, address and what the link says.

    Whose home is outside the portal brings a paper letter to the receiver's desk; there is no form to fill in here.
    """
    sentences = {
        S.DRAFT: _("Your form for %(receiver)s is a draft. Finish it and ask for the letter."),
        S.RETURNED: _("Your form for %(receiver)s came back: %(reason)s"),
        S.PENDING_LETTER: _("Your home branch has been asked for the letter to %(receiver)s. Nothing to do for you."),
        S.ISSUED: _("Your letter is ready. Print it or show its code at %(receiver)s."),
        S.PENDING_ACCEPTANCE: _("Your letter lies with %(receiver)s. Nothing to do for you."),
        S.EXPIRED: _("Your letter to %(receiver)s has expired. Your home branch can issue it anew."),
    }
    is_open = any(row.state in OPEN_REGISTRATION_STATES for row in registrations)
    steps = [
        (
            sentences[S(row.state)] % {"receiver": row.organisation.name, "reason": row.remark},
            reverse("registration_detail", args=[row.pk]),
            _("Open"),
        )
        for row in registrations
        if row.state in sentences and not (row.state == S.EXPIRED and is_open)
    ]
    if not outside and not is_open:
        sentence = _("You are not registered anywhere yet. Report in where you live.")
        steps.append((sentence, reverse("registration_new"), _("Report in")))
    return steps


def _homes(member: Member) -> QuerySet[HomeMembership]:
    """Home branches over time, also of rows that turned out to be the same person."""
    rows = HomeMembership.objects.filter(Q(member=member) | Q(member__merged_into=member))
    return rows.select_related("organisation").order_by("-started_on")


def _dual_page(request: HttpRequest, member: Member) -> dict[str, Any]:
    home = member.home_branch()
    registrations = ActivityRegistration.objects.visible_to(request.user).filter(member=member)
    letters = IntroductionLetter.objects.visible_to(request.user).filter(registration__member=member)
    # Of a home outside the portal the receivers keep the data.
    kept_by = [home] if home is not None and not home.external else member.keepers()

    def keeps(permission: Permission) -> bool:
        return any(may(request.user, permission, place) for place in kept_by)

    at_home = member.user_id == request.user.pk or keeps(Permission.ROSTER_VIEW)
    return {
        "member": member,
        "home": home,
        "at_home": at_home,
        "homes": _homes(member) if at_home else [],
        "merged": member.merged.all() if at_home else [],
        "may_reveal": access.reveal_office(request.user, member) is not None,
        "registrations": registrations.select_related("organisation", "placement").order_by("-created_at"),
        "card": member.cards.filter(state=CardState.ACTIVE).first() if at_home else None,
        "card_url": _card_url(request, member, home),
        "sees_phone": access.sees_phone(request.user, member),
        "may_edit": keeps(Permission.ROSTER_EDIT),
        "may_account": keeps(Permission.ACCOUNT_MANAGE),
        "outside": home is not None and home.external,
        "may_change_status": home is not None and may(request.user, Permission.RELATION_TRANSFER, home),
        "may_issue_card": home is not None and may(request.user, Permission.CARD_ISSUE, home),
        "skills": member.skill_rows.select_related("skill").order_by("skill__order", "skill__code"),
        "letters": letters.select_related("registration__organisation").order_by("-pk"),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def member_new(request: HttpRequest) -> HttpResponse:
    require_anywhere(request.user, Permission.ROSTER_EDIT)
    form = MemberForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            member = people.add_member(
                member=form.save(commit=False),
                branch=form.cleaned_data["branch"],
                skills=form.cleaned_data["skills"],
                basis=form.cleaned_data["basis"],
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
    form = MemberForm(request.POST or None, instance=member, user=request.user)
    if request.method == "POST" and form.is_valid():
        changed = [name for name in form.changed_data if name != "skills"]
        people.edit_member(member=member, changed=changed, skills=form.cleaned_data["skills"], by=request.user)
        messages.success(request, _("The changes have been saved."))
        return redirect("member_detail", pk)
    return render(request, "members/member_form.html", {"form": form, "member": member})
