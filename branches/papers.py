"""The words that stand on a paper: of the nearest organisation at or above the one that issues it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q
from django.db.models.functions import Length

from branches.models import Organisation, PaperText

if TYPE_CHECKING:
    from branches.enums import Paper

FIELDS = ("letterhead", "title", "words", "footer")


def words(paper: Paper, organisation: Organisation) -> dict[str, str]:
    """``letterhead``, ``title``, ``words`` and ``footer`` for *paper* of *organisation*, field by field.

    What the organisation itself leaves empty comes from the nearest above, then
    from the row for everybody; what nobody set is empty, and the layout's own
    words are printed.
    """
    return _resolve(paper, organisation, len(organisation.path))


def inherited(paper: Paper, organisation: Organisation) -> dict[str, str]:
    """What would hold if *organisation* had set nothing itself."""
    return _resolve(paper, organisation, len(organisation.path) - Organisation.steplen)


def _resolve(paper: Paper, organisation: Organisation, end: int) -> dict[str, str]:
    step = Organisation.steplen
    above = [organisation.path[:length] for length in range(step, end + 1, step)]
    rows = PaperText.objects.filter(paper=paper).filter(Q(organisation=None) | Q(organisation__path__in=above))
    found = dict.fromkeys(FIELDS, "")
    for row in rows.order_by(Length("organisation__path").asc(nulls_first=True)):
        found.update({name: getattr(row, name) for name in FIELDS if getattr(row, name)})
    return found
