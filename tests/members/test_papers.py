"""Papers as they leave the printer: what stands on them, whose words, on how many pages."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile

import pytest
from django.http import HttpResponse
from django.urls import reverse
from pypdf import PdfReader

from branches import papers
from branches.actions.papers import set_words
from branches.enums import OrganisationState, Paper
from branches.models import Organisation, PaperText
from dualmgmt.lib import typeset
from dualmgmt.lib.clock import today
from dualmgmt.lib.denied import ActionDenied
from dualmgmt.models import AuditEvent
from members import printing, samples
from members.actions import cards, letters
from members.enums import CloseReason, LetterOrigin
from members.models import ActivityRegistration
from projects.models import Claim
from tests.factories import ProjectFactory, RegistrationFactory
from tests.members.helpers import refused, secrets_of, sign_in
from tests.scene import ask, register, verified_record
from tests.world import World

WORDS = {"letterhead": "中共测试区税务局委员会", "title": "", "words": "报到时请随带本人身份证件备查。", "footer": ""}


def pages(paper: bytes | HttpResponse) -> list[str]:
    """The text of every page, without spaces: how lines break is the typesetter's business."""
    content = paper.content if isinstance(paper, HttpResponse) else paper
    return [re.sub(r"\s", "", page.extract_text()) for page in PdfReader(io.BytesIO(content)).pages]


def test_words_come_from_the_nearest_above_field_by_field(world: World) -> None:
    by = world.users["unit_secretary"]
    PaperText.objects.create(organisation=None, paper=Paper.LETTER, footer="全市统一格式", letterhead="市")
    set_words(organisation=world.bureau, paper=Paper.LETTER, words=WORDS, by=by)
    set_words(organisation=world.branch_a, paper=Paper.LETTER, words={"title": "党员报到函"}, by=by)
    assert papers.words(Paper.LETTER, world.branch_a) == {
        "letterhead": WORDS["letterhead"],
        "title": "党员报到函",
        "words": WORDS["words"],
        "footer": "全市统一格式",
    }
    assert papers.inherited(Paper.LETTER, world.branch_a)["title"] == ""
    assert papers.words(Paper.LETTER, world.community) == {
        "letterhead": "市", "title": "", "words": "", "footer": "全市统一格式"
    }  # fmt: skip
    assert papers.words(Paper.RECEIPT, world.branch_a) == dict.fromkeys(papers.FIELDS, "")


def test_empty_words_take_the_row_away(world: World) -> None:
    by = world.users["unit_secretary"]
    set_words(organisation=world.bureau, paper=Paper.LETTER, words=WORDS, by=by)
    set_words(organisation=world.bureau, paper=Paper.LETTER, words={}, by=by)
    assert not PaperText.objects.exists()
    assert AuditEvent.objects.filter(event="paper.words_set").count() == 2


def test_an_ended_organisation_sets_no_words(world: World) -> None:
    Organisation.objects.filter(pk=world.branch_a.pk).update(state=OrganisationState.DISSOLVED, ended_on=today())
    refused("not_active", set_words, organisation=world.branch_a, paper=Paper.LETTER, words=WORDS,
            by=world.users["unit_secretary"])  # fmt: skip


def test_a_letter_keeps_the_words_it_was_issued_with(world: World) -> None:
    set_words(organisation=world.bureau, paper=Paper.LETTER, words=WORDS, by=world.users["unit_secretary"])
    letter = letters.issue(registration=ask(world, "li", "community"), valid_days=30, by=world.users["home_secretary"])
    set_words(organisation=world.bureau, paper=Paper.LETTER, words={"words": "后来的话"},
              by=world.users["unit_secretary"])  # fmt: skip
    [page] = pages(sign_in(world, "home_secretary").get(reverse("letter_print", args=[letter.pk])))
    assert WORDS["words"] in page
    assert WORDS["letterhead"] in page
    assert "后来的话" not in page
    # Stub, letter and receipt carry the number; the foot counts the pages of this letter.
    assert page.count(letter.number) >= 4
    assert page.count("骑缝章处") == 2
    assert page.endswith("第1页共1页")


