"""Pages of a whole unit that reports in at once: choosing, preview and results, letters in one file."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Case, Count, IntegerField, Prefetch, Q, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.access import may, require_anywhere
from branches.forms.fields import SUGGESTIONS, label
from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt.lib import audit, typeset
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.pages import attempt
from members import access, batching, printing
from members.actions import batches as actions
from members.enums import BatchLineState as L
from members.enums import LetterState
from members.forms.batches import BatchForm, LineForm, WhoForm, list_candidates
from members.models import BatchLine, IntroductionLetter, ReportInBatch
from members.rules import BATCH_MAX

PER_PAGE = 25


@require_safe
def batch_list(request: HttpRequest) -> HttpResponse:
    require_anywhere(request.user, Permission.LETTER_VIEW)
    rows = ReportInBatch.objects.visible_to(request.user).select_related("organisation", "made_by")
    rows = rows.annotate(
        size=Count("lines"),
        done=Count("lines", filter=Q(lines__state=L.DONE)),
        refused=Count("lines", filter=Q(lines__state=L.REFUSED)),
        waiting=Count("lines", filter=Q(lines__state=L.WAITING)),
    )
    page = Paginator(rows.order_by("-made_at", "-pk"), PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "may_start": access.issues(request.user)}
    return render(request, "members/batch_list.html", context)


@require_safe
def batch_new(request: HttpRequest) -> HttpResponse:
    """Choose members and receivers."""
    return _choose(request)


@require_POST
def batch_draft(request: HttpRequest) -> HttpResponse:
    """Put them down; nothing is issued before the next page is confirmed."""
    return _choose(request)


def _choose(request: HttpRequest) -> HttpResponse:
    organisation = access.issuing_organisation(request.user, request.GET.get("organisation", ""))
    who = WhoForm(request.GET if "organisation" in request.GET else None, user=request.user, organisation=organisation)
    members = who.members(organisation).order_by("name", "pk")
    receiver = who.cleaned_data.get("receiver") if who.is_valid() else None
    candidates = list_candidates(members[:BATCH_MAX], receiver)
    form = BatchForm(request.POST or None, candidates=candidates, members=members)
    if request.method == "POST" and form.is_valid():
        fields = {name: form.cleaned_data[name] for name in ("reason", "valid_days", "paper")}
        try:
            batch = actions.draft(organisation=organisation, chosen=form.chosen, by=request.user, **fields)
        except ActionDenied as denied:
            form.add_error(None, str(denied))
        else:
            return redirect("batch_detail", batch.pk)
    context = {
        "organisation": organisation,
        "who": who,
        "form": form,
        "candidates": candidates,
        "more": members.count() - len(candidates) if len(candidates) == BATCH_MAX else 0,
        "most": BATCH_MAX,
        "suggestions": [label(row) for row in Organisation.objects.receiving()[:SUGGESTIONS]],
    }
    return render(request, "members/batch_new.html", context)


def _lines(batch: ReportInBatch) -> list[BatchLine]:
    """Refused lines first, then those that wait, then what is done."""
    rank = Case(
        When(state=L.REFUSED, then=Value(0)),
        When(state=L.WAITING, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    letters = Prefetch("registration__letters", IntroductionLetter.objects.order_by("-pk"))
    rows = batch.lines.select_related("member", "organisation", "registration__home_branch")
    return list(rows.prefetch_related(letters).annotate(rank=rank).order_by("rank", "pk"))


def _shown(lines: list[BatchLine]) -> list[dict[str, Any]]:
    """What the page says of each line; of a waiting one, what would come of it now."""
    waiting = [line.member_id for line in lines if line.state != L.DONE]
    homes, open_rows = batching.homes(waiting), batching.elsewhere(waiting)
    found = []
    for line in lines:
        home = line.registration.home_branch if line.registration else homes.get(line.member_id)
        foresight = ""
        if line.state == L.WAITING:
            rows = open_rows.get(line.member_id, [])
            foresight = batching.refusal(line.member, home, line.organisation, rows)
        letters = list(line.registration.letters.all()) if line.registration else []
        found.append({"line": line, "home": home, "foresight": foresight, "letter": letters[0] if letters else None})
    return found


@require_safe
def batch_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Preview before it is sent, progress while it is, results afterwards: one page."""
    batch = access.get_batch(request.user, pk)
    rows = _shown(_lines(batch))
    sending = actions.sending(batch)
    waiting = [row for row in rows if row["line"].state == L.WAITING]
    good = [row for row in waiting if not row["foresight"]]
    context = {
        "batch": batch,
        "rows": rows,
        "sending": sending,
        "done": sum(row["line"].state == L.DONE for row in rows),
        "refused": sum(row["line"].state == L.REFUSED for row in rows),
        "waiting": len(waiting),
        "good": len(good),
        "receivers": len({row["line"].organisation_id for row in good}),
        "foreseen": len(waiting) - len(good),
        "may_send": may(request.user, Permission.LETTER_ISSUE, batch.organisation),
    }
    template = "members/_batch.html" if request.htmx else "members/batch_detail.html"  # type: ignore[attr-defined]
    answer = render(request, template, context)
    answer["Vary"] = "HX-Request"
    return answer


