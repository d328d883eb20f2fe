"""Who reads derived tables of a version holds them in place: what nobody holds may be removed."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_HOLD = ".held"


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep a version's folder of derived tables from being cleared while inside; any number may hold it."""
    folder.mkdir(parents=True, exist_ok=True)
    with _opened(folder) as handle:
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield


@contextmanager
def cleared(folder: Path) -> Iterator[bool]:
    """Say whether nobody holds the folder; whoever wants to hold it meanwhile waits until the block is left."""
    with _opened(folder) as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    """Open the file that is locked; the system lets go of it when its process ends, however it does."""
    handle = os.open(folder / _HOLD, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        yield handle
    finally:
        os.close(handle)
