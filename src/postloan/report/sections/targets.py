"""The plan's targets: which are met on unrounded values, and what score that makes in both readings."""

from __future__ import annotations

from postloan.report.pack import Pack
from postloan.report.phrases import said
from postloan.report.records import Record, fraction, records, whole
from postloan.report.section import Cell, Field, Figure, Format, Row, RowKind, Section, Table


def targets(pack: Pack) -> Section:
    """Build the section: every target with figure, limit and verdict; the score; what cannot be judged yet."""
    rows = records(pack.frame("plan_targets"))
    judged = [row for row in rows if row["metric"]]
    weighted = [row for row in rows if fraction(row["weight"]) is not None]
    blocks = [_judged(pack, judged)] if judged else []
    if weighted:
        blocks.append(_score(pack, weighted))
    if awaited := [row for row in rows if not row["metric"]]:
        blocks.append(_awaited(pack, awaited))
    return Section(
        key="targets",
        heading=pack.text("Targets of the plan"),
        takeaway=_takeaway(pack, judged, weighted),
        blocks=tuple(blocks),
        footnotes=(
            pack.text("A target is judged on the unrounded value; at the limit it is met."),
            pack.text(
                "All or nothing gives a target its weight if it is met; in proportion gives the share of it that is reached, at most all. What cannot be judged earns nothing."
            ),
        ),
        metrics=tuple(dict.fromkeys(str(row["metric"]) for row in judged)),
    )


def _takeaway(pack: Pack, judged: list[Record], weighted: list[Record]) -> str:
    known = [row for row in judged if fraction(row["is_met"]) is not None]
    missed = [str(row[pack.head.lang]) for row in known if not row["is_met"]]
    parts = [
        pack.text("All {n} targets that can be judged are met.", n=len(known))
        if not missed
        else pack.text(
            "{missed} of {n} targets that can be judged are missed: {names}.",
            missed=len(missed),
            n=len(known),
            names=pack.text(", ").join(missed),
        )
    ]
    if weighted:
        parts.append(
            pack.text(
                "Score {score} of the {judged} points that can be judged.",
                score=said(pack, _sum(weighted, "proportional"), Format.NUMBER),
                judged=said(pack, _weight_judged(weighted), Format.NUMBER),
            )
        )
    return pack.text(" ").join(parts)


def _sum(rows: list[Record], name: str) -> float:
    return sum(fraction(row[name]) or 0.0 for row in rows)


def _weight_judged(rows: list[Record]) -> float:
    return sum(fraction(row["weight"]) or 0.0 for row in rows if fraction(row["is_met"]) is not None)


def _format(row: Record) -> Format:
    return Format.MONEY if row["is_money"] else Format.PERCENT


def _limit(pack: Pack, row: Record) -> str:
    number = whole(row["limit"]) if row["is_money"] else fraction(row["limit"])
    return f"{'≤' if row['is_most'] else '≥'}{said(pack, number, _format(row))}"


def _judged(pack: Pack, rows: list[Record]) -> Table:
    text = pack.text
    fields = (
        Field("target", text("Target of the plan"), Format.TEXT),
        Field("rule", text("Rule"), Format.ID),
        Field("value", text("This month"), Format.PERCENT),
        Field("amount", text("Amount"), Format.MONEY),
        Field("limit", text("Limit"), Format.TEXT),
        Field("met", text("Met"), Format.VERDICT),
        Field("n", text("Loans"), Format.COUNT),
        Field("unknown", text("Unknown"), Format.COUNT),
    )
    return Table(
        "judged", text("Targets and their figures"), fields, tuple(_judged_row(pack, row) for row in rows)
    )


def _judged_row(pack: Pack, row: Record) -> Row:
    metric = str(row["metric"])
    figure = Figure(
        whole(row["value"]) if row["is_money"] else fraction(row["value"]),
        whole(row["numerator"]), whole(row["denominator"]), whole(row["n"]), whole(row["unknown"]),
        metric=metric,
    )  # fmt: skip
    blank = Figure(None, metric=metric)
    cells: tuple[Cell, ...] = (
        str(row[pack.head.lang]),
        str(row["rule"]),
        *((blank, figure) if row["is_money"] else (figure, blank)),
        _limit(pack, row),
        None if fraction(row["is_met"]) is None else bool(row["is_met"]),
        Figure(figure.n, metric=metric),
        Figure(figure.unknown, metric=metric),
    )
    return Row(str(row["target"]), cells)


def _score(pack: Pack, rows: list[Record]) -> Table:
    text = pack.text
    fields = (
        Field("target", text("Target of the plan"), Format.TEXT),
        Field("weight", text("Weight"), Format.NUMBER),
        Field("pass_fail", text("All or nothing"), Format.NUMBER),
        Field("proportional", text("In proportion"), Format.NUMBER),
    )
    names = ("weight", "pass_fail", "proportional")
    body = [
        Row(
            str(row["target"]),
            (str(row[pack.head.lang]), *(Figure(fraction(row[name])) for name in names)),
        )
        for row in rows
    ]
    total = Row("total", (text("Total"), *(Figure(_sum(rows, name)) for name in names)), RowKind.TOTAL)
    note = text(
        "{judged} of {whole} points can be judged with the data there are.",
        judged=said(pack, _weight_judged(rows), Format.NUMBER),
        whole=said(pack, _sum(rows, "weight"), Format.NUMBER),
    )
    return Table("score", text("Score of the plan"), fields, (*body, total), note)


def _awaited(pack: Pack, rows: list[Record]) -> Table:
    text = pack.text
    fields = (
        Field("target", text("Target of the plan"), Format.TEXT),
        Field("rule", text("Rule"), Format.ID),
        Field("limit", text("Limit"), Format.TEXT),
        Field("needs", text("Data it takes"), Format.TEXT),
    )
    told = [
        (str(row[pack.head.lang]), str(row["rule"]), _limit(pack, row), str(row[f"needs_{pack.head.lang}"]))
        for row in rows
    ]
    return Table(
        "awaited",
        text("Targets that cannot be judged yet"),
        fields,
        tuple(Row(str(row["target"]), cells) for row, cells in zip(rows, told, strict=True)),
    )
