"""Pages on which an office sets the words of its papers."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from branches import access, papers
from branches.actions.papers import set_words
from branches.enums import Paper
from branches.forms.papers import PaperTextForm
from branches.models import PaperText
from branches.permissions import Permission
from dualmgmt.lib.denied import ActionDenied


@require_safe
def paper_list(request: HttpRequest, code: str) -> HttpResponse:
    """Every paper with the words that stand on it here, and whether they were set here or above."""
    organisation = access.get_organisation(request.user, code, Permission.ORGANISATION_MANAGE)
    own = set(PaperText.objects.filter(organisation=organisation).values_list("paper", flat=True))
    lines = [(paper, papers.words(paper, organisation), paper.value in own) for paper in Paper]
    return render(request, "branches/paper_list.html", {"organisation": organisation, "lines": lines})


@require_http_methods(["GET", "HEAD", "POST"])
def paper_edit(request: HttpRequest, code: str, paper: str) -> HttpResponse:
    organisation = access.get_organisation(request.user, code, Permission.ORGANISATION_MANAGE)
    if paper not in Paper.values:
        raise Http404
    row = PaperText.objects.filter(organisation=organisation, paper=paper).first()
    inherited = papers.inherited(Paper(paper), organisation)
    form = PaperTextForm(request.POST or None, instance=row, inherited=inherited)
    if request.method == "POST" and form.is_valid():
        try:
            set_words(organisation=organisation, paper=Paper(paper), words=form.cleaned_data, by=request.user)
        except ActionDenied as denied:
            form.add_error(None, str(denied))
        else:
            messages.success(request, _("The changes have been saved."))
            return redirect("paper_list", code)
    context = {"organisation": organisation, "paper": Paper(paper), "form": form}
    return render(request, "branches/paper_form.html", context)
