"""One writer per book: a file lock that the system releases when its holder dies."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from postloan.model.fault import LOCKED, Fault


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Hold the book's lock; raises Fault 5 at once, naming the holder, where another run has it."""
    holder = root / ".lock-holder"
    try:
        with FileLock(root / ".lock", timeout=0):
            holder.write_text(json.dumps({"pid": os.getpid(), "host": platform.node()}), encoding="utf-8")
            try:
                yield
            finally:
                holder.unlink(missing_ok=True)
    except Timeout:
        raise Fault(
            f"{root} is being written{_held_by(holder)}", "wait until that run ends, then try again", LOCKED
        ) from None


def _held_by(holder: Path) -> str:
    """Describe the holder; it may have finished meanwhile, or not have signed yet."""
    try:
        who = json.loads(holder.read_text(encoding="utf-8"))
        since = datetime.fromtimestamp(holder.stat().st_mtime, UTC)
    except (OSError, ValueError):
        return " by another run"
    return f" by process {who['pid']} on {who['host']} since {since:%Y-%m-%d %H:%M:%S} UTC"
