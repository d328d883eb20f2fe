"""The process a report notebook runs in: this interpreter, encrypted, in a private folder, limited.

Jupyter's own defaults would take whatever kernel named ``python3`` the machine happens to have, run
the user's IPython start-up files, talk over readable TCP and let a cell print until memory is full.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import ensure_event_loop
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, papermill_engines
from traitlets import Any as Anything
from traitlets import default
from traitlets.config import Config

from postloan.report.forked import ForkingProvisioner, KernelSource, environment

ENGINE = "postloan"
OUTPUT_LIMIT = 64 * 1024 * 1024  # bytes of messages from one kernel; a pack needs about a tenth


class OutputTooLarge(Exception):
    """A notebook printed more than ``OUTPUT_LIMIT``."""


class OwnKernelManager(AsyncKernelManager):
    """Finds only the kernel of the running interpreter, so an unactivated environment works."""

    kernels: KernelSource | None = None

    @default("kernel_spec_manager")
    def _only_ours(self) -> KernelSpecManager:
        return KernelSpecManager(parent=self, kernel_dirs=[])

    async def _async_pre_start_kernel(self, **kwargs: Any) -> tuple[list[str], dict[str, Any]]:
        """Have the kernel forked where there is a source of kernels."""
        if self.kernels is not None:
            self.provisioner = ForkingProvisioner(
                kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self
            )
            self.provisioner.kernels = self.kernels
        return await super()._async_pre_start_kernel(**kwargs)


class LimitedClient(PapermillNotebookClient):  # type: ignore[misc]
    """Counts what the kernel sends and stops it at the limit."""

    kernels = Anything()  # a KernelSource or None
    received = 0

    def create_kernel_manager(self) -> OwnKernelManager:
        """Return the manager, which knows where kernels come from."""
        manager: OwnKernelManager = super().create_kernel_manager()
        manager.kernels = self.kernels
        return manager

    def process_message(self, msg: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Add up the size of outputs; raises OutputTooLarge over the limit."""
        content = msg["content"]
        parts = content.get("data", {}).values() if "data" in content else [content.get("text", "")]
        self.received += sum(len(part) for part in parts if isinstance(part, str))
        if self.received > OUTPUT_LIMIT:
            raise OutputTooLarge(f"more than {OUTPUT_LIMIT // 1024 // 1024} MB of output")
        return super().process_message(msg, *args, **kwargs)


class ReportEngine(Engine):  # type: ignore[misc]
    """Papermill engine that runs a notebook in a limited kernel of this interpreter."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        kernel_name: str,
        *,
        folder: Path,
        execution_timeout: int,
        kernels: KernelSource | None,
        **_: Any,
    ) -> None:
        """Run all cells with ``folder`` as working directory and home of the kernel's own files."""
        private = folder.resolve() / ".kernel"
        private.mkdir(mode=0o700, exist_ok=True)
        client = LimitedClient(
            nb_man,
            kernel_name=kernel_name,
            kernel_manager_class=OwnKernelManager,
            kernels=kernels,
            timeout=execution_timeout,
            startup_timeout=120,
            config=Config(
                KernelManager={
                    "transport_encryption": "required",
                    "connection_file": str(private / "connection.json"),
                }
            ),
        )
        try:
            with (private / "stderr").open("wb") as noise:  # the kernel's own complaints when it is stopped
                client.execute(env=environment(private), cwd=str(folder.resolve()), stderr=noise)
        finally:
            _close_event_loop()


def _close_event_loop() -> None:
    """Close the loop that Jupyter opened for this thread and would leave open when the thread ends."""
    loop = ensure_event_loop()
    if not loop.is_running():
        loop.close()


papermill_engines.register(ENGINE, ReportEngine)

# nbclient leaves its poll of a dead kernel unawaited, and asyncio then prints a traceback of its own.
logging.getLogger("asyncio").setLevel(logging.CRITICAL)
