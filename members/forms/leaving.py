"""Forms of leaving and closing, and of the membership status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from members.enums import LEAVING_REASONS, CloseReason, MembershipStatus, Side
from members.rules import REMARK_FOR_OTHER

if TYPE_CHECKING:
    from members.models import Member


class LeaveForm(forms.Form):
    """Why the registration is to be closed; on whose behalf is asked only of who stands on several sides."""

    side = forms.ChoiceField(label=_("On whose behalf"), choices=Side.choices)
    reason = forms.ChoiceField(
        label=_("Reason for leaving"),
        choices=[("", _("Please choose")), *((reason.value, reason.label) for reason in LEAVING_REASONS)],
    )
    remark = forms.CharField(
        label=_("Remark"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("All three sides read it: the member, the receiving organisation and the home branch."),
    )

    def __init__(self, *args: Any, sides: list[Side], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sides = sides
        if len(sides) == 1:
            del self.fields["side"]
        else:
            self.fields["side"].choices = [(side.value, side.label) for side in sides]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        cleaned.setdefault("side", self.sides[0].value)
        if cleaned.get("reason") == CloseReason.OTHER and not cleaned.get("remark", "").strip():
            self.add_error("remark", str(REMARK_FOR_OTHER))
        return cleaned


class CloseForm(forms.Form):
    final_facts = forms.CharField(
        label=_("Final facts"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Pre-filled from the verified records; add what the home branch should know. Facts, no marks."),
    )


class StatusForm(forms.Form):
    status = forms.ChoiceField(label=_("Membership status"), choices=MembershipStatus.choices)
    basis = forms.CharField(
        label=_("Decision or event it rests on"),
        max_length=200,
        help_text=_("For example the number and the day of the decision, or who notified the branch and when."),
    )
    sure = forms.BooleanField(label=_("I have read what ends with it; it cannot be taken back."))

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = [choice for choice in MembershipStatus.choices if choice[0] != member.status]
        self.fields["status"].choices = [("", _("Please choose")), *others]  # type: ignore[attr-defined]
        if member.status != MembershipStatus.NORMAL:
            del self.fields["sure"]
