"""The pack on screen: an executed notebook as one HTML file that needs nothing else.

Code is hidden. Every output is cleaned by an allow-list, and beneath that a strict content security
policy lets nothing run but our own few lines, by their hash, and nothing load but what is in the file.
"""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

import nbformat
import nh3
from nbconvert.exporters import HTMLExporter
from nbconvert.exporters.templateexporter import TemplateExporter
from nbformat import NotebookNode
from traitlets import Instance, default

from postloan.model.fault import CRASHED, Fault
from postloan.report.codec import SECTION_MIME, sections_in
from postloan.report.fonts import FAMILY, covered, font_face
from postloan.report.head import Head
from postloan.report.heading import head_items, period, report_title, running_head, status, synthetic_label
from postloan.report.style import GREY, Style
from postloan.report.text import Text

TEMPLATES = Path(__file__).parent / "templates"
FONT_MARK = "/*font*/"
_TAGS = {
    *(
        "section",
        "div",
        "span",
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "ul",
        "ol",
        "li",
        "strong",
        "em",
        "b",
        "i",
        "br",
    ),
    *("figure", "figcaption", "img", "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"),
}
_ATTRIBUTES = {
    "*": {"class", "id"},
    "td": {"colspan", "rowspan", "data-figure"},
    "th": {"scope", "colspan", "rowspan"},
    "img": {"src", "alt"},
}
_ALLOWED = {
    "src": re.compile(r"data:image/(png|svg\+xml);base64,[A-Za-z0-9+/=\n]*"),
    "class": re.compile(r"(n|d|pl-[a-z0-9]+)( pl-[a-z0-9]+)*"),
    "id": re.compile(r"[sfct]-.*", re.DOTALL),
}


def to_html(notebook: NotebookNode, head: Head, style: Style) -> str:
    """Return an executed notebook as one self-contained page; the same arguments give the same bytes.

    Raises:
        Fault: 4 if the notebook shows no section or holds the output of a failed cell.
    """
    exporter = PackHTMLExporter(head=head, style=style)  # type: ignore[no-untyped-call]
    text, _ = exporter.from_notebook_node(notebook)
    return text


def cleaned(markup: str) -> str:
    """Return HTML with everything removed that is not ours: scripts, styles, links, foreign images."""
    return nh3.clean(
        markup,
        tags=_TAGS,
        clean_content_tags={"script", "style"},
        attributes=_ATTRIBUTES,
        attribute_filter=_filtered,
        url_schemes={"data"},
        link_rel=None,
    )


def _filtered(tag: str, name: str, value: str) -> str | None:
    allowed = _ALLOWED.get(name)
    return value if allowed is None or allowed.fullmatch(value) else None


class PackHTMLExporter(HTMLExporter):
    """Notebook to the pack's page: ``PackHTMLExporter(head=…, style=…).from_notebook_node(notebook)``."""

    head = Instance(Head)
    style = Instance(Style)

    @default("template_name")
    def _template_name_default(self) -> str:
        return "postloan_html"

    @default("extra_template_basedirs")
    def _own_templates(self) -> list[str]:
        return [str(TEMPLATES)]

    def default_filters(self) -> Any:
        """Add the cleaning that every output passes through."""
        yield from super().default_filters()  # type: ignore[no-untyped-call]
        yield "cleaned", cleaned
        yield "printable", lambda text: covered(text)[0]

    def from_notebook_node(  # type: ignore[override]  # as HTMLExporter itself
        self, nb: NotebookNode, resources: Any = None, **kwargs: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return the page and nbconvert's resources."""
        _refuse_failed(nb)
        resources = self._init_resources(resources)  # type: ignore[no-untyped-call]
        resources["postloan"] = _page(nb, self.head, self.style)
        # Past HTMLExporter: its pass through BeautifulSoup rewrites markup that is already complete.
        page, resources = TemplateExporter.from_notebook_node(self, _bare(nb), resources, **kwargs)
        return page.replace(FONT_MARK, font_face(page), 1), resources


def _refuse_failed(nb: NotebookNode) -> None:
    for i, cell in enumerate(nb.cells):
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                raise Fault(
                    f"cell {i} of the notebook failed: {output.ename}", "mend the cell and run again", CRASHED
                )


def _bare(nb: NotebookNode) -> NotebookNode:
    """Return the notebook without the records beside the HTML, which nbconvert would copy piece by piece."""
    cells = [{**cell, "outputs": [*map(_displayed, cell.get("outputs", ()))]} for cell in nb.cells]
    return nbformat.from_dict({**nb, "cells": cells})  # type: ignore[no-any-return, no-untyped-call]


def _displayed(output: NotebookNode) -> dict[str, Any]:
    data = {kind: shown for kind, shown in output.get("data", {}).items() if kind != SECTION_MIME}
    return {**output, "data": data} if data else {**output}


def _page(nb: NotebookNode, head: Head, style: Style) -> dict[str, Any]:
    sections = sections_in(nb)
    if not sections:
        raise Fault("the notebook shows no section", "display at least one section", CRASHED)
    folder = TEMPLATES / "postloan_html"
    script = (folder / "page.js").read_text(encoding="utf-8")
    text = Text(head.lang)
    told = (head.lender, head.version, status(head), synthetic_label(head))  # in the title already
    running = " · ".join(running_head(head, style))
    return {
        "lang": "zh-CN" if head.lang == "zh" else "en",
        "policy": _policy(script),
        "title": _shown(running),
        "css": "".join((folder / name).read_text(encoding="utf-8") for name in ("section.css", "page.css"))
        + _margin_boxes(running),
        "script": script,
        "font_mark": FONT_MARK,
        "lender": _shown(head.lender),
        "report": report_title(head),
        "period": period(head),
        "state": "final" if head.is_final else "draft",
        "status": status(head),
        "version": head.version,
        "synthetic": synthetic_label(head),
        "facts": [(name, _shown(value)) for name, value in head_items(head, style) if value not in told],
        "contents": [(section.key, _shown(section.heading)) for section in sections],
        "words": {"contents": text("Contents"), "filter": text("Filter rows")},
        "running": _shown(running),
    }


def _shown(text: str) -> str:
    return covered(text)[0]


def _policy(script: str) -> str:
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; img-src data:; style-src 'unsafe-inline'; "
        "font-src data:; base-uri 'none'; form-action 'none'"
    )


def _margin_boxes(running: str) -> str:
    """Return the CSS that prints the pack's identity and the page number on every sheet of paper."""
    look = f"font:8pt '{FAMILY}';color:{GREY}"
    return (
        f'@page{{@top-left{{content:"{_css_string(running)}";{look};white-space:nowrap}}'
        f'@bottom-right{{content:counter(page) " / " counter(pages);{look}}}}}'
    )


def _css_string(text: str) -> str:
    """Return text for a quoted CSS string: whatever is not a letter or digit is written as a code point."""
    return "".join(char if char.isalnum() else f"\\{ord(char):06x} " for char in _shown(text))
