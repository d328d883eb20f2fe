"""Read untrusted files in processes of their own: whatever a file does to its reader, we go on."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import IO, Any

from postloan.model.fault import CRASHED, Fault
from postloan.sources.reading.handover import Job, outcome
from postloan.sources.reading.tape import Tape
from postloan.sources.sandbox.limits import Limits, death, limits_for

_COMMAND = (sys.executable, "-P", "-m", "postloan.sources.sandbox.server")
# What a reader needs of the environment: no passwords, no addresses of databases.
_ENVIRONMENT = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "NUMBA_CACHE_DIR", "PYTHONPATH", "TZ")
# No threads before the fork: one of them might hold a lock. Arrow's own allocator sets a gigabyte of
# addresses aside, which would count against the reader's limit.
_PLAIN = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}
_PATIENCE = 5  # seconds for the server to stop its readers
_AT_ONCE = min(4, os.cpu_count() or 1)  # readers need memory each


class Sandbox:
    """A server that forks a reader per file; started when first needed, stopped with this process.

    It guards that one request is answered before the next, and that a forked copy of this process
    doesn't talk to the server of the original.
    """

    def __init__(self, command: Sequence[str] = _COMMAND) -> None:
        self._command = tuple(command)
        self._server: subprocess.Popen[str] | None = None
        self._errors: IO[bytes] | None = None
        self._owner = 0
        self._lock = threading.Lock()

    def read(self, jobs: Sequence[Job], limits: Limits | None = None) -> tuple[Tape | Fault, ...]:
        """Return the tape of each file, or why there is none; ``folder`` of the jobs is filled in here.

        A fault has exit code 3 where the reader refused the file, or the file killed it: out of memory,
        out of time, crashed; 4 where there was no room on the disk for what was read.

        Args:
            jobs: The files.
            limits: Of each reader; left out, by the file's size.

        Raises:
            Fault: 4 where the server does not start, or dies.
        """
        with self._lock, tempfile.TemporaryDirectory(prefix="postloan-", ignore_cleanup_errors=True) as root:
            placed = [
                replace(job, folder=tempfile.mkdtemp(prefix=f"{n}-", dir=root)) for n, job in enumerate(jobs)
            ]
            tasks = [(job, limits or limits_for(job.size)) for job in placed]
            ends = self._ends(tasks)
            return tuple(
                outcome(Path(job.folder)) if ends[number] == "done" else death(job.name, ends[number], limit)
                for number, (job, limit) in enumerate(tasks)
            )

    def close(self) -> None:
        """Stop the server and whatever reads."""
        server, self._server = self._server, None
        if server is None or self._owner != os.getpid():
            return
        for stream in (server.stdin, server.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
        try:
            server.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        if self._errors is not None:
            self._errors.close()

    def _ends(self, tasks: Sequence[tuple[Job, Limits]]) -> dict[int, str]:
        request = {
            "tasks": [{"job": asdict(job), "limits": asdict(limits)} for job, limits in tasks],
            "at_once": _AT_ONCE,
        }
        try:
            return dict(self._answers(json.dumps(request), len(tasks)))
        except BaseException:
            self.close()  # an interrupted request would be answered to the next one
            raise

    def _answers(self, request: str, n: int) -> Iterator[tuple[int, str]]:
        server = self._running()
        if server.stdin is None or server.stdout is None:
            raise RuntimeError("the server has no pipes")
        try:
            server.stdin.write(request + "\n")
            server.stdin.flush()
        except BrokenPipeError:
            raise self._gone() from None
        for _ in range(n):
            line = server.stdout.readline()
            if not line:
                raise self._gone()
            number, end = json.loads(line)
            yield number, end

    def _running(self) -> subprocess.Popen[str]:
        if self._server is not None and self._server.poll() is not None:
            self.close()
        if self._server is None or self._owner != os.getpid():
            self._errors = tempfile.TemporaryFile()  # noqa: SIM115  (lives as long as the server)
            self._server = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                text=True,
                encoding="utf-8",
                cwd="/",
                env=_environment(),
                start_new_session=True,  # Ctrl-C is for us alone
            )
            self._owner = os.getpid()
        return self._server

    def _gone(self) -> Fault:
        said: list[Any] = []
        if self._errors is not None:
            self._errors.seek(0)
            said = self._errors.read().decode(errors="replace").split("\n")
        last = next((line for line in reversed(said) if line.strip()), "it says nothing")
        return Fault(f"the process that reads files ended: {last}", "run `postloan doctor`", CRASHED)


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    return {**kept, **_PLAIN}


SANDBOX = Sandbox()
atexit.register(SANDBOX.close)
