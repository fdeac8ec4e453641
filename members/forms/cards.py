"""Forms of the member card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from members.actions.cards import ENDS
from members.enums import CardEnd, CardState
from members.models import Member
from members.queries import without_card

if TYPE_CHECKING:
    from members.models import MemberCard, User


class CardEndForm(forms.Form):
    """Why the card ends; a lost one can only be revoked, or replaced by issuing a new one."""

    reason = forms.ChoiceField(
        label=_("Reason"),
        help_text=_("Damaged or details changed: a new card with a new number is issued at once."),
    )

    def __init__(self, *args: Any, card: MemberCard, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        possible = [end for end in CardEnd if card.state == CardState.ACTIVE or ENDS[end] == CardState.REVOKED]
        self.fields["reason"].choices = [  # type: ignore[attr-defined]
            ("", "—"),
            *((end.value, end.label) for end in possible),
        ]

    def clean_reason(self) -> CardEnd:
        return CardEnd(self.cleaned_data["reason"])


class IssueManyForm(forms.Form):
    """Who gets a card: members at home in the user's branches who have none that is valid."""

    members = forms.ModelMultipleChoiceField(label=_("Members"), queryset=Member.objects.none())

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["members"].queryset = without_card(user)  # type: ignore[attr-defined]
