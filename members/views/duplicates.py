"""Two rows that may be one person: compared, merged, or noted as two."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from branches.access import fetch, require_anywhere
from branches.permissions import Permission
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.pages import attempt
from members import duplicates
from members.actions import merging
from members.models import Member
from members.plans import MergePlan
from members.queries import with_home


@require_safe
def duplicate_list(request: HttpRequest) -> HttpResponse:
    require_anywhere(request.user, Permission.MEMBER_MERGE)
    return render(request, "members/duplicate_list.html", {"pairs": duplicates.pairs(request.user)})


def _both(request: HttpRequest, pk: int, other_pk: int) -> tuple[Member, Member]:
    require_anywhere(request.user, Permission.MEMBER_MERGE)
    rows = with_home(duplicates.scope(request.user))
    return fetch(rows, pk=pk), fetch(rows, pk=other_pk)


@require_safe
def duplicate_pair(request: HttpRequest, pk: int, other_pk: int) -> HttpResponse:
    """Side by side, and what merging would do: the first row stays, the second is closed."""
    keep, lose = _both(request, pk, other_pk)
    try:
        effects = merging.check(MergePlan(keep, lose))
    except ActionDenied as denied:
        messages.error(request, str(denied))
        return redirect("duplicate_list")
    context = {
        "keep": keep,
        "lose": lose,
        "effects": effects,
        "unsettled": any(effect.must_settle for effect in effects),
    }
    return render(request, "members/duplicate_pair.html", context)


@require_POST
def duplicate_merge(request: HttpRequest, pk: int, other_pk: int) -> HttpResponse:
    keep, lose = _both(request, pk, other_pk)
    done = _("The two rows are one now.")
    if attempt(request, lambda: merging.merge(keep=keep, lose=lose, by=request.user), done):
        return redirect("member_detail", keep.pk)
    return redirect("duplicate_pair", pk, other_pk)


@require_POST
def duplicate_apart(request: HttpRequest, pk: int, other_pk: int) -> HttpResponse:
    one, other = _both(request, pk, other_pk)
    done = _("Noted as two people; they are not listed again.")
    attempt(request, lambda: merging.are_two(one=one, other=other, by=request.user), done)
    return redirect("duplicate_list")
