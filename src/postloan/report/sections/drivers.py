"""What sets a segment apart: the groups in which more loans are late than in the rest of it."""

from __future__ import annotations

from postloan.model.derived import POSITION
from postloan.report.pack import Pack
from postloan.report.phrases import said
from postloan.report.records import Record, fraction, records, whole
from postloan.report.section import Field, Figure, Format, Row, Section, Table
from postloan.report.standard_tables import group_label

_SHOWN = 20
_STRIKING = 0.05  # of the groups called striking, at most so many by chance


def drivers(pack: Pack) -> Section:
    """Build the section: groups ranked by the loans over 30 days beyond what the rest's rate would give."""
    text = pack.text
    found = records(pack.frame("subject_drivers"))
    striking = [row for row in found if _is_striking(row)]
    lead = striking[0] if striking else None
    takeaway = (
        text(
            "{n} groups stand out; {group} has {excess} loans over 30 days past due more than the rest would.",
            n=said(pack, len(striking), Format.COUNT),
            group=_label(pack, lead["by"], lead["group"]),
            excess=said(pack, round(float(lead["excess"])), Format.COUNT),
        )
        if lead
        else text("No group stands out from the rest of the segment.")
    )
    return Section(
        key="drivers",
        heading=text("What makes it so"),
        takeaway=takeaway,
        blocks=(_table(pack, found),),
        footnotes=(
            text(
                "Each group against the other loans of the segment by an exact test; q bounds the share of false findings among those marked, over all tests together."
            ),
            text("A group that stands out is not yet a cause: products, branches and years overlap."),
        ),
    )


def _is_striking(row: Record) -> bool:
    q, excess = fraction(row["q"]), fraction(row["excess"])
    return q is not None and excess is not None and q <= _STRIKING and excess > 0


def _label(pack: Pack, by: str, group: str) -> str:
    return f"{POSITION.column(by).label.text(pack.head.lang)} {group_label(pack, by, group)}"


def _table(pack: Pack, found: list[Record]) -> Table:
    text = pack.text
    fields = (
        Field("group", text("Group"), Format.TEXT),
        Field("loans", text("Loans"), Format.COUNT),
        Field("over", text("Over 30 days"), Format.COUNT),
        Field("rate", text("Share"), Format.PERCENT),
        Field("interval", text("95% interval"), Format.TEXT),
        Field("rest", text("Rest of the segment"), Format.PERCENT),
        Field("excess", text("Beyond the rest"), Format.NUMBER),
        Field("q", "q", Format.NUMBER),
        Field("striking", text("Stands out"), Format.TEXT),
    )
    rows = []
    for row in found[:_SHOWN]:
        low, high = (pack.style.text(fraction(row[name]), Format.PERCENT) for name in ("low", "high"))
        loans, over, q = whole(row["loans"]), whole(row["over"]), fraction(row["q"])
        cells = (
            _label(pack, str(row["by"]), str(row["group"])), Figure(loans), Figure(over),
            Figure(fraction(row["rate"]), over, loans, loans), f"{low}–{high}", Figure(fraction(row["rest_rate"])),
            Figure(fraction(row["excess"])), Figure(q), text("yes") if _is_striking(row) else text("no"),
        )  # fmt: skip
        rows.append(Row(f"{row['by']} {row['group']}", cells))
    return Table(
        "groups",
        text("Groups of the segment, the most late loans beyond the rest first"),
        fields,
        tuple(rows),
        text("First {shown} of {all}.", shown=_SHOWN, all=f"{len(found):,}") if len(found) > _SHOWN else "",
    )
