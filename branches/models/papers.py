"""The words on printed papers that an office sets for itself and what is below it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from branches.enums import Paper
from branches.models.organisations import Organisation


class PaperText(models.Model):
    """Letterhead, words and footer of one kind of paper; the nearest organisation at or above decides.

    An empty field means the portal's own words. Without an organisation the row
    holds for everybody.
    """

    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="paper_texts",
        verbose_name=_("organisation"),
    )
    paper = models.CharField(_("paper"), max_length=20, choices=Paper)
    letterhead = models.CharField(_("letterhead"), max_length=60, blank=True)
    title = models.CharField(_("title"), max_length=40, blank=True)
    words = models.TextField(_("words"), max_length=600, blank=True)
    footer = models.CharField(_("footer"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("words of a paper")
        verbose_name_plural = _("words of papers")
        constraints = [
            models.UniqueConstraint(fields=["organisation", "paper"], name="one_text_per_organisation_and_paper"),
            models.UniqueConstraint(
                fields=["paper"], condition=Q(organisation=None), name="one_text_for_everybody_per_paper"
            ),
            models.CheckConstraint(condition=Q(paper__in=Paper.values), name="paper_known"),
        ]

    def __str__(self) -> str:
        return f"{self.organisation or '*'}: {self.get_paper_display()}"
