"""A unit of the small city reports in at once: what the tests of it share."""

from __future__ import annotations

from typing import Any

from branches.models import Organisation
from members.actions import batches
from members.models import Member, ReportInBatch
from tests.factories import MemberFactory
from tests.world import World


def colleagues(world: World, count: int) -> list[Member]:
    return [MemberFactory(name=f"同事{number}", home=world.branch_a) for number in range(count)]


def put_down(world: World, *chosen: tuple[Member, Organisation], by: str = "unit_secretary", **given: Any) -> Any:
    fields: dict[str, Any] = {"reason": "paired", "valid_days": 30, "paper": False, **given}
    return batches.draft(organisation=world.bureau, chosen=list(chosen), by=world.users[by], **fields)


def work_off(world: World, batch: ReportInBatch, by: str = "unit_secretary") -> None:
    """What the workers do after *batch* has been sent."""
    batches.send_lines(batch=batch, first=0, last=2**31, by=world.users[by])


def states(batch: ReportInBatch) -> dict[str, str]:
    return {f"{line.member}→{line.organisation}": line.state for line in batch.lines.select_related("member")}