@require_POST
def batch_send(request: HttpRequest, pk: int) -> HttpResponse:
    batch = access.batch_to_send(request.user, pk)
    attempt(
        request,
        lambda: actions.send(batch=batch, again="again" in request.POST, by=request.user),
        _("The letters are being issued; the results appear below."),
    )
    return redirect("batch_detail", pk)


@require_POST
def batch_discard(request: HttpRequest, pk: int) -> HttpResponse:
    batch = access.batch_to_send(request.user, pk)
    attempt(
        request,
        lambda: actions.discard(batch=batch, by=request.user),
        _("What had not been issued has been taken off."),
    )
    return redirect("batch_detail", pk)


@require_http_methods(["GET", "HEAD", "POST"])
def batch_line(request: HttpRequest, pk: int) -> HttpResponse:
    """Another receiver for one line, or take it off."""
    line = access.line_to_change(request.user, pk)
    if line.state == L.DONE:
        return redirect("batch_detail", line.batch_id)
    form = LineForm(request.POST or None, initial={"organisation": line.organisation})
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_line(line=line, organisation=form.cleaned_data["organisation"], by=request.user)
        except ActionDenied as denied:
            form.add_error("organisation", str(denied))
        else:
            messages.success(request, _("The line has been changed. It waits to be sent."))
            return redirect("batch_detail", line.batch_id)
    return render(request, "members/batch_line.html", {"line": line, "form": form})


@require_POST
def batch_line_drop(request: HttpRequest, pk: int) -> HttpResponse:
    line = access.line_to_change(request.user, pk)
    attempt(request, lambda: actions.drop_line(line=line, by=request.user), _("The line has been taken off."))
    return redirect("batch_detail", line.batch_id)


@require_safe
def batch_letters(request: HttpRequest, pk: int) -> HttpResponse:
    """The letters in one PDF, or one PDF each in a zip; names of files say number and receiver, never a person."""
    batch = access.get_batch(request.user, pk)
    kind = request.GET.get("format", "pdf")
    letters = IntroductionLetter.objects.visible_to(request.user).filter(registration__batch=batch)
    rows = letters.exclude(state=LetterState.VOID).order_by("registration__organisation__path", "pk")
    rows = rows.select_related("registration__member", "registration__organisation", "registration__home_branch")
    rows = rows.select_related("registration__placement", "issuer", "receipt_by")
    if kind not in ("pdf", "zip"):
        raise Http404
    papers = []
    words: dict[int, dict[str, str]] = {}
    for letter in rows:
        receiver = letter.registration.organisation_id
        if receiver not in words and not letter.receipt_at:
            words[receiver] = printing.receipt_words(letter)
        find = request.build_absolute_uri(printing.find_path(letter.code))
        sees_phone = access.phone_on_paper(request.user, letter.registration)
        on_receipt = None if letter.receipt_at else words[receiver]
        data = printing.letter_data(letter, find, sees_phone=sees_phone, on_receipt=on_receipt)
        papers.append((letter, data))
    if not papers:
        messages.error(request, _("No letter has been issued here yet."))
        return redirect("batch_detail", pk)
    audit.record("paper.printed", batch, by=request.user, organisation=batch.organisation, rows=len(papers))
    name = f"letters-{batch.pk}"
    if kind == "pdf":
        return typeset.answer(typeset.pdf("letter", {"sheets": [data for _letter, data in papers]}), name)
    files = ((f"{letter.number} {data['addressee']}.pdf", typeset.pdf("letter", data)) for letter, data in papers)
    answer = HttpResponse(typeset.zipped(files), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="{name}.zip"'
    answer["Cache-Control"] = "private, no-store"
    return answer
