"""One page for dual management, dual duty: the member and both branches, each in their part."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from members import access
from members.dual import both_sides


@require_safe
def member_dual(request: HttpRequest, pk: int) -> HttpResponse:
    member = access.get_member(request.user, pk)
    return render(request, "members/member_dual.html", both_sides(request.user, member))
