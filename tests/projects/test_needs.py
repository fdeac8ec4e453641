"""Needs: reported without an account, followed by code, handled by the community."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from dualmgmt.lib.actors import SYSTEM
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.models import AuditEvent, Notice
from projects.actions import needs
from projects.enums import NeedSource, NeedState, ProjectState
from projects.models import Need, ServiceProject
from tests.factories import CategoryFactory, NeedFactory, ProjectFactory
from tests.world import World

PHONE = "13806380001"


def report(world: World, client: Client, **fields: Any) -> Any:
    data = {"organisation": world.community.pk, "text": "三单元楼道灯不亮", "place": "3号楼", **fields}
    return client.post(reverse("need_new"), data)


class TestResident:
    def test_reports_without_an_account_and_follows_by_code(
        self, world: World, client: Client, django_capture_on_commit_callbacks: Any
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            answer = report(world, client, contact_name="孙大妈", contact_phone=PHONE)
        assert (answer.status_code, answer["Location"]) == (302, reverse("need_reported"))
        need = Need.objects.get()
        assert (need.organisation, need.source, need.state, need.created_by) == (
            world.community,
            NeedSource.ONLINE,
            NeedState.COLLECTED,
            None,
        )
        assert need.tracking_code in client.get(reverse("need_reported")).content.decode()
        told = Notice.objects.filter(kind="need.reported").values_list("user__username", flat=True)
        assert sorted(told) == ["community_clerk", "community_secretary"]
        code = f" {need.tracking_code[:4].lower()}-{need.tracking_code[4:]} "  # as people copy it
        page = Client().post(reverse("need_track"), {"code": code}).content.decode()
        assert need.text in page
        assert "孙大妈" not in page
        assert PHONE not in page

    def test_reads_the_answer_and_only_published_projects(self, world: World, client: Client) -> None:
        need = NeedFactory(organisation=world.community, state=NeedState.CONVERTED)
        for title, state in [("义务修灯", ProjectState.PUBLISHED), ("内部草稿", ProjectState.DRAFT)]:
            ProjectFactory(organisation=world.community, title=title, state=state).needs.add(need)
        needs.close(need=need, state=NeedState.ANSWERED, answer="灯已修好。", by=world.users["community_clerk"])
        page = client.post(reverse("need_track"), {"code": need.tracking_code}).content.decode()
        assert "灯已修好。" in page
        assert "义务修灯" in page
        assert "内部草稿" not in page

    def test_a_wrong_code_gets_one_neutral_sentence(self, world: World, client: Client) -> None:
        NeedFactory(organisation=world.community, text="不得外泄")
        answer = client.post(reverse("need_track"), {"code": "ZZZZ9999"})
        assert answer.status_code == 200
        assert list(answer.context["form"].errors) == ["code"]
        assert "不得外泄" not in answer.content.decode()

    def test_no_code_stands_in_a_url(self, world: World, client: Client) -> None:
        need = NeedFactory(organisation=world.community)
        answer = client.get(reverse("need_track"), {"code": need.tracking_code})
        assert need.text not in answer.content.decode()

    def test_the_confirmation_belongs_to_who_reported(self, world: World, client: Client) -> None:
        report(world, Client())
        assert client.get(reverse("need_reported"))["Location"] == reverse("need_new")

    def test_programs_that_fill_every_field_are_refused(self, world: World, client: Client) -> None:
        assert report(world, client, website="http://example.com").status_code == 200
        assert Need.objects.count() == 0

    @pytest.mark.parametrize("name", ["themed", "branch_a", "street"])
    def test_only_receiving_organisations_can_be_chosen(self, world: World, client: Client, name: str) -> None:
        answer = report(world, client, organisation=world.organisations[name].pk)
        assert list(answer.context["form"].errors) == ["organisation"]
        assert Need.objects.count() == 0

    def test_nothing_typed_is_lost(self, world: World, client: Client) -> None:
        answer = report(world, client, organisation="", text="井盖松动,夜间危险")
        assert "井盖松动,夜间危险" in answer.content.decode()

    def test_too_many_from_one_address_are_asked_to_wait(self, world: World, client: Client) -> None:
        for _number in range(11):
            answer = report(world, client)
        assert answer.status_code == 200
        assert answer.context["form"].non_field_errors()
        assert Need.objects.count() == 10

    def test_trying_codes_is_slowed_down(self, world: World, client: Client) -> None:
        need = NeedFactory(organisation=world.community)
        for _number in range(20):
            client.post(reverse("need_track"), {"code": "ZZZZ9999"})
        answer = client.post(reverse("need_track"), {"code": need.tracking_code})
        assert answer.context["form"].non_field_errors()
        assert need.text not in answer.content.decode()

    def test_behind_a_proxy_each_resident_has_an_own_limit(self, world: World, client: Client, settings: Any) -> None:
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
        for number in range(12):
            answer = client.post(
                reverse("need_new"),
                {"organisation": world.community.pk, "text": "路灯不亮", "place": ""},
                headers={"x-forwarded-for": f"10.0.0.{number}"},
            )
            assert answer.status_code == 302
        assert Need.objects.count() == 12


class TestCommunity:
    def test_writes_down_what_it_was_told(self, world: World, client: Client) -> None:
        client.force_login(world.users["community_clerk"])
        data = {"organisation": world.community.pk, "source": "visit", "text": "独居老人需要理发", "place": ""}
        client.post(reverse("need_enter"), data)
        need = Need.objects.get()
        assert (need.source, need.created_by) == (NeedSource.VISIT, world.users["community_clerk"])

    def test_cannot_write_for_another_community(self, world: World, client: Client) -> None:
        client.force_login(world.users["community_clerk"])
        data = {"organisation": world.community3.pk, "source": "visit", "text": "理发", "place": ""}
        assert list(client.post(reverse("need_enter"), data).context["form"].errors) == ["organisation"]
        assert Need.objects.count() == 0

    def test_sees_its_own_needs_only_and_filters_them(self, world: World, client: Client) -> None:
        category = CategoryFactory()
        mine = NeedFactory(organisation=world.community, source=NeedSource.PHONE, category=category, text="路灯")
        done = NeedFactory(organisation=world.community, state=NeedState.ANSWERED, answer="好", text="水管")
        NeedFactory(organisation=world.community3, text="路灯")
        client.force_login(world.users["community_clerk"])

        def rows(**query: Any) -> list[Need]:
            return list(client.get(reverse("need_list"), query).context["page"])

        assert rows() == [done, mine]
        for query in ({"waiting": 1}, {"source": "phone"}, {"category": category.pk}, {"q": "路灯"}):
            assert rows(**query) == [mine]
        assert rows(state="answered") == [done]

    def test_the_contact_is_for_its_own_handlers(self, world: World, client: Client) -> None:
        need = NeedFactory(organisation=world.community, contact_name="孙大妈", contact_phone=PHONE)
        client.force_login(world.users["community_clerk"])
        assert PHONE in client.get(reverse("need_detail", args=[need.pk])).content.decode()
        for persona in ("home_secretary", "other_community_secretary", "member"):
            client.force_login(world.users[persona])
            assert client.get(reverse("need_detail", args=[need.pk])).status_code == 404

    def test_verifies_with_a_category(self, world: World, client: Client) -> None:
        need, category = NeedFactory(organisation=world.community), CategoryFactory()
        client.force_login(world.users["community_clerk"])
        client.post(reverse("need_verify", args=[need.pk]), {"category": category.pk})
        need.refresh_from_db()
        assert (need.state, need.category) == (NeedState.VERIFIED, category)

    @pytest.mark.parametrize("state", ["referred", "rejected", "answered"])
    def test_closes_with_words_for_the_resident(self, world: World, client: Client, state: str) -> None:
        need = NeedFactory(organisation=world.community)
        client.force_login(world.users["community_clerk"])
        url = reverse("need_close", args=[need.pk])
        client.post(url, {"state": state, "answer": ""})
        need.refresh_from_db()
        assert need.state == NeedState.COLLECTED
        client.post(url, {"state": state, "answer": "已转供电公司处理。"})
        need.refresh_from_db()
        assert (need.state, need.answer) == (state, "已转供电公司处理。")

    def test_an_answer_is_never_empty(self, world: World) -> None:
        need = NeedFactory(organisation=world.community)
        with pytest.raises(ActionDenied) as denied:
            needs.close(need=need, state=NeedState.REJECTED, answer=" ", by=SYSTEM)
        assert denied.value.code == "answer_missing"

    def test_turns_a_need_into_a_prefilled_project(self, world: World, client: Client) -> None:
        category = CategoryFactory()
        need = NeedFactory(organisation=world.community, category=category, text="独居老人需要理发", place="5号楼")
        client.force_login(world.users["community_clerk"])
        url = f"{reverse('project_new')}?need={need.pk}"
        form = client.get(url).context["form"]
        assert (form["organisation"].initial, form["category"].initial, form["place"].initial) == (
            world.community,
            category,
            "5号楼",
        )
        data = {
            "organisation": world.community.pk, "title": "上门理发", "category": category.pk, "kind": "one_off",
            "description": "每月一次", "place": "5号楼", "places": 2, "open_to": "receiver", "open_to_members": "on",
        }  # fmt: skip
        assert client.post(url, data).status_code == 302
        project = ServiceProject.objects.get()
        need.refresh_from_db()
        assert (list(project.needs.all()), need.state) == ([need], NeedState.CONVERTED)
        assert AuditEvent.objects.filter(event="need.converted", subject_id=str(need.pk)).count() == 1

    def test_a_strangers_need_cannot_be_converted(self, world: World, client: Client) -> None:
        need = NeedFactory(organisation=world.community3)
        client.force_login(world.users["community_clerk"])
        assert client.get(f"{reverse('project_new')}?need={need.pk}").status_code == 404
