"""Skills: a tree of two levels, stated by the member or the home branch, with certificates that run out."""

from __future__ import annotations

import datetime as dt
from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from dualmgmt.lib import registry
from dualmgmt.models import AuditEvent
from members.actions import merging, skills
from members.enums import SkillLevel
from members.forms.skills import skill_choices
from members.models import Member, MemberSkill, Skill
from members.queries import with_skill
from projects.models import ServiceProject
from tests.factories import MemberFactory, ProjectFactory, RegistrationFactory, SkillFactory
from tests.members.helpers import sign_in
from tests.world import World

# Session, account, capacity; the member, their skills, the choices of the form, the frame's notices.
PAGE_QUERIES = 8


@pytest.fixture
def law(db: None) -> Skill:
    return SkillFactory(code="LEGAL", name="法律服务", order=1)


@pytest.fixture
def advice(law: Skill) -> Skill:
    return SkillFactory(code="ADVICE", name="法律咨询", parent=law, order=2)


def typed(chosen: Skill, **changes: Any) -> dict[str, Any]:
    return {"skill": chosen.pk, "level": "professional", **changes}


def day(days: int) -> dt.date:
    return timezone.localdate() + dt.timedelta(days=days)


def test_the_member_states_changes_and_removes_a_skill(world: World, advice: Skill) -> None:
    client, url = sign_in(world, "member"), reverse("my_skills")
    sent = typed(advice, certificate="法律职业资格证书", certificate_valid_until="2030-01-01")
    assert client.post(url, sent).status_code == 302
    row = MemberSkill.objects.get(member=world.members["li"])
    assert (row.skill, row.level, row.certificate) == (advice, SkillLevel.PROFESSIONAL, "法律职业资格证书")
    assert "法律服务 ›" in client.get(url).content.decode()
    page = client.get(url, {"skill": advice.pk})
    assert page.context["form"].initial["certificate"] == "法律职业资格证书"
    client.post(url, typed(advice, level="basic"))
    row.refresh_from_db()
    assert (row.level, row.certificate, row.certificate_valid_until) == (SkillLevel.BASIC, "", None)
    remove = reverse("my_skill_remove", args=[advice.pk])
    assert client.post(remove).status_code == 302
    assert not MemberSkill.objects.exists()
    assert client.post(remove).status_code == 404
    events = list(AuditEvent.objects.filter(event__startswith="member.skill").values_list("event", flat=True))
    assert sorted(events) == ["member.skill_removed", "member.skills", "member.skills"]


def test_the_home_branch_keeps_the_skills_of_its_members_only(world: World, advice: Skill) -> None:
    li, zhao = world.members["li"], world.members["zhao"]
    client = sign_in(world, "home_secretary")
    assert client.post(reverse("member_skills", args=[li.pk]), typed(advice)).status_code == 302
    assert client.post(reverse("member_skills", args=[zhao.pk]), typed(advice)).status_code == 404
    assert list(MemberSkill.objects.values_list("member_id", flat=True)) == [li.pk]
    other = sign_in(world, "other_secretary")
    assert other.post(reverse("member_skill_remove", args=[li.pk, advice.pk])).status_code == 404
    RegistrationFactory(member=li, organisation=world.community)
    receiver = sign_in(world, "community_secretary")
    assert receiver.post(reverse("member_skills", args=[li.pk]), typed(advice)).status_code == 403
    assert MemberSkill.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("skill", {"skill": "987654321"}),
        ("skill", {"skill": "'; --"}),
        ("level", {"level": "genius"}),
        ("certificate", {"certificate_valid_until": "2030-01-01"}),
        ("certificate_valid_until", {"certificate": "证书", "certificate_valid_until": "昨天"}),
        ("certificate", {"certificate": "长" * 101}),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(
    world: World, advice: Skill, field: str, changes: dict[str, str]
) -> None:
    page = sign_in(world, "member").post(reverse("my_skills"), typed(advice, **changes))
    assert set(page.context["form"].errors) == {field}
    assert not MemberSkill.objects.exists()


