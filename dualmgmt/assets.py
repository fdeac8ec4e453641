"""Front-end files from npm: a short list of names, never whole packages, never a CDN.

A failed npm step degrades and does not break: what is missing is not served, and
pages are readable without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

PACKAGE_FILES = {
    "vendor/bootstrap.min.css": "bootstrap/dist/css/bootstrap.min.css",
    "vendor/bootstrap.bundle.min.js": "bootstrap/dist/js/bootstrap.bundle.min.js",
    "vendor/bootstrap-icons.svg": "bootstrap-icons/bootstrap-icons.svg",
    "vendor/echarts.min.js": "echarts/dist/echarts.min.js",
    "vendor/echarts-langZH.js": "echarts/i18n/langZH.js",
}


class PackageStorage(Storage):
    """The listed files of ``node_modules`` under their served names; read-only."""

    def path(self, name: str) -> str:
        if name not in PACKAGE_FILES:
            raise SuspiciousFileOperation(f"{name} is not one of the served package files")
        return str(Path(settings.BASE_DIR) / "node_modules" / PACKAGE_FILES[name])

    def exists(self, name: str) -> bool:
        return name in PACKAGE_FILES and Path(self.path(name)).is_file()

    def open(self, name: str, mode: str = "rb") -> File[Any]:
        return File(Path(self.path(name)).open(mode), name)

    def get_modified_time(self, name: str) -> Any:
        return FileSystemStorage(location="/").get_modified_time(self.path(name))


class PackageAssetFinder(BaseFinder):
    """Finds the listed files that npm has installed."""

    storage = PackageStorage()

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        # Nothing found is an empty list either way: Django gathers what finders answer, and a None would count.
        if not self.storage.exists(path):
            return []
        found = self.storage.path(path)
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        for name in PACKAGE_FILES:
            if self.storage.exists(name):
                yield name, self.storage


def without_source_maps(patterns: Iterable[tuple[str, Any]]) -> tuple[tuple[str, Any], ...]:
    """Drop the rewriting rules for source maps: the packages name maps that we do not serve."""
    return tuple(
        (
            extension,
            tuple(rule for rule in rules if "sourceMappingURL" not in (rule if isinstance(rule, str) else rule[0])),
        )
        for extension, rules in patterns
    )


class PortalStaticStorage(CompressedManifestStaticFilesStorage):
    """Hashed and compressed names for production; a missing file keeps its plain name."""

    manifest_strict = False
    patterns = without_source_maps(CompressedManifestStaticFilesStorage.patterns)

    def stored_name(self, name: str) -> str:
        try:
            return str(super().stored_name(name))
        except ValueError:
            return name
