"""What is about to be done to people: said and done by every app through the registry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from members.enums import CloseReason, MembershipStatus

if TYPE_CHECKING:
    from members.models import Member


@dataclass(frozen=True)
class MergePlan:
    """Two rows that are one person: what hangs on *lose* goes to *keep*; *lose* stays as a closed row."""

    keep: Member
    lose: Member


@dataclass(frozen=True)
class StatusPlan:
    """The legal status of *member* becomes *status*; ``reason`` is the code on what ends with it."""

    member: Member
    status: MembershipStatus

    @property
    def ends(self) -> bool:
        """Whether the member may serve nowhere any more."""
        return self.status != MembershipStatus.NORMAL

    @property
    def reason(self) -> CloseReason:
        return CloseReason.DECEASED if self.status == MembershipStatus.DECEASED else CloseReason.MEMBERSHIP_ENDED
