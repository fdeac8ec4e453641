"""The demo's service cycle: needs, projects in all ten categories, claims, records."""

from __future__ import annotations

import datetime as dt
import secrets
from collections import defaultdict
from decimal import Decimal

from django.utils import timezone

from branches.models import Organisation
from dualmgmt.demo.ledger import Ledger
from dualmgmt.demo.texts import STORIES
from dualmgmt.demo.tree import Ground
from evaluations.calendar import quarter_of
from members.models import ActivityRegistration, Skill
from projects.actions.needs import CODE_ALPHABET
from projects.enums import ClaimState, NeedSource, NeedState, OpenTo, ProjectKind, ProjectState, RecordState
from projects.models import Category, Claim, ClaimParticipant, Need, ServiceProject, ServiceRecord


def moment(day: dt.date, hour: int) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time(hour, 0)))


def quarters(today: dt.date) -> list[tuple[str, dt.date, dt.date]]:
    """The quarter before last, the last one, the present one."""
    present = quarter_of(today)
    last = quarter_of(present[1] - dt.timedelta(days=1))
    return [quarter_of(last[1] - dt.timedelta(days=1)), last, present]


class Cycle:
    """Collects rows, then writes them table by table."""

    def __init__(self, ground: Ground, ledger: Ledger) -> None:
        self.ground, self.ledger, self.rng = ground, ledger, ground.rng
        self.categories = {row.code: row for row in Category.objects.all()}
        self.skills = {row.code: row for row in Skill.objects.all()}
        self.projects: list[ServiceProject] = []
        self.stories: list[tuple[str, str, str, str, str]] = []
        self.needs: list[Need] = []
        self.links: list[tuple[Need, ServiceProject]] = []
        self.claims: list[Claim] = []
        self.records: list[ServiceRecord] = []
        self.by_place: dict[int, list[ActivityRegistration]] = defaultdict(list)
        for row in ActivityRegistration.objects.registered().select_related("member__user").order_by("pk"):
            self.by_place[row.organisation_id].append(row)

    def build(self) -> None:
        codes = list(STORIES)
        for index, place in enumerate(self.ground.communities):
            for number, (_code, first, last) in enumerate(quarters(self.ground.today)):
                for turn in range(2 if index else 4):
                    code = codes[(index * 2 + number * 3 + turn) % len(codes)]
                    self._project(place, code, first, min(last, self.ground.today), present=number == 2)
            self._loose_needs(place)
        self._write()

    def _project(self, place: Organisation, code: str, first: dt.date, last: dt.date, *, present: bool) -> None:
        rng = self.rng
        story = rng.choice(STORIES[code])
        day = first + dt.timedelta(days=rng.randint(0, max((last - first).days - 20, 0)))
        state = ProjectState.PUBLISHED if present else ProjectState.COMPLETED
        if present and rng.random() < 0.08:
            state = rng.choice([ProjectState.DRAFT, ProjectState.IN_REVIEW])
        published = state in (ProjectState.PUBLISHED, ProjectState.COMPLETED)
        author, publisher = self.ground.clerks[place.pk], self.ground.secretaries[place.pk]
        starts = moment(day + dt.timedelta(days=6 if not present else rng.randint(1, 20)), 9)
        if present and starts < timezone.now():
            starts = moment(self.ground.today + dt.timedelta(days=rng.randint(2, 25)), 9)
        minors = code in ("EDUCATION", "CARE") and "放学" in story[0]
        project = ServiceProject(
            number=self.ledger.number(f"project:{place.pk}", day.year, f"{place.number_prefix()}项〔{{}}〕{{}}号"),
            title=story[1], category=self.categories[code], description=story[2], organisation=place,
            kind=rng.choice([ProjectKind.ONE_OFF, ProjectKind.ONE_OFF, ProjectKind.RECURRING, ProjectKind.STANDING]),
            place=f"{place.name.removesuffix('党委')}活动室", places=rng.choice([2, 3, 4, 6]), starts_at=starts,
            ends_at=starts + dt.timedelta(hours=3), expected_hours=Decimal(2), involves_minors=minors,
            open_to=rng.choice([OpenTo.RECEIVER, OpenTo.RECEIVER, OpenTo.STREET]), state=state, author=author,
            published_by=publisher if published else None, published_at=moment(day, 10) if published else None,
            completed_at=moment(last, 17) if state == ProjectState.COMPLETED else None, created_at=moment(day, 9),
        )  # fmt: skip
        self.projects.append(project)
        self.stories.append(story)
        need = self._need(place, code, story[0], day - dt.timedelta(days=rng.randint(1, 6)), NeedState.CONVERTED)
        if state == ProjectState.COMPLETED and rng.random() < 0.7:
            need.state, need.answer = NeedState.ANSWERED, "已由党员认领并完成，感谢您的反映。"
        self.links.append((need, project))
        if published:
            self._claims(project, story, day, last, present=present)

    def _need(self, place: Organisation, code: str, text: str, day: dt.date, state: str) -> Need:
        need = Need(
            organisation=place, source=self.rng.choice([NeedSource.ONLINE, NeedSource.VISIT, NeedSource.PHONE, NeedSource.GRID]),
            category=self.categories[code], text=text, place=f"{self.rng.randint(1, 30)}号楼",
            tracking_code="".join(secrets.choice(CODE_ALPHABET) for _place in range(8)), state=state,
            contact_name="王女士", contact_phone="13900000000", created_at=moment(day, 8),
        )  # fmt: skip
        self.needs.append(need)
        return need

    def _loose_needs(self, place: Organisation) -> None:
        """Needs that wait, were referred or not accepted."""
        for state in self.rng.sample(
            [NeedState.COLLECTED, NeedState.VERIFIED, NeedState.REFERRED, NeedState.REJECTED], k=2
        ):
            code = self.rng.choice(list(STORIES))
            day = self.ground.today - dt.timedelta(days=self.rng.randint(1, 40))
            need = self._need(place, code, self.rng.choice(STORIES[code])[0], day, state)
            if state == NeedState.COLLECTED:
                need.category = None
            if state in (NeedState.REFERRED, NeedState.REJECTED):
                need.answer = (
                    "已转区住建部门办理。" if state == NeedState.REFERRED else "该事项不属于社区职责，请向物业反映。"
                )

    def _claims(
        self, project: ServiceProject, story: tuple[str, ...], day: dt.date, last: dt.date, *, present: bool
    ) -> None:
        rng = self.rng
        people = [row for row in self.by_place[project.organisation_id] if row.accepted_on and row.accepted_on <= day]
        wanted = min(len(people), rng.randint(0, project.places - 1) if present else rng.randint(1, project.places))
        chosen = rng.sample(people, k=wanted)
        mine = [row for row in people if row.member.user_id]
        if mine and not present and mine[0] not in chosen and project.taken < project.places:
            chosen = [mine[0], *chosen][: project.places]
        for row in chosen:
            project.last_claim += 1
            claim = Claim(
                project=project, ordinal=project.last_claim, member=row.member, claimed_by=row.member.user,
                state=ClaimState.CONFIRMED if present else ClaimState.FINISHED, claimed_at=moment(day + dt.timedelta(days=1), 12),
                ended_at=None if present else moment(last, 17),
            )  # fmt: skip
            project.taken += 1
            self.claims.append(claim)
            self._record(claim, story, day, last, present=present)
        free = project.places - project.taken
        if free >= 2 and project.open_to_branches and rng.random() < 0.25:
            self._branch_claim(project, day, present=present)

    def _branch_claim(self, project: ServiceProject, day: dt.date, *, present: bool) -> None:
        branch = self.rng.choice(self.ground.homes)
        project.last_claim += 1
        project.taken += 2
        self.claims.append(
            Claim(
                project=project, ordinal=project.last_claim, branch=branch, places=2,
                claimed_by=self.ground.secretaries[branch.pk], claimed_at=moment(day + dt.timedelta(days=2), 9),
                state=ClaimState.CONFIRMED if present else ClaimState.FINISHED,
                ended_at=None if present else moment(day + dt.timedelta(days=20), 17),
            )
        )  # fmt: skip

    def _record(self, claim: Claim, story: tuple[str, ...], day: dt.date, last: dt.date, *, present: bool) -> None:
        rng = self.rng
        served = day + dt.timedelta(days=rng.randint(2, 12))
        if served > last or served > self.ground.today or (present and rng.random() < 0.5):
            return
        hours = rng.choice([Decimal("1.5"), Decimal(2), Decimal("2.5"), Decimal(3)])
        people = rng.randint(3, 40)
        record = ServiceRecord(
            claim=claim, member=claim.member, service_date=served, hours=hours, people_served=people, content=story[4],
            stated_by=claim.claimed_by, stated_at=moment(served, 18),
        )  # fmt: skip
        roll = rng.random()
        if not present or roll < 0.4:
            corrected = roll > 0.94
            record.state = RecordState.VERIFIED
            record.verified_by = self.ground.clerks[claim.project.organisation_id]
            record.verified_at = moment(served + dt.timedelta(days=1), 10)
            record.verified_hours = hours - Decimal("0.5") if corrected else hours
            record.verified_people = people
            record.correction_reason = "签到表上的结束时间早半小时。" if corrected else ""
        self.records.append(record)

    def _write(self) -> None:
        ServiceProject.objects.bulk_create(self.projects, batch_size=500)
        Need.objects.bulk_create(self.needs, batch_size=500)
        ServiceProject.needs.through.objects.bulk_create(
            [ServiceProject.needs.through(need_id=need.pk, serviceproject_id=p.pk) for need, p in self.links],
            batch_size=500,
        )
        ServiceProject.skills.through.objects.bulk_create(
            [
                ServiceProject.skills.through(serviceproject_id=project.pk, skill_id=self.skills[story[3]].pk)
                for project, story in zip(self.projects, self.stories, strict=True)
                if story[3]
            ],
            batch_size=500,
        )
        Claim.objects.bulk_create(self.claims, batch_size=500)
        ServiceRecord.objects.bulk_create(self.records, batch_size=500)
        for claim in self.claims:
            if claim.branch is not None:
                people = claim.branch.home_memberships.open().values_list("member_id", flat=True)[: claim.places]
                ClaimParticipant.objects.bulk_create(
                    ClaimParticipant(claim=claim, member_id=pk, named_by=claim.claimed_by) for pk in people
                )


def build(ground: Ground, ledger: Ledger) -> None:
    Cycle(ground, ledger).build()
