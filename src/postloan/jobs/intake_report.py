"""What a delivery came to, as `check` shows it and `load` reports it: one record, one printer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from postloan.model.fault import REFUSED
from postloan.report.text import Text
from postloan.sources.intake import Intake
from postloan.sources.judging.batch import CAUSES

CLEAN, QUARANTINED = 0, 1


@dataclass(frozen=True, slots=True)
class IntakeReport:
    """The accounts of a delivery.

    Args:
        entries: One per file and table, as in the book's ledger: ``file, table, sha256, reading, encoding,
            rows_read, rows_accepted, rows_quarantined, rows_ignored, ignored`` (rows by cause),
            ``money_read, money_accepted, money_quarantined, money_ignored`` (minor units, all money
            columns together, null for a table without), ``money`` (by column: the same four and
            ``unreadable_rows``), ``reasons`` and ``warnings`` (each ``reason, reason_zh, rows, first_row,
            column, example, mend, mend_zh``: column and example may be null, the example is masked),
            ``notes`` (``note, note_zh``) and ``ignored_columns``.
        refusals: Files refused whole: ``file, what, what_zh, mend, mend_zh``. With any of them nothing is loaded.
        retries: What became of the quarantined rows of earlier loads, one per load, file and table: ``table,
            origin`` (the load that brought them), ``file, tried, released, superseded, still``,
            ``money_released, money_superseded``.
        draft_share: Share of all rows, or of all money, in quarantine over which packs stay drafts.
    """

    entries: tuple[dict[str, Any], ...]
    draft_share: float
    refusals: tuple[dict[str, str], ...] = ()
    retries: tuple[dict[str, Any], ...] = ()

    @classmethod
    def of(cls, intake: Intake, draft_share: float) -> IntakeReport:
        """Return the report of a judged delivery."""
        refusals = tuple(refusal.as_dict() for refusal in intake.refusals)
        entries = tuple(account.as_dict() for account in intake.accounts)
        return cls(entries, draft_share, refusals, tuple(retry.as_dict() for retry in intake.retries))

    @property
    def exit_code(self) -> int:
        """Return 3 where a file is refused, 1 where a row is quarantined, else 0."""
        if self.refusals:
            return REFUSED
        return QUARANTINED if any(entry["rows_quarantined"] for entry in self.entries) else CLEAN

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data: ``files`` (the entries), ``refusals, retries`` and ``is_draft``."""
        return {
            "files": list(self.entries),
            "refusals": list(self.refusals),
            "retries": list(self.retries),
            "is_draft": self.is_draft,
        }

    def lines(self, lang: str) -> list[str]:
        """Return the report for a terminal: refused files, then a line per file and table and what needs a look."""
        text = Text(lang)
        lines = [line for refusal in self.refusals for line in _refused(text, refusal)]
        lines += [line for entry in self.entries for line in _entry(text, entry)]
        lines += [_retried(text, retry) for retry in self.retries]
        if self.is_draft:
            limit = f"{self.draft_share:.2%}"
            lines.append(
                text(
                    "  more than {limit} of the rows or the money is in quarantine: packs stay drafts",
                    limit=limit,
                )
            )
        return lines

    @property
    def is_draft(self) -> bool:
        """Say whether so much of the delivery, in rows or in money, is quarantined that packs stay drafts."""
        return any(
            sum(entry[f"{what}_quarantined"] or 0 for entry in self.entries)
            > self.draft_share * sum(entry[f"{what}_read"] or 0 for entry in self.entries)
            for what in ("rows", "money")
        )


def _refused(text: Text, refusal: Mapping[str, str]) -> tuple[str, str]:
    what, mend = text.of(refusal, "what"), text.of(refusal, "mend")
    return f"  {text('refused')}: {what}", f"    {text('fix')}: {mend}"


def _retried(text: Text, retry: Mapping[str, Any]) -> str:
    counts = {name: retry[name] for name in ("tried", "released", "superseded", "still")}
    said = text(
        "{tried} earlier rows tried again: {released} released, {superseded} superseded, {still} still held",
        **counts,
    )
    return f"  {retry['file']} → {retry['table']}: {said}"


def _entry(text: Text, entry: Mapping[str, Any]) -> list[str]:
    counts = {name: entry[f"rows_{name}"] for name in ("read", "accepted", "quarantined", "ignored")}
    said = text("read {read}, accepted {accepted}, quarantined {quarantined}, ignored {ignored}", **counts)
    causes = ", ".join(f"{CAUSES[cause].text(text.lang)} {n}" for cause, n in entry["ignored"].items())
    lines = [f"  {entry['file']} → {entry['table']}: {said}" + (f" ({causes})" if causes else "")]
    lines += [f"    {text('quarantined')}: {_told(text, reason)}" for reason in entry["reasons"]]
    lines += [f"    {text('warning')}: {_told(text, reason)}" for reason in entry["warnings"]]
    lines += [f"    {text('note')}: {text.of(note, 'note')}" for note in entry["notes"]]
    if entry["ignored_columns"]:
        lines.append(f"    {text('columns not used')}: {', '.join(entry['ignored_columns'])}")
    return lines


def _told(text: Text, reason: Mapping[str, Any]) -> str:
    said, rows, row = text.of(reason, "reason"), reason["rows"], reason["first_row"]
    if row is None:
        line = text("{reason}: {rows} of them", reason=said, rows=rows)
    else:
        line = text("{reason}: {rows} rows, first at row {row}", reason=said, rows=rows, row=row)
    return line + (text(", such as “{example}”", example=reason["example"]) if reason["example"] else "")
