from django.urls import path

from members.roster import views

urlpatterns = [
    path("", views.roster_import, name="roster_import"),
    path("template/", views.roster_import_template, name="roster_import_template"),
    path("<str:token>/", views.roster_import_preview, name="roster_import_preview"),
    path("<str:token>/confirm/", views.roster_import_confirm, name="roster_import_confirm"),
    path("<str:token>/refused/", views.roster_import_refused, name="roster_import_refused"),
]
