"""Pages of the receiver's desk: what waits there, paper letters from outside the portal, walk-ins, receipts to post."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.access import may
from branches.actions.organisations import edit_organisation
from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt.lib import audit, throttle
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.pages import attempt, complain
from members import deskaccess, homerules
from members.actions import desk
from members.actions.registrations import AT_DESK
from members.enums import RegistrationReason
from members.enums import RegistrationState as S
from members.forms.desk import LetterEntryForm, SentForm, WalkInForm
from members.forms.outside import OutsideContactForm
from members.forms.registrations import ReasonForm
from members.models import ActivityRegistration, IntroductionLetter

if TYPE_CHECKING:
    from members.models import User

SHOWN = 100
TRIES_PER_TEN_MINUTES = 20
BLANK = ("name", "sex", "kind", "phone", "home_address", "work_unit", "work_post", "wishes", "available_times")
FIELDS = {
    "letter_entered": "number",
    "name_and_number": "name",
    "walk_in_instead": "id_number",
    "not_with_this_letter": "id_number",
    "not_receiving": "receiver",
    "letter_is_over": "valid_until",
}


def _desks(request: HttpRequest) -> list[Organisation]:
    """Who works at no receiver's desk stays out."""
    found = deskaccess.desks(request.user)
    if not found:
        raise PermissionDenied
    return found


def of_registration(user: User, registration: ActivityRegistration) -> dict[str, Any]:
    """For the page of a registration: what a walk-in still hides, and what the desk and the home branch may do."""
    at_desk = may(user, Permission.REGISTRATION_ENTER, registration.organisation)
    unconfirmed = registration.is_unconfirmed
    back = registration.home_branch.external and registration.state == S.RETURNED
    shown: dict[str, Any] = {
        "sees_home": deskaccess.sees_home(user, registration),
        "may_take_back": at_desk and ((unconfirmed and registration.state in (S.PENDING_LETTER, S.RETURNED)) or back),
        "may_enter_anew": at_desk and back,
        "may_refuse_walk_in": unconfirmed
        and registration.state == S.PENDING_LETTER
        and may(user, Permission.LETTER_ISSUE, registration.home_branch),
        "walk_in_refusal": ReasonForm(prefix="refuse"),
    }
    if unconfirmed:
        # What was typed at the desk, and what the home side has put to it; the page asks for every field.
        said = registration.form if shown["sees_home"] else registration.form.get(AT_DESK, registration.form)
        registration.form = {**dict.fromkeys(BLANK, ""), "skills": [], **said}
    if not shown["sees_home"]:
        shown["sees_phone"] = True  # the one that was typed here
    return shown


@require_safe
def desk_page(request: HttpRequest) -> HttpResponse:
    """What was started here and waits, and the receipts to post."""
    desks = _desks(request)
    rows = ActivityRegistration.objects.filter(organisation__in=desks).select_related("member", "organisation")
    walk_ins = rows.filter(walk_in=True, issued_by=None, handed_in_at=None, state__in=[S.PENDING_LETTER, S.RETURNED])
    returned = rows.filter(state=S.RETURNED, home_branch__external=True)
    to_post = IntroductionLetter.objects.to_post(request.user)
    context = {
        "walk_ins": walk_ins.order_by("submitted_at", "pk")[:SHOWN],
        "returned": returned.order_by("submitted_at", "pk")[:SHOWN],
        "to_post": to_post.select_related("issuer", "registration__member").order_by("receipt_at", "pk")[:SHOWN],
        "sent_form": SentForm(),
    }
    return render(request, "members/desk.html", context)


@never_cache
@sensitive_post_parameters("id_number", "phone", "home_address")
@require_http_methods(["GET", "HEAD", "POST"])
def letter_enter(request: HttpRequest) -> HttpResponse:
    """A paper letter of a home outside the portal; a second person accepts."""
    _desks(request)
    form = LetterEntryForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid() and _within_limit(request, form):
        receiver = form.cleaned_data["receiver"]
        try:
            registration = desk.enter_letter(receiver=receiver, letter=form.letter(), by=request.user)
        except ActionDenied as denied:
            audit.record("letter.not_entered", receiver, by=request.user, organisation=receiver, reason=denied.code)
            form.add_error(FIELDS.get(denied.code), str(denied))
        else:
            messages.success(request, _("The letter has been entered. Another person accepts it."))
            return redirect("registration_detail", registration.pk)
    return render(request, "members/letter_enter.html", {"form": form})


