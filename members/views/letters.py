"""Pages of introduction letters: the stub register, finding, printing, filing receipts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.paginator import Paginator
from django.forms import BaseForm
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from branches.access import may, require, require_anywhere
from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt.lib import audit, qr, sheets, typeset
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.pages import attempt
from members import access, printing, rules
from members.actions import letters
from members.enums import LetterState, ReceiptState
from members.enums import RegistrationState as S
from members.filters import LetterFilter
from members.forms import letters as forms
from members.forms.registrations import FindLetterForm
from members.models import ActivityRegistration, IntroductionLetter
from members.queries import letters_escalated, own_letters

if TYPE_CHECKING:
    from members.models import User
    from members.models.letters import LetterQuerySet

PER_PAGE = 25


# What a link from the to-do list shows.
BOXES: dict[str, Callable[[User], LetterQuerySet]] = {
    "receipts": lambda user: own_letters(user).with_receipt(ReceiptState.RECEIVED),
    "overdue": lambda user: own_letters(user).overdue(),
    "expired": lambda user: own_letters(user).expired(),
    "escalated": letters_escalated,
}
# Encrypted, and nothing in the register is read out of it.
_NOT_IN_THE_REGISTER = (
    "content",
    "registration__form",
    "registration__member__id_number",
    "registration__member__phone",
    "registration__member__home_address",
)


def filtered_letters(request: HttpRequest) -> LetterFilter:
    """The stub register of the home side as narrowed by the filter, newest first; ``?box=`` for what waits."""
    require_anywhere(request.user, Permission.LETTER_VIEW)
    box = request.GET.get("box", "")
    if box in BOXES:
        rows = BOXES[box](request.user)
    else:
        issuers = Organisation.objects.where(request.user, Permission.LETTER_VIEW)
        rows = IntroductionLetter.objects.followed_up_by(issuers)
    rows = rows.select_related("issuer", "issued_by", "registration__member", "registration__organisation")
    rows = rows.defer(*_NOT_IN_THE_REGISTER).order_by("-issued_on", "-pk")
    return LetterFilter(request.GET, queryset=rows, user=request.user)


@require_safe
def letter_list(request: HttpRequest) -> HttpResponse:
    """The stub register 存根登记簿."""
    filters = filtered_letters(request)
    page = Paginator(filters.qs, PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "members/letter_list.html",
        {
            "page": page,
            "box": request.GET.get("box", ""),
            "filters": filters,
            "find_form": FindLetterForm(),
            "may_find": access.receives(request.user),
        },
    )


@require_safe
def letter_export(request: HttpRequest) -> FileResponse:
    """Exactly what is filtered; neither phones nor ID numbers are in the register."""
    header = [
        _("Letter number"),
        _("Member"),
        _("Home branch"),
        _("Addressee"),
        _("Reason for reporting in"),
        _("Issued on"),
        _("Valid until"),
        _("Handled by"),
        _("Origin"),
        _("State"),
        _("Reason for voiding"),
        _("Receipt"),
        _("Receipt number"),
        _("Decision"),
        _("Receipt of"),
    ]
    lines = (
        [
            row.number,
            row.registration.member.name,
            row.issuer.name,
            row.registration.organisation.name,
            row.registration.get_reason_display(),
            row.issued_on,
            row.valid_until,
            str(row.issued_by or ""),
            row.get_origin_display(),
            row.get_state_display(),
            row.void_reason,
            row.receipt_state.label,
            row.receipt_number,
            row.get_verdict_display(),
            timezone.localtime(row.receipt_at).date() if row.receipt_at else None,
        ]
        for row in filtered_letters(request).qs.iterator(chunk_size=1000)
    )
    return sheets.download(request, _("Stub register"), header, lines)


@require_safe
def letter_find(request: HttpRequest) -> HttpResponse:
    """The receiver looks up a letter by its number or check code, also by the printed square code."""
    require_anywhere(request.user, Permission.REGISTRATION_ACCEPT)
    form = FindLetterForm(request.GET or None)
    letter = None
    if form.is_valid() and form.cleaned_data["q"]:
        letter = access.find_letter(request.user, form.cleaned_data["q"])
        if letter is None:
            form.add_error("q", _("No letter addressed to you has this number or code. Check it and try again."))
        elif letter.registration.state != S.ISSUED:
            if ActivityRegistration.objects.visible_to(request.user).filter(pk=letter.registration_id).exists():
                return redirect("registration_detail", letter.registration_id)
            letter = None
            form.add_error("q", str(rules.LETTER_NOT_VALID))
    return render(request, "members/letter_find.html", {"form": form, "letter": letter})


@require_POST
def letter_hand_in(request: HttpRequest) -> HttpResponse:
    """A paper letter arrives at the receiver's desk; its code is the proof that it is there."""
    require_anywhere(request.user, Permission.REGISTRATION_ACCEPT)
    letter = access.find_letter(request.user, request.POST.get("code", ""))
    if letter is None:
        messages.error(request, _("No letter addressed to you has this number or code. Check it and try again."))
        return redirect("letter_find")
    attempt(request, lambda: letters.hand_in(letter=letter, by=request.user), _("The letter has been handed in."))
    return (
        redirect("letter_find")
        if letter.registration.state == S.ISSUED
        else redirect("registration_detail", letter.registration_id)
    )


