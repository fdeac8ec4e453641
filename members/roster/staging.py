"""An uploaded roster between preview and import: encrypted, its uploader's only, gone after two hours."""

from __future__ import annotations

import base64
import json
import secrets
import time
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from dualmgmt.lib.secrets import decrypt, encrypt

LIFE_SECONDS = 2 * 3600


@dataclass(frozen=True)
class Staged:
    token: str
    filename: str
    organisation: str
    data: bytes


def _folder() -> Path:
    folder = Path(settings.VAR_DIR) / "staging"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def put(user_id: int, filename: str, organisation: str, data: bytes) -> str:
    """Keep an upload and return the token that only *user_id* can use."""
    sweep()
    token = secrets.token_urlsafe(16)
    body = {"user": user_id, "filename": filename, "organisation": organisation}
    body["data"] = base64.b64encode(data).decode()
    path = _folder() / token
    path.touch(mode=0o600)
    path.write_text(encrypt(json.dumps(body)))
    return token


def get(user_id: int, token: str) -> Staged | None:
    """The upload behind *token*, or ``None`` when it is somebody else's, unknown or too old."""
    if not token.replace("-", "").replace("_", "").isalnum():
        return None
    path = _folder() / token
    if not path.is_file() or time.time() - path.stat().st_mtime > LIFE_SECONDS:
        return None
    body = json.loads(decrypt(path.read_text()))
    if body["user"] != user_id:
        return None
    return Staged(token, body["filename"], body["organisation"], base64.b64decode(body["data"]))


def drop(token: str) -> None:
    (_folder() / token).unlink(missing_ok=True)


def sweep() -> None:
    """Remove what is past its life."""
    for path in _folder().iterdir():
        if time.time() - path.stat().st_mtime > LIFE_SECONDS:
            path.unlink(missing_ok=True)
