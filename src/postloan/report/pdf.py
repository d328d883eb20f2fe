"""The pack in print: the sections of an executed notebook, set by typst through one template.

No network, no system fonts, no clock: the same notebook gives the same bytes.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import typst
from nbconvert.exporters import Exporter
from nbformat import NotebookNode
from traitlets import Instance

from postloan.model.fault import CRASHED, Fault
from postloan.report.codec import sections_in
from postloan.report.display import drawings_in
from postloan.report.fonts import font_path
from postloan.report.head import Head
from postloan.report.pdf_packed import packed
from postloan.report.section import Chart, Section
from postloan.report.style import Style
from postloan.report.typst_markup import Document, document

TEMPLATE = Path(__file__).parent / "templates" / "pack.typ"
_NONE: Mapping[str, str] = MappingProxyType({})


class PackPDFExporter(Exporter):
    """Notebook to PDF: ``PackPDFExporter(head=…, style=…).from_notebook_node(notebook)``.

    Only the sections that the notebook displayed are set; other outputs are not part of a pack.
    """

    head = Instance(Head)
    style = Instance(Style)

    def __init__(self, head: Head, style: Style, **options: Any) -> None:
        super().__init__(head=head, style=style, **options)  # type: ignore[no-untyped-call]

    def _file_extension_default(self) -> str:
        return ".pdf"

    def from_notebook_node(  # type: ignore[override]  # bytes, as nbconvert's own PDF exporters
        self, nb: NotebookNode, resources: Any = None, **kwargs: Any
    ) -> tuple[bytes, dict[str, Any]]:
        """Return the PDF and the exporter's resources; see ``pack_pdf``."""
        _, resources = super().from_notebook_node(nb, resources, **kwargs)
        return pack_pdf(sections_in(nb), self.head, self.style, drawings_in(nb)), resources


def pack_pdf(
    sections: Sequence[Section], head: Head, style: Style, drawings: Mapping[str, str] = _NONE
) -> bytes:
    """Return ``sections`` as a PDF, tagged, with bookmarks; the same arguments give the same bytes.

    Args:
        sections: What to set, in order.
        head: What stands on every page.
        style: Language and units.
        drawings: Charts that are drawn already, as SVG by ``section.chart``; the others are drawn here.

    Raises:
        Fault: 4 if there is no section, our own text lacks a glyph, or typst warns of anything.
    """
    if not sections:
        raise Fault("the notebook shows no section", "display at least one section", CRASHED)
    with tempfile.TemporaryDirectory(prefix="postloan-") as name:
        root = Path(name)
        _lay_down(root, document(sections, head, style), style, drawings)
        return _compile(root, head)


def _lay_down(root: Path, made: Document, style: Style, drawings: Mapping[str, str]) -> None:
    (root / "charts").mkdir()
    for name, chart in made.charts.items():
        drawn = drawings.get(name.removesuffix(".svg")) or _drawn(chart, style)
        (root / "charts" / name).write_text(drawn, encoding="utf-8")
    (root / "data.json").write_text(json.dumps(made.data, ensure_ascii=False), encoding="utf-8")
    (root / "pack.typ").write_bytes(TEMPLATE.read_bytes())


def _drawn(chart: Chart, style: Style) -> str:
    from postloan.report.charts import chart_svg  # matplotlib takes a second to import

    return chart_svg(chart, style)


def _compile(root: Path, head: Head) -> bytes:
    generated = datetime.combine(head.generated_on, datetime.min.time(), UTC)
    try:
        pdf, warnings = typst.compile_with_warnings(
            str(root / "pack.typ"),
            root=str(root),
            font_paths=[str(font_path().parent)],
            ignore_system_fonts=True,
            timestamp=int(generated.timestamp()),
        )
    except typst.TypstError as error:
        raise Fault(
            f"the pack cannot be set: {error}", "restore report/templates/pack.typ", CRASHED
        ) from error
    if warnings:
        raise Fault(f"typst warns: {warnings[0]}", "mend report/templates/pack.typ", CRASHED)
    return packed(bytes(pdf))
