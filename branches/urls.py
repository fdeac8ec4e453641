"""URLs of the organisation pages."""

from django.urls import URLPattern, URLResolver, path

from branches.views import imports, organisations

urlpatterns: list[URLPattern | URLResolver] = [
    path("organisations/", organisations.organisation_list, name="organisation_list"),
    path("organisations/new/", organisations.organisation_new, name="organisation_new"),
    path("organisations/import/", imports.organisation_import, name="organisation_import"),
    path("organisations/<str:code>/", organisations.organisation_detail, name="organisation_detail"),
    path("organisations/<str:code>/edit/", organisations.organisation_edit, name="organisation_edit"),
]