def test_the_database_holds_one_row_per_skill_and_no_validity_of_nothing(world: World, advice: Skill) -> None:
    li = world.members["li"]
    MemberSkill.objects.create(member=li, skill=advice)
    for wrong in ({"skill": advice}, {"skill": SkillFactory(), "certificate_valid_until": day(1)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            MemberSkill.objects.create(member=li, **wrong)


def test_an_expired_certificate_is_shown_as_such_and_not_counted(world: World, law: Skill, advice: Skill) -> None:
    li = world.members["li"]
    RegistrationFactory(member=li, organisation=world.community)
    plain = ProjectFactory(organisation=world.community, title="普法")
    strict = ProjectFactory(organisation=world.community, title="法律门诊", wants_certificate=True)
    for project in (plain, strict):
        project.skills.add(law)
    client = sign_in(world, "member")

    def why() -> dict[str, str]:
        lines = client.get(reverse("project_list")).context["lines"]
        return {line.project.title: line.why for line in lines}

    def say(**certificate: Any) -> None:
        skills.state(member=li, skill=advice, level=SkillLevel.PROFESSIONAL, **certificate, by=world.users["member"])

    say()
    fits = "因为您的专长：法律咨询（专业）"
    assert why() == {"普法": fits, "法律门诊": "需要有效证书，您的专长未填证书"}
    say(certificate="律师执业证", valid_until=day(-1))
    assert why() == {"普法": fits, "法律门诊": "需要有效证书，您的已过期：律师执业证"}
    assert "已过期" in client.get(reverse("my_skills")).content.decode()
    say(certificate="律师执业证", valid_until=day(0))
    assert why() == {"普法": fits, "法律门诊": fits}
    say(certificate="律师执业证")
    assert why()["法律门诊"] == fits, "a certificate without a last day"


def test_a_project_that_wants_the_narrow_skill_does_not_fit_the_wide_one(
    world: World, law: Skill, advice: Skill
) -> None:
    li = world.members["li"]
    skills.state(member=li, skill=law, level=SkillLevel.BASIC, by=world.users["member"])
    RegistrationFactory(member=li, organisation=world.community)
    ProjectFactory(organisation=world.community).skills.add(advice)
    line = sign_in(world, "member").get(reverse("project_list")).context["lines"][0]
    assert "法律" not in line.why
    assert line.claimable


def test_who_looks_for_the_parent_finds_the_children(world: World, law: Skill, advice: Skill) -> None:
    cooking = SkillFactory(name="烹饪")
    skills.state(member=world.members["li"], skill=advice, level=SkillLevel.BASIC, by=world.users["member"])
    skills.state(member=world.members["zhao"], skill=law, level=SkillLevel.BASIC, by=world.users["other_secretary"])
    everybody = Member.objects.order_by("pk")
    assert {row.name for row in with_skill(everybody, law)} == {"李建国", "赵海"}
    assert [row.name for row in with_skill(everybody, advice)] == ["李建国"]
    assert set(Skill.objects.with_below(law)) == {law, advice}
    client = sign_in(world, "home_secretary")

    def names(skill: Skill) -> list[str]:
        return [row.name for row in client.get(reverse("member_list"), {"skill": skill.pk}).context["page"]]

    assert names(law) == ["李建国"], "zhao of the hospital is not theirs"
    assert names(cooking) == []


def test_the_tree_has_two_levels(law: Skill, advice: Skill) -> None:
    with pytest.raises(ValidationError):
        Skill(code="DEEP", name="太深", parent=advice).full_clean()
    law.parent = SkillFactory()
    with pytest.raises(ValidationError):
        law.full_clean()


def test_the_choices_stand_under_their_parents(law: Skill, advice: Skill) -> None:
    lonely = SkillFactory(name="摄影", order=3)
    assert skill_choices() == [
        (lonely.pk, "摄影"),
        ("法律服务", [(law.pk, "法律服务（不细分）"), (advice.pk, "法律咨询")]),
    ]


def test_the_reference_tree_loads_twice_and_keeps_what_the_office_edited(db: None) -> None:
    call_command("load_reference_data", stdout=StringIO())
    assert not Skill.objects.filter(parent__parent__isnull=False).exists()
    parents = Skill.objects.filter(parent=None)
    assert all(parent.children.exists() for parent in parents)
    assert Skill.objects.get(code="ELECTRIC").parent == Skill.objects.get(code="REPAIR")
    Skill.objects.filter(code="ELECTRIC").update(name="水电暖维修", parent=None)
    count = Skill.objects.count()
    call_command("load_reference_data", stdout=StringIO())
    kept = Skill.objects.get(code="ELECTRIC")
    assert (kept.name, kept.parent, Skill.objects.count()) == ("水电暖维修", None, count)


def test_the_roll_s_form_ticks_skills_by_group_and_keeps_levels(world: World, law: Skill, advice: Skill) -> None:
    li, cooking = world.members["li"], SkillFactory(name="烹饪")
    skills.state(member=li, skill=advice, level=SkillLevel.PROFESSIONAL, certificate="证", by=world.users["member"])
    client, url = sign_in(world, "home_secretary"), reverse("member_edit", args=[li.pk])
    html = client.get(url).content.decode()
    assert '<details class="choice-group" open>' in html
    assert "<summary>法律服务</summary>" in html
    sent = {"name": "李建国", "sex": li.sex, "kind": li.kind, "work_status": li.work_status}
    assert client.post(url, {**sent, "skills": [advice.pk, cooking.pk]}).status_code == 302
    assert {str(row) for row in li.skill_rows.all()} == {"法律咨询（专业）", "烹饪（基础）"}
    assert li.skill_rows.get(skill=advice).certificate == "证"


def test_two_rows_of_one_person_keep_the_better_word(world: World, law: Skill, advice: Skill) -> None:
    li, by = world.members["li"], world.users["unit_secretary"]
    twin = MemberFactory(name="李建国", home=world.branch_b)
    skills.state(member=li, skill=advice, level=SkillLevel.BASIC, by=by)
    skills.state(member=twin, skill=advice, level=SkillLevel.PROFESSIONAL, certificate="律师执业证", by=by)
    skills.state(member=twin, skill=law, level=SkillLevel.PROFICIENT, by=by)
    merging.merge(keep=li, lose=twin, by=by)
    assert {(str(row), row.certificate) for row in li.skill_rows.all()} == {
        ("法律咨询（专业）", "律师执业证"),
        ("法律服务（熟练）", ""),
    }
    assert not twin.skill_rows.exists()


def test_the_copy_of_one_s_data_has_skills_and_cards(world: World, advice: Skill) -> None:
    li = world.members["li"]
    skills.state(member=li, skill=advice, level=SkillLevel.BASIC, certificate="律师执业证", by=world.users["member"])
    sheets = {sheet.title: sheet.rows for sheet in registry.personal_data.of(li)}
    assert [row[:3] for row in sheets["专长"]] == [["法律咨询", "基础", "律师执业证"]]
    assert list(sheets["党员卡"]) == []


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_costs_the_same_for_one_row_and_three(
    world: World, law: Skill, rows: int, django_assert_max_num_queries: Any
) -> None:
    for _number in range(rows):
        skills.state(
            member=world.members["li"], skill=SkillFactory(parent=law), level="basic", by=world.users["member"]
        )
    client = sign_in(world, "member")
    client.get(reverse("my_skills"))
    with django_assert_max_num_queries(PAGE_QUERIES):
        assert len(client.get(reverse("my_skills")).context["lines"]) == rows


def test_the_project_form_offers_the_tree(world: World, law: Skill, advice: Skill) -> None:
    project = ProjectFactory(organisation=world.community, state="draft", author=world.users["community_clerk"])
    client, url = sign_in(world, "community_clerk"), reverse("project_edit", args=[project.pk])
    assert "<summary>法律服务</summary>" in client.get(url).content.decode()
    form = client.get(url).context["form"]
    sent = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    sent |= {"skills": [law.pk], "wants_certificate": "on"}
    assert client.post(url, sent).status_code == 302
    project = ServiceProject.objects.get(pk=project.pk)
    assert (list(project.skills.all()), project.wants_certificate) == ([law], True)
