"""Pages of reporting in: the member's form, the home branch's and the receiver's decisions."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.access import may, may_anywhere, require_business
from branches.models import Appointment
from branches.permissions import Permission
from dualmgmt.lib import audit, drafts, typeset
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.pages import attempt
from members import access, deskaccess, printing
from members.actions import letters, registrations
from members.enums import RegistrationState as S
from members.filters import RegistrationFilter
from members.forms import registrations as forms
from members.models import ActivityRegistration
from members.queries import acceptance_wanted, closings_to_file, leaving_wanted, letters_wanted
from members.views import desk, differences, leaving

PER_PAGE = 25
# What a link from the to-do list shows.
BOXES = {
    "to_issue": letters_wanted,
    "to_accept": acceptance_wanted,
    "to_close": leaving_wanted,
    "closings": closings_to_file,
}


@require_safe
def registration_list(request: HttpRequest) -> HttpResponse:
    """Everything around reporting in that the user may see; ``?box=`` narrows it to what waits for the user."""
    require_business(request.user)
    box = request.GET.get("box", "")
    officer = bool(Appointment.objects.of(request.user))
    rows = BOXES[box](request.user) if box in BOXES else ActivityRegistration.objects.visible_to(request.user)
    filters = RegistrationFilter(request.GET, queryset=rows, user=request.user) if officer and not box else None
    rows = filters.qs if filters else rows
    rows = rows.select_related("member", "organisation", "home_branch", "placement").order_by("-created_at", "-pk")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    receives = access.receives(request.user)
    context = {
        "page": page,
        "lines": [(row, deskaccess.sees_home(request.user, row)) for row in page],
        "at_desk": receives or bool(deskaccess.desks(request.user)),
        "box": box,
        "filters": filters,
        "may_find": receives,
        "issues": access.issues(request.user),
        "sees_archive": may_anywhere(request.user, Permission.REGISTRATION_VIEW),
    }
    return render(request, "members/registration_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def registration_new(request: HttpRequest, member_pk: int | None = None) -> HttpResponse:
    """The form for oneself, or by the home branch on behalf of a member without an account."""
    if member_pk is None:
        member = access.own_member(request.user)
    else:
        member = access.get_member(request.user, member_pk, Permission.ROSTER_EDIT)
    where = request.GET.get("where", "")
    form = forms.RegistrationForm(request.POST or None, member=member, where=where, by=request.user)
    draft = drafts.opened(request, f"registration_new-{member.pk}", form)
    if request.method == "POST" and form.is_valid():
        try:
            registration = registrations.start(
                member=member,
                organisation=form.cleaned_data["organisation"],
                reason=form.cleaned_data["reason"],
                form=form.typed(),
                skills=form.cleaned_data["skills"],
                pledge=form.cleaned_data["pledge"],
                by=request.user,
            )
            if "submit" in request.POST:
                registrations.submit(registration=registration, by=request.user)
                own = member.user_id == request.user.pk
                asked = _("Your home branch has been asked for the introduction letter.")
                messages.success(
                    request, asked if own else _("The home branch has been asked for the introduction letter.")
                )
            else:
                messages.success(request, _("The draft has been saved."))
        except ActionDenied as denied:
            form.add_error(None, str(denied))
        else:
            draft.sent()
            return redirect("registration_detail", registration.pk)
    context = {"form": form, "draft": draft, "member": member, "where_form": forms.WhereForm(initial={"where": where})}
    return render(request, "members/registration_form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def registration_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """A draft or a form that came back."""
    registration = access.editable_registration(request.user, pk)
    if registration.state not in (S.DRAFT, S.RETURNED):
        return redirect("registration_detail", pk)
    form = forms.RegistrationForm(
        request.POST or None, member=registration.member, registration=registration, by=request.user
    )
    draft = drafts.opened(request, f"registration_edit-{pk}", form)
    if request.method == "POST" and form.is_valid():
        try:
            registrations.edit(
                registration=registration,
                form=form.typed(),
                skills=form.cleaned_data["skills"],
                reason=form.cleaned_data["reason"],
                pledge=form.cleaned_data["pledge"],
                by=request.user,
            )
            if "submit" in request.POST:
                registrations.submit(registration=registration, by=request.user)
        except ActionDenied as denied:
            messages.error(request, str(denied))
        else:
            draft.sent()
            messages.success(request, _("The changes have been saved."))
        return redirect("registration_detail", pk)
    context = {"form": form, "draft": draft, "member": registration.member, "registration": registration}
    return render(request, "members/registration_form.html", context)


@require_safe
def registration_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, access.get_registration(request.user, pk))


def _page(request: HttpRequest, registration: ActivityRegistration, **bound: BaseForm) -> HttpResponse:
    """The page of one registration; *bound* are the forms on it that were filled in wrongly."""
    user = request.user
    receiver = may(user, Permission.REGISTRATION_ACCEPT, registration.organisation)
    context = {
        "registration": registration,
        "letters": registration.letters.order_by("-pk"),
        "joined_on": printing.written_day(registration.form.get("joined_on", "")),
        "steps": _steps(registration),
        "may_edit": access.may_edit(user, registration),
        "may_issue": registration.state == S.PENDING_LETTER
        and may(user, Permission.LETTER_ISSUE, registration.home_branch),
        "may_reissue": registration.state in (S.ISSUED, S.EXPIRED)
        and may(user, Permission.LETTER_ISSUE, registration.home_branch),
        "may_accept": registration.state == S.PENDING_ACCEPTANCE and receiver,
        "may_recall": access.may_recall(user, registration),
        "issued_it_myself": registration.issued_by_id == user.pk,
        "issue_form": forms.IssueForm(),
        "return_form": forms.ReasonForm(prefix="return"),
        "accept_form": forms.AcceptForm(receiver=registration.organisation),
        "decline_form": forms.DeclineForm(prefix="decline"),
        "sees_phone": access.sees_phone(user, registration.member),
        **differences.shown(user, registration),
        **desk.of_registration(user, registration),
        **leaving.of_registration(user, registration),
        **bound,
    }
    return render(request, "members/registration_detail.html", context)


def _steps(registration: ActivityRegistration) -> list[tuple[str, str]]:
    """The way a registration goes, each step ``done``, ``now`` or to come."""
    names = [_("Form"), _("Letter"), _("Acceptance"), _("Registered")]
    if registration.leave_at is not None:
        names.append(_("Leaving"))
    if registration.state in (S.LEAVING, S.CLOSED):
        names.append(pgettext("step", "Closed"))
    position = {
        S.DRAFT: 0,
        S.RETURNED: 0,
        S.PENDING_LETTER: 1,
        S.ISSUED: 2,
        S.PENDING_ACCEPTANCE: 2,
        S.ACTIVE: 4,
        S.LEAVING: 4,
        S.CLOSED: len(names),
    }.get(S(registration.state))
    if position is None:
        return []
    marks = ["done" if i < position else "now" if i == position else "next" for i in range(len(names))]
    return list(zip(names, marks, strict=True))


@require_safe
def registration_print(request: HttpRequest, pk: int) -> HttpResponse:
    """The registration form on A4, with the opinions given so far."""
    registration = deskaccess.printable_registration(request.user, pk)
    data = printing.registration_data(registration, sees_phone=access.phone_on_paper(request.user, registration))
    audit.record("paper.printed", registration, by=request.user, organisation=registration.home_branch)
    return typeset.answer(typeset.pdf("registration", data), f"registration-{registration.pk}")


@require_POST
def registration_submit(request: HttpRequest, pk: int) -> HttpResponse:
    registration = access.editable_registration(request.user, pk)
    attempt(
        request,
        lambda: registrations.submit(registration=registration, by=request.user),
        _("The home branch has been asked for the introduction letter."),
    )
    return redirect("registration_detail", pk)


@require_POST
def registration_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    registration = access.editable_registration(request.user, pk)
    attempt(
        request,
        lambda: registrations.withdraw(registration=registration, by=request.user),
        _("The registration has been withdrawn."),
    )
    return redirect("registration_detail", pk)


@require_POST
def registration_issue(request: HttpRequest, pk: int) -> HttpResponse:
    """The home secretary issues the letter."""
    registration = access.home_registration(request.user, pk, Permission.LETTER_ISSUE)
    form = forms.IssueForm(request.POST)
    if form.is_valid():
        attempt(
            request,
            lambda: letters.issue(registration=registration, by=request.user, **form.cleaned_data),
            _("The introduction letter has been issued."),
        )
    else:
        return _page(request, registration, issue_form=form)
    return redirect("registration_detail", pk)


@require_POST
def registration_return(request: HttpRequest, pk: int) -> HttpResponse:
    """Back for correction: by the home branch before the letter, by the receiver after it."""
    registration = access.returnable_registration(request.user, pk)
    form = forms.ReasonForm(request.POST, prefix="return")
    if form.is_valid():
        attempt(
            request,
            lambda: registrations.send_back(
                registration=registration, reason=form.cleaned_data["reason"], by=request.user
            ),
            _("The registration has been returned."),
        )
    else:
        return _page(request, registration, return_form=form)
    return redirect("registration_detail", pk)


@require_POST
def registration_accept(request: HttpRequest, pk: int) -> HttpResponse:
    registration = access.received_registration(request.user, pk, Permission.REGISTRATION_ACCEPT)
    form = forms.AcceptForm(request.POST, receiver=registration.organisation)
    if form.is_valid():
        attempt(
            request,
            lambda: letters.accept(
                registration=registration, placement=form.cleaned_data["placement"], by=request.user
            ),
            _("The member has been accepted; the receipt is on its way to the home branch."),
        )
    else:
        return _page(request, registration, accept_form=form)
    return redirect("registration_detail", pk)


@require_POST
def registration_decline(request: HttpRequest, pk: int) -> HttpResponse:
    registration = access.received_registration(request.user, pk, Permission.REGISTRATION_ACCEPT)
    form = forms.DeclineForm(request.POST, prefix="decline")
    if form.is_valid():
        attempt(
            request,
            lambda: letters.decline(
                registration=registration,
                decline_reason=form.cleaned_data["decline_reason"],
                remark=form.cleaned_data["reason"],
                by=request.user,
            ),
            _("The home branch has been told the reason."),
        )
    else:
        return _page(request, registration, decline_form=form)
    return redirect("registration_detail", pk)
