"""Development keys, made on first use outside the tracked files.

Production names its keys in the environment; a newcomer's machine gets a random
set in ``var/keys/``, so that every ``manage.py`` command works without ``.env``
and no key is ever committed.
"""

import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet


def development_key(folder: Path, name: str) -> str:
    """Return the key called *name*, creating it with owner-only permissions.

    Two processes may start at once (web, worker): the first to create the file
    wins and the other reads what it wrote.
    """
    path = folder / name
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        key = Fernet.generate_key().decode() if name == "field" else secrets.token_urlsafe(50)
        fresh = folder / f".{name}.{os.getpid()}.{secrets.token_hex(4)}"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as handle:
            handle.write(key)
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text().strip()
