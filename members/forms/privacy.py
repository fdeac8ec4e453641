"""Forms around personal data: a purpose, a correction, an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from members import rules
from members.enums import BULK_FIELDS, CorrectionField, DisclosedField, Purpose
from members.values import clean_phone

if TYPE_CHECKING:
    from members.models import Member


class PurposeForm(forms.Form):
    """What personal data are looked at for; the member reads it."""

    purpose = forms.ChoiceField(label=gettext_lazy("Purpose"), choices=[("", "—"), *Purpose.choices])
    words = forms.CharField(
        label=gettext_lazy("In your own words"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("The member reads this and who asked. Needed for another purpose."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("purpose") == Purpose.OTHER and not cleaned.get("words"):
            self.add_error("words", str(rules.PURPOSE_MISSING))
        return cleaned


class BulkForm(PurposeForm):
    chosen = forms.MultipleChoiceField(
        label=gettext_lazy("What is to be shown"),
        choices=[(field.value, field.label) for field in BULK_FIELDS],
        widget=forms.CheckboxSelectMultiple,
        initial=[DisclosedField.PHONE],
        help_text=gettext_lazy("ID numbers are looked at one by one, on the member's page."),
    )
    field_order = ["chosen", "purpose", "words"]


class RefusalForm(forms.Form):
    remark = forms.CharField(label=gettext_lazy("Reason"), max_length=200)


class CorrectionForm(forms.Form):
    field = forms.ChoiceField(label=gettext_lazy("What is wrong"), choices=[("", "—"), *CorrectionField.choices])
    proposed = forms.CharField(
        label=gettext_lazy("What it should be"),
        max_length=200,
        help_text=gettext_lazy("Write the correct value, or what has to be put right."),
    )
    words = forms.CharField(
        label=gettext_lazy("Explanation"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("For example which certificate shows it."),
    )

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        self.member = member
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        field, proposed = cleaned.get("field"), cleaned.get("proposed")
        if field == CorrectionField.PHONE and proposed:
            try:
                cleaned["proposed"] = clean_phone(proposed)
            except forms.ValidationError as wrong:
                self.add_error("proposed", wrong)
        elif field and field != CorrectionField.OTHER and proposed:
            longest = getattr(self.member._meta.get_field(field), "max_length", None)
            if longest and len(proposed) > longest:
                self.add_error("proposed", _("At most %(count)s characters.") % {"count": longest})
        return cleaned


class DifferenceForm(CorrectionForm):
    """What a receiver found to be different at its desk."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["field"].label = _("What is different")
        self.fields["words"].label = _("Remark")
        self.fields["words"].help_text = _("How you found out. The home branch and the member read it.")


class AnswerForm(forms.Form):
    answer = forms.CharField(
        label=gettext_lazy("Answer"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("The member reads it. Needed when nothing is corrected."),
    )
