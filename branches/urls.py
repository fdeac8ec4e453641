"""URLs of the organisation pages."""

from django.urls import URLPattern, URLResolver, path

from branches.views import appointments, changes, imports, organisations, pairings, papers, settings

urlpatterns: list[URLPattern | URLResolver] = [
    path("organisations/", organisations.organisation_list, name="organisation_list"),
    path("organisations/new/", organisations.organisation_new, name="organisation_new"),
    path("organisations/import/", imports.organisation_import, name="organisation_import"),
    path("units/", settings.unit_list, name="unit_list"),
    path("units/new/", settings.unit_new, name="unit_new"),
    path("units/<int:pk>/", settings.unit_detail, name="unit_detail"),
    path("units/<int:pk>/edit/", settings.unit_edit, name="unit_edit"),
    path("appointments/", appointments.appointment_desk, name="appointment_desk"),
    path("appointments/administrators/new/", appointments.administrator_new, name="administrator_new"),
    path("appointments/<int:pk>/approve/", appointments.appointment_approve, name="appointment_approve"),
    path("appointments/<int:pk>/decline/", appointments.appointment_decline, name="appointment_decline"),
    path("appointments/<int:pk>/end/", appointments.appointment_end, name="appointment_end"),
    path("appointments/<int:pk>/hand-over/", appointments.appointment_hand_over, name="appointment_hand_over"),
    path("capacity/", appointments.capacity_choose, name="capacity_choose"),
    path("pairings/", pairings.pairing_list, name="pairing_list"),
    path("pairings/<int:pk>/", pairings.pairing_detail, name="pairing_detail"),
    path("pairings/<int:pk>/edit/", pairings.pairing_edit, name="pairing_edit"),
    path("pairings/<int:pk>/end/", pairings.pairing_end, name="pairing_end"),
    path("pairings/<int:pk>/resources/new/", pairings.resource_new, name="resource_new"),
    path("pairings/resources/<int:pk>/edit/", pairings.resource_edit, name="resource_edit"),
    path("pairings/resources/<int:pk>/withdraw/", pairings.resource_withdraw, name="resource_withdraw"),
    path("organisations/<str:code>/appointments/", appointments.appointment_list, name="appointment_list"),
    path("organisations/<str:code>/appointments/new/", appointments.appointment_new, name="appointment_new"),
    path("organisations/<str:code>/pairings/", pairings.pairing_new, name="pairing_new"),
    path("organisations/<str:code>/exceptions/new/", settings.exception_new, name="exception_new"),
    path("organisations/<str:code>/change/<str:kind>/", changes.organisation_change, name="organisation_change"),
    path("organisations/<str:code>/papers/", papers.paper_list, name="paper_list"),
    path("organisations/<str:code>/papers/<slug:paper>/", papers.paper_edit, name="paper_edit"),
    path("organisations/<str:code>/", organisations.organisation_detail, name="organisation_detail"),
    path("organisations/<str:code>/edit/", organisations.organisation_edit, name="organisation_edit"),
]
