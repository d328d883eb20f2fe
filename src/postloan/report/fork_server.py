"""The process that report kernels are forked from: it has imported what notebooks import and has seen no data.

A kernel starts in a tenth of the time, and as clean as a new process: what one does to its own memory no
other sees. Nothing here may start a thread or leave a file open, for a forked process shares both.

Run as ``python -m postloan.report.fork_server SOCKET`` by ``report.forked``. A request is one line of JSON
with the kernel's arguments, environment and folder, and its standard error as a descriptor; the answer is
the process id and a descriptor that tells when the process has ended. It ends when the socket is closed.
"""

from __future__ import annotations

import gc
import json
import os
import socket
import sys
import traceback
from contextlib import suppress
from importlib import import_module
from typing import Any

_READ_AT_ONCE = 65536
_LOADED = (
    "ipykernel.ipkernel",
    "ipykernel.kernelapp",
    "ipykernel.zmqshell",
    "pyarrow.parquet",
    "postloan.report.charts",
    "postloan.report.display",
)


def main() -> None:
    """Load, then fork a kernel per request; returns when the socket is closed."""
    del sys.path[0]  # the folder it was started in, as Jupyter's own launcher does
    line = socket.socket(fileno=int(sys.argv[1]))
    _load()
    gc.freeze()  # what is loaded stays: no kernel need look through it, or copy the pages it lies on
    while request := _received(line):
        _forget_ended()
        _fork(line, *request)


def _load() -> None:
    from postloan.report import fonts, reports, text

    sections = dict.fromkeys(key for report in reports.REPORTS.values() for key in report.sections)
    for name in (*_LOADED, *(f"postloan.report.sections.{key}" for key in sections)):
        import_module(name)
    fonts.glyphs()
    fonts.register()
    text.chinese()


def _received(line: socket.socket) -> tuple[dict[str, Any], int] | None:
    data, descriptors, _, _ = socket.recv_fds(line, _READ_AT_ONCE, 1)
    while data and not data.endswith(b"\n"):
        data += line.recv(_READ_AT_ONCE)
    return (json.loads(data), descriptors[0]) if data else None


def _fork(line: socket.socket, request: dict[str, Any], stderr: int) -> None:
    """Fork a kernel and tell of it; in the kernel this does not return."""
    child = os.fork()
    if child == 0:
        line.close()
        try:
            _run_kernel(request, stderr)
        finally:
            os._exit(0)  # taking everything apart that was loaded would take a second
    with suppress(OSError):  # the child does the same, and whoever is first has done it
        os.setpgid(child, child)
    ended = os.pidfd_open(child)
    socket.send_fds(line, [b"%d\n" % child], [ended])
    os.close(ended)
    os.close(stderr)


def _run_kernel(request: dict[str, Any], stderr: int) -> None:
    """Become the kernel: a process group, environment, folder and standard files of its own."""
    from ipykernel import kernelapp

    server = os.getppid()
    with suppress(OSError):
        os.setpgid(0, 0)
    os.dup2(stderr, 2)
    os.close(stderr)
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    arguments = [
        *request["arguments"],
        f"--IPKernelApp.parent_handle={server}",
    ]  # it ends when the server does
    sys.argv = ["ipykernel_launcher.py", *arguments]
    try:
        kernelapp.launch_new_instance(arguments)
    except Exception:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()


def _forget_ended() -> None:
    """Let the system forget the kernels that have ended."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


if __name__ == "__main__":
    main()
