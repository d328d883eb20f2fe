"""How long it takes until money comes, what is still open included (F-35)."""

from __future__ import annotations

from postloan.metrics.time_to_pay import DAYS
from postloan.report.pack import Pack
from postloan.report.phrases import said
from postloan.report.records import Record, fraction, records, whole
from postloan.report.section import (
    Cell,
    Chart,
    ChartKind,
    Field,
    Figure,
    Format,
    Row,
    RowKind,
    Section,
    Series,
    Table,
)
from postloan.report.standard_tables import group_label


def time_to_payment(pack: Pack) -> Section:
    """Build the section: medians with intervals, shares paid by day, for cases and overdue instalments."""
    text = pack.text
    found = records(pack.frame("time_to_pay"))
    kinds = {"case": text("Collection cases"), "overdue": text("Overdue instalments")}
    told = [kind for kind in kinds if any(row["kind"] == kind for row in found)]
    lead = next((row for row in found if row["kind"] == "overdue" and row["group"] == ""), None)
    return Section(
        key="time_to_payment",
        heading=text("Time to payment"),
        takeaway=_takeaway(pack, lead),
        blocks=(
            _chart(pack, found, kinds),
            *(
                _table(pack, kind, kinds[kind], [row for row in found if row["kind"] == kind])
                for kind in told
            ),
        ),
        footnotes=(
            text(
                "Kaplan–Meier: what is still open counts as long as it was watched; averages of what is paid alone would flatter."
            ),
            text(
                "Cases opened and instalments due in the last two years; an instalment paid on its due day is not among them."
            ),
        ),
    )


def _takeaway(pack: Pack, lead: Record | None) -> str:
    if lead is None:
        return pack.text("Nothing was overdue in the last two years.")
    median = fraction(lead["median"])
    if median is None:
        return pack.text(
            "Of {n} overdue instalments less than half are paid so far.",
            n=said(pack, whole(lead["n"]), Format.COUNT),
        )
    return pack.text(
        "Half of the overdue instalments are paid within {days} days; {n} were watched, {open} are open.",
        days=said(pack, round(median), Format.COUNT),
        n=said(pack, whole(lead["n"]), Format.COUNT),
        open=said(pack, (whole(lead["n"]) or 0) - (whole(lead["paid"]) or 0), Format.COUNT),
    )


def _chart(pack: Pack, found: list[Record], kinds: dict[str, str]) -> Chart:
    series = tuple(
        Series(kinds[row["kind"]], tuple(fraction(row[f"by_{day}"]) for day in DAYS))
        for row in found
        if row["group"] == ""
    )
    none = Series(kinds["overdue"], tuple(None for _ in DAYS))
    return Chart(
        key="paid", kind=ChartKind.LINES, title=pack.text("Share paid by day"),
        subtitle=pack.text("Days since the case opened, or the instalment fell due"),
        x=tuple(str(day) for day in DAYS), series=series or (none,), format=Format.PERCENT,
    )  # fmt: skip


def _table(pack: Pack, kind: str, title: str, rows: list[Record]) -> Table:
    text = pack.text
    fields = (
        Field("group", text("Product"), Format.TEXT),
        Field("n", text("Watched"), Format.COUNT),
        Field("paid", text("Paid"), Format.COUNT),
        Field("median", text("Median"), Format.DAYS),
        Field("interval", text("95% interval"), Format.TEXT),
        *(Field(f"by_{day}", text("By day {day}", day=day), Format.PERCENT) for day in DAYS),
    )
    groups = [row for row in rows if row["group"]] + [row for row in rows if not row["group"]]
    body = tuple(
        Row(row["group"] or "total", _cells(pack, row), RowKind.BODY if row["group"] else RowKind.TOTAL)
        for row in groups
    )
    return Table(kind, title, fields, body)


def _cells(pack: Pack, row: Record) -> tuple[Cell, ...]:
    label = group_label(pack, "product", row["group"]) if row["group"] else pack.text("Total")
    n, paid, median = whole(row["n"]), whole(row["paid"]), fraction(row["median"])
    shares = (Figure(fraction(row[f"by_{day}"]), n=n) for day in DAYS)
    days = Figure(None if median is None else round(median), n=n)
    return (label, Figure(n), Figure(paid), days, _interval(row), *shares)


def _interval(row: Record) -> str:
    low, high = fraction(row["low"]), fraction(row["high"])
    if low is None:
        return ""
    return f"{low:.0f}–{high:.0f}" if high is not None else f"{low:.0f}–"
