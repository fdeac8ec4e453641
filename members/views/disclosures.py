"""Personal data shown for a purpose: one number for a minute, a contact sheet, a list that takes two keys."""

from __future__ import annotations

from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.access import require_anywhere
from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt.lib import sheets
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.pages import attempt, complain
from members import access, queries
from members.actions import disclosures
from members.enums import REGISTERED_STATES, DisclosedField, DisclosureKind
from members.filters import MemberFilter
from members.forms.privacy import BulkForm, PurposeForm, RefusalForm
from members.models import Disclosure, Member
from members.queries import with_home
from members.views.archive import filtered_archive

RECENT = 50


@require_http_methods(["GET", "HEAD", "POST"])
def member_reveal(request: HttpRequest, pk: int, field: str) -> HttpResponse:
    """State a purpose, prove that it is you, see one number for a minute."""
    member = access.get_member(request.user, pk, Permission.ROSTER_VIEW)
    office = access.reveal_office(request.user, member)
    if office is None:
        raise PermissionDenied
    if field not in DisclosedField.values:
        raise Http404
    return _reveal(request, member, DisclosedField(field), office)


@reauthentication_required
def _reveal(request: HttpRequest, member: Member, field: DisclosedField, office: Organisation) -> HttpResponse:
    form = PurposeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        shown = disclosures.reveal(
            member=member, field=field, organisation=office, by=request.user, **form.cleaned_data
        )
        return redirect("disclosure_detail", shown.pk)
    return render(request, "members/reveal.html", {"form": form, "member": member, "field": field})


@require_http_methods(["GET", "HEAD", "POST"])
def contact_sheet(request: HttpRequest) -> HttpResponse:
    """The phones of the members registered with one, as the archive is filtered: one purpose, one line on record."""
    office = access.office(request.user, Permission.REGISTRATION_VIEW)
    listed = filtered_archive(request).qs.filter(state__in=REGISTERED_STATES).order_by().values("member_id")
    people = Member.objects.filter(pk__in=listed)
    return _ask(request, PurposeForm, people, office, disclosures.contact_sheet, "archive")


@require_http_methods(["GET", "HEAD", "POST"])
def disclosure_new(request: HttpRequest) -> HttpResponse:
    """Ask a second person for phones or addresses of the members on the roll, as it is filtered."""
    office = access.office(request.user, Permission.PERSONAL_REVEAL)
    homes = Organisation.objects.where(request.user, Permission.PERSONAL_REVEAL)
    people = MemberFilter(request.GET, queryset=Member.objects.at_home_in(homes), user=request.user).qs
    return _ask(request, BulkForm, people, office, disclosures.ask_in_bulk, "member_list")


def _ask(
    request: HttpRequest,
    form_class: type[PurposeForm],
    people: QuerySet[Member],
    office: Organisation,
    action: Any,
    back: str,
) -> HttpResponse:
    form = form_class(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = action(members=people, organisation=office, by=request.user, **form.cleaned_data)
        except ActionDenied as denied:
            form.add_error(None, str(denied))
        else:
            if made.kind == DisclosureKind.BULK:
                messages.success(request, _("Another person has been asked to approve the list."))
                return redirect("disclosure_list")
            return redirect("disclosure_detail", made.pk)
    context = {"form": form, "count": people.count(), "office": office, "back": back}
    return render(request, "members/disclosure_form.html", context)


@require_safe
def disclosure_list(request: HttpRequest) -> HttpResponse:
    """What one asked for, and what waits for one's second key."""
    if not Disclosure.objects.of(request.user).exists():
        require_anywhere(request.user, Permission.PERSONAL_REVEAL)
    mine = queries.with_people(Disclosure.objects.of(request.user)).select_related("organisation", "approved_by")
    waiting = queries.with_people(queries.disclosures_to_decide(request.user)).select_related(
        "organisation", "requested_by"
    )
    context = {"mine": mine[:RECENT], "waiting": waiting, "refusal": RefusalForm()}
    return render(request, "members/disclosure_list.html", context)


@require_POST
def disclosure_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """The second key, or a refusal with its reason."""
    asked = access.disclosure_to_decide(request.user, pk)
    approve = "approve" in request.POST
    form = RefusalForm(request.POST)
    if not approve and not form.is_valid():
        complain(request, form)
        return redirect("disclosure_list")
    remark = "" if approve else form.cleaned_data["remark"]
    attempt(
        request,
        lambda: disclosures.decide(disclosure=asked, approve=approve, remark=remark, by=request.user),
        _("Approved. The person who asked can open the list now.") if approve else _("Refused."),
    )
    return redirect("disclosure_list")


@require_POST
def disclosure_open(request: HttpRequest, pk: int) -> HttpResponse:
    return _open(request, access.disclosure_values(request.user, pk))


@reauthentication_required
def _open(request: HttpRequest, asked: Disclosure) -> HttpResponse:
    try:
        disclosures.open_list(disclosure=asked, by=request.user)
    except ActionDenied as denied:
        messages.error(request, str(denied))
        return redirect("disclosure_list")
    return redirect("disclosure_detail", asked.pk)


@never_cache
@require_safe
def disclosure_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """What was asked for, with the values while it is open; the page reloads itself when the time is over."""
    shown = access.get_disclosure(request.user, pk)
    if shown.is_open:
        shown = access.disclosure_values(request.user, pk)
    context: dict[str, Any] = {"disclosure": shown, "is_open": shown.is_open, "single": shown.kind == "single"}
    if shown.is_open:
        header = context["header"] = [DisclosedField(name).label for name in shown.fields]
        context["rows"] = [
            (member, home, list(zip(header, values, strict=True))) for member, home, values in _values(shown)
        ]
    else:
        context["count"] = shown.members.count()
    answer = render(request, "members/disclosure_detail.html", context)
    if shown.is_open:
        answer["Refresh"] = str(shown.seconds_left + 1)
    return answer


@never_cache
@require_safe
def disclosure_export(request: HttpRequest, pk: int) -> FileResponse | HttpResponse:
    """The open list as a spreadsheet."""
    shown = access.disclosure_values(request.user, pk)
    if not shown.is_open:
        messages.error(request, _("This list is closed. Ask for a new one."))
        return redirect("disclosure_detail", pk)
    header = [_("Name"), _("Home branch"), *(DisclosedField(name).label for name in shown.fields)]
    rows = [[member.name, home, *values] for member, home, values in _values(shown)]
    return sheets.download(request, str(shown.get_kind_display()), header, rows)


def _values(shown: Disclosure) -> list[tuple[Member, str, list[str]]]:
    people = with_home(shown.members.all()).order_by("name", "pk")
    return [
        (member, member.home_name or "", [getattr(member, name) for name in shown.fields])  # type: ignore[attr-defined]
        for member in people
    ]
