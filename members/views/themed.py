"""Branches for activities below a receiver: set up, who is in them, moving members between them."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.access import get_organisation, may
from branches.models import Organisation
from branches.permissions import Permission
from branches.rules import check_parent
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.pages import LongPaginator
from members import rules
from members.actions import themed
from members.forms.themed import MoveForm, ThemedBranchForm
from members.queries import placed, receiver_above, seen_as

PER_PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
def themed_new(request: HttpRequest, code: str) -> HttpResponse:
    """A receiving organisation sets up a themed, mixed or functional branch below itself."""
    receiver = get_organisation(request.user, code, Permission.ORGANISATION_CHANGE)
    refused = _refused(receiver)
    if refused:
        messages.error(request, refused)
        return redirect("organisation_detail", code)
    may_place = may(request.user, Permission.REGISTRATION_ACCEPT, receiver)
    form = ThemedBranchForm(request.POST or None, receiver=receiver, may_place=may_place)
    if request.method == "POST" and form.is_valid():
        chosen = [row.pk for row in form.cleaned_data.pop("first_members", ())]
        try:
            made = themed.found(receiver=receiver, first_members=chosen, by=request.user, **form.cleaned_data)
        except ActionDenied as denied:
            form.add_error(None, str(denied))
        else:
            messages.success(request, _("%(name)s has been set up. Now appoint its head.") % {"name": made.name})
            return redirect("organisation_detail", made.code)
    return render(request, "members/themed_form.html", {"form": form, "receiver": receiver})


def _refused(receiver: Organisation) -> str:
    """Why nothing can be set up below *receiver*: the tree has no place there, or nobody reports in."""
    try:
        check_parent(receiver)
    except ActionDenied as denied:
        return str(denied)
    return "" if receiver.accepts_registrations else str(rules.NOT_A_RECEIVER)


@require_safe
def placed_members(request: HttpRequest, code: str) -> HttpResponse:
    """The members of a receiver, or of one branch below it."""
    organisation = get_organisation(request.user, code, Permission.REGISTRATION_VIEW)
    return _list(request, organisation)


def _list(request: HttpRequest, organisation: Organisation, form: MoveForm | None = None) -> HttpResponse:
    receiver = receiver_above(organisation)
    may_move = receiver is not None and may(request.user, Permission.REGISTRATION_ACCEPT, receiver)
    if form is None and may_move:
        form = MoveForm(receiver=receiver)
    page = LongPaginator(placed(organisation), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "organisation": organisation,
        "receiver": receiver,
        "page": page,
        "rows": [(row, seen_as(row)) for row in page],
        "form": form,
        "chosen": request.POST.getlist("chosen"),
    }
    return render(request, "members/placed_members.html", context)


@require_POST
def placement_move(request: HttpRequest, code: str) -> HttpResponse:
    """From the list of a receiver or of a branch below it, or from the page of one registration."""
    organisation = get_organisation(request.user, code)
    receiver = receiver_above(organisation)
    if receiver is None:
        raise Http404
    get_organisation(request.user, receiver.code, Permission.REGISTRATION_ACCEPT)
    form = MoveForm(request.POST, receiver=receiver)
    if not form.is_valid():
        return _list(request, organisation, form)
    seen, target = form.cleaned_data["chosen"], form.cleaned_data["target"]
    try:
        count = themed.move(
            receiver=receiver, seen=seen, target=target, reason=form.cleaned_data["reason"], by=request.user
        )
    except ActionDenied as denied:
        form.add_error(None, str(denied))
        return _list(request, organisation, form)
    done = ngettext("%(count)s member is now in %(name)s.", "%(count)s members are now in %(name)s.", count)
    messages.success(request, done % {"count": count, "name": target.name})
    if "one" in request.POST and len(seen) == 1:
        return redirect("registration_detail", next(iter(seen)))
    return redirect("placed_members", code)
