"""URLs of evaluations; the dashboard has its own file."""

from django.urls import URLPattern, URLResolver, include, path

from evaluations.views import feedback, periods, reports

urlpatterns: list[URLPattern | URLResolver] = [
    path("feedback/", feedback.feedback_list, name="feedback_list"),
    path("feedback/mine/", feedback.feedback_mine, name="feedback_mine"),
    path("feedback/show/", feedback.feedback_show_plain, name="feedback_show_plain"),
    path("feedback/periods/", periods.period_list, name="period_list"),
    path("feedback/periods/new/", periods.period_new, name="period_new"),
    path("feedback/periods/<slug:code>/prepare/", periods.period_prepare, name="period_prepare"),
    path("feedback/periods/<slug:code>/compile/", periods.period_compile, name="period_compile"),
    path("feedback/<int:pk>/", feedback.feedback_detail, name="feedback_detail"),
    path("feedback/<int:pk>/write/", feedback.feedback_write, name="feedback_write"),
    path("feedback/<int:pk>/answer/", feedback.feedback_answer, name="feedback_answer"),
    path("reports/", reports.report_list, name="report_list"),
    path("reports/runs/", periods.run_list, name="run_list"),
    path("reports/runs/<int:pk>/", periods.run_detail, name="run_detail"),
    path("reports/runs/<int:pk>/retry/", periods.run_retry, name="run_retry"),
    path("reports/<int:pk>/", reports.report_detail, name="report_detail"),
    path("reports/<int:pk>/sent/", reports.report_sent, name="report_sent"),
    path("reports/<int:pk>/print/", reports.report_print, name="report_print"),
    path("reports/<int:pk>/export/", reports.report_export, name="report_export"),
    path(
        "reports/<int:pk>/sections/<int:section_pk>/acknowledge/", reports.report_acknowledge, name="report_acknowledge"
    ),
    path("reports/<int:pk>/sections/<int:section_pk>/guide/", reports.report_guide, name="report_guide"),
    path("", include("evaluations.dashboard.urls")),
]
