"""One member through the whole chain, in a browser, by the people of the demo."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dualmgmt.demo.personas import BY_KEY
from dualmgmt.lib.clock import today
from evaluations.models import FeedbackReport, Period
from members.models import ActivityRegistration, IntroductionLetter
from projects.models import ServiceProject
from tests.journeys.conftest import People, t

pytestmark = [pytest.mark.browser, pytest.mark.slow]

COMMUNITY = "友谊街社区党委"
NEED = "孩子放学后没人照看，希望社区安排党员陪着写作业。"
TITLE = "放学后作业陪伴"


def name(key: str) -> str:
    return BY_KEY[key].name


def test_the_chain_from_reporting_in_to_the_dashboard(people: People) -> None:
    report_in(people)
    need_becomes_project(people)
    claim(people)
    state_and_verify(people)
    feedback(people)
    report(people)
    dashboard(people)
    for key in ("unit_secretary", "street_officer", "auditor", "system_admin", "security_admin"):
        people[key].look(f"todo-{key}")
    people.all_translated()


def report_in(people: People) -> None:
    """Form, letter, acceptance, receipt."""
    member, home, community = people["member"], people["home_secretary"], people["community_secretary"]
    for key in ("member", "home_secretary", "community_secretary", "community_clerk", "department"):
        people[key].look(f"todo-{key}")
    member.go("/members/me/")
    member.look("1-my-page")
    member.follow("Report in")
    member.choose("organisation", COMMUNITY)
    assert member.page.locator("[name=phone]").input_value(), "the form is pre-filled"
    member.look("1-registration-form")
    member.press("Ask for the introduction letter")
    member.says("Your home branch has been asked for the introduction letter.")

    home.todo("Issue introduction letters")
    home.look("1-letters-to-issue")
    home.follow(name("member"))
    home.press("Issue the letter")
    letter = IntroductionLetter.objects.get(
        registration__member__name=name("member"), registration__organisation__name=COMMUNITY
    )
    home.go(f"/letters/{letter.pk}/")
    home.says(letter.number)
    home.look("1-letter")
    paper = home.context.request.get(f"{home.base}/letters/{letter.pk}/print/")
    assert paper.ok
    assert paper.body().startswith(b"%PDF")

    community.todo("Accept members who report in")
    community.look("1-to-accept")
    community.go("/letters/find/")
    community.fill("q", letter.number)
    community.press("Find")
    community.says(name("member"))
    community.look("1-accept")
    community.press("Accept")
    registration = ActivityRegistration.objects.get(pk=letter.registration_id)
    assert registration.state == "active"
    assert registration.issued_by_id != registration.accepted_by_id
    community.go("/registrations/archive/")
    community.look("1-archive")

    home.todo("File receipts that came back")
    home.go(f"/letters/{letter.pk}/")
    home.press("File the receipt")
    letter.refresh_from_db()
    assert letter.receipt_number
    home.says(letter.receipt_number)
    home.look("1-receipt")
    member.go("/members/me/")
    member.says(COMMUNITY)
    member.look("1-two-branches")


def need_becomes_project(people: People) -> None:
    """A resident without an account, a clerk who drafts, a second person who publishes."""
    resident, clerk, secretary = people["resident"], people["community_clerk"], people["community_secretary"]
    resident.go("/")
    resident.look("0-front")
    resident.follow("Report a need")
    resident.choose("organisation", COMMUNITY)
    resident.fill("text", NEED)
    resident.fill("place", "3号楼")
    resident.look("2-need-form")
    resident.press("Send")
    code = resident.page.locator("main .code").inner_text().strip()
    resident.look("2-need-code")
    _track(people, code)

    clerk.todo("Look at residents' needs")
    clerk.look("2-needs")
    clerk.follow(NEED[:12])
    clerk.look("2-need")
    clerk.follow("Turn into a project")
    clerk.fill("title", TITLE)
    clerk.choose("category", "助老护幼")
    clerk.fill("description", "放学后在社区活动室陪孩子写作业，家长接走后离开。")
    clerk.fill("place", "社区活动室")
    clerk.page.locator("[name=places]").fill("3")
    clerk.open("教育辅导")
    clerk.page.get_by_label("中小学课业辅导").check()
    clerk.page.locator("[name=involves_minors]").check()
    clerk.look("2-project-form")
    clerk.press("Save")
    clerk.look("2-project-draft")
    clerk.press("Ask a second person to publish")

    secretary.todo("Review and publish projects")
    secretary.look("2-to-publish")
    secretary.follow(TITLE)
    secretary.press("Publish")
    project = ServiceProject.objects.get(title=TITLE)
    assert project.state == "published"
    assert project.published_by_id != project.author_id
    secretary.look("2-project-published")
    _track(people, code)
    resident.says(TITLE)
    resident.look("2-need-followed")


def _track(people: People, code: str) -> None:
    resident = people["resident"]
    resident.go("/needs/track/")
    resident.fill("code", code)
    resident.press("Show")
    resident.says(NEED)


def claim(people: People) -> None:
    """One tap; a second tap is told that the place is held; a branch claims several places."""
    member, home = people["member"], people["home_secretary"]
    project = ServiceProject.objects.get(title=TITLE)
    member.go("/projects/")
    member.look("3-hall")
    member.says(TITLE)
    member.go(f"/projects/{project.pk}/")
    member.look("3-project")
    # The same page, opened before the first tap: what a retry looks like.
    late = member.context.new_page()
    late.goto(member.page.url)
    member.press("Claim")
    late.locator(f"form[action$='/projects/{project.pk}/claim/'] button").click()
    late.wait_for_load_state()
    assert project.claims.filter(member__name=name("member")).count() == 1
    late.close()

    home.go(f"/projects/{project.pk}/")
    home.fill("places", "2")
    home.press("Claim places")
    home.look("3-branch-claim")
    project.refresh_from_db()
    assert (project.taken, project.places) == (3, 3)


def state_and_verify(people: People) -> None:
    """The member states, the community corrects with a reason; both stand side by side."""
    member, clerk = people["member"], people["community_clerk"]
    member.todo("State what I did for my claims")
    member.look("4-claims")
    member.follow(TITLE)
    member.look("4-claim")
    member.follow("State what was done")
    member.fill("service_date", today().isoformat())
    member.fill("hours", "2")
    member.fill("people_served", "6")
    member.fill("content", "陪六名孩子写作业，讲解数学错题，等家长接走。")
    member.look("4-record-form")
    member.press("Hand in")

    clerk.todo("Verify service records")
    clerk.look("4-to-verify")
    clerk.follow(name("member"))
    clerk.fill("hours", "1.5")
    clerk.fill("reason", "签到表记录为一个半小时。")
    clerk.look("4-verify")
    clerk.press("Verify")
    record = ServiceProject.objects.get(title=TITLE).claims.get(member__name=name("member")).records.get()
    assert (record.state, record.hours, record.verified_hours) == ("verified", Decimal(2), Decimal("1.5"))
    member.go(f"/records/{record.pk}/")
    member.says("签到表记录为一个半小时。")
    member.look("4-both-facts")


def feedback(people: People) -> None:
    """Pre-filled facts, the community's words, the member's answer."""
    community, member = people["community_secretary"], people["second_member"]
    period = last_period()
    community.todo(t_feedback(period))
    community.look("5-feedback-list")
    community.follow(name("second_member"))
    community.fill("narrative", "暑期连续三周陪护留守儿童，家长来电致谢。")
    community.look("5-feedback-write")
    community.press("Save and show to the member")
    member.todo("Read what was written about my service")
    member.look("5-feedback-mine")
    member.follow("Read and answer")
    member.says("暑期连续三周陪护留守儿童，家长来电致谢。")
    member.fill("statement", "情况属实，下季度继续参加。")
    member.look("5-feedback-answer")
    member.press("Confirm")
    member.look("5-feedback-confirmed")


def last_period() -> Period:
    return Period.objects.filter(ends_on__lt=today()).latest("ends_on")


def t_feedback(period: Period) -> str:
    return t("Write factual feedback for %(period)s") % {"period": period.name}


def report(people: People) -> None:
    """Compiled by a job, delivered to the home unit, acknowledged and guided."""
    department, home = people["department"], people["home_secretary"]
    period = last_period()
    department.go("/feedback/periods/")
    department.look("6-periods")
    department._press(department.page.locator(f"form[action$='/periods/{period.code}/compile/'] button"))
    department.page.reload()
    department.look("6-run")
    reports = FeedbackReport.objects.current().filter(period=period)
    assert reports.count() == reports.values("organisation").distinct().count() > 0
    found = reports.get(sections__branch__name=home_branch())
    home.todo("Read and acknowledge feedback reports")
    home.look("6-reports")
    home.follow(found.number)
    home.says(name("second_member"))
    home.look("6-report")
    home.press("Acknowledge")
    home.open("Write down guidance for a member")
    home.choose("member", name("second_member"))
    home.choose("kind", value="praise")
    home.fill("text", "在支部党员大会上通报表扬。")
    home.press("Save")
    home.says("在支部党员大会上通报表扬。")
    home.look("6-report-guided")
    found.refresh_from_db()
    assert found.read_at is not None
    assert found.sections.get(branch__name=home_branch()).acknowledged_at is not None
    paper = people["unit_secretary"].context.request.get(f"{home.base}/reports/{found.pk}/print/")
    assert paper.ok
    assert paper.body().startswith(b"%PDF")


def home_branch() -> str:
    found = ActivityRegistration.objects.filter(member__name=name("member"), organisation__name=COMMUNITY).get()
    return found.home_branch.name


def dashboard(people: People) -> None:
    """The tree with its figures, one level down, and the records behind a figure."""
    department = people["department"]
    department.go("/dashboard/")
    department.look("7-dashboard")
    department._press(department.page.locator("main tbody th a").first)
    department.look("7-dashboard-below")
    department._press(department.page.locator("main .stat-tiles a").first)
    department.look("7-records-behind")
