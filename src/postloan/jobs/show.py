"""Print metrics of a book at a date, with everything each figure stands on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from postloan.book.store import Book
from postloan.jobs.derived.engines import DUCKDB, Engine
from postloan.jobs.derived.facts import open_facts
from postloan.metrics.catalogue import check_names, measured, metric
from postloan.metrics.dimensions import DIMENSIONS
from postloan.metrics.measure import FIGURES
from postloan.metrics.metric import Basis, Metric, Unit
from postloan.report.section import Format
from postloan.report.style import Style

_HEADS = {
    "zh": ("指标", "值", "分子", "分母", "n", "未知", "95%下限", "95%上限"),
    "en": ("metric", "value", "numerator", "denominator", "n", "unknown", "low", "high"),
}
_BLANK = {"zh": "（缺失）", "en": "(missing)"}


def show(
    slugs: Sequence[str],
    book: Path,
    as_of: date,
    *,
    by: Sequence[str] = (),
    fmt: str = "text",
    lang: str = "zh",
    policy: str = "cn_regulation",
    known_at: date | None = None,
    engine: Engine = DUCKDB,
) -> str:
    """Return the metrics ``slugs`` of ``book`` at ``as_of`` as text or JSON.

    JSON is a list, one object per metric and group, in the order of ``slugs``: ``metric``, the group
    columns, ``numerator``, ``denominator``, ``n``, ``unknown``, ``value``, ``low``, ``high``; money in
    minor units, null for unknown. Text adds definition and source. ``known_at`` leaves out what the lender
    only knew later; no figure depends on the engine.

    Raises:
        Fault: 2 for an unknown metric, dimension, policy or book, or a date before the first loan.
    """
    check_names(slugs, by)
    opened = Book.open(book).as_known(known_at)
    frame = measured(open_facts(opened, as_of, policy, engine), slugs, [as_of], by)
    if fmt == "json":
        return json.dumps(_objects(frame, by), ensure_ascii=False, indent=1)
    return _text(frame, by, Style(lang, opened.version.currency or "CNY", 0))


def _objects(frame: pd.DataFrame, by: Sequence[str]) -> list[dict[str, Any]]:
    columns = ("metric", *by, *FIGURES)
    return [
        {name: _plain(value, name) for name, value in zip(columns, row, strict=True)}
        for row in frame[list(columns)].astype(object).itertuples(index=False, name=None)
    ]


def _plain(value: object, name: str) -> object:
    """Return a value as JSON knows it; what is missing is null."""
    if pd.isna(value):  # type: ignore[call-overload]
        return None
    if name in ("numerator", "denominator", "n", "unknown"):
        return int(str(value))
    if name in ("value", "low", "high"):
        return float(str(value))
    return str(value)


def _text(frame: pd.DataFrame, by: Sequence[str], style: Style) -> str:
    """Return an aligned table and, under it, definition and source of each metric."""
    name, *heads = _HEADS[style.lang]
    head = [name, *(DIMENSIONS[slug].label.text(style.lang) for slug in by), *heads]
    lines = [_cells(row, by, style) for row in _objects(frame, by)]
    notes = [_note(metric(slug), style.lang) for slug in dict.fromkeys(frame["metric"])]
    return "\n".join([*_aligned([head, *lines], 1 + len(by)), "", *notes])


def _cells(row: dict[str, Any], by: Sequence[str], style: Style) -> list[str]:
    chosen = metric(row["metric"])
    groups = [_BLANK[style.lang] if row[slug] is None else str(row[slug]) for slug in by]
    summed = Format.COUNT if chosen.basis is Basis.COUNT else Format.MONEY
    is_ratio = chosen.unit is Unit.FRACTION
    value = style.text(row["value"], Format.PERCENT) if is_ratio else style.text(row["numerator"], summed)
    return [
        chosen.slug,
        *groups,
        value,
        *(style.text(row[part], summed) for part in ("numerator", "denominator")),
        *(style.text(row[part], Format.COUNT) for part in ("n", "unknown")),
        *(style.text(row[part], Format.PERCENT) for part in ("low", "high")),
    ]


def _width(text: str) -> int:
    """Return how many columns a terminal gives ``text``: two for a Chinese character."""
    return sum(2 if "\u2e80" <= sign <= "\uffef" else 1 for sign in text)


def _aligned(rows: Sequence[Sequence[str]], n_names: int) -> list[str]:
    """Return lines whose columns stand under each other: names to the left, numbers to the right."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = []
        for place, (cell, width) in enumerate(zip(row, widths, strict=True)):
            space = " " * (width - _width(cell))
            cells.append(cell + space if place < n_names else space + cell)
        lines.append("  ".join(cells).rstrip())
    return lines


def _note(chosen: Metric, lang: str) -> str:
    definition = f"{chosen.label.text(lang)} = {chosen.definition.text(lang)}"
    return f"{chosen.slug}: {definition} [{chosen.source}]"
