"""A section on screen: HTML for JupyterLab and the page, and the record itself beside it for print.

Every text passes through ``escaped`` exactly once, here or in ``tables_html``; there is no other way in.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from postloan.report import codec
from postloan.report.section import Block, Chart, Listing, Missing, Paragraphs, Section, Table
from postloan.report.style import Style
from postloan.report.tables_html import escaped, image, is_wide, table_html
from postloan.report.text import Text

SECTION_CSS = Path(__file__).parent / "templates" / "postloan_html" / "section.css"
_FIGURE = '<figure class="pl-chart" id="c-{id}">'
_DRAWN = re.compile(
    _FIGURE.format(id='([^"]*)') + r'.*?<img alt="[^"]*" src="data:image/svg\+xml;base64,([^"]*)">', re.DOTALL
)


def section_html(section: Section, style: Style) -> str:
    """Return a section as one ``<section>``: heading, finding, blocks in order, footnotes.

    Classes start with ``pl-``; nothing in it runs or is loaded from elsewhere.
    """
    title = f"<h2>{escaped(section.heading)}</h2>"
    if section.takeaway:
        title += f'<p class="pl-takeaway">{escaped(section.takeaway)}</p>'
    parts = [title, *(_block(section, block, style) for block in section.blocks)]
    if section.blocks and isinstance(section.blocks[0], Table) and is_wide(section.blocks[0]):
        # The heading goes with its table onto the landscape page.
        parts[:2] = [f'<div class="pl-landscape">{parts[0]}{parts[1]}</div>']
    if section.footnotes:
        notes = "".join(f"<li>{escaped(note)}</li>" for note in section.footnotes)
        parts.append(f'<ol class="pl-footnotes">{notes}</ol>')
    return f'<section class="pl-section" id="s-{escaped(section.key)}">{"".join(parts)}</section>'


def show(section: Section, style: Style) -> None:
    """Display a section in the running notebook, as HTML with its style and as structured data."""
    from IPython.display import display

    # JupyterLab styles tables and lists by two classes; a class said three times outranks it.
    css = SECTION_CSS.read_text(encoding="utf-8").replace(".pl-section", ".pl-section" * 3)
    bundle = {
        "text/html": f"<style>{css}</style>{section_html(section, style)}",
        "text/plain": section.heading,
        codec.SECTION_MIME: codec.encode(section),
    }
    display(bundle, raw=True)  # type: ignore[no-untyped-call]


def drawings_in(notebook: Mapping[str, Any]) -> dict[str, str]:
    """Return the charts that an executed notebook displays, as SVG by ``section.chart``.

    Print shows the same drawing as the page, and drawing takes longer than setting the whole pack.
    """
    found = {}
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            if codec.SECTION_MIME in output.get("data", {}):
                for name, drawn in _DRAWN.findall(output["data"].get("text/html", "")):
                    found[html.unescape(name)] = base64.b64decode(drawn).decode("utf-8")
    return found


def _block(section: Section, block: Block, style: Style) -> str:
    if isinstance(block, Table):
        return table_html(section, block, style)
    if isinstance(block, Chart):
        return _chart(section, block, style)
    if isinstance(block, Paragraphs):
        return _paragraphs(block)
    if isinstance(block, Missing):
        return _missing(block, style)
    return _listing(block, style)


def _chart(section: Section, chart: Chart, style: Style) -> str:
    from postloan.report.charts import chart_svg  # matplotlib takes a second to import

    return (
        f"{_FIGURE.format(id=escaped(f'{section.key}.{chart.key}'))}"
        f"<figcaption><strong>{escaped(chart.title)}</strong><span>{escaped(chart.subtitle)}</span></figcaption>"
        f"{image(chart_svg(chart, style), chart.alternative())}</figure>"
    )


def _paragraphs(block: Paragraphs) -> str:
    if block.bullets:
        return '<ul class="pl-points">' + "".join(f"<li>{escaped(s)}</li>" for s in block.sentences) + "</ul>"
    return "".join(f"<p>{escaped(sentence)}</p>" for sentence in block.sentences)


def _missing(block: Missing, style: Style) -> str:
    said = Text(style.lang)("Table not given: {table}", table=block.table)
    return f'<div class="pl-missing"><strong>{escaped(said)}</strong><p>{escaped(block.sentence)}</p></div>'


def _listing(block: Listing, style: Style) -> str:
    said = Text(style.lang)(
        "{title}: {n} rows, in Excel sheet {sheet}",
        title=block.title,
        n=f"{len(block.rows):,}",
        sheet=block.key,
    )
    return f'<p class="pl-note">{escaped(said)}</p>'
