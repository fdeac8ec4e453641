"""The words an office sets for its papers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from branches.enums import Paper
from branches.models import Organisation, PaperText
from branches.papers import FIELDS
from branches.rules import check_active
from dualmgmt.lib import audit

if TYPE_CHECKING:
    from dualmgmt.lib.actors import Actor


@transaction.atomic
def set_words(*, organisation: Organisation, paper: Paper, words: dict[str, str], by: Actor) -> None:
    """Set what stands on *paper* here and below; all empty means that the words from above hold again.

    Papers that are frozen when issued, such as letters, keep what they said.
    """
    organisation = Organisation.objects.hold(organisation.pk)
    check_active(organisation)
    wanted = {name: words.get(name, "").strip() for name in FIELDS}
    row, _made = PaperText.objects.get_or_create(organisation=organisation, paper=paper)
    before = {name: getattr(row, name) for name in FIELDS}
    if any(wanted.values()):
        PaperText.objects.filter(pk=row.pk).update(**wanted)
    else:
        row.delete()
    if wanted != before:
        changed = {name: wanted[name] for name in FIELDS if wanted[name] != before[name]}
        audit.record("paper.words_set", organisation, by=by, organisation=organisation, paper=str(paper), **changed)
