"""Every figure of a pack by its stable id, for machines: ``figures.json`` and the Excel sheet of it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

from postloan.atomic import write_text
from postloan.model.fault import CRASHED, Fault
from postloan.report.head import Head
from postloan.report.section import Figure, Row, Section
from postloan.report.style import Style

_NAMES = tuple(field.name for field in fields(Figure))


def figures_of(sections: Iterable[Section], style: Style) -> list[dict[str, Any]]:
    """Return every figure in reading order, one flat record each.

    ``id, section, table, row, column`` say which figure it is; ``value`` is raw (minor units, fraction)
    and ``display`` is what is printed, in ``unit``; ``numerator, denominator, n, unknown, low, high,
    metric`` are what it stands on.

    Raises:
        Fault: 4 if two figures have the same id: a reader could then quote either.
    """
    shown: dict[str, dict[str, Any]] = {}
    for section in sections:
        for id_, table, row, column, figure in section.figures():
            if id_ in shown:
                raise Fault(
                    f"two figures have the id {id_}", "give sections and tables their own keys", CRASHED
                )
            shown[id_] = {
                "id": id_,
                "section": section.heading,
                "table": table.title,
                "row": row_label(row),
                "column": column.label,
                "format": column.format.value,
                "display": style.text(figure, column.format),
                "unit": style.unit(column.format),
                **{name: getattr(figure, name) for name in _NAMES},
            }
    return list(shown.values())


def row_label(row: Row) -> str:
    """Return the first text of a row, which says what the row is about; its key if there is none."""
    return next((cell for cell in row.cells if isinstance(cell, str) and cell), row.key)


def write_figures(path: Path, sections: Iterable[Section], head: Head, style: Style) -> None:
    """Write ``figures.json``: the head and every figure; same sections, same bytes."""
    content = {"head": head.as_dict(), "figures": figures_of(sections, style)}
    write_text(path, json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n")
