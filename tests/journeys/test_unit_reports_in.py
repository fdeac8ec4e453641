"""A unit of thirty reports in to five communities in one go; some come back, one leaves with open claims."""

from __future__ import annotations

import datetime as dt
import io
import zipfile

import pytest

from branches.models import Organisation
from dualmgmt.demo.personas import BY_KEY
from dualmgmt.lib.clock import today
from members.actions.letters import expire_letters
from members.enums import BatchLineState, LetterState, RegistrationState
from members.models import ActivityRegistration, BatchLine, IntroductionLetter, Member, ReportInBatch, User
from projects.enums import OPEN_CLAIM_STATES
from projects.models import Claim, ServiceProject
from tests.factories import MemberFactory
from tests.journeys.conftest import People, Window, t

pytestmark = [pytest.mark.browser, pytest.mark.slow]

UNIT = 30


@pytest.mark.parametrize("people", ["desktop", "phone"], indirect=True)
def test_a_unit_reports_in_at_once(people: People) -> None:
    street = Organisation.objects.get(appointments__user__username=BY_KEY["street_officer"].username)
    receivers = list(Organisation.objects.below(street).receiving()[:5])
    batch = report_in(people, receivers)
    decide(people, batch, receivers)
    one_more_community(people, batch, receivers)
    expire_and_issue_anew(people, batch, receivers)
    leave(people)
    people.all_translated()


def _thirty(unit: Organisation, receivers: list[Organisation]) -> list[Member]:
    """Thirty members of the unit, without anything at one of *receivers*; the demo's are topped up."""
    branch = Organisation.objects.get(appointments__user__username=BY_KEY["home_secretary"].username)
    assert branch.path.startswith(unit.path)
    taken = ActivityRegistration.objects.filter(organisation__in=receivers).values("member_id")
    homes = Organisation.objects.below(unit)
    mine = Member.objects.living().at_home_in(homes).filter(exempt=False).exclude(pk__in=taken)
    for number in range(max(0, UNIT - mine.count())):
        MemberFactory(name=f"张{'一二三四五六七八九十'[number % 10]}{'甲乙丙'[number // 10]}", home=branch)
    return list(mine.order_by("pk")[:UNIT])


def report_in(people: People, receivers: list[Organisation]) -> ReportInBatch:
    """Thirty ticked, five receivers, one page of results, one zip."""
    unit = people["unit_secretary"]
    organisation = Organisation.objects.get(appointments__user__username=BY_KEY["unit_secretary"].username)
    members = _thirty(organisation, receivers)
    unit.go("/registrations/batches/new/")
    unit.look("30-choose")
    for number, member in enumerate(members):
        unit.page.locator(f"#member-{member.pk}").check()
        unit.page.locator(f"[name=receiver-{member.pk}]").fill(receivers[number % 5].name)
    unit.press("Preview")
    batch = ReportInBatch.objects.latest("pk")
    unit.look("30-preview")
    assert batch.lines.count() == UNIT
    unit.press("Issue the letters")
    unit.look("30-results")
    assert set(batch.lines.values_list("state", flat=True)) == {BatchLineState.DONE}
    numbers = set(IntroductionLetter.objects.filter(registration__batch=batch).values_list("number", flat=True))
    assert len(numbers) == UNIT
    packed = unit.context.request.get(f"{unit.base}/registrations/batches/{batch.pk}/letters/?format=zip")
    names = zipfile.ZipFile(io.BytesIO(packed.body())).namelist()
    assert len(names) == UNIT
    assert not any(member.name in name for member in members for name in names)
    return batch


def _rows(batch: ReportInBatch, receiver: Organisation) -> list[ActivityRegistration]:
    lines = BatchLine.objects.filter(batch=batch, organisation=receiver).order_by("pk")
    return [line.registration for line in lines.select_related("registration__member") if line.registration]


def decide(people: People, batch: ReportInBatch, receivers: list[Organisation]) -> None:
    """The street's officer accepts for its communities: two returned, one declined, the others in one go each."""
    street, unit = people["street_officer"], people["unit_secretary"]
    first, second, declined, *_rest = _rows(batch, receivers[0])
    for row in (first, second):
        street.go(f"/registrations/{row.pk}/")
        street.open("Return for correction instead")
        street.fill("return-reason", "住址不详，请补充小区和楼号。")
        street.press("Return")
    street.go(f"/registrations/{declined.pk}/")
    street.open("Do not accept")
    street.choose("decline_reason", value="wrong_jurisdiction")
    street.fill("decline-reason", "居住地不在本社区，请到建昌街社区报到。")
    street.press("Do not accept")
    street.look("31-declined")
    for receiver in receivers:
        accept_all(street, receiver)
    assert ActivityRegistration.objects.filter(batch=batch, state=RegistrationState.ACTIVE).count() == UNIT - 3
    # What came back is handed in again by the unit, with the same form.
    unit.go(f"/registrations/{first.pk}/")
    unit.says("住址不详，请补充小区和楼号。")
    unit.look("31-returned")
    unit.press("Ask for the introduction letter")
    unit.press("Issue the letter")
    accept_all(street, receivers[0])
    first.refresh_from_db()
    assert first.state == RegistrationState.ACTIVE
    unit.go(f"/registrations/batches/{batch.pk}/")
    unit.look("31-batch")


