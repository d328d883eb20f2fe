"""What came in on cases, by who is in charge; guarantor advances apart (F-30, F-31, S4-9)."""

from __future__ import annotations

from postloan.report.pack import Pack
from postloan.report.phrases import said
from postloan.report.section import Format, Section
from postloan.report.work_reading import BY, Work, head_of, staff_listing, staff_table

_SHOWN = ("cases_assigned", "collected", "advanced_by_guarantors", "recovery_rate_opening", "case_cure_rate")


def team_recoveries(pack: Pack) -> Section:
    """Build the section: recoveries and resolved cases by department, team, tier and collector."""
    work, text = Work(pack), pack.text
    takeaway = text(
        "{collected} came in on overdue parts; {cured} of cases overdue at opening are resolved.",
        collected=said(pack, work.figure("collected"), Format.MONEY),
        cured=said(pack, work.figure("case_cure_rate"), Format.PERCENT),
    )
    tables = [
        staff_table(work, by, text("Recoveries by {dimension}", dimension=head_of(pack, by)), by, _SHOWN)
        for by in BY
    ]
    return Section(
        key="team_recoveries",
        heading=text("Recoveries"),
        takeaway=takeaway,
        blocks=(*tables, staff_listing(work)),
        footnotes=(
            text(
                "Not a ranking: long overdue cases come in less, whoever works on them. A comparison of like cases is needed before anyone is judged."
            ),
            text("A case counts for its last collector of the month; guarantor advances are no recovery."),
        ),
        metrics=_SHOWN,
    )
