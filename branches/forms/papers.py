"""The form for the words of a paper."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from branches.models import PaperText


class PaperTextForm(forms.ModelForm[PaperText]):
    class Meta:
        model = PaperText
        fields = ["letterhead", "title", "words", "footer"]
        widgets = {"words": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, inherited: dict[str, str], **kwargs: Any) -> None:
        """*inherited* are the words that hold while a field is left empty; they are told under it."""
        super().__init__(*args, **kwargs)
        hints = {
            "letterhead": _("Printed in red above the title."),
            "words": _("An extra paragraph under the text of the paper."),
            "footer": _("Printed small at the foot of every page."),
        }
        for name, field in self.fields.items():
            held = inherited.get(name)
            told = format_lazy(_("Left empty: “{words}”"), words=held) if held else _("Left empty: the portal's own.")
            field.help_text = format_lazy("{} {}", hints.get(name, ""), told)
