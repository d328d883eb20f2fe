"""Making one pack: notebook, HTML, PDF, Excel and figures from the same sections, checked, published."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from nbformat import NotebookNode

from postloan.jobs.formats import FIGURES, Content, check_formats, write_formats
from postloan.jobs.standing import Standing
from postloan.jobs.steps import Steps
from postloan.report.checks import check_sections
from postloan.report.codec import sections_in
from postloan.report.excel import Definition
from postloan.report.forked import KernelSource
from postloan.report.head import Head
from postloan.report.pack import write_pack
from postloan.report.packs import PackFile
from postloan.report.publish import Shelf, publish
from postloan.report.reports import sections_of
from postloan.report.run import execute
from postloan.report.section import Chart, Section, Table
from postloan.report.style import Style

CELL_SECONDS = 600  # a section of the largest lender takes a few seconds
_ONE_AT_A_TIME = threading.Lock()  # formats are made in this process; kernels run beside it


@dataclass(frozen=True, slots=True)
class Order:
    """One pack to make.

    Args:
        file: Its parameters, notebook and targets.
        head: What stands on every page.
        shelf: Where it goes.
        results: Folder of the results of all scopes.
        frames: Names of the results frames.
        largest_minor: Largest amount, which chooses the money unit.
        standing: Draft or final, and why.
        definitions: Meaning of every metric, in the pack's language.
        origin: What it is made from, for the manifest.
        key: Hash of ``origin``.
        shown: Loan and customer numbers, which are shown and may look like a phone.
    """

    file: PackFile
    head: Head
    shelf: Shelf
    results: Path
    frames: Collection[str]
    largest_minor: int
    standing: Standing
    definitions: Sequence[Definition]
    origin: Mapping[str, object]
    key: str
    shown: Collection[str]


def make_pack(order: Order, root: Path, steps: Steps, kernels: KernelSource | None) -> Path:
    """Make the pack in folders of ``root``, publish it and return where it stands.

    Args:
        order: What to make.
        root: Private folder on the disk of the shelf; the results lie in it.
        steps: Times the steps and says when one is done.
        kernels: Forks the notebook's kernel; None starts an interpreter for it.

    Raises:
        Fault: 4 if the notebook fails, a format cannot be made or the gate refuses the pack.
        OSError: no space or no permission; nothing was published.
    """
    name = order.shelf.folder.name
    work, staged = root / f"{name}.work", root / name
    work.mkdir(mode=0o700)
    staged.mkdir(mode=0o700)
    with steps.step("notebook"):
        notebook = _executed(order, work, staged, kernels)
    sections = sections_in(notebook)
    check_sections(sections, sections_of(order.head.report, order.frames))
    style = Style.for_amounts(order.head.lang, order.head.currency, order.largest_minor)
    content = Content(notebook, sections, order.head, style, order.definitions)
    files = _files(order, staged)
    with _ONE_AT_A_TIME:
        write_formats(content, files, steps)
        with steps.step("check"):
            check_formats(content, files, order.shown)
    with steps.step("publish"):
        return publish(staged, order.shelf, order.head.version, _manifest(order, sections))


def _executed(order: Order, work: Path, staged: Path, kernels: KernelSource | None) -> NotebookNode:
    pack = work / "pack.json"
    # Relative to the kernel's folder: where a pack is built must not show in it.
    write_pack(pack, order.head, order.file.targets(), Path("..") / order.results.name, order.largest_minor)
    executed = work / "executed.ipynb"
    notebook = execute(order.file.notebook, _parameters(order, pack), executed, CELL_SECONDS, kernels)
    executed.rename(staged / f"{_stem(order)}.ipynb")
    return notebook


def _parameters(order: Order, pack: Path) -> dict[str, str]:
    """Return what stands in the executed notebook as its parameters; the book is named in the manifest."""
    head = order.head
    given = {"as_of": head.as_of.isoformat(), "scope": head.scope, "lang": head.lang}
    policies = {"policy": order.file.parameters.policy, "plan": order.file.parameters.plan or ""}
    return {"results": pack.name, **policies, **given}


def _stem(order: Order) -> str:
    return order.shelf.file_stem(order.head.version)


def _files(order: Order, staged: Path) -> dict[str, Path]:
    stem = _stem(order)
    return {"figures": staged / FIGURES} | {
        name: staged / f"{stem}.{name}" for name in order.file.parameters.formats
    }


def _manifest(order: Order, sections: Sequence[Section]) -> dict[str, object]:
    """Return what the manifest says beside the hashes of the files; no time but the day of generation."""
    blocks = [block for section in sections for block in section.blocks]
    counts = {
        "sections": len(sections),
        "tables": sum(isinstance(block, Table) for block in blocks),
        "charts": sum(isinstance(block, Chart) for block in blocks),
        "figures": sum(1 for section in sections for _ in section.figures()),
    }
    return {
        **order.head.as_dict(),
        "obstacles": [asdict(obstacle) for obstacle in order.standing.obstacles],
        "origin": order.origin,
        "key": order.key,
        "counts": counts,
    }
