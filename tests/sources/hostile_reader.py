"""A server of readers that do what a hostile file might make a reader do; told by the file's name."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from pathlib import Path

from postloan.sources.reading.handover import Job
from postloan.sources.sandbox.server import serve


def eats_memory(_: Job) -> None:
    held = []
    while True:
        held.append(bytearray(1 << 24))


def loops(_: Job) -> None:
    while True:
        pass


def waits(_: Job) -> None:
    time.sleep(3600)


def crashes(_: Job) -> None:
    ctypes.string_at(0)


def is_killed(_: Job) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def leaves(_: Job) -> None:
    os._exit(9)


def talks(_: Job) -> None:
    os.write(1, b'[0, "done"]\n')
    os._exit(9)


def fills_the_disk(job: Job) -> None:
    with (Path(job.folder) / "flood").open("wb") as file:
        while True:
            file.write(bytes(1 << 20))


READERS = {
    reader.__name__: reader
    for reader in (eats_memory, loops, waits, crashes, is_killed, leaves, talks, fills_the_disk)
}


def read(job: Job) -> None:
    READERS[job.name](job)


if __name__ == "__main__":
    serve(read)
