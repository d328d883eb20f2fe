"""One entrant's run in a process of its own: ``python -m benchmarks.lap SLUG ENTRANT DATA`` prints JSON."""

from __future__ import annotations

import gc
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.subjects import all_contests, all_growths

LIMIT_SECONDS = 1800


@dataclass(frozen=True, slots=True)
class Lap:
    """What one run took."""

    seconds: float
    peak_mb: int


class LapFailed(Exception):
    """The entrant raised, ran out of memory or took too long; the text says which."""


def lap(slug: str, entrant: str, data: Path) -> Lap:
    """Run one entrant once in a fresh process and return what it took.

    Raises:
        LapFailed: with the last line it printed.
    """
    command = [sys.executable, "-m", "benchmarks.lap", slug, entrant, str(data)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise LapFailed(f"took more than {LIMIT_SECONDS} s") from None
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"ended with code {done.returncode}"]
        raise LapFailed(lines[-1])
    found = json.loads(done.stdout.splitlines()[-1])
    return Lap(found["seconds"], found["peak_mb"])


def _run(slug: str, name: str, data: Path) -> Lap:
    """Time the body; children's memory counts, because some entrants are whole commands."""
    known = all_contests().get(slug) or all_growths()[slug]
    (entrant,) = (entrant for entrant in known.entrants() if entrant.name == name)
    with tempfile.TemporaryDirectory(dir=data.parent, prefix="scratch-") as scratch:
        work = entrant.setup(data, Path(scratch))
        gc.collect()
        start = time.perf_counter()
        work()
        seconds = time.perf_counter() - start
    users = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return Lap(seconds, max(resource.getrusage(user).ru_maxrss for user in users) // 1024)


if __name__ == "__main__":
    slug, name, folder = sys.argv[1:]
    took = _run(slug, name, Path(folder))
    print(json.dumps({"seconds": took.seconds, "peak_mb": took.peak_mb}))
