"""The formats of one pack, written from the same sections and read back before it is published."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from postloan.atomic import write_bytes, write_text
from postloan.jobs.steps import Steps
from postloan.report import checks, workbook
from postloan.report.codec import encode
from postloan.report.display import drawings_in
from postloan.report.excel import Definition, write_workbook
from postloan.report.figures import write_figures
from postloan.report.head import Head
from postloan.report.html import to_html
from postloan.report.pdf import pack_pdf
from postloan.report.section import Section
from postloan.report.style import Style
from postloan.report.typst_markup import document

FIGURES = "figures.json"


@dataclass(frozen=True, slots=True)
class Content:
    """What one pack shows, whatever the format.

    Args:
        notebook: Executed; the page is made from its outputs.
        sections: What it displayed.
        head: What stands on every page.
        style: Language and units.
        definitions: Meaning of the metrics, in the pack's language.
    """

    notebook: NotebookNode
    sections: Sequence[Section]
    head: Head
    style: Style
    definitions: Sequence[Definition]


def write_formats(content: Content, files: Mapping[str, Path], steps: Steps) -> None:
    """Write every format: ``figures``, which is always there, and ``html``, ``pdf``, ``xlsx`` as asked for.

    The typesetter runs beside the others: it is not held up by Python's lock.

    Args:
        content: What is shown.
        files: Where each format goes.
        steps: Times each of them.

    Raises:
        Fault: 4 if a format cannot be made.
        OSError: no space or no permission.
    """
    with ThreadPoolExecutor(1) as beside:
        pdf = beside.submit(_written, content, files, "pdf", steps)
        for name in ("figures", "html", "xlsx"):
            _written(content, files, name, steps)
        pdf.result()


def _written(content: Content, files: Mapping[str, Path], name: str, steps: Steps) -> None:
    if name in files:
        with steps.step(name):
            _WRITERS[name](content, files[name])


def _figures(content: Content, path: Path) -> None:
    write_figures(path, content.sections, content.head, content.style)


def _html(content: Content, path: Path) -> None:
    write_text(path, to_html(content.notebook, content.head, content.style))


def _pdf(content: Content, path: Path) -> None:
    drawings = drawings_in(content.notebook)
    write_bytes(path, pack_pdf(content.sections, content.head, content.style, drawings))


def _xlsx(content: Content, path: Path) -> None:
    used = {slug for section in content.sections for slug in section.metrics}
    defined = [definition for definition in content.definitions if definition.slug in used]
    write_workbook(path, content.sections, (), content.head, content.style, defined)


_WRITERS: dict[str, Callable[[Content, Path], None]] = {
    "figures": _figures,
    "html": _html,
    "pdf": _pdf,
    "xlsx": _xlsx,
}


def check_formats(content: Content, files: Mapping[str, Path], shown: Collection[str]) -> None:
    """Read back what was written: figures in every format, references, identifiers.

    Args:
        content: What is shown.
        files: Where each format stands.
        shown: Loan and customer numbers, which may look like a phone.

    Raises:
        Fault: 4 if a figure differs, something lies outside the files or an identifier stands unmasked.
    """
    sections, style = content.sections, content.style
    checks.check_figures(files["figures"], sections, style)
    # What the records say is in every format and in the notebook; each format may add its own.
    texts = {"notebook": "\n".join(checks.strings_in([encode(section) for section in sections]))}
    if "html" in files:
        texts[files["html"].name] = checks.check_html(files["html"], sections, style)
    if "pdf" in files:
        texts[files["pdf"].name] = "\n".join(checks.strings_in(document(sections, content.head, style).data))
    if "xlsx" in files:
        checks.check_workbook(files["xlsx"], sections, style)
        texts[files["xlsx"].name] = "\n".join(workbook.texts(files["xlsx"]))
    if content.head.is_masked:
        checks.check_masked(texts, shown)
