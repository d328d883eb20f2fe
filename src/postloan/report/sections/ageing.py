"""How old the arrears are: balance and loans by delinquency bucket, now and over thirteen months."""

from __future__ import annotations

from datetime import date

from postloan.model.buckets import BUCKETS
from postloan.model.scope import MISSING
from postloan.report import reading
from postloan.report.pack import Pack
from postloan.report.phrases import said
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


def ageing(pack: Pack) -> Section:
    """Build the section: the ageing table and the stacked overdue balance by bucket."""
    return Section(
        key="ageing",
        heading=pack.text("Ageing"),
        takeaway=_takeaway(pack),
        blocks=(_chart(pack), _table(pack)),
        footnotes=(
            pack.text(
                "M1 is 1–30 days past due, M2 31–60, M3 61–90, M4 91–120, M5 121–150, M6 151–180, M7 over 180."
            ),
        ),
        metrics=("balance", "loans_active", "overdue_amount"),
    )


def _share(part: Figure, whole: Figure) -> Figure:
    if part.value is None or not whole.value:
        return Figure(None)
    return Figure(part.value / whole.value, numerator=int(part.value), denominator=int(whole.value))


def _table(pack: Pack) -> Table:
    fields = (
        Field("bucket", pack.text("Bucket"), Format.TEXT),
        Field("days", pack.text("Days past due"), Format.TEXT),
        Field("loans", pack.text("Loans"), Format.COUNT),
        Field("balance", pack.label("balance"), Format.MONEY),
        Field("share", pack.text("Share of balance"), Format.PERCENT),
        Field("overdue", pack.label("overdue_amount"), Format.MONEY),
        Field("month", pack.text("Balance on the month"), Format.MONEY),
        Field("year", pack.text("Balance on the year"), Format.MONEY),
    )
    spans = {b.code: f"{b.from_days}–{b.to_days}" if b.to_days else f">{b.from_days - 1}" for b in BUCKETS}
    spans["M0"] = "0"
    rows = [_row(pack, code, code, days, "bucket") for code, days in spans.items()]
    if MISSING in reading.groups(pack, "bucket", pack.head.as_of):
        rows.append(_row(pack, "unknown", pack.text("Unknown"), "", "bucket", MISSING))
    total = _row(pack, "total", pack.text("Total"), "", "", "", RowKind.TOTAL)
    return Table("buckets", pack.text("Balance and loans by bucket"), fields, (*rows, total))


def _row(
    pack: Pack,
    key: str,
    label: str,
    days: str,
    by: str,
    group: str | None = None,
    kind: RowKind = RowKind.BODY,
) -> Row:
    on = pack.head.as_of
    name = key if group is None else group
    balance = reading.held(pack, "balance", on, by, name)
    cells = (
        label,
        days,
        reading.held(pack, "loans_active", on, by, name),
        balance,
        _share(balance, reading.figure(pack, "balance", on)),
        reading.held(pack, "overdue_amount", on, by, name),
        _since(pack, balance, reading.month_before(pack), by, name),
        _since(pack, balance, reading.year_before(pack), by, name),
    )
    return Row(key, cells, kind)


def _since(pack: Pack, now: Figure, since: date | None, by: str, group: str) -> Figure:
    return reading.change(now, reading.held(pack, "balance", since, by, group)) if since else Figure(None)


def _takeaway(pack: Pack) -> str:
    on = pack.head.as_of
    over_90 = reading.figure(pack, "par_90", on)
    return pack.text(
        "{overdue} of balance is overdue, of which {over_90} is more than 90 days past due ({share} of all balance).",
        overdue=said(pack, reading.figure(pack, "overdue_balance", on), Format.MONEY),
        over_90=said(pack, over_90.numerator, Format.MONEY),
        share=said(pack, over_90, Format.PERCENT),
    )


def _chart(pack: Pack) -> Chart:
    on = pack.head.as_of
    dated = [day for day in reading.last_months(pack) if reading.groups(pack, "bucket", day)]
    series = tuple(
        Series(b.code, tuple(reading.held(pack, "balance", day, "bucket", b.code).value for day in dated))
        for b in BUCKETS[1:]
    )
    return Chart(
        key="stack",
        kind=ChartKind.STACKED,
        title=pack.text(
            "{share} of the overdue balance is more than 90 days past due",
            share=said(pack, _old_share(pack, on), Format.PERCENT),
        ),
        subtitle=pack.text("Overdue balance by bucket, {unit}", unit=pack.style.unit(Format.MONEY)),
        x=tuple(pack.style.text(day, Format.MONTH) for day in dated),
        series=series,
        format=Format.MONEY,
    )


def _old_share(pack: Pack, on: date) -> Figure:
    over_90 = reading.figure(pack, "par_90", on)
    return _share(Figure(over_90.numerator), reading.figure(pack, "overdue_balance", on))
