"""Branches that change, an office handed over, numbers looked at, accounts: by the people of the demo."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.db.models import Q

from branches.models import Appointment, Organisation
from dualmgmt.demo import ROOT_CODE
from dualmgmt.demo.personas import BY_KEY
from evaluations.models import FeedbackReport
from members.models import Disclosure, HomeMembership, HomeTransfer, Member
from tests.journeys.conftest import People, Window

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FIRST, SECOND, NEW = "税务局第一党支部", "税务局第二党支部", "税务局第三党支部"
PURPOSE = "通知八月主题党日的集合地点"
FIRST_PASSWORD = "Qingquan-2026-lu"


def test_branches_offices_numbers_and_accounts(people: People, settings: Any) -> None:
    duplicates(people)
    reorganise(people)
    reveal(people)
    first_sign_in(people)
    passkey(people)
    hand_over(people)
    second_step(people, settings)
    people.all_translated()


def accessible(window: Window) -> None:
    """States of a page that its address alone does not show; see test_accessibility for the others."""
    if not window.size.endswith("without-scripts"):
        assert window.hindrances() == []


def organisation(name: str) -> Organisation:
    return Organisation.objects.get(name=name)


def at_home(name: str) -> set[int]:
    rows = HomeMembership.objects.open().filter(organisation__name=name)
    return set(rows.values_list("member_id", flat=True))


def duplicates(people: People) -> None:
    """Two rows that look like one person stand side by side; nothing is merged before somebody says so."""
    officer = people["unit_secretary"]
    first, second = Member.objects.filter(pk__in=at_home(SECOND)).order_by("pk")[:2]
    Member.objects.filter(pk=second.pk).update(name=first.name, birth_date=first.birth_date)
    officer.go("/members/duplicates/")
    officer.look("8-duplicates")
    officer.follow("Compare")
    officer.says("They are two people")
    officer.look("8-one-person-or-two")
    accessible(officer)
    officer.press("They are two people")
    officer.says("No two rows look like one person.")


def reorganise(people: People) -> None:
    """A part of the first branch becomes a third one; the second goes into the first; old papers keep their names."""
    officer = people["unit_secretary"]
    report = FeedbackReport.objects.filter(sections__branch__name=SECOND).latest("pk")
    split(officer)
    merge(officer)
    officer.go(f"/reports/{report.pk}/")
    officer.says(SECOND)
    officer.look("8-old-report")


def settle_transfers(officer: Window) -> None:
    """Relations on their way from or to a branch are settled before it changes: taken back, or not accepted."""
    for transfer in HomeTransfer.objects.open().filter(Q(source__name=FIRST) | Q(target__name=FIRST)):
        officer.go(f"/members/transfers/{transfer.pk}/")
        if transfer.source.name == FIRST:
            officer.open("Withdraw the transfer")
            officer.press("Withdraw")
        else:
            officer.open("Do not accept")
            officer.fill("reason", "支部即将调整，请稍后重新转接。")
            officer.press("Do not accept")


def split(officer: Window) -> None:
    settle_transfers(officer)
    before = at_home(FIRST)
    officer.go(f"/organisations/{organisation(FIRST).code}/")
    officer.look("8-branch")
    officer.open("Reorganise")
    officer.look("8-reorganise")
    officer.follow("Split")
    officer.fill("name", NEW)
    officer.page.locator("[name=code]").fill("DEMO-U00-3")
    officer.fill("document_number", "芝税党发〔2026〕7号")
    leaving = set(Member.objects.filter(pk__in=before, user=None).order_by("pk").values_list("pk", flat=True)[:2])
    for pk in leaving:
        officer.page.locator(f"[name=members][value='{pk}']").check()
    officer.look("8-split")
    officer.press("Preview")
    officer.look("8-split-preview")
    officer.press("Carry it out")
    officer.look("8-split-done")
    assert (at_home(NEW), at_home(FIRST)) == (leaving, before - leaving)


def merge(officer: Window) -> None:
    leaving, staying = at_home(SECOND), at_home(FIRST)
    source, heir = organisation(SECOND), organisation(FIRST)
    officer.go(f"/organisations/{source.code}/change/dissolve/")
    officer.fill("document_number", "芝税党发〔2026〕8号")
    officer.press("Preview")
    officer.says("What is marked red has to be settled first. Nothing has been changed yet.")
    officer.look("8-to-settle")
    accessible(officer)

    officer.go(f"/organisations/{source.code}/change/merge/")
    officer.fill("heir", heir.name)
    officer.fill("document_number", "芝税党发〔2026〕8号")
    officer.fill("reason", "党员人数较少，便于开展组织生活。")
    officer.press("Preview")
    officer.look("8-merge-preview")
    assert at_home(SECOND) == leaving, "a preview changes nothing"
    officer.press("Carry it out")
    officer.says("芝税党发〔2026〕8号", FIRST)
    officer.look("8-merged")
    source.refresh_from_db()
    assert (source.state, at_home(SECOND), at_home(FIRST)) == ("merged", set(), leaving | staying)
    officer.go(f"/organisations/{heir.code}/")
    officer.says("芝税党发〔2026〕8号", "芝税党发〔2026〕7号")
    officer.look("8-heir")


def reveal(people: People) -> None:
    """The secretary says what for; the member reads who looked, when and why."""
    secretary, member = people["home_secretary"], people["member"]
    person = Member.objects.get(user__username=BY_KEY["member"].username)
    secretary.go(f"/members/{person.pk}/")
    assert person.phone not in secretary.page.content()
    secretary.look("9-member-masked")
    secretary.page.locator(f"main a[href='/members/{person.pk}/reveal/phone/']").click()
    secretary.page.wait_for_load_state()
    secretary.look("9-is-it-you")
    secretary.fill("password", BY_KEY["home_secretary"].password)
    secretary.press("Go on")
    secretary.look("9-purpose")
    secretary.choose("purpose", value="contact")
    secretary.fill("words", PURPOSE)
    secretary.press("Show")
    secretary.says(person.phone)
    secretary.look("9-phone-for-a-minute")
    accessible(secretary)
    shown = Disclosure.objects.get(members=person, organisation__name=FIRST)

    member.go("/members/me/")
    member.follow("My data")
    member.says(BY_KEY["home_secretary"].name, PURPOSE)
    member.look("9-who-looked")
    assert shown.opened_at is not None


def first_sign_in(people: People) -> None:
    """The home branch prints a slip; who holds it sets a password and is in."""
    secretary, newcomer = people["home_secretary"], people["newcomer"]
    person = Member.objects.filter(pk__in=at_home(FIRST), user=None).order_by("pk")[0]
    secretary.go(f"/members/{person.pk}/")
    secretary.follow("Activation slip")
    secretary.look("10-slip-form")
    secretary.press("Ask for the slip")
    secretary.look("10-slip-desk")
    secretary.press("Show and print")
    secretary.look("10-slip")
    accessible(secretary)
    code = secretary.page.locator("main dd.code").inner_text()
    person.refresh_from_db()
    assert person.user is not None

    newcomer.go("/accounts/login/")
    newcomer.follow("First sign-in, or a new slip: set a password")
    newcomer.fill("name", person.user.username)
    newcomer.fill("code", code)
    newcomer.fill("password", FIRST_PASSWORD)
    newcomer.fill("again", FIRST_PASSWORD)
    newcomer.look("10-activate")
    newcomer.press("Set the password")
    newcomer.look("10-activated")
    newcomer.fill("login", person.user.username)
    newcomer.fill("password", FIRST_PASSWORD)
    newcomer.press("Sign in")
    assert newcomer.path == "/todo/"
    newcomer.look("10-first-page")


def passkey(people: People) -> None:
    """A member signs in with nothing but the telephone's own lock."""
    member = people["member"]
    member.go("/accounts/2fa/webauthn/")
    member.look("10-no-passkey")
    member.follow("Add a passkey")
    member.fill("password", BY_KEY["member"].password)
    member.press("Go on")
    if member.size.endswith("without-scripts"):
        member.says("Passkeys need JavaScript in your browser. Without it use a code.")
        return
    member.has_authenticator()
    member.press("Add")
    member.go("/accounts/2fa/webauthn/")
    member.look("10-passkeys")
    member.go("/accounts/logout/")
    member.press("Sign out")
    member.go("/accounts/login/")
    member.press("Sign in with a passkey")
    assert member.path == "/todo/"


