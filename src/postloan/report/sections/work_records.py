"""Records of work: call sheets, recordings, proofs of delivery, daily hand-overs (S1-4, S1-5, S1-10, S2-3)."""

from __future__ import annotations

from postloan.report.pack import Pack
from postloan.report.phrases import said
from postloan.report.section import Format, Section
from postloan.report.work_reading import Work, head_of, staff_table, totals_table

_RATES = (
    "sheet_full_rate", "recorded_rate", "identity_rate", "proof_rate", "handover_on_time_rate", "recordings_matched_rate",
)  # fmt: skip
_BY_STAFF = ("recorded_rate", "handover_on_time_rate", "recordings_matched_rate", "sheet_full_rate")


def work_records(pack: Pack) -> Section:
    """Build the section: quality of records as a whole, by team and collector."""
    work, text = Work(pack), pack.text
    takeaway = text(
        "{full} of call sheets have no blank; {on_time} of days were handed over on time.",
        full=said(pack, work.figure("sheet_full_rate"), Format.PERCENT),
        on_time=said(pack, work.figure("handover_on_time_rate"), Format.PERCENT),
    )
    tables = [
        staff_table(work, by, text("Records by {dimension}", dimension=head_of(pack, by)), by, _BY_STAFF)
        for by in ("team", "staff_id")
    ]
    return Section(
        key="work_records",
        heading=text("Records of work"),
        takeaway=takeaway,
        blocks=(totals_table(work, "rates", text("Quality of records"), _RATES), *tables),
        footnotes=(
            text("A sheet is due for every call in which someone was reached; other calls may leave blanks."),
        ),
        metrics=_RATES,
    )
