"""A4 papers: typst templates under ``templates/print/``, data handed in as JSON.

Data never becomes template code: it travels as one JSON string in
``sys.inputs.data``, so that a name such as ``#sys`` prints literally.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import threading
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pylopdf_fonts_zh_cn
import typst
from django.conf import settings
from django.http import HttpResponse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dualmgmt.lib.clock import today
from dualmgmt.lib.denied import ActionDenied

TOO_MANY_TO_PRINT = gettext_lazy(
    "At most %(count)s lines are printed at once. Narrow the filter or take the spreadsheet."
)

_FONTS = Path(pylopdf_fonts_zh_cn.__file__).parent
_local = threading.local()


def _template(name: str) -> Path:
    path = Path(settings.BASE_DIR) / "templates" / "print" / f"{name}.typ"
    if not path.is_file():
        raise LookupError(f"there is no print template called {name!r}")
    return path


def _compiler(path: Path) -> Any:
    """One compiler per thread and template: making one reads the fonts, using one takes milliseconds."""
    compilers: dict[Path, Any] = _local.__dict__.setdefault("compilers", {})
    if path not in compilers:
        compilers[path] = typst.Compiler(
            str(path), root=str(path.parent), font_paths=[str(_FONTS)], ignore_system_fonts=True
        )
    return compilers[path]


def pdf(name: str, data: dict[str, Any]) -> bytes:
    """The paper *name* filled with *data* (strings, numbers, lists and dicts of them)."""
    path = _template(name)
    inputs = {"data": json.dumps(data, ensure_ascii=False, default=str)}
    return bytes(_compiler(path).compile(format="pdf", sys_inputs=inputs))


def answer(paper: bytes, name: str) -> HttpResponse:
    """Show *paper* in the browser; saved, it is called *name*."""
    shown = HttpResponse(paper, content_type="application/pdf")
    shown["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    shown["Cache-Control"] = "private, no-store"
    return shown


@dataclass(frozen=True)
class Column:
    """A column of a printed register: its header and its share of the page's width."""

    label: Any
    width: float


def register(
    *,
    title: Any,
    organisation: str,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Any]],
    signatures: Sequence[Any] = (),
    words: dict[str, str] | None = None,
) -> bytes:
    """A register or roster across A4, every row numbered; *words* are what the office has set for this paper.

    Raises :class:`ActionDenied` when there are more rows than a printer should get at once.
    """
    few = islice(rows, settings.PRINT_MAX_ROWS + 1)  # no more are read than are needed to say no
    lines = [[str(number), *map(_text, row)] for number, row in enumerate(few, start=1)]
    if len(lines) > settings.PRINT_MAX_ROWS:
        raise ActionDenied(TOO_MANY_TO_PRINT % {"count": settings.PRINT_MAX_ROWS}, "too_many_to_print")
    day = date_format(today())
    data = {
        "title": str(title),
        "organisation": organisation,
        "lines": [_("%(count)s entries") % {"count": len(lines)}, _("as of %(day)s") % {"day": day}],
        "columns": [
            {"label": str(column.label), "width": column.width} for column in (Column(_("No."), 0.6), *columns)
        ],
        "rows": lines,
        "signatures": [str(name) for name in signatures],
        "day": day,
        "words": words or {},
    }
    return pdf("table", data)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:%Y.%m.%d}" if isinstance(value, dt.date) else str(value)


def zipped(files: Iterable[tuple[str, bytes]]) -> bytes:
    """*files* (name and content) as one zip; equal names get a number, and a slash in a name makes no folder."""
    out = io.BytesIO()
    taken: dict[str, int] = {}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in ((name.replace("/", "_").replace("\\", "_"), content) for name, content in files):
            stem, _dot, ending = name.rpartition(".")
            taken[name] = taken.get(name, 0) + 1
            archive.writestr(name if taken[name] == 1 else f"{stem}-{taken[name]}.{ending}", content)
    return out.getvalue()
