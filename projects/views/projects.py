"""Pages of projects: the hall for claiming, the desk for working on them."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.access import may, may_anywhere, require_anywhere, require_business
from branches.models import Organisation
from branches.permissions import Permission
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.pages import attempt, complain
from projects import access, forms, rules
from projects.actions import projects
from projects.enums import ENDED_CLAIM_STATES, ClaimState, ProjectState
from projects.filters import ProjectFilter
from projects.models import Need, ServiceProject
from projects.queries import hall_lines

PER_PAGE = 20


@require_safe
def project_list(request: HttpRequest) -> HttpResponse:
    """The project hall: published projects, with what one can claim and why not."""
    require_business(request.user)
    rows = ServiceProject.objects.visible_to(request.user).filter(state=ProjectState.PUBLISHED)
    rows = rows.select_related("organisation__leads", "category").prefetch_related("skills")
    member = request.user.as_member
    claimant = rules.Claimant(member) if member else None
    if claimant is None:
        rows = rows.newest_first()
    else:
        rows = rows.nearest_first(claimant.claimable(ServiceProject.objects.all()), claimant.publishers_near())
    filters = ProjectFilter(request.GET, queryset=rows, request=request)
    page = Paginator(filters.qs, PER_PAGE).get_page(request.GET.get("page"))
    lines = hall_lines(page.object_list, claimant)
    context = {
        "filters": filters,
        # The rarer filters stay open while one of them narrows the list.
        "narrowed": any(request.GET.get(name) for name in filters.form.fields if name != "q"),
        "page": page,
        "lines": lines,
        "member": member,
        "works_on_projects": may_anywhere(request.user, Permission.PROJECT_VIEW),
    }
    return render(request, "projects/project_list.html", context)


@require_safe
def project_desk(request: HttpRequest) -> HttpResponse:
    """The publisher's own projects in every state."""
    require_anywhere(request.user, Permission.PROJECT_VIEW)
    mine = Organisation.objects.where(request.user, Permission.PROJECT_VIEW)
    rows = ServiceProject.objects.filter(organisation__in=mine).select_related("organisation", "category")
    state = request.GET.get("state", "")
    if state in ProjectState.values:
        rows = rows.filter(state=state)
    page = Paginator(rows.order_by("-pk"), PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "states": ProjectState.choices, "state": state}
    return render(request, "projects/project_desk.html", context)


def _need_to_convert(request: HttpRequest) -> Need | None:
    pk = request.GET.get("need", "")
    return access.get_need(request.user, int(pk), Permission.NEED_HANDLE) if pk.isdigit() else None


