from django.urls import path

from evaluations.dashboard import views

urlpatterns = [
    path("dashboard/", views.dashboard, name="dashboard"),
    path("dashboard/<str:code>/", views.dashboard, name="dashboard_node"),
    path("dashboard/<str:code>/<str:figure>/", views.dashboard_records, name="dashboard_records"),
]
