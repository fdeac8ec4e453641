"""What is about to be done to people: said and done by every app through the registry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from members.models import Member


@dataclass(frozen=True)
class MergePlan:
    """Two rows that are one person: what hangs on *lose* goes to *keep*; *lose* stays as a closed row."""

    keep: Member
    lose: Member
