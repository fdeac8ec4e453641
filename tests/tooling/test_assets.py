"""Front-end files: a short list is served, nothing else of a package, and a missing one breaks no page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import SuspiciousFileOperation

from dualmgmt import assets


@pytest.fixture
def packages(tmp_path: Path, settings: Any) -> Path:
    settings.BASE_DIR = tmp_path
    css = tmp_path / "node_modules/bootstrap/dist/css"
    css.mkdir(parents=True)
    (css / "bootstrap.min.css").write_text("a{color:red}\n/*# sourceMappingURL=bootstrap.min.css.map */")
    (css / "bootstrap.css").write_text("not listed")
    return tmp_path


def test_only_listed_files_that_are_there_are_served(packages: Path) -> None:
    finder = assets.PackageAssetFinder()
    found = str(packages / "node_modules/bootstrap/dist/css/bootstrap.min.css")
    assert [name for name, _storage in finder.list(None)] == ["vendor/bootstrap.min.css"]
    assert finder.find("vendor/bootstrap.min.css") == found
    assert finder.find("vendor/bootstrap.min.css", find_all=True) == [found]
    assert finder.find("vendor/echarts.min.js") == []
    assert finder.find("vendor/echarts.min.js", find_all=True) == []
    with pytest.raises(SuspiciousFileOperation):
        finder.storage.path("vendor/../../settings.py")


def test_collecting_survives_missing_source_maps_and_missing_files(packages: Path, settings: Any) -> None:
    storage = assets.PortalStaticStorage(location=str(packages / "collected"), base_url="/static/")
    (packages / "collected" / "vendor").mkdir(parents=True)
    target = packages / "collected" / "vendor" / "bootstrap.min.css"
    target.write_bytes(Path(assets.PackageAssetFinder().find("vendor/bootstrap.min.css")).read_bytes())
    name = "vendor/bootstrap.min.css"
    processed = list(storage.post_process({name: (storage, name)}))
    assert [item for item in processed if isinstance(item[2], Exception)] == []
    assert storage.stored_name(name).startswith("vendor/bootstrap.min.")
    assert storage.stored_name(name) != name
    assert storage.stored_name("vendor/echarts.min.js") == "vendor/echarts.min.js"
