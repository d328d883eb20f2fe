"""Conduct: hours, frequency, third parties, disclosure, authority; with the actions to be looked at (F-50, S1-3)."""

from __future__ import annotations

from postloan.metrics.collections import BREACHES
from postloan.model.work_codes import ACTION_CHANNEL
from postloan.report.pack import Pack
from postloan.report.phrases import said
from postloan.report.records import Record, day, records, written
from postloan.report.section import Cell, Field, Figure, Format, Listing, Row, Section, Table
from postloan.report.standard_tables import interval
from postloan.report.work_reading import Work, head_of, staff_table

_RATES = (
    "night_rate", "too_often_rate", "third_party_rate", "disclosed_rate", "after_stop_rate", "beyond_authority_rate",
)  # fmt: skip
_METRIC_OF = dict(zip(BREACHES, _RATES, strict=False))
_MOST = 20
_THOUSAND = 1_000


def conduct(pack: Pack) -> Section:
    """Build the section: breaches by rule, per thousand, by team and collector, and the list to look at."""
    work, text = Work(pack), pack.text
    found = records(pack.frame("conduct_breaches"))
    takeaway = text(
        "{n} actions of the month break a conduct rule or need a review; {night} of them were at night.",
        n=said(pack, len(found), Format.COUNT),
        night=said(pack, sum(bool(row["is_at_night"]) for row in found), Format.COUNT),
    )
    by_team = staff_table(
        work, "team", text("Conduct by {dimension}", dimension=head_of(pack, "team")), "team",
        ("too_often_rate", "third_party_rate", "night_rate"), "quarter",
    )  # fmt: skip
    by_staff = staff_table(
        work, "staff", text("Conduct by {dimension}", dimension=head_of(pack, "staff_id")), "staff_id",
        ("third_party_rate", "beyond_authority_rate", "night_rate"), "quarter",
    )  # fmt: skip
    return Section(
        key="conduct",
        heading=text("Conduct"),
        takeaway=takeaway,
        blocks=(_by_rule(work), by_team, by_staff, _list(pack, found), _listing(pack, found)),
        footnotes=(
            text(
                "The standard is made for personal online consumer credit; for other products it is adopted here."
            ),
            text("Actions before the day from which the rules count are not judged."),
        ),
        metrics=_RATES,
    )


def _by_rule(work: Work) -> Table:
    pack, text = work.pack, work.pack.text
    fields = (
        Field("rule", text("Rule"), Format.TEXT),
        Field("count", text("Cases"), Format.COUNT),
        Field("n", text("Of"), Format.COUNT),
        Field("unknown", text("Unknown"), Format.COUNT),
        Field("per_thousand", text("Per thousand"), Format.NUMBER),
        Field("interval", text("95% interval"), Format.TEXT),
        Field("quarter", text("Last three months"), Format.COUNT),
    )
    rows = []
    for slug in _RATES:
        now, quarter = work.figure(slug), work.figure(slug, window="quarter")
        rate = None if now.value is None else now.value * _THOUSAND
        told = (now.numerator, now.n, now.unknown, rate)
        cells: tuple[Cell, ...] = tuple(Figure(part, metric=slug) for part in told)
        rows.append(
            Row(slug, (pack.label(slug), *cells, interval(pack, now), Figure(quarter.numerator, metric=slug)))
        )
    return Table("by_rule", text("Breaches by rule, this month"), fields, tuple(rows))


def _fields(pack: Pack) -> tuple[Field, ...]:
    text = pack.text
    return (
        Field("action", text("Action"), Format.ID),
        Field("acted_at", text("Acted at"), Format.TEXT),
        Field("staff_id", text("Staff number"), Format.ID),
        Field("branch", text("Branch"), Format.TEXT),
        Field("channel", text("Channel"), Format.TEXT),
        Field("customer_id", text("Customer"), Format.ID),
        Field("rules", text("Rule"), Format.TEXT),
    )


def _cells(pack: Pack, row: Record) -> tuple[Cell, ...]:
    rules = [pack.label(_METRIC_OF[name]) for name in BREACHES if row[name] is True]
    channel = ACTION_CHANNEL.label(str(row["action_channel"])).text(pack.head.lang)
    return (
        str(row["action_id"]), _moment(row), _told(row["staff_id"]), _told(row["branch"]), channel,
        _told(row["customer_id"]), pack.text(", ").join(rules),
    )  # fmt: skip


def _moment(row: Record) -> str:
    """Return when it was: the moment, or the day where only that is recorded."""
    return written(row["acted_at"])[:19] if written(row["acted_at"]) != "—" else str(day(row["acted_on"]))


def _told(value: object) -> str:
    return str(value) if isinstance(value, str) else "—"


def _list(pack: Pack, found: list[Record]) -> Table:
    rows = tuple(Row(str(row["action_id"]), _cells(pack, row)) for row in found[:_MOST])
    note = "" if rows else pack.text("None.")
    if len(found) > _MOST:
        note = pack.text(
            "First {shown} of {all}; all are in the Excel sheet {sheet}.",
            shown=_MOST,
            all=len(found),
            sheet="conduct_breaches",
        )
    return Table("list", pack.text("Actions to look at"), _fields(pack), rows, note, sheet="conduct_breaches")


def _listing(pack: Pack, found: list[Record]) -> Listing:
    rows = tuple(_cells(pack, row) for row in found)
    return Listing("conduct_breaches", pack.text("Actions to look at"), _fields(pack), rows)
