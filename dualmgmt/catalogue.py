"""The message catalogue: extracting, merging, checking, compiling.

Extraction is Django's ``makemessages`` (GNU gettext, for developers) run on a
copy of the sources; compiling is polib, so that Python alone is enough to run.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
LANGUAGE = "zh_Hans"
SOURCES = ("dualmgmt", "branches", "members", "projects", "evaluations", "templates")
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[sdif]|\{\w*\}")
Key = tuple[str | None, str]


def path(root: Path = ROOT) -> Path:
    return root / "locale" / LANGUAGE / "LC_MESSAGES" / "django.po"


def key(entry: polib.POEntry) -> Key:
    return entry.msgctxt, entry.msgid


def compile_catalogues(root: Path = ROOT) -> None:
    """`.po` to `.mo` where it is missing or older; a half-written file is never read by anyone."""
    for po in root.glob("locale/*/LC_MESSAGES/*.po"):
        mo = po.with_suffix(".mo")
        if not mo.exists() or mo.stat().st_mtime < po.stat().st_mtime:
            fresh = mo.with_suffix(f".{os.getpid()}.tmp")
            polib.pofile(str(po)).save_as_mofile(str(fresh))
            fresh.rename(mo)


def extract() -> polib.POFile:
    """Every marked string of the sources, untranslated. Raises ``RuntimeError`` when gettext is missing or fails."""
    if shutil.which("xgettext") is None:
        raise RuntimeError("GNU gettext is missing. On Debian or Ubuntu: sudo apt install gettext")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in SOURCES:
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        path(copy).parent.mkdir(parents=True)
        command = [sys.executable, "-m", "django", "makemessages", "--locale", LANGUAGE, "--no-location", "--no-wrap"]
        # Without the settings module makemessages looks at the folder only, which is what is wanted.
        environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
        done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr.strip() or done.stdout.strip())
        return polib.pofile(str(path(copy)))


def merge(found: polib.POFile, kept: polib.POFile) -> polib.POFile:
    """The extracted strings with the translations at hand, sorted; what the sources no longer say is dropped."""
    translated = {key(entry): entry for entry in kept if not entry.obsolete}
    merged = polib.POFile(wrapwidth=100)
    merged.metadata = kept.metadata
    for entry in sorted(found, key=lambda entry: (entry.msgid, entry.msgctxt or "")):
        entry.occurrences = []
        old = translated.get(key(entry))
        if old is not None:
            entry.msgstr, entry.msgstr_plural = old.msgstr, old.msgstr_plural
            entry.tcomment = old.tcomment
            if "fuzzy" in old.flags:
                entry.flags.append("fuzzy")
        merged.append(entry)
    return merged


def faults(found: polib.POFile, kept: polib.POFile) -> Iterator[str]:
    """One line per string that is missing, untranslated, fuzzy, no longer used or has other placeholders."""
    wanted = {key(entry) for entry in found}
    have = {key(entry): entry for entry in kept if not entry.obsolete}
    for entry in found:
        if key(entry) not in have:
            yield f"missing: {entry.msgid!r}"
    for entry in kept:
        if entry.obsolete or key(entry) not in wanted:
            yield f"no longer used: {entry.msgid!r}"
            continue
        texts = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
        if not texts or not all(texts):
            yield f"untranslated: {entry.msgid!r}"
        elif "fuzzy" in entry.flags:
            yield f"fuzzy: {entry.msgid!r}"
        elif any(not _same_placeholders(entry, text) for text in texts):
            yield f"other placeholders: {entry.msgid!r}"


def _same_placeholders(entry: polib.POEntry, text: str) -> bool:
    if "python-format" not in entry.flags and "python-brace-format" not in entry.flags:
        return True
    source = set(PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
    return source == set(PLACEHOLDER.findall(text))


def stale(root: Path = ROOT) -> bool:
    """Whether the compiled catalogue says something else than the written one."""
    mo = path(root).with_suffix(".mo")
    if not mo.exists():
        return True
    written = {key(e): (e.msgstr, e.msgstr_plural) for e in polib.pofile(str(path(root))).translated_entries()}
    return written != {key(e): (e.msgstr, e.msgstr_plural) for e in polib.mofile(str(mo))}
