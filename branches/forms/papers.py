"""The form for the words of a paper."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from branches.models import PaperText


class PaperTextForm(forms.ModelForm[PaperText]):
    class Meta:
        model = PaperText
        fields = ["letterhead", "title", "words", "footer"]
        widgets = {"words": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, inherited: dict[str, str], **kwargs: Any) -> None:
        """*inherited* are the words that hold while a field is left empty; the empty field shows them."""
        super().__init__(*args, **kwargs)
        for name, words in inherited.items():
            if words:
                self.fields[name].widget.attrs["placeholder"] = words
        self.fields["letterhead"].help_text = _("Printed in red above the title. Empty: as set above, or none.")
        self.fields["words"].help_text = _("An extra paragraph under the text of the paper.")
        self.fields["footer"].help_text = _("Printed small at the foot of every page.")
