"""Pages of introduction letters: the stub register, finding, printing, filing receipts."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from branches.access import may, require, require_anywhere
from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt.lib import audit, qr, typeset
from dualmgmt.lib.pages import attempt
from members import access, printing, rules
from members.actions import letters
from members.enums import RegistrationState as S
from members.filters import LetterFilter
from members.forms.registrations import FindLetterForm
from members.models import ActivityRegistration, IntroductionLetter
from members.queries import own_letters

PER_PAGE = 25


@require_safe
def letter_list(request: HttpRequest) -> HttpResponse:
    """The stub register of the home side."""
    require_anywhere(request.user, Permission.LETTER_VIEW)
    issuers = Organisation.objects.where(request.user, Permission.LETTER_VIEW)
    rows = IntroductionLetter.objects.followed_up_by(issuers)
    box = request.GET.get("box", "")
    if box == "receipts":
        rows = own_letters(request.user).filter(receipt_at__isnull=False, receipt_seen_at=None)
    elif box == "overdue":
        rows = own_letters(request.user).overdue()
    filters = LetterFilter(request.GET, queryset=rows, user=request.user)
    rows = rows if box else filters.qs
    rows = rows.select_related("issuer", "registration__member", "registration__organisation")
    page = Paginator(rows.order_by("-issued_on", "-pk"), PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "members/letter_list.html",
        {
            "page": page,
            "box": box,
            "filters": filters,
            "find_form": FindLetterForm(),
            "may_find": access.receives(request.user),
        },
    )


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
    letter = access.get_letter(request.user, pk)
    find = request.build_absolute_uri(printing.find_path(letter.code))
    context = {
        "letter": letter,
        "registration": letter.registration,
        "qr": qr.svg(find),
        "may_file": letter.receipt_at is not None
        and letter.receipt_seen_at is None
        and may(request.user, Permission.LETTER_ISSUE, letter.answered_by),
    }
    return render(request, "members/letter_detail.html", context)


@require_safe
def letter_print(request: HttpRequest, pk: int) -> HttpResponse:
    """Stub, letter and receipt on one A4 sheet."""
    letter = access.get_letter(request.user, pk)
    find = request.build_absolute_uri(printing.find_path(letter.code))
    sees_phone = access.phone_on_paper(request.user, letter.registration)
    data = printing.letter_data(letter, find, sees_phone=sees_phone)
    audit.record("paper.printed", letter, by=request.user, organisation=letter.issuer, number=letter.number)
    return printing.answer(typeset.pdf("letter", data), f"letter-{letter.pk}")


@require_POST
def letter_file_receipt(request: HttpRequest, pk: int) -> HttpResponse:
    letter = access.get_letter(request.user, pk)
    require(request.user, Permission.LETTER_ISSUE, letter.answered_by)
    attempt(request, lambda: letters.file_receipt(letter=letter, by=request.user), _("The receipt has been filed."))
    return redirect("letter_detail", pk)