@require_http_methods(["GET", "HEAD", "POST"])
def project_new(request: HttpRequest) -> HttpResponse:
    """A new project, pre-filled from the need it answers."""
    require_anywhere(request.user, Permission.PROJECT_EDIT)
    need = _need_to_convert(request)
    initial = {}
    if need is not None:
        initial = {
            "organisation": need.organisation,
            "category": need.category,
            "description": need.text,
            "place": need.place,
            "title": need.text[:30],
        }
    form = forms.ProjectForm(request.POST or None, user=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        fields = {name: form.cleaned_data[name] for name in form.Meta.fields if name != "skills"}
        try:
            project = projects.draft(by=request.user, need=need, skills=form.cleaned_data["skills"], **fields)
        except ActionDenied as denied:
            form.add_error(None, str(denied))
        else:
            messages.success(request, _("The project has been saved as a draft."))
            return redirect("project_detail", project.pk)
    return render(request, "projects/project_form.html", {"form": form, "need": need})


@require_http_methods(["GET", "HEAD", "POST"])
def project_edit(request: HttpRequest, pk: int) -> HttpResponse:
    project = access.get_project(request.user, pk, Permission.PROJECT_EDIT)
    if project.state not in (ProjectState.DRAFT, ProjectState.RETURNED):
        return redirect("project_detail", pk)
    form = forms.ProjectForm(request.POST or None, user=request.user, instance=project)
    if request.method == "POST" and form.is_valid():
        changes = {name: form.cleaned_data[name] for name in form.fields if name != "skills"}
        done = attempt(
            request,
            lambda: projects.edit(
                project=project, changes=changes, skills=form.cleaned_data["skills"], by=request.user
            ),
            _("The changes have been saved."),
        )
        if done:
            return redirect("project_detail", pk)
    return render(request, "projects/project_form.html", {"form": form, "project": project})


@require_safe
def project_detail(request: HttpRequest, pk: int) -> HttpResponse:
    project = access.get_project(request.user, pk)
    user = request.user
    edits = may(user, Permission.PROJECT_EDIT, project.organisation)
    publishes = may(user, Permission.PROJECT_PUBLISH, project.organisation)
    own_second_key = project.author_id == user.pk and rules.needs_second_key(project)
    line = hall_lines([project], rules.Claimant(user.as_member) if user.as_member else None)[0]
    branches = forms.BranchClaimForm(user=user) if project.open_to_branches else None
    if branches is not None and not branches.fields["branch"].queryset.exists():  # type: ignore[attr-defined]
        branches = None
    claims = project.claims.exclude(state__in=(ClaimState.OFFERED, *ENDED_CLAIM_STATES))
    held = project.claims.open().filter(member=user.as_member).first() if user.as_member else None
    context = {
        "project": project,
        "line": line,
        "member": user.as_member,
        "held": held,
        "branch_form": branches if project.state == ProjectState.PUBLISHED else None,
        "needs": project.needs.visible_to(user),
        "skills": project.skills.all(),
        "sees_claims": may(user, Permission.CLAIM_VIEW, project.organisation),
        "claims": claims.select_related("member", "branch", "project").order_by("ordinal"),
        "edits": edits,
        "may_edit": edits and project.state in (ProjectState.DRAFT, ProjectState.RETURNED),
        "may_submit": edits and project.state in (ProjectState.DRAFT, ProjectState.RETURNED),
        "may_publish": publishes
        and not own_second_key
        and project.state in (ProjectState.DRAFT, ProjectState.IN_REVIEW, ProjectState.RETURNED),
        "needs_other": own_second_key and project.state in (ProjectState.DRAFT, ProjectState.IN_REVIEW),
        "may_return": publishes and project.state == ProjectState.IN_REVIEW,
        "reason_form": forms.ReasonForm(),
    }
    return render(request, "projects/project_detail.html", context)


# step → permission, action, what the user is told; those of the second table ask for a reason.
STEPS = {
    "submit": (Permission.PROJECT_EDIT, projects.submit, gettext_lazy("A second person has been asked to publish it.")),
    "publish": (Permission.PROJECT_PUBLISH, projects.publish, gettext_lazy("The project is open for claims.")),
    "resume": (Permission.PROJECT_EDIT, projects.resume, gettext_lazy("The project is open again.")),
    "complete": (Permission.PROJECT_EDIT, projects.complete, gettext_lazy("The project is completed.")),
    "unclaimed": (
        Permission.PROJECT_EDIT,
        projects.close_unclaimed,
        gettext_lazy("The project is closed without claims."),
    ),
}
STEPS_WITH_REASON = {
    "return": (Permission.PROJECT_PUBLISH, projects.send_back, gettext_lazy("The author reads your reason.")),
    "suspend": (Permission.PROJECT_EDIT, projects.suspend, gettext_lazy("The project is suspended.")),
    "cancel": (
        Permission.PROJECT_EDIT,
        projects.cancel,
        gettext_lazy("The project is cancelled; the claimants have been told."),
    ),
}


@require_POST
def project_move(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """One step of a project's life, by the button that was pressed; the URL names no other steps."""
    if step in STEPS:
        permission, action, done = STEPS[step]
        project = access.get_project(request.user, pk, permission)
        attempt(request, lambda: action(project=project, by=request.user), done)
        return redirect("project_detail", pk)
    permission, explain, done = STEPS_WITH_REASON[step]
    project = access.get_project(request.user, pk, permission)
    form = forms.ReasonForm(request.POST)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        attempt(request, lambda: explain(project=project, reason=reason, by=request.user), done)
    else:
        complain(request, form)
    return redirect("project_detail", pk)
