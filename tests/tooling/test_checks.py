"""What `make check` looks at: catalogue, diagrams, sizes."""

from __future__ import annotations

from pathlib import Path

import polib
import pytest

from dualmgmt import catalogue, diagrams
from dualmgmt.management.commands.check_sizes import oversized


def po(*entries: polib.POEntry) -> polib.POFile:
    file = polib.POFile()
    file.extend(entries)
    return file


def test_every_fault_of_a_catalogue_is_named() -> None:
    found = po(
        polib.POEntry(msgid="Good"),
        polib.POEntry(msgid="New"),
        polib.POEntry(msgid="Empty"),
        polib.POEntry(msgid="Guess"),
        polib.POEntry(msgid="%(n)s places", flags=["python-format"]),
    )
    kept = po(
        polib.POEntry(msgid="Good", msgstr="好"),
        polib.POEntry(msgid="Empty"),
        polib.POEntry(msgid="Guess", msgstr="猜", flags=["fuzzy"]),
        polib.POEntry(msgid="%(n)s places", msgstr="%(m)s 个名额", flags=["python-format"]),
        polib.POEntry(msgid="Old", msgstr="旧"),
    )
    assert list(catalogue.faults(found, kept)) == [
        "missing: 'New'",
        "untranslated: 'Empty'",
        "fuzzy: 'Guess'",
        "other placeholders: '%(n)s places'",
        "no longer used: 'Old'",
    ]


def test_merging_keeps_translations_sorts_and_drops_what_is_gone() -> None:
    found = po(
        polib.POEntry(msgid="Same", msgctxt="state"), polib.POEntry(msgid="Same"), polib.POEntry(msgid="A new one")
    )
    kept = po(
        polib.POEntry(msgid="Old", msgstr="旧"),
        polib.POEntry(msgid="Same", msgstr="同"),
        polib.POEntry(msgid="Same", msgstr="相同", msgctxt="state"),
    )
    merged = catalogue.merge(found, kept)
    assert [(e.msgctxt, e.msgid, e.msgstr) for e in merged] == [
        (None, "A new one", ""),
        (None, "Same", "同"),
        ("state", "Same", "相同"),
    ]


def test_a_compiled_catalogue_is_compared_with_the_written_one(tmp_path: Path) -> None:
    file = catalogue.path(tmp_path)
    file.parent.mkdir(parents=True)
    po(polib.POEntry(msgid="Good", msgstr="好")).save(str(file))
    assert catalogue.stale(tmp_path)
    catalogue.compile_catalogues(tmp_path)
    assert not catalogue.stale(tmp_path)
    po(polib.POEntry(msgid="Good", msgstr="很好")).save(str(file))
    assert catalogue.stale(tmp_path)


@pytest.mark.slow
def test_extraction_finds_python_and_templates_and_names_no_lines() -> None:
    found = {catalogue.key(entry): entry for entry in catalogue.extract()}
    assert (None, "Somebody else has just changed this. Please look at the current state and try again.") in found
    assert not any(entry.occurrences for entry in found.values())


def test_the_page_of_diagrams_keeps_what_is_around_them() -> None:
    page = f"before\n{diagrams.BEGIN}\nold\n{diagrams.END}\nafter\n"
    drawn = diagrams.redrawn(page)
    assert drawn.startswith(f"before\n{diagrams.BEGIN}\n\n### ")
    assert drawn.endswith(f"{diagrams.END}\nafter\n")
    assert "### members.ActivityRegistration\n\n```mermaid\nstateDiagram-v2\n    [*] --> draft\n" in drawn
    assert diagrams.redrawn(drawn) == drawn


def test_a_page_without_a_place_for_diagrams_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks the two marks"):
        diagrams.redrawn("no marks")


def test_long_modules_and_functions_are_named() -> None:
    long = "def ok():\n" + "    pass\n" * 59 + "def f():\n" + "    pass\n" * 60
    assert list(oversized(long, "a.py")) == ["a.py:61 f: 61 lines, at most 60"]
    assert list(oversized("\n" * 401, "b.py")) == ["b.py: 401 lines, at most 400; split it by noun"]
