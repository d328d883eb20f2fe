"""Reading the figures of work: by window and staff dimension, and tables of rates with what they stand on."""

from __future__ import annotations

from collections.abc import Sequence

from postloan.model.performed import STAFF_COLUMNS
from postloan.model.scope import MISSING
from postloan.model.work_codes import STAFF_TIER
from postloan.report import reading
from postloan.report.pack import Pack
from postloan.report.records import records
from postloan.report.section import Cell, Field, Figure, Format, Listing, Row, RowKind, Table
from postloan.report.standard_tables import interval

_LABELS = {column.name: column.label for column in STAFF_COLUMNS}
FORMATS = {"fraction": Format.PERCENT, "money": Format.MONEY, "count": Format.COUNT, "loans": Format.COUNT}
BY = ("department", "team", "staff_tier", "staff_id")


class Work:
    """The figures of one pack by window, metric, dimension and group."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        rows = records(pack.frame("work_measures"))
        self.rows = {(row["window"], row["metric"], row["by"], row["group"]): row for row in rows}
        self.names = {row["staff_id"]: row["name"] for row in records(pack.frames["work_staff"])}

    def figure(self, metric: str, by: str = "", group: str = "", window: str = "month") -> Figure:
        """Return a figure; unknown where nothing of the group was measured."""
        row = self.rows.get((window, metric, by, group))
        return Figure(None, metric=metric) if row is None else reading.figure_of(row, metric)

    def groups(self, by: str, window: str = "month") -> list[str]:
        """Return the groups of a dimension in order of their names, who is not told last."""
        found = {group for at, _, of, group in self.rows if (at, of) == (window, by)}
        return sorted(found, key=lambda group: (group == MISSING, group))

    def label(self, by: str, group: str) -> str:
        """Return what a reader sees of a group; a person's name only in a pack that is not masked."""
        if group == MISSING:
            return self.pack.text("(not told)")
        if by == "staff_tier":
            return STAFF_TIER.label(group).text(self.pack.head.lang)
        if by == "staff_id" and not self.pack.head.is_masked:
            return f"{group} {self.names.get(group) or ''}".strip()
        return group


def head_of(pack: Pack, by: str) -> str:
    """Return the head of a dimension's column."""
    return _LABELS[by].text(pack.head.lang)


def format_of(pack: Pack, metric: str) -> Format:
    """Return how a metric's value is written."""
    return FORMATS[str(pack.definitions[metric]["unit"])]


def totals_table(work: Work, key: str, title: str, metrics: Sequence[str], note: str = "") -> Table:
    """Return metrics as rows: this month with what it stands on and its interval, and the last three months."""
    pack, text = work.pack, work.pack.text
    fields = (
        Field("name", text("Indicator"), Format.TEXT),
        Field("value", text("This month"), Format.PERCENT),
        Field("numerator", text("Numerator"), Format.COUNT),
        Field("n", text("Of"), Format.COUNT),
        Field("unknown", text("Unknown"), Format.COUNT),
        Field("interval", text("95% interval"), Format.TEXT),
        Field("quarter", text("Last three months"), Format.PERCENT),
    )
    rows = []
    for metric in metrics:
        now, quarter = work.figure(metric), work.figure(metric, window="quarter")
        counted = (
            now.numerator if now.denominator == now.n else None
        )  # not the money behind a share of amounts
        parts = (Figure(part, metric=metric) for part in (counted, now.n, now.unknown))
        rows.append(Row(metric, (pack.label(metric), now, *parts, interval(pack, now), quarter)))
    return Table(key, title, fields, tuple(rows), note)


def staff_table(
    work: Work, key: str, title: str, by: str, metrics: Sequence[str], window: str = "month", note: str = ""
) -> Table:
    """Return figures by the groups of a staff dimension, each rate with the number it stands on, the total apart.

    The last column is the interval of the last rate. Groups stand in order of their names: no ranking.
    """
    pack, text = work.pack, work.pack.text
    fields: list[Field] = [Field("group", head_of(pack, by), Format.TEXT)]
    for metric in metrics:
        fields.append(Field(metric, pack.label(metric), format_of(pack, metric)))
        if format_of(pack, metric) is Format.PERCENT:
            fields.append(Field(f"{metric}_n", text("n"), Format.COUNT))
    fields.append(Field("interval", text("95% interval"), Format.TEXT))
    rows = [
        Row(group, _cells(work, by, group, metrics, window, work.label(by, group)))
        for group in work.groups(by, window)
        if any(work.figure(metric, by, group, window).n for metric in metrics)
    ]
    total = Row("total", _cells(work, "", "", metrics, window, text("Total")), RowKind.TOTAL)
    return Table(key, title, tuple(fields), (*rows, total), note, sheet="work_by_staff")


def _cells(
    work: Work, by: str, group: str, metrics: Sequence[str], window: str, label: str
) -> tuple[Cell, ...]:
    cells: list[Cell] = [label]
    figure = Figure(None)
    for metric in metrics:
        figure = work.figure(metric, by, group, window)
        cells.append(figure)
        if format_of(work.pack, metric) is Format.PERCENT:
            cells.append(Figure(figure.n, metric=metric))
    return (*cells, interval(work.pack, figure))


def staff_listing(work: Work) -> Listing:
    """Return every figure of every group for the Excel appendix."""
    pack, text = work.pack, work.pack.text
    fields = (
        Field("window", text("Window"), Format.TEXT),
        Field("by", text("Breakdown"), Format.TEXT),
        Field("group", text("Group"), Format.TEXT),
        Field("metric", text("Indicator"), Format.TEXT),
        Field("value", text("Value"), Format.NUMBER),
        Field("numerator", text("Numerator"), Format.COUNT),
        Field("denominator", text("Denominator"), Format.COUNT),
        Field("n", text("n"), Format.COUNT),
        Field("unknown", text("Unknown"), Format.COUNT),
    )
    windows = {"month": text("This month"), "quarter": text("Last three months")}
    rows = []
    for (window, metric, by, group), row in sorted(work.rows.items()):
        if by in BY:
            figure = reading.figure_of(row, metric)
            name, label = head_of(pack, by), work.label(by, group)
            told = (figure.value, figure.numerator, figure.denominator, figure.n, figure.unknown)
            rows.append((windows[window], name, label, pack.label(metric), *told))
    return Listing("work_by_staff", text("All figures by staff"), fields, tuple(rows))
