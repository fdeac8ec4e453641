"""What somebody typed and did not send: saved while typing, kept when the session is lost, nobody else's business."""

from __future__ import annotations

import datetime as dt
import re
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dualmgmt import retention, signin
from dualmgmt.lib import drafts, registry
from dualmgmt.models import FormDraft
from members.models import ActivityRegistration
from projects.models import Need
from tests.factories import PASSWORD
from tests.members.helpers import sign_in
from tests.scene import Scene, set_up
from tests.world import World

NEW = "/registrations/new/"


def token_on(page: str) -> str:
    found = re.search(r'name="draft" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def key_of(world: World, member: str = "li") -> str:
    return f"registration_new-{world.members[member].pk}"


def opened(client: Client, url: str = NEW) -> str:
    """The signed field of the form on a page."""
    return token_on(client.get(url).content.decode())


def autosave(client: Client, token: str, key: str, **typed: Any) -> Any:
    return client.post(reverse("draft", args=[key]), {"draft": token, **typed})


def with_password(world: World, persona: str) -> Client:
    """Signed in through the page; forms are checked for forgery as in the browser."""
    user = world.users[persona]
    user.set_password(PASSWORD)
    user.save()
    client = Client(enforce_csrf_checks=True)
    sign_in_again(client, persona)
    return client


def csrf(client: Client) -> str:
    return client.cookies["csrftoken"].value


def sign_in_again(client: Client, persona: str, url: str = "/accounts/login/") -> Any:
    client.get(url)
    answer = client.post(url, {"login": persona, "password": PASSWORD, "csrfmiddlewaretoken": csrf(client)})
    assert answer.status_code == 302, answer.content.decode()
    return answer


def lose_the_session(client: Client) -> None:
    """As if it had run out: the row is gone, the page in the browser stays."""
    Session.objects.all().delete()
    del client.cookies["sessionid"]


def test_saved_while_typing_and_back_when_the_form_is_opened_again(world: World) -> None:
    client = sign_in(world, "member")
    token = opened(client)
    answer = autosave(client, token, key_of(world), wishes="夜间巡逻", organisation=world.community.pk)
    assert re.fullmatch(r"\d\d:\d\d", answer.json()["saved_at"])
    autosave(client, token, key_of(world), wishes="法律咨询", organisation=world.community.pk)

    page = sign_in(world, "member").get(NEW)
    assert page.context["form"]["wishes"].value() == "法律咨询"
    assert str(page.context["form"]["organisation"].value()) == str(world.community.pk)
    assert page.context["form"]["phone"].value() == world.members["li"].phone, "what was not typed stays as it is held"
    assert "未提交" in page.content.decode()
    assert FormDraft.objects.count() == 1
    assert not ActivityRegistration.objects.exists()


def test_ticks_that_were_taken_away_stay_away(world: World, scene_skills: list[int]) -> None:
    world.members["li"].skills.set(scene_skills)
    client = sign_in(world, "member")
    assert client.get(NEW).context["form"]["skills"].value()
    autosave(client, opened(client), key_of(world), wishes="巡逻")
    assert client.get(NEW).context["form"]["skills"].value() == []
    autosave(client, opened(client), key_of(world), skills=[str(scene_skills[1])])
    assert client.get(NEW).context["form"]["skills"].value() == [str(scene_skills[1])]


@pytest.fixture
def scene_skills(world: World) -> list[int]:
    from tests.factories import SkillFactory

    return [SkillFactory().pk, SkillFactory().pk]


def test_a_form_that_is_sent_leaves_no_draft(world: World) -> None:
    client = sign_in(world, "member")
    token = opened(client)
    autosave(client, token, key_of(world), wishes="巡逻")
    wrong = client.post(NEW, {"draft": token, "wishes": "巡逻", "phone": "1"})
    assert wrong.context["form"].errors
    assert FormDraft.objects.exists(), "not sent yet"
    typed = {"organisation": world.community.pk, "reason": "residence", "phone": "13812345678", "wishes": "巡逻"}
    assert client.post(NEW, {"draft": token, **typed}).status_code == 302
    assert not FormDraft.objects.exists()


def test_a_draft_is_discarded_on_request(world: World) -> None:
    client = sign_in(world, "member")
    token = opened(client)
    autosave(client, token, key_of(world), wishes="巡逻")
    answer = autosave(client, token, key_of(world), discard="1")
    assert answer.headers["Location"] == NEW
    page = client.get(NEW)
    assert page.context["form"]["wishes"].value() == ""
    assert "未提交" not in page.content.decode()


def test_nobody_saves_or_reads_anybody_elses(world: World) -> None:
    """With the signed field of another's form, with a made-up one, under another key."""
    mine, theirs = sign_in(world, "member"), sign_in(world, "other_member")
    token, foreign = opened(mine), opened(theirs)
    autosave(mine, token, key_of(world), wishes="巡逻")
    before = list(FormDraft.objects.values())
    assert autosave(theirs, token, key_of(world), wishes="冒名").status_code == 404
    assert autosave(theirs, token, key_of(world), discard="1").status_code == 404
    assert autosave(theirs, foreign, key_of(world), wishes="冒名").status_code == 404
    assert autosave(mine, token, "need_enter", wishes="别的表").status_code == 404
    assert autosave(mine, token[:-3] + "xxx", key_of(world), wishes="伪造").status_code == 404
    assert autosave(mine, "", key_of(world), wishes="伪造").status_code == 404
    assert autosave(Client(), "", key_of(world), wishes="伪造").status_code == 404
    assert list(FormDraft.objects.values()) == before
    assert theirs.get(NEW).context["form"]["wishes"].value() == ""


def test_a_draft_on_somebodys_behalf_is_the_writers_own(world: World) -> None:
    """The home branch fills in the form for a member; the member does not find the branch's text in theirs."""
    secretary = sign_in(world, "home_secretary")
    url = reverse("registration_new_for", args=[world.members["li"].pk])
    autosave(secretary, opened(secretary, url), key_of(world), wishes="书记代填")
    assert sign_in(world, "member").get(NEW).context["form"]["wishes"].value() == ""
    assert secretary.get(url).context["form"]["wishes"].value() == "书记代填"
    assert sign_in(world, "other_secretary").get(url).status_code == 404


def test_the_database_does_not_hold_it_in_the_clear(world: World) -> None:
    from django.db import connection

    client = sign_in(world, "member")
    autosave(client, opened(client), key_of(world), wishes="夜间巡逻", phone="13812345678")
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM dualmgmt_formdraft")
        stored = cursor.fetchone()[0]
    assert "巡逻" not in stored
    assert "13812345678" not in stored
    row = FormDraft.objects.get()
    assert row.data == {"wishes": ["夜间巡逻"], "phone": ["13812345678"]}, (
        "neither the signed field nor the forgery token"
    )


def test_too_much_is_not_saved(world: World) -> None:
    client = sign_in(world, "member")
    token = opened(client)
    assert autosave(client, token, key_of(world), wishes="长" * 39_000).status_code == 200
    assert autosave(client, token, key_of(world), wishes="长" * 41_000).status_code == 413
    assert len(FormDraft.objects.get().data["wishes"][0]) == 39_000


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_saving_is_a_post(world: World, method: str) -> None:
    assert getattr(sign_in(world, "member"), method)(reverse("draft", args=["need_enter"])).status_code == 405


# A session that is lost


def test_without_a_script_a_form_sent_too_late_is_there_after_signing_in(world: World) -> None:
    client = with_password(world, "member")
    token = opened(client)
    lose_the_session(client)
    typed = {"wishes": "夜间巡逻", "phone": "13812345678", "organisation": world.community.pk, "reason": "residence"}
    answer = client.post(NEW, {"draft": token, "csrfmiddlewaretoken": csrf(client), "submit": "1", **typed})
    url = urlsplit(answer.headers["Location"])
    assert (url.path, parse_qs(url.query)["next"]) == ("/accounts/login/", [NEW])
    assert not FormDraft.objects.exists(), "nothing is kept for anybody before they have signed in"
    stored = Session.objects.get().get_decoded()
    assert "巡逻" not in str(stored)
    assert "13812345678" not in str(stored)
    login = client.get(answer.headers["Location"]).content.decode()
    assert "已退出登录" in login

    back = sign_in_again(client, "member", answer.headers["Location"])
    assert back.headers["Location"] == NEW
    page = client.get(NEW)
    assert page.context["form"]["wishes"].value() == "夜间巡逻"
    assert not ActivityRegistration.objects.exists(), "restored, not sent"


def test_who_signs_in_as_somebody_else_finds_nothing_and_it_is_gone(world: World) -> None:
    client = with_password(world, "member")
    with_password(world, "other_member")
    token = opened(client)
    lose_the_session(client)
    client.post(NEW, {"draft": token, "csrfmiddlewaretoken": csrf(client), "wishes": "夜间巡逻"})
    sign_in_again(client, "other_member")
    assert client.get(NEW).context["form"]["wishes"].value() == ""
    assert not FormDraft.objects.exists()
    client.get("/accounts/logout/")
    client.post("/accounts/logout/", {"csrfmiddlewaretoken": csrf(client)})
    sign_in_again(client, "member")
    assert client.get(NEW).context["form"]["wishes"].value() == ""


def test_an_older_one_does_not_overwrite_what_was_saved_since(world: World) -> None:
    client = with_password(world, "member")
    token = opened(client)
    lose_the_session(client)
    client.post(NEW, {"draft": token, "csrfmiddlewaretoken": csrf(client), "wishes": "旧"})
    drafts.save(world.users["member"].pk, key_of(world), {"wishes": ["新"]}, timezone.now() + dt.timedelta(seconds=5))
    sign_in_again(client, "member")
    assert client.get(NEW).context["form"]["wishes"].value() == "新"


def test_what_is_not_ours_is_not_kept(world: World) -> None:
    """Without the signed field, with a forged one, without the forgery token: nothing, and the usual way to sign in."""
    client = with_password(world, "member")
    token = opened(client)
    lose_the_session(client)
    for sent in ({"wishes": "无"}, {"draft": "伪造", "wishes": "无"}, {"draft": token, "wishes": "长" * 41_000}):
        answer = client.post(NEW, {"csrfmiddlewaretoken": csrf(client), **sent})
        assert answer.status_code == 302
        assert not Session.objects.exists()
    assert client.post(NEW, {"draft": token, "wishes": "跨站"}).status_code == 403
    assert not Session.objects.exists()


def test_autosave_says_that_one_is_signed_out_and_still_keeps_it(world: World) -> None:
    client = with_password(world, "member")
    token = opened(client)
    lose_the_session(client)
    answer = autosave(client, token, key_of(world), wishes="夜间巡逻", csrfmiddlewaretoken=csrf(client))
    assert answer.status_code == 401
    discarded = autosave(client, token, key_of(world), discard="1", csrfmiddlewaretoken=csrf(client))
    assert discarded.headers["Location"].startswith("/accounts/login/"), "who is signed out discards nothing"
    sign_in_again(client, "member")
    assert client.get(NEW).context["form"]["wishes"].value() == "夜间巡逻"


def test_an_officer_who_was_idle_too_long_loses_no_text(world: World) -> None:
    client = with_password(world, "community_clerk")
    url = reverse("need_enter")
    token = opened(client, url)
    session = client.session
    session[signin.SEEN] = int(time.time()) - 3600
    session.save()
    sent = {"draft": token, "csrfmiddlewaretoken": csrf(client), "text": "楼道灯不亮,请尽快修理。"}
    answer = client.post(url, sent)
    assert answer.headers["Location"] == f"/accounts/login/?next={url.replace('/', '%2F')}"
    assert not Need.objects.exists()
    sign_in_again(client, "community_clerk", answer.headers["Location"])
    assert client.get(url).context["form"]["text"].value() == "楼道灯不亮,请尽快修理。"


# The other forms


def test_feedback_that_is_too_long_or_not_sent_is_there_again(world: World) -> None:
    scene: Scene = set_up(world)
    client = sign_in(world, "community_secretary")
    page, write = (reverse(name, args=[scene.feedback.pk]) for name in ("feedback_detail", "feedback_write"))
    token = opened(client, page)
    autosave(client, token, f"feedback-{scene.feedback.pk}", narrative="参加巡逻三次。")
    assert client.get(page).context["narrative_form"]["narrative"].value() == "参加巡逻三次。"
    limit = client.get(page).context["narrative_form"].fields["narrative"].max_length
    if limit:
        long = "长" * (limit + 1)
        client.post(write, {"draft": token, "narrative": long})
        assert client.get(page).context["narrative_form"]["narrative"].value() == long
    client.post(write, {"draft": token, "narrative": "参加巡逻四次。"})
    assert not FormDraft.objects.exists()
    assert client.get(page).context["narrative_form"]["narrative"].value() == "参加巡逻四次。"


def test_a_statement_of_service_is_there_again_and_gone_when_handed_in(world: World) -> None:
    scene = set_up(world)
    client = sign_in(world, "member")
    url = reverse("record_new", args=[scene.claim.pk])
    token = opened(client, url)
    autosave(client, token, f"record_new-{scene.claim.pk}", content="清理楼道两小时", hours="2")
    assert client.get(url).context["form"]["content"].value() == "清理楼道两小时"
    typed = {"service_date": str(timezone.localdate()), "hours": "1", "people_served": "3", "content": "清理楼道"}
    assert client.post(url, {"draft": token, **typed}).status_code == 302
    assert not FormDraft.objects.exists()


# Keeping and copying


def test_old_drafts_are_deleted(world: World) -> None:
    user = world.users["member"]
    for days in (29, 31):
        drafts.save(user.pk, f"need_enter-{days}", {"text": ["灯"]}, timezone.now() - dt.timedelta(days=days))
    done = {one.kind: one.deleted for one in retention.run()}
    assert done["drafts"] == 1
    assert FormDraft.objects.get().key == "need_enter-29"


def test_the_copy_of_ones_own_data_says_that_there_are_drafts_not_what_is_in_them(world: World) -> None:
    drafts.save(world.users["member"].pk, "need_enter", {"text": ["灯不亮"]}, timezone.now())
    drafts.save(world.users["other_member"].pk, "need_enter", {"text": ["别人的"]}, timezone.now())
    sheets = {str(sheet.title): list(sheet.rows) for sheet in registry.personal_data.of(world.members["li"])}
    assert sheets["未提交的表单"] == [[timezone.localdate(), 1]]
    assert {str(s.title): list(s.rows) for s in registry.personal_data.of(world.members["zhao"])}["未提交的表单"] == []