@require_safe
def letter_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, access.get_letter(request.user, pk))


def _page(request: HttpRequest, letter: IntroductionLetter, **bound: BaseForm) -> HttpResponse:
    """The page of one letter; *bound* are the forms on it that were filled in wrongly."""
    registration = letter.registration
    answers = may(request.user, Permission.LETTER_ISSUE, letter.answered_by)
    issues = may(request.user, Permission.LETTER_ISSUE, registration.home_branch)
    replaced_by = registration.letters.filter(replaces=letter).first()
    in_hand = letter.state == LetterState.VALID and registration.state == S.ISSUED
    expired = registration.state == S.EXPIRED and replaced_by is None
    context = {
        "letter": letter,
        "registration": registration,
        "replaced_by": replaced_by,
        "qr": qr.svg(request.build_absolute_uri(printing.check_path(letter.code))),
        "may_file": answers and letter.receipt_state == ReceiptState.RECEIVED,
        "may_void": answers and in_hand,
        "may_reissue": issues and (in_hand or expired),
        "void_form": forms.VoidForm(prefix="void"),
        "reissue_form": forms.ReissueForm(prefix="again", initial={"paper": True}),
        **bound,
    }
    return render(request, "members/letter_detail.html", context)


@require_safe
def letter_print(request: HttpRequest, pk: int) -> HttpResponse:
    """Stub, letter and receipt on one A4 sheet."""
    letter = access.get_letter(request.user, pk)
    check = request.build_absolute_uri(printing.check_path(letter.code))
    sees_phone = access.phone_on_paper(request.user, letter.registration)
    data = printing.letter_data(letter, check, sees_phone=sees_phone)
    audit.record("paper.printed", letter, by=request.user, organisation=letter.issuer, number=letter.number)
    return typeset.answer(typeset.pdf("letter", data), f"letter-{letter.pk}")


@require_POST
def letter_file_receipt(request: HttpRequest, pk: int) -> HttpResponse:
    letter = access.get_letter(request.user, pk)
    require(request.user, Permission.LETTER_ISSUE, letter.answered_by)
    attempt(request, lambda: letters.file_receipt(letter=letter, by=request.user), _("The receipt has been filed."))
    return redirect("letter_detail", pk)


@require_POST
def letter_void(request: HttpRequest, pk: int) -> HttpResponse:
    """A paper letter that has not been handed in is worth nothing from now on."""
    letter = access.get_letter(request.user, pk)
    require(request.user, Permission.LETTER_ISSUE, letter.answered_by)
    form = forms.VoidForm(request.POST, prefix="void")
    if not form.is_valid():
        return _page(request, letter, void_form=form)
    attempt(
        request,
        lambda: letters.void(letter=letter, by=request.user, **form.cleaned_data),
        _("The letter is void. The registration waits for another one."),
    )
    return redirect("letter_detail", pk)


@require_POST
def letter_reissue(request: HttpRequest, pk: int) -> HttpResponse:
    """Another letter in place of one that was lost, is wrong or has expired."""
    letter = access.get_letter(request.user, pk)
    require(request.user, Permission.LETTER_ISSUE, letter.registration.home_branch)
    form = forms.ReissueForm(request.POST, prefix="again")
    if not form.is_valid():
        return _page(request, letter, reissue_form=form)
    try:
        fresh = letters.reissue(letter=letter, by=request.user, **form.cleaned_data)
    except ActionDenied as denied:
        messages.error(request, str(denied))
        return redirect("letter_detail", pk)
    messages.success(request, _("The letter has been issued anew under its own number; the old one is void."))
    return redirect("letter_detail", fresh.pk)
