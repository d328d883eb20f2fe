"""The subject beside its peers, now and a year ago, with intervals."""

from __future__ import annotations

from postloan.metrics.investigation import COMPARED
from postloan.report import reading
from postloan.report.pack import Pack
from postloan.report.phrases import said
from postloan.report.records import day, records
from postloan.report.section import Cell, Field, Figure, Format, Row, Section, Table
from postloan.report.standard_tables import interval


def comparison(pack: Pack) -> Section:
    """Build the section: each rate of the subject and of its peers; bars that do not overlap are told apart."""
    text, on = pack.text, pack.head.as_of
    found = {
        (row["side"], day(row["month_end"]), row["metric"]): reading.figure_of(row, row["metric"])
        for row in records(pack.frame("subject_compared"))
    }
    years = sorted({when for _, when, _ in found})
    before = years[0] if years and years[0] != on else None
    fields = (
        Field("name", text("Indicator"), Format.TEXT),
        Field("subject", text("Subject"), Format.PERCENT),
        Field("subject_n", text("Loans"), Format.COUNT),
        Field("subject_interval", text("95% interval"), Format.TEXT),
        Field("peers", text("Peers"), Format.PERCENT),
        Field("peers_n", text("Loans"), Format.COUNT),
        Field("peers_interval", text("95% interval"), Format.TEXT),
        Field("year", text("Subject, a year ago"), Format.PERCENT),
        Field("apart", text("Apart"), Format.TEXT),
    )
    rows = []
    for slug in COMPARED:
        mine, theirs = (
            found.get((side, on, slug), Figure(None, metric=slug)) for side in ("subject", "peers")
        )
        past = found.get(("subject", before, slug)) if before else None
        cells: tuple[Cell, ...] = (
            pack.label(slug), mine, Figure(mine.n, metric=slug), interval(pack, mine), theirs,
            Figure(theirs.n, metric=slug), interval(pack, theirs), past or Figure(None, metric=slug), _apart(pack, mine, theirs),
        )  # fmt: skip
        rows.append(Row(slug, cells))
    lead_mine, lead_theirs = (
        found.get((side, on, COMPARED[0]), Figure(None)) for side in ("subject", "peers")
    )
    return Section(
        key="comparison",
        heading=text("Beside its peers"),
        takeaway=text(
            "{name}: {mine} beside {theirs} of its peers.",
            name=pack.label(COMPARED[0]),
            mine=said(pack, lead_mine, Format.PERCENT),
            theirs=said(pack, lead_theirs, Format.PERCENT),
        ),
        blocks=(Table("rates", text("Rates of the subject and of its peers"), fields, tuple(rows)),),
        footnotes=(
            text(
                "Peers of a segment are all other loans; of customers and loans, the other loans of the same products."
            ),
            text("Apart: the two intervals do not overlap. With few loans little can be told apart."),
        ),
        metrics=COMPARED,
    )


def _apart(pack: Pack, mine: Figure, theirs: Figure) -> str:
    if mine.low is None or mine.high is None or theirs.low is None or theirs.high is None:
        return ""
    return pack.text("yes") if mine.low > theirs.high or mine.high < theirs.low else pack.text("no")
