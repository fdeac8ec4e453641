"""A4 papers: typst templates under ``templates/print/``, data handed in as JSON.

Data never becomes template code: it travels as one JSON string in
``sys.inputs.data``, so that a name such as ``#sys`` prints literally.
"""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pylopdf_fonts_zh_cn
import typst
from django.conf import settings

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
