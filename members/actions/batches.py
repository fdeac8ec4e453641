"""A whole unit reports in at once, and a receiver accepts many at once: the actions of single letters, row by row."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from branches.access import may
from branches.permissions import Permission
from dualmgmt.lib import audit, outbox
from dualmgmt.lib.actors import account
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.lib.lifecycle import SOMEBODY_WAS_FASTER
from dualmgmt.models import Outbox
from members import batching, lifecycle, rules
from members.actions import letters, registrations
from members.enums import BatchLineState as L
from members.models import ActivityRegistration, BatchLine, Member, ReportInBatch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from branches.models import Organisation
    from dualmgmt.lib.actors import Actor

# Lines that a worker takes at once: one short transaction, so that letters issued elsewhere need not wait long.
CHUNK = 10


@transaction.atomic
def draft(
    *,
    organisation: Organisation,
    chosen: list[tuple[Member, Organisation]],
    reason: str,
    valid_days: int,
    paper: bool,
    by: Actor,
) -> ReportInBatch:
    """Write down who of *organisation* reports in where; nothing is issued yet.

    A member may stand there with several receivers. Raises :class:`ActionDenied`
    when nobody or too many are chosen, or somebody is not at home here or below.
    """
    rules.check_validity(valid_days)
    pairs = {(member.pk, receiver.pk): (member, receiver) for member, receiver in chosen}
    rules.check_batch_size(len(pairs))
    people = {member for member, _receiver in pairs}
    if batching.candidates(organisation).filter(pk__in=people).count() != len(people):
        raise ActionDenied(rules.NOT_OF_THIS_UNIT, "not_of_this_unit")
    batch = ReportInBatch.objects.create(
        organisation=organisation, reason=reason, valid_days=valid_days, paper=paper, made_by=account(by)
    )
    BatchLine.objects.bulk_create(
        [BatchLine(batch=batch, member=member, organisation=receiver) for member, receiver in pairs.values()]
    )
    audit.record("batch.drafted", batch, by=by, organisation=organisation, rows=len(pairs))
    return batch


@transaction.atomic
def change_line(*, line: BatchLine, organisation: Organisation, by: Actor) -> None:
    """Another receiver for a line that is not done; a refused one waits to be sent again."""
    if line.state == L.DONE:
        raise ActionDenied(rules.LINE_DONE, "line_done")
    rules.check_receiver(line.member, organisation, line.member.home_branch())
    before = line.organisation
    try:
        with transaction.atomic():
            if line.state == L.REFUSED:
                lifecycle.batch_line.move(line, L.WAITING, organisation=organisation, remark="")
            elif not BatchLine.objects.filter(pk=line.pk, state=L.WAITING).update(organisation=organisation):
                raise ActionDenied(SOMEBODY_WAS_FASTER, "stale")
    except IntegrityError:
        raise ActionDenied(rules.LINE_TWICE, "line_twice") from None
    line.organisation = organisation
    place = line.batch.organisation
    audit.record("batch.line_changed", line, by=by, organisation=place, before=before.name, after=organisation.name)


@transaction.atomic
def drop_line(*, line: BatchLine, by: Actor) -> None:
    """Take a line off that is not done."""
    if not BatchLine.objects.filter(pk=line.pk).exclude(state=L.DONE).delete()[0]:
        raise ActionDenied(rules.LINE_DONE, "line_done")
    audit.record("batch.lines_dropped", line.batch, by=by, organisation=line.batch.organisation, rows=1)


@transaction.atomic
def discard(*, batch: ReportInBatch, by: Actor) -> None:
    """Take off everything that is not done."""
    gone = batch.lines.exclude(state=L.DONE).delete()[0]
    if not gone:
        raise ActionDenied(rules.BATCH_NOTHING_LEFT, "batch_nothing_left")
    audit.record("batch.lines_dropped", batch, by=by, organisation=batch.organisation, rows=gone)


@transaction.atomic
def send(*, batch: ReportInBatch, by: Actor, again: bool = False) -> None:
    """Have the waiting lines sent, with *again* the refused ones too; workers issue the letters after the commit.

    Asked twice, the lines are still sent once: whoever comes second finds them done.
    """
    if sending(batch):
        raise ActionDenied(rules.BATCH_BEING_SENT, "batch_being_sent")
    if again:
        for line in batch.lines.filter(state=L.REFUSED):
            lifecycle.batch_line.move(line, L.WAITING, remark="")
    waiting = list(batch.lines.filter(state=L.WAITING).order_by("pk").values_list("pk", flat=True))
    if not waiting:
        raise ActionDenied(rules.BATCH_NOTHING_LEFT, "batch_nothing_left")
    person, turn = account(by), secrets.token_hex(4)
    for first in range(0, len(waiting), CHUNK):
        part = waiting[first : first + CHUNK]
        who = person.pk if person is not None else 0
        outbox.put("members.send_batch_lines", batch.pk, part[0], part[-1], who, key=f"batch:{batch.pk}:{turn}:{first}")
    audit.record("batch.sent", batch, by=by, organisation=batch.organisation, rows=len(waiting))


def sending(batch: ReportInBatch) -> bool:
    """Whether lines that wait are with the workers."""
    if not batch.lines.filter(state=L.WAITING).exists():
        return False
    return Outbox.objects.filter(key__startswith=f"batch:{batch.pk}:", done_at=None).exists()


def send_lines(*, batch: ReportInBatch, first: int, last: int, by: Actor) -> None:
    """The waiting lines with keys from *first* to *last*, each for itself."""
    for pk in batch.lines.filter(pk__range=(first, last), state=L.WAITING).order_by("pk").values_list("pk", flat=True):
        send_line(pk=pk, by=by)


@transaction.atomic
def send_line(*, pk: int, by: Actor) -> None:
    """Start, submit and issue as for a single letter; the line says what came of it.

    The line is held, so that of two who send it the second finds it done.
    """
    rows = BatchLine.objects.select_related("batch__organisation", "member", "organisation")
    line = rows.select_for_update(of=("self",)).filter(pk=pk, state=L.WAITING).first()
    if line is None:
        return
    try:
        with transaction.atomic():
            registration = _report_in(line, by)
    except ActionDenied as denied:
        lifecycle.batch_line.move(line, L.REFUSED, remark=str(denied)[:300])
    else:
        lifecycle.batch_line.move(line, L.DONE, registration=registration, remark="")


def _report_in(line: BatchLine, by: Actor) -> ActivityRegistration:
    batch, home, person = line.batch, line.member.home_branch(), account(by)
    if home is None or not home.path.startswith(batch.organisation.path):
        raise ActionDenied(rules.NOT_OF_THIS_UNIT, "not_of_this_unit")
    # Sent later than it was written down, perhaps by somebody else: the right is asked for now.
    if person is not None and not may(person, Permission.LETTER_ISSUE, home):
        raise ActionDenied(rules.NO_LETTERS_FROM_HERE, "no_letters_from_here")
    registration = registrations.start(
        member=line.member, organisation=line.organisation, reason=batch.reason, form={}, pledge="", by=by
    )
    ActivityRegistration.objects.filter(pk=registration.pk).update(batch=batch)
    registration.batch = batch
    registrations.submit(registration=registration, by=by)
    letters.issue(registration=registration, valid_days=batch.valid_days, paper=batch.paper, by=by)
    return registration


def accept_many(
    *, registrations: Iterable[ActivityRegistration], placement: Organisation, by: Actor
) -> list[tuple[ActivityRegistration, str]]:
    """Accept each for itself into *placement*; returns those refused with the sentence why."""
    refused = []
    for registration in registrations:
        try:
            letters.accept(registration=registration, placement=placement, by=by)
        except ActionDenied as denied:
            refused.append((registration, str(denied)))
    return refused


def follow_merge(*, keep: Member, lose: Member) -> None:
    """Lines of a row that is closed as a second one of the same person go to the one that stays."""
    theirs = BatchLine.objects.filter(member=keep)
    for line in BatchLine.objects.filter(member=lose).exclude(state=L.DONE):
        if theirs.filter(batch=line.batch_id, organisation=line.organisation_id).exists():
            line.delete()
    for line in BatchLine.objects.filter(member=lose):
        # Done twice to the same receiver in one batch: the line stays with the closed row, as its history.
        if not theirs.filter(batch=line.batch_id, organisation=line.organisation_id).exists():
            BatchLine.objects.filter(pk=line.pk).update(member=keep)
