"""URLs of the service cycle."""

from django.urls import URLPattern, URLResolver, path, re_path

from projects.views import claims, handover, needs, papers, projects, records

STEPS = "submit|publish|return|suspend|resume|cancel|complete|unclaimed"

urlpatterns: list[URLPattern | URLResolver] = [
    path("needs/", needs.need_list, name="need_list"),
    path("needs/new/", needs.need_new, name="need_new"),
    path("needs/reported/", needs.need_reported, name="need_reported"),
    path("needs/track/", needs.need_track, name="need_track"),
    path("needs/enter/", needs.need_enter, name="need_enter"),
    path("needs/<int:pk>/", needs.need_detail, name="need_detail"),
    path("needs/<int:pk>/verify/", needs.need_verify, name="need_verify"),
    path("needs/<int:pk>/close/", needs.need_close, name="need_close"),
    path("projects/", projects.project_list, name="project_list"),
    path("projects/desk/", projects.project_desk, name="project_desk"),
    path("projects/new/", projects.project_new, name="project_new"),
    path("projects/<int:pk>/", projects.project_detail, name="project_detail"),
    path("projects/<int:pk>/edit/", projects.project_edit, name="project_edit"),
    path("projects/<int:pk>/claim/", claims.project_claim, name="project_claim"),
    path("projects/<int:pk>/claim-as-branch/", claims.project_claim_as_branch, name="project_claim_as_branch"),
    re_path(rf"^projects/(?P<pk>[0-9]+)/(?P<step>{STEPS})/$", projects.project_move, name="project_move"),
    path("claims/", claims.claim_list, name="claim_list"),
    path("claims/<int:pk>/", claims.claim_detail, name="claim_detail"),
    path("claims/<int:pk>/withdraw/", claims.claim_withdraw, name="claim_withdraw"),
    path("claims/<int:pk>/confirm/", claims.claim_confirm, name="claim_confirm"),
    path("claims/<int:pk>/decline/", claims.claim_decline, name="claim_decline"),
    path("claims/<int:pk>/finish/", claims.claim_finish, name="claim_finish"),
    path("claims/<int:pk>/hand-over/", handover.claim_offer, name="claim_offer"),
    path("claims/<int:pk>/hand-over/withdraw/", handover.claim_offer_withdraw, name="claim_offer_withdraw"),
    path("claims/<int:pk>/answer/", handover.claim_answer, name="claim_answer"),
    path("claims/<int:pk>/participants/", claims.claim_participants, name="claim_participants"),
    path("claims/<int:claim_pk>/record/", records.record_new, name="record_new"),
    path("registrations/<int:pk>/record-card/", papers.record_card_print, name="record_card_print"),
    path("records/", records.record_list, name="record_list"),
    path("records/verify/", records.record_verify_many, name="record_verify_many"),
    path("records/<int:pk>/", records.record_detail, name="record_detail"),
    path("records/<int:pk>/verify/", records.record_verify, name="record_verify"),
    path("records/<int:pk>/return/", records.record_return, name="record_return"),
]
