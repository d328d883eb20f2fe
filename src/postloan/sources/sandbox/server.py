"""The process that readers are forked from: it has imported what they need and never opens a file itself.

A fork takes 20 ms, a fresh interpreter a second. Requests come on standard input and answers go to standard
output, one JSON document per line; the end of the input is the end of the server and of its readers.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import json
import multiprocessing
import os
import select
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from multiprocessing.context import ForkProcess
from pathlib import Path

from postloan.sources.reading.handover import Job
from postloan.sources.sandbox.limits import OUT_OF_MEMORY, Limits
from postloan.sources.sandbox.one_file import carry_out

Task = tuple[Job, Limits]
_FORK = multiprocessing.get_context("fork")


@dataclass(frozen=True, slots=True)
class _Running:
    number: int
    process: ForkProcess
    until: float  # of the monotonic clock


def serve(read: Callable[[Job], None]) -> None:
    """Answer requests until the input ends: each a list of tasks, each answered by one line per task."""
    gc.freeze()  # the readers share these pages as long as nobody writes to them
    for line in sys.stdin:
        request = json.loads(line)
        tasks = [(Job(**task["job"]), Limits(**task["limits"])) for task in request["tasks"]]
        with contextlib.closing(_ends(tasks, request["at_once"], read)) as ends:
            for number, end in ends:
                print(json.dumps([number, end]), flush=True)


def _ends(tasks: list[Task], at_once: int, read: Callable[[Job], None]) -> Generator[tuple[int, str]]:
    """Run the tasks, so many at once, and yield each one's number and how it ended as it ends."""
    waiting = list(enumerate(tasks))
    running: list[_Running] = []
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                running.append(_started(*waiting.pop(0), read))
            _wait(running)
            for child in [c for c in running if not c.process.is_alive() or time.monotonic() > c.until]:
                running.remove(child)
                yield child.number, _end(child)
    finally:
        for child in running:
            child.process.kill()


def _started(number: int, task: Task, read: Callable[[Job], None]) -> _Running:
    job, limits = task
    process = _FORK.Process(target=_apart, args=(job, limits, read))
    process.start()
    return _Running(number, process, time.monotonic() + limits.seconds)


def _apart(job: Job, limits: Limits, read: Callable[[Job], None]) -> None:
    """Read one file under limits; the parent's pipes are closed first, so that nothing can be said on them."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    tempfile.tempdir = job.folder  # what a killed reader leaves behind goes with its folder
    limits.impose()
    try:
        read(job)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)


def _wait(running: list[_Running]) -> None:
    """Wait until a reader ends or is overdue; if nobody listens any more, stop everything."""
    patience = max(0.0, min(child.until for child in running) - time.monotonic())
    handles = [child.process.sentinel for child in running]
    ready, _, _ = select.select([*handles, sys.stdin.fileno()], [], [], patience)
    if sys.stdin.fileno() in ready and not any(handle in ready for handle in handles):
        raise SystemExit("the input ended while files were being read")


def _end(child: _Running) -> str:
    """Return ``done``, ``memory``, ``time`` or what the system says of how a reader ended."""
    if child.process.is_alive():
        child.process.kill()
        child.process.join()
        return "time"
    child.process.join()
    code = child.process.exitcode or 0
    said = {0: "done", OUT_OF_MEMORY: "memory", -signal.SIGXCPU: "time"}
    return said.get(code) or (f"signal {-code}" if code < 0 else f"exit status {code}")


def warm_up() -> None:
    """Read a text of our own, so that readers find compiled and imported what they need."""
    with tempfile.TemporaryDirectory(prefix="postloan-") as folder:
        path = Path(folder) / "warm.csv"
        path.write_bytes("id,x\n1,张\n3\n".encode("gb18030"))
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        spec = {"path": "warm.csv", "tables": {"loan": {"columns": {"loan_id": "id"}}}}
        carry_out(Job("warm.csv", str(path), digest, path.stat().st_size, spec, folder))


if __name__ == "__main__":
    # With the first array Arrow would import pandas if it is there: half a second, and no reader needs it.
    sys.modules["pandas"] = None  # type: ignore[assignment]
    warm_up()
    serve(carry_out)
