"""Pages of skills: the member's own, and the home branch's for a member."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from branches.access import fetch
from branches.permissions import Permission
from dualmgmt.lib.pages import attempt
from members import access
from members.actions import skills
from members.forms.skills import SkillForm
from members.models import Member, MemberSkill, Skill


@require_http_methods(["GET", "HEAD", "POST"])
def my_skills(request: HttpRequest) -> HttpResponse:
    """What I am good at, stated by myself."""
    return _page(request, access.own_member(request.user), own=True)


@require_http_methods(["GET", "HEAD", "POST"])
def member_skills(request: HttpRequest, pk: int) -> HttpResponse:
    """The same, kept by the home branch."""
    return _page(request, access.get_member(request.user, pk, Permission.ROSTER_EDIT), own=False)


def _address(member: Member, *, own: bool) -> str:
    return reverse("my_skills") if own else reverse("member_skills", args=[member.pk])


def _page(request: HttpRequest, member: Member, *, own: bool) -> HttpResponse:
    rows = list(member.skill_rows.select_related("skill__parent").order_by("skill__order", "skill__code"))
    chosen = next((row for row in rows if str(row.skill_id) == request.GET.get("skill")), None)
    form = SkillForm(request.POST or None, row=chosen)
    if request.method == "POST" and form.is_valid():
        cleaned = form.cleaned_data
        attempt(
            request,
            lambda: skills.state(
                member=member,
                skill=cleaned["skill"],
                level=cleaned["level"],
                certificate=cleaned["certificate"],
                valid_until=cleaned["certificate_valid_until"],
                by=request.user,
            ),
            _("The skill has been saved."),
        )
        return redirect(_address(member, own=own))
    lines = [
        (
            row,
            reverse("my_skill_remove", args=[row.skill_id])
            if own
            else reverse("member_skill_remove", args=[member.pk, row.skill_id]),
        )
        for row in rows
    ]
    context = {"member": member, "own": own, "lines": lines, "form": form, "chosen": chosen}
    return render(request, "members/skills.html", context)


@require_POST
def my_skill_remove(request: HttpRequest, skill_pk: int) -> HttpResponse:
    return _remove(request, access.own_member(request.user), skill_pk, own=True)


@require_POST
def member_skill_remove(request: HttpRequest, pk: int, skill_pk: int) -> HttpResponse:
    return _remove(request, access.get_member(request.user, pk, Permission.ROSTER_EDIT), skill_pk, own=False)


def _remove(request: HttpRequest, member: Member, skill_pk: int, *, own: bool) -> HttpResponse:
    row = fetch(MemberSkill.objects.filter(member=member).select_related("skill"), skill_id=skill_pk)
    skill: Skill = row.skill
    attempt(request, lambda: skills.remove(member=member, skill=skill, by=request.user), _("Removed."))
    return redirect(_address(member, own=own))
