"""The four families of figures that a collection team answers for, side by side (S0-1)."""

from __future__ import annotations

from postloan.report.pack import Pack
from postloan.report.phrases import said
from postloan.report.section import Field, Figure, Format, Row, RowKind, Section, Table
from postloan.report.standard_tables import interval
from postloan.report.work_reading import Work, format_of

_FAMILIES = {
    "recovery": ("recovery_rate_opening", "collected", "advanced_by_guarantors"),
    "resolution": ("case_cure_rate", "promise_kept_rate"),
    "service": ("disclosed_rate", "after_stop_rate", "third_party_rate"),
    "efficiency": ("case_coverage", "right_party_rate", "sheet_full_rate", "handover_on_time_rate"),
}


def team_summary(pack: Pack) -> Section:
    """Build the section: recovery, resolution of risks, service, efficiency and quality of work."""
    work, text = Work(pack), pack.text
    cases, recovery = work.figure("cases_assigned"), work.figure("recovery_rate_opening")
    takeaway = text(
        "{cases} cases were worked on; {rate} of what was overdue at opening came in.",
        cases=said(pack, cases, Format.COUNT),
        rate=said(pack, recovery, Format.PERCENT),
    )
    return Section(
        key="team_summary",
        heading=text("Four families of figures"),
        takeaway=takeaway,
        blocks=(_table(work),),
        footnotes=(
            text(
                "Raw rates: who is given harder cases has lower ones. Nobody is ranked by them; cases of like days past due and amount must be compared first."
            ),
            text("Satisfaction stands in the monthly review; here service is what conduct rules say of it."),
        ),
        metrics=tuple(slug for slugs in _FAMILIES.values() for slug in slugs),
    )


def _table(work: Work) -> Table:
    text = work.pack.text
    labels = {
        "recovery": text("Recovery of loans"),
        "resolution": text("Resolution of risks"),
        "service": text("Service to customers"),
        "efficiency": text("Efficiency and quality of work"),
    }
    fields = (
        Field("name", text("Indicator"), Format.TEXT),
        Field("value", text("This month"), Format.PERCENT),
        Field("amount", text("Amount"), Format.MONEY),
        Field("n", text("Of"), Format.COUNT),
        Field("interval", text("95% interval"), Format.TEXT),
        Field("quarter", text("Last three months"), Format.PERCENT),
    )
    rows = []
    for family, slugs in _FAMILIES.items():
        rows.append(Row(family, (labels[family], None, None, None, "", None), RowKind.GROUP))
        rows += [_row(work, slug) for slug in slugs]
    return Table("families", text("Figures of the month"), fields, tuple(rows))


def _row(work: Work, slug: str) -> Row:
    pack, now, quarter = work.pack, work.figure(slug), work.figure(slug, window="quarter")
    is_money = format_of(pack, slug) is Format.MONEY
    blank = Figure(None, metric=slug)
    value, amount = (blank, now) if is_money else (now, blank)
    told = (Figure(now.n, metric=slug), interval(pack, now), blank if is_money else quarter)
    return Row(slug, (pack.label(slug), value, amount, *told))