@never_cache
@sensitive_post_parameters("id_number", "phone", "home_address", "card")
@require_http_methods(["GET", "HEAD", "POST"])
def walk_in_new(request: HttpRequest) -> HttpResponse:
    """Somebody stands at the desk; the home branch gets it to confirm and issue."""
    _desks(request)
    form = WalkInForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid() and _within_limit(request, form):
        registration = _start(request, form)
        if registration is not None:
            messages.success(request, _("Started. The home branch has been asked to confirm and to issue the letter."))
            return redirect("registration_detail", registration.pk)
    return render(request, "members/walk_in.html", {"form": form})


def _start(request: HttpRequest, form: WalkInForm) -> ActivityRegistration | None:
    """Identify and start; the same answer for who is on no roll and for what does not go together."""
    cleaned = form.cleaned_data
    receiver = cleaned["receiver"]
    member = deskaccess.identified(**form.named())
    if member is None:
        audit.record("registration.not_identified", receiver, by=request.user, organisation=receiver)
        form.add_error(None, str(homerules.NOT_IDENTIFIED))
        return None
    try:
        return desk.start_walk_in(
            member=member,
            receiver=receiver,
            reason=RegistrationReason(cleaned["reason"]),
            form={**form.typed(), "name": member.name},
            pledge=cleaned["pledge"],
            by=request.user,
        )
    except ActionDenied as denied:
        audit.record(
            "registration.not_identified", receiver, by=request.user, organisation=receiver, reason=denied.code
        )
        form.add_error(None, str(denied))
    return None


def _within_limit(request: HttpRequest, form: LetterEntryForm | WalkInForm) -> bool:
    """Both pages tell something about a person by name and number, so both count."""
    if throttle.allowed(request, "identify", limit=TRIES_PER_TEN_MINUTES, seconds=600, user=request.user):
        return True
    form.add_error(None, str(homerules.TOO_MANY_TRIES))
    return False


@require_POST
def walk_in_refuse(request: HttpRequest, pk: int) -> HttpResponse:
    """The home branch does not confirm."""
    registration = deskaccess.walk_in_to_refuse(request.user, pk)
    form = ReasonForm(request.POST, prefix="refuse")
    if form.is_valid():
        attempt(
            request,
            lambda: desk.refuse_walk_in(registration=registration, reason=form.cleaned_data["reason"], by=request.user),
            _("The walk-in has been refused; the receiving organisation and the member are told why."),
        )
    else:
        complain(request, form)
    return redirect("registration_detail", pk)


@require_POST
def desk_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """The desk takes back what it started: a walk-in not confirmed yet, a letter that came back."""
    registration = deskaccess.entered_registration(request.user, pk)
    attempt(
        request,
        lambda: desk.take_back(registration=registration, by=request.user),
        _("The registration has been withdrawn."),
    )
    return redirect("desk")


@require_POST
def receipt_sent(request: HttpRequest, pk: int) -> HttpResponse:
    """The receipt to a home outside the portal has been posted or handed over."""
    letter = deskaccess.letter_to_post(request.user, pk)
    form = SentForm(request.POST)
    if form.is_valid():
        attempt(
            request,
            lambda: desk.mark_receipt_sent(letter=letter, on=form.cleaned_data["on"], by=request.user),
            _("Marked as sent."),
        )
    else:
        complain(request, form)
    return redirect("desk")


@require_http_methods(["GET", "HEAD", "POST"])
def outside_home(request: HttpRequest, code: str) -> HttpResponse:
    """The address and the contact of a branch outside the portal, put right by a desk that writes to it."""
    home = deskaccess.outside_home(request.user, code)
    form = OutsideContactForm(request.POST or None, instance=home)
    if request.method == "POST" and form.is_valid():
        try:
            edit_organisation(organisation=home, by=request.user, **form.cleaned_data)
        except ActionDenied as denied:
            form.add_error(None, str(denied))
        else:
            messages.success(request, _("The changes have been saved."))
            return redirect("desk")
    return render(request, "members/outside_home.html", {"form": form, "home": home})
