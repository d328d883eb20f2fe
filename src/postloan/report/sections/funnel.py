"""The contact funnel: from cases to attempts, to the debtor, to a promise (F-33)."""

from __future__ import annotations

from postloan.report.pack import Pack
from postloan.report.phrases import said
from postloan.report.section import Chart, ChartKind, Format, Section, Series
from postloan.report.work_reading import BY, Work, head_of, staff_table, totals_table

_RATES = (
    "case_coverage",
    "penetration",
    "right_party_coverage",
    "contact_rate",
    "right_party_rate",
    "promise_rate",
)
_BY_STAFF = ("cases_assigned", "case_coverage", "contact_rate", "right_party_rate", "promise_rate")


def funnel(pack: Pack) -> Section:
    """Build the section: the funnel as a whole, then by department, team, tier and collector."""
    work, text = Work(pack), pack.text
    takeaway = text(
        "{coverage} of cases were attempted; {reached} of attempts reached the debtor, and {promised} of these gave a promise.",
        coverage=said(pack, work.figure("case_coverage"), Format.PERCENT),
        reached=said(pack, work.figure("right_party_rate"), Format.PERCENT),
        promised=said(pack, work.figure("promise_rate"), Format.PERCENT),
    )
    tables = [
        staff_table(work, by, text("Funnel by {dimension}", dimension=head_of(pack, by)), by, _BY_STAFF)
        for by in BY
    ]
    return Section(
        key="funnel",
        heading=text("Contact funnel"),
        takeaway=takeaway,
        blocks=(totals_table(work, "rates", text("Steps of the funnel"), _RATES), _chart(work), *tables),
        footnotes=(
            text("Attempts are calls, robot calls and visits; messages and letters cannot be answered."),
            text("A machine has no staff number: its attempts stand under (not told)."),
        ),
        metrics=("cases_assigned", "attempts", *_RATES),
    )


def _chart(work: Work) -> Chart:
    pack, text = work.pack, work.pack.text
    steps = ("case_coverage", "right_party_coverage", "contact_rate", "right_party_rate", "promise_rate")
    return Chart(
        key="steps",
        kind=ChartKind.BARS,
        title=text("Of every step, how much comes through"),
        subtitle=text("Share of cases or attempts, this month"),
        x=tuple(pack.label(slug) for slug in steps),
        series=(Series(text("Share"), tuple(work.figure(slug).value for slug in steps)),),
        format=Format.PERCENT,
    )
