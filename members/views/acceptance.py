"""Accepting several members at once at one receiving organisation."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from branches.access import require_anywhere
from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt.lib.denied import ActionDenied
from members import rules
from members.actions import batches as actions
from members.enums import LetterState
from members.enums import RegistrationState as S
from members.forms.batches import AcceptManyForm, DeskForm
from members.models import ActivityRegistration, IntroductionLetter, Member, User
from members.queries import search

AT_ONCE = 30


def _refusals(rows: list[ActivityRegistration], user: User) -> dict[int, str]:
    """Registration → the sentence by which *user* cannot accept it; one query."""
    letters = IntroductionLetter.objects.filter(registration__in=rows, state=LetterState.VALID)
    valid = {letter.registration_id: letter for letter in letters}
    found: dict[int, str] = {}
    for row in rows:
        try:
            rules.check_two_keys(row, user)
            if row.pk in valid:
                rules.check_letter(valid[row.pk])
        except ActionDenied as denied:
            found[row.pk] = str(denied)
    return found


def _report(request: HttpRequest, accepted: int, refused: list[tuple[ActivityRegistration, str]]) -> None:
    if accepted:
        done = ngettext(
            "%(count)s member has been accepted; the receipt is on its way home.",
            "%(count)s members have been accepted; the receipts are on their way home.",
            accepted,
        )
        messages.success(request, done % {"count": accepted})
    for registration, sentence in refused:
        messages.error(request, f"{registration.member.name}: {sentence}")


def _waiting(receiver: Organisation, q: str) -> QuerySet[ActivityRegistration]:
    rows = ActivityRegistration.objects.filter(state=S.PENDING_ACCEPTANCE, organisation=receiver)
    rows = rows.filter(member__in=search(Member.objects.all(), q)) if q else rows
    return rows.select_related("member", "organisation", "home_branch").order_by("home_branch__path", "pk")


@require_safe
def acceptance_desk(request: HttpRequest) -> HttpResponse:
    """Who waits at one receiver, and who of them cannot be accepted and why."""
    return _desk(request)


@require_POST
def acceptance_accept(request: HttpRequest) -> HttpResponse:
    """Accept the ticked ones, one place for all; of whoever cannot be accepted it is said why, the others are in."""
    return _desk(request)


def _desk(request: HttpRequest) -> HttpResponse:
    require_anywhere(request.user, Permission.REGISTRATION_ACCEPT)
    desk = DeskForm(request.GET or None, user=request.user)
    asked = desk.cleaned_data if desk.is_valid() else {}
    receiver = asked.get("receiver") or desk.fields["receiver"].queryset.first()  # type: ignore[attr-defined]
    if receiver is None:
        return render(request, "members/acceptance_desk.html", {"desk": desk, "receiver": None})
    rows = _waiting(receiver, asked.get("q", ""))
    form = AcceptManyForm(request.POST or None, receiver=receiver, waiting=rows)
    if request.method == "POST" and form.is_valid():
        chosen = list(form.cleaned_data["registration"][:AT_ONCE])
        placement = form.cleaned_data["placement"]
        refused = actions.accept_many(registrations=chosen, placement=placement, by=request.user)
        _report(request, len(chosen) - len(refused), refused)
        return redirect(f"{reverse('acceptance_desk')}?{request.GET.urlencode()}")
    shown = list(rows[:AT_ONCE])
    refusals = _refusals(shown, request.user)
    ticked = set(form.data.getlist("registration")) if form.is_bound else set()  # type: ignore[attr-defined]
    context = {
        "desk": desk,
        "receiver": receiver,
        "form": form,
        "rows": [(row, refusals.get(row.pk, ""), str(row.pk) in ticked) for row in shown],
        "possible": len(shown) > len(refusals),
        "more": rows.count() - len(shown),
    }
    return render(request, "members/acceptance_desk.html", context)
