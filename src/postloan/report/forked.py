"""Kernels that are forked from a process that is loaded once: the near side of ``report.fork_server``."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from jupyter_client.provisioning.local_provisioner import LocalProvisioner

_LAUNCHER = "ipykernel_launcher"
_SECONDS_TO_END = 10


class _File(Protocol):
    def fileno(self) -> int: ...


class ForkedProcess:
    """A forked kernel, with what Jupyter asks of ``subprocess.Popen``.

    It is known by a descriptor, so that another process with the same number is never taken for it. How
    it ended is not known here; 0 stands for any end.
    """

    stdin = stdout = stderr = None

    def __init__(self, pid: int, handle: int) -> None:
        self.pid = pid
        self._handle = handle
        self._ended = select.poll()
        self._ended.register(handle, select.POLLIN)

    def __del__(self) -> None:
        os.close(self._handle)

    def poll(self) -> int | None:
        """Return None while it runs."""
        return 0 if self._ended.poll(0) else None

    def wait(self) -> int:
        """Return when it has ended."""
        self._ended.poll()
        return 0

    def send_signal(self, number: int) -> None:
        """Send a signal; raises ProcessLookupError if it has ended."""
        signal.pidfd_send_signal(self._handle, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


class KernelSource:
    """Forks kernels, for one thread at a time, from a server that ``kernel_source`` started."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._one_at_a_time = threading.Lock()

    def fork(
        self, arguments: Sequence[str], env: Mapping[str, str], cwd: str, stderr: _File
    ) -> ForkedProcess:
        """Return a new kernel.

        Args:
            arguments: Of ``ipykernel``.
            env: The whole environment.
            cwd: Its folder, as an absolute path.
            stderr: Takes its complaints.

        Raises:
            RuntimeError: the server has ended.
        """
        request = json.dumps({"arguments": list(arguments), "env": dict(env), "cwd": cwd})
        with self._one_at_a_time:
            try:
                socket.send_fds(self._line, [request.encode() + b"\n"], [stderr.fileno()])
                answer, descriptors, _, _ = socket.recv_fds(self._line, 64, 1)
            except OSError as error:
                raise RuntimeError(f"no kernel can be started: {error}") from error
        if not answer:
            raise RuntimeError("no kernel can be started: the process that forks them has ended")
        return ForkedProcess(int(answer), descriptors[0])


def environment(private: Path) -> dict[str, str]:
    """Return the environment of a kernel: same bytes whoever runs it, no start-up files of the user.

    Args:
        private: Folder for files of the kernel's own.
    """
    fixed = {
        "PYTHONHASHSEED": "0",
        "PYTHONIOENCODING": "utf-8",
        "IPYTHONDIR": str(private / "ipython"),
        "MPLBACKEND": "agg",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # else the debugger warns about frozen modules
    }
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONSTARTUP"}
    return {**inherited, **fixed}


@contextmanager
def kernel_source(folder: Path) -> Iterator[KernelSource | None]:
    """Give a source of kernels that loads while others work; None where processes cannot be forked safely.

    Args:
        folder: Private to this run; the server's own complaints go there.
    """
    if sys.platform != "linux":
        yield None
        return
    ours, theirs = socket.socketpair()
    with ours, (folder / "fork_server.stderr").open("wb") as noise:
        command = [sys.executable, "-m", "postloan.report.fork_server", str(theirs.fileno())]
        server = subprocess.Popen(
            command,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stderr=noise,
            cwd=folder,
            env={
                **environment(folder.resolve()),
                "OPENBLAS_NUM_THREADS": "1",
            },  # its threads would not live in a forked process
            start_new_session=True,
        )
        theirs.close()
        try:
            yield KernelSource(ours)
        finally:
            ours.close()
            _end(server)


def _end(server: subprocess.Popen[bytes]) -> None:
    try:
        server.wait(_SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


class ForkingProvisioner(LocalProvisioner):
    """Starts a kernel by forking where Jupyter would start a new interpreter; the rest is Jupyter's."""

    kernels: KernelSource

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Start the kernel that ``cmd`` describes and return how to connect to it."""
        arguments = cmd[cmd.index(_LAUNCHER) + 1 :]
        process = self.kernels.fork(arguments, kwargs["env"], str(kwargs["cwd"]), kwargs["stderr"])
        self.process = process  # type: ignore[assignment]  # stands in for a Popen
        self.pid = self.pgid = process.pid
        self.cwd = kwargs["cwd"]
        return self.connection_info
