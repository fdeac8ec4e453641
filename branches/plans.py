"""A planned change of the tree, before anything is written."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from branches.enums import ENDED_STATES, ChangeKind, OrganisationState
from branches.models import Organisation
from dualmgmt.lib.registry import Effect


@dataclass(frozen=True)
class ChangePlan:
    """What is to happen to *organisation*; providers of effects read it.

    ``heir`` takes over what a merged or dissolved organisation leaves, and in a
    split is the new branch (``None`` until it is made). ``member_ids`` are the
    members who go to the new branch.
    """

    kind: ChangeKind
    organisation: Organisation
    effect_on: dt.date
    document_number: str
    reason: str = ""
    name: str = ""
    short_code: str = ""
    code: str = ""
    parent: Organisation | None = None
    heir: Organisation | None = None
    member_ids: frozenset[int] = frozenset()

    @property
    def ends(self) -> bool:
        """Whether the organisation is no more afterwards."""
        return self.kind in (ChangeKind.MERGED, ChangeKind.DISSOLVED)

    @property
    def end_state(self) -> OrganisationState:
        state = OrganisationState.MERGED if self.kind == ChangeKind.MERGED else OrganisationState.DISSOLVED
        assert state in ENDED_STATES
        return state


def fingerprint(effects: Iterable[Effect]) -> str:
    """What was shown, in sixteen characters: a confirmation counts only for the preview it was given for."""
    text = "\n".join(f"{effect.must_settle} {effect.sentence}" for effect in effects)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
