"""All URLs of the portal; apps keep theirs in their own ``urls.py``."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import set_language

from dualmgmt.api import urlpatterns as api_urls
from dualmgmt.views import health, styleguide
from dualmgmt.views.audit import audit_detail, audit_export, audit_list
from dualmgmt.views.drafts import draft
from dualmgmt.views.front import front
from dualmgmt.views.notices import notice_list, notice_read, notice_read_all
from dualmgmt.views.retention import retention
from dualmgmt.views.todo import todo

urlpatterns: list[URLPattern | URLResolver] = [
    path("", front, name="front"),
    path("todo/", todo, name="todo"),
    path("notices/", notice_list, name="notice_list"),
    path("notices/<int:pk>/", notice_read, name="notice_read"),
    path("notices/read/", notice_read_all, name="notice_read_all"),
    path("drafts/<slug:key>/", draft, name="draft"),
    path("language/", login_not_required(set_language), name="set_language"),
    path("audit/", audit_list, name="audit_list"),
    path("audit/export/", audit_export, name="audit_export"),
    path("audit/<int:pk>/", audit_detail, name="audit_detail"),
    path("retention/", retention, name="retention"),
    path("health/", health.health, name="health"),
    path("accounts/", include("dualmgmt.accounts")),
    path("api/v1/", include(api_urls)),
    # Upper apps first: some of their pages lie under a lower one's path.
    path("", include("members.urls")),
    path("", include("branches.urls")),
    path("", include("projects.urls")),
    path("", include("evaluations.urls")),
]
if settings.ADMIN_ENABLED:
    urlpatterns.append(path("admin/", admin.site.urls))
if settings.DEBUG:
    urlpatterns.append(path("styleguide/", styleguide.styleguide, name="styleguide"))
