"""Running one notebook: parameters checked before, a last sentinel cell checked after, or nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

from postloan.model.fault import CRASHED, Fault
from postloan.model.nearest import nearest
from postloan.report.forked import KernelSource
from postloan.report.kernel import ENGINE, OutputTooLarge
from postloan.report.pack import SENTINEL

INJECTED = "injected-parameters"


def execute(
    notebook: Path,
    parameters: Mapping[str, str],
    out_path: Path,
    timeout: int,
    kernels: KernelSource | None = None,
) -> NotebookNode:
    """Run ``notebook`` and write the executed copy, stripped of everything that differs between runs.

    The kernel's working directory is the folder of ``out_path``, which must be private to this run.
    ``out_path`` is written only after the notebook has run to its end.

    Args:
        notebook: The notebook to run; it is not changed.
        parameters: Values for names that the notebook's tagged parameters cell declares.
        out_path: Where the executed notebook goes.
        timeout: Seconds that one cell may take.
        kernels: Forks the kernel; None starts an interpreter for it.

    Raises:
        Fault: 2 if a parameter is not declared by the notebook; 4 if a cell fails, asks for input,
            prints too much, runs too long or leaves a traceback, if the kernel dies, or if the last
            cell has not run (``sys.exit(0)`` ends a run that Jupyter then calls a success).
    """
    source = _read(notebook)
    _check_declared(source, notebook, parameters)
    try:
        executed = papermill.execute_notebook(
            source,
            None,
            parameters=dict(parameters),
            engine_name=ENGINE,
            kernel_name="python3",
            progress_bar=False,
            folder=out_path.parent,
            execution_timeout=timeout,
            kernels=kernels,
        )
    except _FAILURES as error:
        raise _crashed(notebook, _reason(error, timeout)) from error
    finally:
        shutil.rmtree(out_path.parent / ".kernel", ignore_errors=True)
    _check_finished(executed, notebook)
    stripped = strip(executed)
    out_path.write_text(nbformat.writes(stripped), encoding="utf-8")  # type: ignore[no-untyped-call]
    return stripped


_FAILURES = (PapermillExecutionError, CellTimeoutError, DeadKernelError, OutputTooLarge, RuntimeError)


def _read(notebook: Path) -> NotebookNode:
    try:
        return nbformat.read(notebook, as_version=4)  # type: ignore[no-any-return, no-untyped-call]
    except FileNotFoundError:
        raise Fault(f"no notebook {notebook}", "give a pack file whose report has a notebook") from None
    except nbformat.reader.NotJSONError:
        raise Fault(f"{notebook} is not a notebook", "restore it from version control") from None


def _check_declared(source: NotebookNode, notebook: Path, parameters: Mapping[str, str]) -> None:
    declared = list(papermill.inspect_notebook(source))
    for name in parameters:
        if name in declared:
            continue
        mend = nearest(name, declared) if declared else "tag its parameters cell 'parameters'"
        raise Fault(f"{notebook.name} has no parameter {name!r}", mend)


def _reason(error: BaseException, timeout: int) -> str:
    if isinstance(error, PapermillExecutionError):
        return f"`{_first_line(error.source)}` failed with {error.ename}: {_first_line(error.evalue)}"
    if isinstance(error, CellTimeoutError):
        return f"a cell ran longer than {timeout} s"
    if isinstance(error, DeadKernelError):
        return "its kernel died (out of memory, killed, or left by a cell)"
    return _first_line(str(error)) or type(error).__name__


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else ""


def _crashed(notebook: Path, reason: str) -> Fault:
    return Fault(
        f"{notebook.name} did not finish: {reason}",
        "open the notebook in JupyterLab and run it; the last good pack is untouched",
        CRASHED,
    )


def _check_finished(executed: NotebookNode, notebook: Path) -> None:
    last = executed.cells[-1]
    printed = "".join(text for _, text in _streams(last))
    if SENTINEL not in printed:
        raise _crashed(notebook, f"its last cell did not run ({_last_run(executed)})")
    for index, cell in enumerate(executed.cells):
        for name, text in _streams(cell):
            if name == "stderr" and "Traceback (most recent call last)" in text:
                raise _crashed(notebook, f"cell {index} left a traceback: {text.strip().splitlines()[-1]}")


def _last_run(executed: NotebookNode) -> str:
    """Say which cell was the last to run, which is the one that ended the run early."""
    run = [index for index, cell in enumerate(executed.cells) if cell.get("execution_count")]
    return f"cell {run[-1]} was the last that did" if run else "no cell did"


def _streams(cell: NotebookNode) -> Iterator[tuple[str, str]]:
    for output in cell.get("outputs", ()):
        if output.output_type == "stream":
            yield output.name, output.text


def strip(executed: NotebookNode) -> NotebookNode:
    """Return the executed notebook without times, random ids, stderr and machine details."""
    cells = []
    for position, cell in enumerate(executed.cells):
        tags = cell.metadata.get("tags", [])
        kept = {**cell, "id": INJECTED if INJECTED in tags else cell.get("id", f"cell-{position}")}
        kept["metadata"] = {"tags": tags} if tags else {}
        if "outputs" in cell:
            kept["outputs"] = [o for o in cell.outputs if o.get("name") != "stderr"]
        cells.append(kept)
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}
    return nbformat.from_dict(content)  # type: ignore[no-any-return, no-untyped-call]
