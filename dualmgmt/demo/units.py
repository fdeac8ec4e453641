"""The demo's units: pairings with agreement and resources, one unit's report-in with its letters."""

from __future__ import annotations

import datetime as dt

from branches.actions import pairings
from branches.enums import ResourceKind
from branches.models import Organisation, Pairing
from dualmgmt.demo.tree import Ground
from members import batching
from members.actions import batches
from members.enums import BatchLineState, RegistrationReason, RegistrationState
from members.models import ActivityRegistration

AGREEMENT = (
    "一、每季度联合开展一次主题党日，轮流主办。\n"
    "二、单位党员按专长认领社区服务项目，社区每季度反馈写实情况。\n"
    "三、单位会议室、停车场周末向社区开放，由社区提前三天预约。\n"
    "四、双方每半年会商一次，调整需求清单、资源清单和项目清单。"
)
RESOURCES = (
    (ResourceKind.EXPERTISE, "税费政策宣讲员6名", "个体工商户、小微企业办税辅导，每月第二周"),
    (ResourceKind.VENUE, "三楼会议室", "可容纳50人，周末可用"),
    (ResourceKind.EQUIPMENT, "投影仪、扩音设备一套", "提前一天借用"),
    (ResourceKind.SERVICE, "上门办税服务", "面向行动不便居民，电话预约"),
)
LINES = 9  # at most


def build(ground: Ground) -> None:
    """By the real actions, after the running numbers of the bulk have been written."""
    unit = Organisation.objects.get(code="DEMO-U00")
    _pairings(ground, unit)
    _batch(ground, unit)


def _pairings(ground: Ground, unit: Organisation) -> None:
    by = ground.users["unit_secretary"]
    first = pairings.pair(home_side=unit, receiver=ground.communities[0], document_number="芝税党发〔2025〕8号", by=by)
    pairings.edit(
        pairing=first,
        document_number=first.document_number,
        agreement=AGREEMENT,
        contact_name="陈卫东",
        contact_phone="0535-6210001",
        by=by,
    )
    for kind, name, details in RESOURCES:
        pairings.offer(pairing=first, kind=kind, name=name, details=details, by=by)
    for number, other in enumerate(Organisation.objects.filter(code__in=["DEMO-U01", "DEMO-U02", "DEMO-U04"])):
        receiver = ground.communities[number % 2]
        row = pairings.pair(home_side=other, receiver=receiver, document_number="", by=ground.users["department"])
        pairings.offer(
            pairing=row, kind=ResourceKind.SERVICE, name="志愿服务队", details="", by=ground.users["department"]
        )
    Pairing.objects.update(starts_on=ground.today - dt.timedelta(days=200))


def _batch(ground: Ground, unit: Organisation) -> None:
    """Letters at two communities; one line is not possible, one waits to be sent, two members are accepted."""
    by, near, far = ground.users["unit_secretary"], ground.communities[0], ground.communities[1]
    members = list(batching.candidates(unit).filter(exempt=False, user=None).order_by("pk"))
    busy = batching.elsewhere(member.pk for member in members)
    free = [member for member in members if member.pk not in busy]
    there = [member for member in members if any(row.organisation_id == near.pk for row in busy.get(member.pk, []))]
    chosen = [(member, far if number % 3 == 2 else near) for number, member in enumerate(free[:LINES])]
    chosen += [(member, near) for member in there[:1]]
    if not chosen:
        return
    batch = batches.draft(
        organisation=unit, chosen=chosen, reason=RegistrationReason.PAIRED, valid_days=30, paper=False, by=by
    )
    for line in batch.lines.exclude(member=free[:LINES][-1] if free else None):
        batches.send_line(pk=line.pk, by=by)
    done = batch.lines.filter(state=BatchLineState.DONE, organisation=near).values("registration_id")
    waiting = ActivityRegistration.objects.filter(pk__in=done, state=RegistrationState.PENDING_ACCEPTANCE)
    batches.accept_many(
        registrations=waiting.select_related("organisation", "member", "home_branch").order_by("pk")[:2],
        placement=ground.placements[0][0],
        by=ground.users["community_secretary"],
    )
