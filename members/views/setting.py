"""Splitting a branch, and the rules of setting over a whole scope: pages that need people and the tree."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from branches.access import get_changeable, require_anywhere
from branches.enums import BranchRule, Kind
from branches.models import Organisation
from branches.permissions import Permission
from branches.rules import ONLY_BRANCHES_SPLIT
from branches.views.changes import change_page
from dualmgmt.lib import sheets
from members.branchrules import Finding, findings
from members.splitting import SplitForm

PER_PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
def organisation_split(request: HttpRequest, code: str) -> HttpResponse:
    """Part of a branch's members become a new branch beside it."""
    organisation = get_changeable(request.user, code)
    form = SplitForm(request.POST or None, user=request.user, organisation=organisation)
    if organisation.kind != Kind.BRANCH:
        context = {"organisation": organisation, "reason": ONLY_BRANCHES_SPLIT}
        return render(request, "members/split_refused.html", context, status=409)
    return change_page(request, organisation, form)


def _found(request: HttpRequest) -> tuple[str, list[Finding]]:
    require_anywhere(request.user, Permission.ORGANISATION_MANAGE)
    scope = Organisation.objects.where(request.user, Permission.ORGANISATION_MANAGE)
    rule = request.GET.get("rule", "")
    rows = findings(scope)
    return rule, [row for row in rows if rule in ("", row.rule)]


@require_safe
def branch_rules(request: HttpRequest) -> HttpResponse:
    """Every organisation of one's scope that does not meet a rule, those without an exception first."""
    rule, rows = _found(request)
    rows.sort(key=lambda row: (row.exception is not None, row.organisation.path))
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "rules": BranchRule.choices, "rule": rule}
    return render(request, "members/branch_rules.html", context)


@require_safe
def branch_rules_export(request: HttpRequest) -> FileResponse:
    header = [_("Organisation"), _("Code"), _("Rule"), _("Finding"), _("Source"), _("Exception until")]
    _rule, rows = _found(request)
    lines = (
        [
            row.organisation.name,
            row.organisation.code,
            row.rule.label,
            row.sentence,
            row.source,
            row.exception.ends_on if row.exception else "",
        ]
        for row in rows
    )
    return sheets.download(request, _("Rules of setting"), header, lines)