def hand_over(people: People) -> None:
    """The secretary names who takes over, the department approves, the successor switches into the new capacity."""
    old, new, second_key = people["home_secretary"], people["unit_secretary"], people["department"]
    office = Appointment.objects.in_force().get(organisation__name=FIRST, role="secretary")
    old.go(f"/organisations/{office.organisation.code}/")
    old.follow("Appointments")
    old.look("11-appointments")
    old.follow("Hand over")
    old.look("11-hand-over")
    old.fill("user", BY_KEY["unit_secretary"].username)
    old.fill("document_number", "芝税党发〔2026〕9号")
    old.press("Propose the successor")
    old.look("11-proposed")

    second_key.todo("Approve appointments")
    second_key.look("11-to-approve")
    accessible(second_key)
    second_key.press("Approve")
    second_key.look("11-approved")

    new.go("/todo/")
    new.look("11-two-capacities")
    new._press(new.page.locator("header .capacity-form button").first)
    new.says("To do")
    new.look("11-in-the-new-office")
    assert FIRST in new.page.locator("header .capacity p").inner_text()
    old.go("/todo/")
    old.look("11-out-of-office")


def second_step(people: People, settings: Any) -> None:
    """Where the portal is not a demo the department sets up an authenticator app first, and needs it from then on."""
    officer = people["department"]
    settings.SECOND_FACTOR_REQUIRED = True
    Organisation.objects.filter(code=ROOT_CODE).update(code="370600")
    for closed in ("/dashboard/", "/organisations/", "/appointments/", "/todo/"):
        officer.go(closed)
        assert officer.path.startswith("/accounts/reauthenticate/"), f"{closed} is open: {officer.path}"
    officer.look("12-closed")
    officer.fill("password", BY_KEY["department"].password)
    officer.press("Go on")
    officer.look("12-set-up")
    accessible(officer)
    secret = officer.page.locator("#authenticator_secret").inner_text()
    officer.fill("code", code_of(secret))
    officer.press("Set up")
    assert officer.page.locator("main li.code").count() == 10
    officer.look("12-recovery-codes")
    accessible(officer)
    officer.go("/dashboard/")
    officer.go("/accounts/logout/")
    officer.press("Sign out")
    officer.go("/accounts/login/")
    officer.fill("login", BY_KEY["department"].username)
    officer.fill("password", BY_KEY["department"].password)
    officer.press("Sign in")
    assert officer.path == "/accounts/2fa/authenticate/", "the password alone is not enough"
    officer.look("12-code-asked")
    officer.fill("code", code_of(secret))
    officer.press("Sign in")
    assert officer.path == "/todo/"
    officer.go("/accounts/2fa/")
    officer.look("12-two-steps")
    officer.go("/accounts/sessions/")
    officer.look("12-sessions")
    officer.go("/accounts/password/change/")
    officer.look("12-password")


def code_of(secret: str) -> str:
    counters = list(yield_hotp_counters_from_time())
    return format_hotp_value(hotp_value(secret, counters[len(counters) // 2]))