def test_several_letters_in_one_file_count_their_own_pages(world: World) -> None:
    made = [
        letters.issue(registration=ask(world, name, "community"), valid_days=30, by=world.users["home_secretary"])
        for name in ("li",)
    ] + [letters.issue(registration=ask(world, "li", "community2"), valid_days=5, by=world.users["home_secretary"])]
    data = {"sheets": [printing.letter_data(letter, "https://x/", sees_phone=True) for letter in made]}
    found = pages(typeset.pdf("letter", data))
    assert len(found) == 2
    for letter, page in zip(made, found, strict=True):
        assert letter.number in page
        assert page.endswith("第1页共1页")
    archive = typeset.zipped([("a.pdf", b"1"), ("a.pdf", b"2"), ("b/c.pdf", b"3")])
    assert zipfile.ZipFile(io.BytesIO(archive)).namelist() == ["a.pdf", "a-2.pdf", "b_c.pdf"]


def test_of_a_letter_from_outside_the_receipt_alone_is_printed(world: World) -> None:
    registration = register(world, "li", "community", issuer="home_secretary", accepter="community_secretary")
    letter = registration.letters.get()
    letter.origin = LetterOrigin.OUTSIDE
    [page] = pages(typeset.pdf("letter", printing.letter_data(letter, "https://x/", sees_phone=True)))
    assert "回执" in page
    assert str(letter.receipt_number) in page
    assert "存根" not in page
    assert "骑缝章" not in page
    assert page.startswith(world.community.name), "under the receiver's own head"


def test_typed_words_print_as_they_are(world: World) -> None:
    """Data never becomes code of the layout."""
    nasty = "#sys.inputs $x$ *a* \\ <b> “引号”"
    set_words(organisation=world.bureau, paper=Paper.LETTER, words={"words": nasty}, by=world.users["unit_secretary"])
    letter = letters.issue(registration=ask(world, "li", "community"), valid_days=30, by=world.users["home_secretary"])
    [page] = pages(typeset.pdf("letter", printing.letter_data(letter, "https://x/", sees_phone=True)))
    assert re.sub(r"\s", "", nasty) in page


@pytest.mark.parametrize("paper", Paper)
def test_every_paper_has_a_sample(world: World, paper: Paper) -> None:
    set_words(organisation=world.community, paper=paper, words={"title": "样张标题"},
              by=world.users["community_secretary"])  # fmt: skip
    client = sign_in(world, "community_secretary")
    text = "".join(pages(client.get(reverse("paper_preview", args=[world.community.code, paper.value]))))
    # The receipt stands on the letter's sheet and has no title of its own.
    assert ("样张标题" in text) == (paper != Paper.RECEIPT)
    assert client.get(reverse("paper_preview", args=[world.community.code, "nothing"])).status_code == 404


def test_setting_words_on_the_page(world: World) -> None:
    client = sign_in(world, "community_secretary")
    url = reverse("paper_edit", args=[world.community.code, "receipt"])
    assert client.get(url).status_code == 200
    answer = client.post(url, {"words": "请于每季度末联系我处。", "letterhead": "x" * 61})
    assert answer.context["form"].errors.keys() == {"letterhead"}
    assert not PaperText.objects.exists()
    client.post(url, {"words": "请于每季度末联系我处。"})
    assert PaperText.objects.get().organisation == world.community
    assert "请于每季度末联系我处。" in client.get(reverse("paper_list", args=[world.community.code])).content.decode()
    assert client.get(reverse("paper_edit", args=[world.community.code, "nothing"])).status_code == 404
    # Not at the street above, not at the neighbour.
    for code in (world.street.code, world.community2.code):
        assert client.post(reverse("paper_edit", args=[code, "receipt"]), {"words": "x"}).status_code == 403


def test_a_register_says_when_it_is_too_long(world: World, settings: object) -> None:
    settings.PRINT_MAX_ROWS = 3  # type: ignore[attr-defined]
    columns = [typeset.Column("甲", 1)]
    one = {"title": "登记簿", "organisation": "某支部", "columns": columns}
    [page] = pages(typeset.register(rows=[["a"], [None], [dt.date(2026, 1, 2)]], **one))  # type: ignore[arg-type]
    assert "2026.01.02" in page
    assert "登记簿" in page
    with pytest.raises(ActionDenied) as caught:
        typeset.register(rows=[["a"]] * 4, **one)  # type: ignore[arg-type]
    assert caught.value.code == "too_many_to_print"
    [page] = pages(typeset.register(rows=[], **one))  # type: ignore[arg-type]
    assert "（无记录）" in page


