"""URLs of people and of reporting in."""

from django.urls import URLPattern, URLResolver, include, path

from members.views import archive, cards, letters, members, registrations

urlpatterns: list[URLPattern | URLResolver] = [
    path("members/", members.member_list, name="member_list"),
    path("members/new/", members.member_new, name="member_new"),
    path("members/import/", include("members.roster.urls")),
    path("members/me/", members.my_page, name="my_page"),
    path("members/me/card/", cards.my_card, name="my_card"),
    path("members/<int:pk>/", members.member_detail, name="member_detail"),
    path("members/<int:pk>/edit/", members.member_edit, name="member_edit"),
    path("members/<int:pk>/account/", members.member_account, name="member_account"),
    path("members/<int:pk>/card/", cards.member_card, name="member_card"),
    path("members/<int:pk>/card/print/", cards.card_print, name="card_print"),
    path("members/<int:pk>/card/issue/", cards.card_issue, name="card_issue"),
    path("members/<int:pk>/card/end/", cards.card_end, name="card_end"),
    path("members/<int:member_pk>/report-in/", registrations.registration_new, name="registration_new_for"),
    path("registrations/", registrations.registration_list, name="registration_list"),
    path("registrations/new/", registrations.registration_new, name="registration_new"),
    path("registrations/archive/", archive.archive, name="archive"),
    path("registrations/archive/export/", archive.archive_export, name="archive_export"),
    path("registrations/<int:pk>/", registrations.registration_detail, name="registration_detail"),
    path("registrations/<int:pk>/print/", registrations.registration_print, name="registration_print"),
    path("registrations/<int:pk>/edit/", registrations.registration_edit, name="registration_edit"),
    path("registrations/<int:pk>/submit/", registrations.registration_submit, name="registration_submit"),
    path("registrations/<int:pk>/withdraw/", registrations.registration_withdraw, name="registration_withdraw"),
    path("registrations/<int:pk>/issue/", registrations.registration_issue, name="registration_issue"),
    path("registrations/<int:pk>/return/", registrations.registration_return, name="registration_return"),
    path("registrations/<int:pk>/accept/", registrations.registration_accept, name="registration_accept"),
    path("registrations/<int:pk>/decline/", registrations.registration_decline, name="registration_decline"),
    path("letters/", letters.letter_list, name="letter_list"),
    path("letters/find/", letters.letter_find, name="letter_find"),
    path("letters/hand-in/", letters.letter_hand_in, name="letter_hand_in"),
    path("letters/<int:pk>/", letters.letter_detail, name="letter_detail"),
    path("letters/<int:pk>/print/", letters.letter_print, name="letter_print"),
    path("letters/<int:pk>/receipt/", letters.letter_file_receipt, name="letter_file_receipt"),
]
