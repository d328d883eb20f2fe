"""Making one pack: notebook, HTML, PDF, Excel and figures from the same sections, checked, published."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from nbformat import NotebookNode

from postloan.atomic import write_bytes, write_text
from postloan.jobs.standing import Standing
from postloan.jobs.steps import Steps
from postloan.report import checks, workbook
from postloan.report.codec import encode, sections_in
from postloan.report.display import drawings_in
from postloan.report.excel import Definition, write_workbook
from postloan.report.figures import write_figures
from postloan.report.head import Head
from postloan.report.html import to_html
from postloan.report.pack import SECTIONS, write_pack
from postloan.report.packs import PackFile
from postloan.report.pdf import pack_pdf
from postloan.report.publish import Shelf, publish
from postloan.report.run import execute
from postloan.report.section import Chart, Section, Table
from postloan.report.style import Style
from postloan.report.typst_markup import document

CELL_SECONDS = 600  # a section of the largest lender takes a few seconds
FIGURES = "figures.json"
_ONE_AT_A_TIME = threading.Lock()  # matplotlib keeps one state per process; kernels run beside it


@dataclass(frozen=True, slots=True)
class Order:
    """One pack to make.

    Args:
        file: Its parameters, notebook and targets.
        head: What stands on every page.
        shelf: Where it goes.
        results: Folder of the results of all scopes.
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
    largest_minor: int
    standing: Standing
    definitions: Sequence[Definition]
    origin: Mapping[str, object]
    key: str
    shown: Collection[str]


def make_pack(order: Order, root: Path, steps: Steps) -> Path:
    """Make the pack in folders of ``root``, publish it and return where it stands.

    Args:
        order: What to make.
        root: Private folder on the disk of the shelf; the results lie in it.
        steps: Times the steps and says when one is done.

    Raises:
        Fault: 4 if the notebook fails, a format cannot be made or the gate refuses the pack.
        OSError: no space or no permission; nothing was published.
    """
    name = order.shelf.folder.name
    work, staged = root / f"{name}.work", root / name
    work.mkdir(mode=0o700)
    staged.mkdir(mode=0o700)
    with steps.step("notebook"):
        notebook = _executed(order, work, staged)
    sections = sections_in(notebook)
    style = Style.for_amounts(order.head.lang, order.head.currency, order.largest_minor)
    checks.check_sections(sections, SECTIONS)
    with _ONE_AT_A_TIME:
        with steps.step("export"):
            _export(order, staged, notebook, sections, style)
        with steps.step("check"):
            _check(order, staged, sections, style)
    with steps.step("publish"):
        content = _manifest(order, sections)
        return publish(staged, order.shelf, order.head.version, content)


def _executed(order: Order, work: Path, staged: Path) -> NotebookNode:
    pack = work / "pack.json"
    # Relative to the kernel's folder: where a pack is built must not show in it.
    write_pack(pack, order.head, order.file.targets(), Path("..") / order.results.name, order.largest_minor)
    executed = work / "executed.ipynb"
    notebook = execute(order.file.notebook, _parameters(order, pack), executed, CELL_SECONDS)
    executed.rename(staged / f"{_stem(order)}.ipynb")
    return notebook


def _parameters(order: Order, pack: Path) -> dict[str, str]:
    """Return what stands in the executed notebook as its parameters; the book is named in the manifest."""
    head = order.head
    given = {"as_of": head.as_of.isoformat(), "scope": head.scope, "lang": head.lang}
    return {"results": pack.name, "policy": order.file.parameters.policy, **given}


def _stem(order: Order) -> str:
    return order.shelf.file_stem(order.head.version)


def _export(
    order: Order, staged: Path, notebook: NotebookNode, sections: Sequence[Section], style: Style
) -> None:
    head, formats, stem = order.head, order.file.parameters.formats, _stem(order)
    write_figures(staged / FIGURES, sections, head, style)
    if "html" in formats:
        write_text(staged / f"{stem}.html", to_html(notebook, head, style))
    if "pdf" in formats:
        write_bytes(staged / f"{stem}.pdf", pack_pdf(sections, head, style, drawings_in(notebook)))
    if "xlsx" in formats:
        used = {slug for section in sections for slug in section.metrics}
        defined = [definition for definition in order.definitions if definition.slug in used]
        write_workbook(staged / f"{stem}.xlsx", sections, (), head, style, defined)


def _check(order: Order, staged: Path, sections: Sequence[Section], style: Style) -> None:
    """Read back what was written: figures in every format, references, identifiers."""
    formats, stem = order.file.parameters.formats, _stem(order)
    checks.check_figures(staged / FIGURES, sections, style)
    # What the records say is in every format and in the notebook; each format may add its own.
    texts = {"notebook": "\n".join(checks.strings_in([encode(section) for section in sections]))}
    if "html" in formats:
        page = staged / f"{stem}.html"
        checks.check_html(page, sections, style)
        texts[page.name] = "".join(checks.read_page(page).text)
    if "pdf" in formats:
        texts[f"{stem}.pdf"] = "\n".join(checks.strings_in(document(sections, order.head, style).data))
    if "xlsx" in formats:
        book = staged / f"{stem}.xlsx"
        checks.check_workbook(book, sections, style)
        texts[book.name] = "\n".join(workbook.texts(book))
    if order.head.is_masked:
        checks.check_masked(texts, order.shown)


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
