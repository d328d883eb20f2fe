"""How cohorts age: ever and current bad rates by months on book, and first-payment default."""

from __future__ import annotations

import pandas as pd

from postloan.report.pack import Pack
from postloan.report.phrases import said
from postloan.report.records import Record, day, fraction, records
from postloan.report.section import (
    Cell,
    Chart,
    ChartKind,
    Field,
    Figure,
    Format,
    Missing,
    Row,
    Section,
    Series,
    Table,
)

SHOWN_MOB = tuple(range(0, 25))
TABLE_MOB = (1, 2, 3, 4, 5, 6, 9, 12, 15, 18, 21, 24)
CHART_COHORTS = 8


def vintages(pack: Pack) -> Section:
    """Build the section: cohort curves, triangles for 30 and 90 days, first-payment default by cohort."""
    frame = _cohorts(pack)
    return Section(
        key="vintages",
        heading=pack.text("Vintages and first payment"),
        takeaway=_takeaway(pack, frame),
        blocks=(
            _chart(pack, frame),
            _triangle(pack, frame, 30, "ever"),
            _triangle(pack, frame, 90, "ever"),
            _triangle(pack, frame, 30, "current"),
            _first_payment(pack),
        ),
        footnotes=(
            pack.text(
                "The denominator is everything the cohort was ever lent; months not reached by all of its loans are blank."
            ),
            pack.text("Month 0 is the month of disbursement."),
        ),
    )


def _cohorts(pack: Pack) -> pd.DataFrame:
    frame = pack.frame("vintage")
    grain = "quarter" if "quarter" in set(frame["grain"]) else "month"
    frame = frame[(frame["grain"] == grain) & (frame["basis"] == "amount")]
    return frame.assign(cohort=frame["cohort"].map(lambda value: _cohort_label(value, grain)))


def _cohort_label(value: object, grain: str) -> str:
    on = pd.Timestamp(value)  # type: ignore[arg-type]
    return f"{on.year}Q{on.quarter}" if grain == "quarter" else f"{on.year}-{on.month:02d}"


def _curves(frame: pd.DataFrame, threshold: int, view: str) -> dict[str, dict[int, Record]]:
    """Return the rows of each cohort by months on book, cohorts in order."""
    part = frame[(frame["threshold"] == threshold) & (frame["view"] == view)]
    curves: dict[str, dict[int, Record]] = {cohort: {} for cohort in sorted(set(part["cohort"]))}
    for row in records(part):
        curves[row["cohort"]][int(row["mob"])] = row
    return curves


def _value(row: Record | None) -> float | None:
    return None if row is None else fraction(row["value"])


def _chart(pack: Pack, frame: pd.DataFrame) -> Chart:
    cohorts = sorted(set(frame["cohort"]))[-CHART_COHORTS:]
    longest = max(
        (int(mob) for mob in frame.loc[frame["value"].notna() & frame["cohort"].isin(cohorts), "mob"]),
        default=0,
    )
    mobs = [mob for mob in SHOWN_MOB if mob <= longest]
    curves = _curves(frame, 30, "ever")
    lines = [
        Series(cohort, tuple(_value(curves.get(cohort, {}).get(mob)) for mob in mobs)) for cohort in cohorts
    ]
    return Chart(
        key="curves",
        kind=ChartKind.COHORTS,
        title=_takeaway(pack, frame),
        subtitle=pack.text("Ever more than 30 days past due, % of amount lent, by months on book"),
        x=tuple(str(mob) for mob in mobs),
        series=tuple(lines),
        format=Format.PERCENT,
    )


def _triangle(pack: Pack, frame: pd.DataFrame, threshold: int, view: str) -> Table:
    titles = {
        (30, "ever"): pack.text("Ever more than 30 days past due, % of amount lent"),
        (90, "ever"): pack.text("Ever more than 90 days past due, % of amount lent"),
        (30, "current"): pack.text("Now more than 30 days past due, % of amount lent"),
    }
    fields = (
        Field("cohort", pack.text("Cohort"), Format.TEXT),
        Field("lent", pack.text("Lent"), Format.MONEY),
        *(Field(f"mob{mob}", f"MOB{mob}", Format.PERCENT) for mob in TABLE_MOB[:10]),
    )
    rows = []
    for cohort, curve in _curves(frame, threshold, view).items():
        lent = Figure(int(next(iter(curve.values()))["denominator"]))
        cells = [_figure(curve.get(mob)) for mob in TABLE_MOB[:10]]
        rows.append(Row(cohort, (cohort, lent, *cells)))
    heat = tuple(f"mob{mob}" for mob in TABLE_MOB[:10])
    return Table(f"{view}_over_{threshold}", titles[(threshold, view)], fields, tuple(rows), heat=heat)


def _figure(row: Record | None) -> Figure:
    if row is None or fraction(row["value"]) is None:
        return Figure(None)
    return Figure(float(row["value"]), int(row["numerator"]), int(row["denominator"]), int(row["n"]))


def _takeaway(pack: Pack, frame: pd.DataFrame) -> str:
    part = frame[(frame["threshold"] == 30) & (frame["view"] == "ever") & frame["value"].notna()]
    for mob in (6, 3, 1):
        reached = records(part[part["mob"] == mob])
        if len(reached) >= 2:
            return _worst_sentence(pack, mob, reached)
    return pack.text("The cohorts are too young to compare.")


def _worst_sentence(pack: Pack, mob: int, reached: list[Record]) -> str:
    worst = max(reached, key=lambda row: float(row["value"]))
    if float(worst["value"]) == 0:
        return pack.text("At month {mob}, nothing of any cohort had been over 30 days.", mob=mob)
    others = [row for row in reached if row is not worst]
    lent = sum(int(row["denominator"]) for row in others)
    rest = sum(int(row["numerator"]) for row in others) / lent if lent else None
    return pack.text(
        "At month {mob}, {cohort} is the worst cohort: {value} of what it was lent had been over 30 days, against {rest} for the others.",
        mob=mob,
        cohort=worst["cohort"],
        value=said(pack, float(worst["value"]), Format.PERCENT),
        rest=said(pack, rest, Format.PERCENT),
    )


def _first_payment(pack: Pack) -> Table | Missing:
    frame = pack.frame("fpd")
    if not frame["n"].any():
        return Missing(
            "instalment", pack.text("The lender gives no instalments: first-payment default cannot be known.")
        )
    frame = frame[(frame["nth"] == 1) & (frame["basis"] == "count") & frame["cohort"].notna()]
    found = {(day(row["cohort"]), int(row["x_days"])): row for row in records(frame)}
    cohorts = sorted({cohort for cohort, _ in found})[-13:]
    days = sorted({int(x) for x in frame["x_days"]})
    fields = [Field("cohort", pack.text("Cohort"), Format.MONTH)]
    for x in days:
        fields.append(Field(f"fpd{x}", f"FPD{x}", Format.PERCENT))
        fields.append(Field(f"n{x}", pack.text("Loans matured for FPD{x}", x=x), Format.COUNT))
    rows = []
    for cohort in cohorts:
        cells: list[Cell] = [cohort]
        for x in days:
            row = found.get((cohort, x))
            cells += [_figure(row), Figure(None if row is None else int(row["denominator"]))]
        rows.append(Row(cohort.isoformat()[:7], tuple(cells)))
    return Table(
        "first_payment", pack.text("First-payment default, share of loans"), tuple(fields), tuple(rows)
    )
