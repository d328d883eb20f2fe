"""Where loans went in the month: flow matrix with exits kept, roll, roll-back, cure and re-default."""

from __future__ import annotations

import pandas as pd

from postloan.model import codes
from postloan.model.buckets import BUCKET_CODES
from postloan.report import phrases, reading
from postloan.report.pack import Pack
from postloan.report.section import (
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
from postloan.report.standard_tables import ratio_table

EXITS = ("settled", "written_off", "sold", "repossessed")
ENTRIES = ("new", *EXITS)  # no opening balance: lent in the month, or reopened by a refund
FROM_STATES = (*BUCKET_CODES, "unknown", *ENTRIES)
TO_STATES = (*BUCKET_CODES, "unknown", *EXITS)
ROLLS = (
    "roll_rate_m0_m1",
    "roll_rate_m1_m2",
    "roll_rate_m2_m3",
    "roll_rate_m3_m4",
    "roll_rate_m4_m5",
    "roll_rate_m5_m6",
    "roll_rate_m6_m7",
)
MOVES = ("roll_back_rate", "cure_rate_balance")
BY_COUNT = ("cure_rate", "durable_cure_rate", "redefault_rate")


def flows(pack: Pack) -> Section:
    """Build the section: one month's flow matrix as a heat map and as amounts, and the rates over time."""
    frame = pack.frame("flow_matrix")
    frame = frame[pd.to_datetime(frame["month_end"]).dt.date == pack.head.as_of]
    return Section(
        key="flows",
        heading=pack.text("Flows"),
        takeaway=phrases.rate_sentence(pack, "roll_rate_m0_m1"),
        blocks=(
            _heat(pack, frame),
            _matrix(pack, frame),
            _chart(pack),
            ratio_table(pack, "rolls", pack.text("Roll rates, by opening balance"), ROLLS, Format.MONEY),
            ratio_table(
                pack, "moves", pack.text("Roll-back and cure, by opening balance"), MOVES, Format.MONEY
            ),
            ratio_table(
                pack, "cures", pack.text("Cure and re-default, by number of loans"), BY_COUNT, Format.COUNT
            ),
        ),
        footnotes=(
            pack.text("Loans that left are kept in the denominator, in columns of their own."),
            pack.text("A reschedule is not a cure."),
        ),
        metrics=(*ROLLS, *MOVES, *BY_COUNT),
    )


def state_label(pack: Pack, state: str) -> str:
    """Return the name of a flow state."""
    if state in BUCKET_CODES:
        return state
    if state in EXITS:
        return codes.LOAN_STATUS.label(state).text(pack.head.lang)
    return pack.text("New") if state == "new" else pack.text("Unknown")


def _amounts(frame: pd.DataFrame, column: str) -> dict[tuple[str, str], int]:
    """Return the sum of ``column`` by the two states that a loan moved between."""
    sums = frame.groupby(["from_state", "to_state"], observed=True, dropna=False)[column].sum()
    states = [(str(start), str(end)) for start, end in sums.index]
    return dict(zip(states, map(int, sums), strict=True))


def _seen(frame: pd.DataFrame, column: str, states: tuple[str, ...]) -> list[str]:
    """Return the buckets, all of them so that the matrix is square, and the other states that occur."""
    present = set(frame[column])
    return [state for state in states if state in BUCKET_CODES or state in present]


def _heat(pack: Pack, frame: pd.DataFrame) -> Chart:
    starts = [s for s in _seen(frame, "from_state", FROM_STATES) if s not in ENTRIES]
    ends = _seen(frame, "to_state", TO_STATES)
    moved = _amounts(frame, "opening_balance_minor")
    rows = []
    for start in starts:
        opening = sum(amount for (origin, _), amount in moved.items() if origin == start)
        shares = tuple(moved.get((start, end), 0) / opening if opening else None for end in ends)
        rows.append(Series(state_label(pack, start), shares))
    return Chart(
        key="heat",
        kind=ChartKind.HEAT,
        title=phrases.rate_sentence(pack, "cure_rate"),
        subtitle=pack.text(
            "Share of opening balance, %, from row to column in the month; exits on the right"
        ),
        x=tuple(state_label(pack, end) for end in ends),
        series=tuple(rows),
        format=Format.PERCENT,
    )


def _matrix(pack: Pack, frame: pd.DataFrame) -> Table:
    ends = _seen(frame, "to_state", TO_STATES)
    fields = (
        Field("from", pack.text("From"), Format.TEXT),
        *(Field(end, state_label(pack, end), Format.MONEY) for end in ends),
        Field("total", pack.text("Total"), Format.MONEY),
    )
    opening, closing = (_amounts(frame, f"{when}_balance_minor") for when in ("opening", "closing"))
    rows = []
    for start in _seen(frame, "from_state", FROM_STATES):
        # What has no opening balance enters with what it holds at closing.
        moved = closing if start in ENTRIES else opening
        amounts = [moved.get((start, end), 0) for end in ends]
        figures = [Figure(a) for a in (*amounts, sum(amounts))]
        rows.append(Row(start, (state_label(pack, start), *figures)))
    return Table(
        "matrix",
        pack.text("Flow matrix, opening balance (new loans: closing balance)"),
        fields,
        (*rows, _sums(pack, rows)),
    )


def _sums(pack: Pack, rows: list[Row]) -> Row:
    columns = zip(*(row.cells[1:] for row in rows), strict=True)
    sums = [Figure(sum(int(c.value or 0) for c in column if isinstance(c, Figure))) for column in columns]
    return Row("total", (pack.text("Total"), *sums), RowKind.TOTAL)


def _chart(pack: Pack) -> Chart:
    months = reading.last_months(pack)
    slugs = ROLLS[:4]
    return Chart(
        key="rolls",
        kind=ChartKind.LINES,
        title=phrases.rate_sentence(pack, "roll_rate_m1_m2"),
        subtitle=pack.text("Share of opening balance that rolls to the next bucket, %"),
        x=tuple(pack.style.text(on, Format.MONTH) for on in months),
        series=tuple(Series(pack.label(slug), reading.trend(pack, slug, months)) for slug in slugs),
        format=Format.PERCENT,
    )