def accept_all(street: Window, receiver: Organisation) -> None:
    street.go(f"/registrations/accept/?receiver={receiver.pk}")
    for box in street.page.locator("[name=registration]").all():
        box.check()
    street.look("31-accept-several")
    street.press("Accept the ticked members")


def one_more_community(people: People, batch: ReportInBatch, receivers: list[Organisation]) -> None:
    """A second community for one of them; the first registration stays as it is."""
    unit, street = people["unit_secretary"], people["street_officer"]
    [row, *_rest] = _rows(batch, receivers[1])
    unit.go(f"/members/{row.member_id}/report-in/")
    unit.choose("organisation", receivers[2].name)
    unit.press("Ask for the introduction letter")
    unit.press("Issue the letter")
    accept_all(street, receivers[2])
    both = ActivityRegistration.objects.registered().filter(member=row.member, organisation__in=receivers)
    assert both.count() == 2
    unit.go(f"/members/{row.member_id}/")
    unit.says(receivers[1].name, receivers[2].name)
    unit.look("32-two-communities")


def expire_and_issue_anew(people: People, batch: ReportInBatch, receivers: list[Organisation]) -> None:
    """A paper letter runs out; another number takes its place."""
    unit = people["unit_secretary"]
    [row, *_rest] = _rows(batch, receivers[3])
    unit.go(f"/members/{row.member_id}/report-in/")
    unit.choose("organisation", receivers[4].name)
    unit.press("Ask for the introduction letter")
    unit.page.locator("main [name=paper]:visible").check()
    unit.press("Issue the letter")
    late = IntroductionLetter.objects.latest("pk")
    IntroductionLetter.objects.filter(pk=late.pk).update(
        issued_on=today() - dt.timedelta(days=40), valid_until=today() - dt.timedelta(days=10)
    )
    assert expire_letters() == 1
    unit.go(f"/letters/{late.pk}/")
    unit.look("33-expired")
    unit.open("Issue another letter in its place")
    unit.fill("reason", "逾期未报到，重新开具。")
    unit.press("Issue the letter")
    anew = IntroductionLetter.objects.get(replaces=late)
    late.refresh_from_db()
    assert (late.state, anew.state) == (LetterState.VOID, LetterState.VALID)
    assert anew.number != late.number
    unit.go(f"/letters/{anew.pk}/")
    unit.look("33-issued-anew")
    # Whoever scans the old one reads that it is void, and nothing about anybody.
    stranger = people["stranger"]
    stranger.go(f"/check/{late.code}/")
    assert late.registration.member.name not in stranger.text
    stranger.look("33-check-void")


def leave(people: People) -> None:
    """A member with open claims moves away: claims settled, final facts, closing receipt filed at home."""
    member, community, home = people["second_member"], people["community_secretary"], people["home_secretary"]
    person = User.objects.get(username=BY_KEY["second_member"].username).as_member
    assert person is not None
    row = person.registrations.registered().get(organisation__appointments__user__username="shequ")
    project = ServiceProject.objects.filter(organisation=row.organisation, state="published").exclude(
        claims__member=person, claims__state__in=OPEN_CLAIM_STATES
    )
    member.go(f"/projects/{project.latest('pk').pk}/")
    member.press("Claim")
    member.go(f"/registrations/{row.pk}/leave/")
    member.choose("reason", value="moved_residence")
    member.look("34-leave")
    member.press("Ask to close the registration")
    community.go(f"/registrations/{row.pk}/close/")
    community.says("Finish, withdraw or hand over the open claims first; then the registration can be closed.")
    community.look("34-not-yet")
    for claim in Claim.objects.filter(member=person, state__in=OPEN_CLAIM_STATES):
        member.go(f"/claims/{claim.pk}/")
        member.open("Withdraw the claim")
        member.fill("reason", "搬家，无法继续参加。")
        member.press("Withdraw the claim")
    community.go(f"/registrations/{row.pk}/close/")
    community.look("34-close")
    community.press("Close and issue the receipt")
    row.refresh_from_db()
    assert row.state == RegistrationState.CLOSED
    paper = community.context.request.get(f"{community.base}/registrations/{row.pk}/closing/print/")
    assert paper.body().startswith(b"%PDF")
    home.go(f"/registrations/{row.pk}/")
    home.says(str(row.closing_receipt))
    home.press("File the closing receipt")
    home.look("34-filed")
    member.go("/members/me/")
    member.look("34-my-page-after")
    assert t("Closed") in member.text or row.get_state_display() in member.text
