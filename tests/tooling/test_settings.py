"""The settings and the page that explains them name the same variables; production refuses to start half-set."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
READ = re.compile(r'(?:\benv\.\w+\(|required_key\(|environ\.get\(|environ\[)\s*"([A-Z_]+)"')
# What only the developer's suite sets for itself.
LISTED = re.compile(r"^#?([A-Z_]+)=", re.MULTILINE)


def test_every_variable_is_explained_and_nothing_else() -> None:
    read = set(READ.findall((ROOT / "dualmgmt" / "settings.py").read_text()))
    listed = LISTED.findall((ROOT / ".env.example").read_text())
    assert set(listed) == read
    assert len(listed) == len(set(listed))


def production(tmp_path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    plain = {"PATH": os.environ["PATH"], "PRODUCTION": "1", "VAR_DIR": str(tmp_path), **variables}
    code = "from django.conf import settings; settings.DEBUG"
    command = [sys.executable, "-c", code]
    plain["DJANGO_SETTINGS_MODULE"] = "dualmgmt.settings"
    return subprocess.run(command, cwd=ROOT, env=plain, capture_output=True, text=True)


def test_production_names_the_missing_key(tmp_path: Path) -> None:
    done = production(tmp_path)
    assert done.returncode == 1
    assert "Set SECRET_KEY in the environment or in .env" in done.stderr
    assert not (tmp_path / "keys").exists()


def test_production_starts_with_its_keys(tmp_path: Path) -> None:
    done = production(tmp_path, SECRET_KEY="s" * 60, FIELD_KEYS="f" * 43 + "=", LOOKUP_KEY="l" * 60, AUDIT_KEY="a" * 60)
    assert (done.returncode, done.stderr) == (0, "")
