"""Write a file whole or not at all: temporary file, fsync, rename, fsync of the folder."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import IO

STAGING_PREFIX = ".staging-"  # what a killed write leaves behind; never read, safe to remove


def write_bytes(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path``: at any moment a reader sees the old file or the new one, never a part.

    Raises:
        OSError: no space, no permission; ``path`` is then untouched and nothing is left behind.
    """

    def put(file: IO[bytes]) -> None:
        file.write(data)

    write_with(path, put)


def write_text(path: Path, text: str) -> None:
    """Put ``text`` at ``path`` in UTF-8 with the newlines as given; see ``write_bytes``."""
    write_bytes(path, text.encode("utf-8"))


def write_with(path: Path, write: Callable[[IO[bytes]], None]) -> None:
    """Call ``write`` on a new file beside ``path``, make it durable, then rename it to ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = staging(path.parent)
    try:
        with staged.open("xb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(staged, path)  # noqa: PTH105 - tests fail this call at will
    except BaseException:
        staged.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def staging(folder: Path) -> Path:
    """Return a name in ``folder`` that nobody uses; unlike mkstemp's, its mode follows the user's umask."""
    return folder / f"{STAGING_PREFIX}{secrets.token_hex(8)}"


def sync_folder(folder: Path) -> None:
    """Make renames inside ``folder`` durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