def test_the_record_card_holds_what_its_reader_may_see(world: World) -> None:
    registration = register(world, "li", "community", issuer="home_secretary", accepter="community_secretary")
    project = ProjectFactory(organisation=world.community, title="每周看望独居老人")
    elsewhere = ProjectFactory(organisation=world.community3, title="别处的项目")
    claims = [Claim.objects.create(project=row, member=world.members["li"], ordinal=1) for row in (project, elsewhere)]
    for claim in claims:
        verified_record(world, claim, day=today())
    url = reverse("record_card_print", args=[registration.pk])
    for persona in ("member", "home_secretary", "community_secretary"):
        [page] = pages(sign_in(world, persona).get(url))
        assert "党员服务记录卡" in page
        assert project.title in page
        assert elsewhere.title not in page
    assert AuditEvent.objects.filter(event="paper.printed").count() == 3
    assert sign_in(world, "other_community_secretary").get(url).status_code == 404
    client = sign_in(world, "member")
    [before] = pages(client.get(url, {"first": "2020-01-01", "last": "2020-12-31"}))
    assert project.title not in before
    # Days that make no sense are this year, not an error.
    [page] = pages(client.get(url, {"first": "x", "last": "2020-01-01"}))
    assert project.title in page


def test_the_closing_receipt_is_for_the_two_sides(world: World) -> None:
    row = RegistrationFactory(
        member=world.members["li"], organisation=world.community, state="closed", closed_on=today(),
        close_reason=CloseReason.MOVED_RESIDENCE, closing_receipt="测销〔2026〕1号",
        final_facts="参加服务三次。\n无未了结事项。",
    )  # fmt: skip
    url = reverse("closing_print", args=[row.pk])
    for persona in ("member", "home_secretary", "community_secretary"):
        [page] = pages(sign_in(world, persona).get(url))
        assert "测销〔2026〕1号" in page
        assert "参加服务三次。" in page
    assert sign_in(world, "other_secretary").get(url).status_code == 404
    ActivityRegistration.objects.update(closing_receipt=None)
    assert sign_in(world, "member").get(url).status_code == 404
    assert samples.pdf(Paper.CLOSING_RECEIPT, world.community)


def test_registers_print_what_is_filtered_and_nothing_else(world: World) -> None:
    registration = register(world, "li", "community", issuer="home_secretary", accepter="community_secretary")
    letter = registration.letters.get()
    register(world, "zhao", "community3", issuer="other_secretary", accepter="other_community_secretary")
    home, receiver = sign_in(world, "home_secretary"), sign_in(world, "community_secretary")
    li, zhao = world.members["li"], world.members["zhao"]
    for client, name, shown in (
        (home, "letter_register_print", letter.number),
        (home, "roster_print", li.name),
        (receiver, "archive_print", li.name),
    ):
        [page] = pages(client.get(reverse(name)))
        assert shown in page
        assert zhao.name not in page
        for secret in secrets_of(li):
            assert secret not in page
        [page] = pages(client.get(reverse(name), {"q": "无此人"}))
        assert "（无记录）" in page
    printed = AuditEvent.objects.filter(event="paper.printed").exclude(details__filter="")
    assert {row.details["filter"] for row in printed} == {"q=%E6%97%A0%E6%AD%A4%E4%BA%BA"}


def test_too_long_a_list_leads_back_to_its_page(world: World, settings: object) -> None:
    settings.PRINT_MAX_ROWS = 0  # type: ignore[attr-defined]
    answer = sign_in(world, "home_secretary").get(reverse("roster_print"), {"q": "李"}, follow=True)
    assert answer.request["PATH_INFO"] == reverse("member_list")
    assert answer.request["QUERY_STRING"]
    assert str(typeset.TOO_MANY_TO_PRINT % {"count": 0}) in answer.content.decode()


def test_cards_on_a4_and_for_a_card_printer(world: World, settings: object) -> None:
    client = sign_in(world, "home_secretary")
    answer = client.get(reverse("card_sheet"), follow=True)
    assert answer.request["PATH_INFO"] == reverse("card_register"), "no card yet"
    li = world.members["li"]
    card = cards.issue(member=li, by=world.users["home_secretary"])
    foreign = cards.issue(member=world.members["zhao"], by=world.users["other_secretary"])
    [sheet] = pages(client.get(reverse("card_sheet")))
    assert card.number in sheet
    assert foreign.number not in sheet
    front, back = pages(client.get(reverse("card_print", args=[li.pk]), {"layout": "printer"}))
    assert li.name in front
    assert card.number in back
    size = PdfReader(io.BytesIO(client.get(reverse("card_sheet"), {"layout": "printer"}).content)).pages[0].mediabox
    # ISO/IEC 7810 ID-1, in points.
    assert (round(size.width), round(size.height)) == (243, 153)
