"""The check of a delivery as one page that a data owner can be sent: what is wrong, where, and how to mend it.

It needs no other file, runs nothing, and shows values only as the accounts hold them: masked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from postloan.model.label import Label
from postloan.model.tables import DELIVERED
from postloan.report.display import section_html
from postloan.report.fonts import covered, font_face
from postloan.report.section import Block, Field, Figure, Format, Paragraphs, Row, RowKind, Section, Table
from postloan.report.style import Style
from postloan.report.text import Text

_TEMPLATES = Path(__file__).parent / "templates"
_CSS = ("section.css", "page.css")
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:; base-uri 'none'; form-action 'none'"
_PARTS = ("read", "accepted", "quarantined", "ignored")
# A data owner knows YYYY-MM-DD, not the directives of a mapping.
_DATE_LETTERS = {"%Y": "YYYY", "%m": "MM", "%d": "DD", "%H": "hh", "%M": "mm", "%S": "ss"}

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CheckHead:
    """Whose files were checked, and what their accounts are told in.

    Args:
        lender: Its name.
        currency: ISO 4217 code of the amounts.
        is_synthetic: Whether the data is made up.
        causes: What a row may be ignored for, by the name the accounts give it.
    """

    lender: Label
    currency: str
    is_synthetic: bool
    causes: Mapping[str, Label]


def check_page(report: Mapping[str, Any], head: CheckHead, lang: str) -> str:
    """Return the page; the same arguments give the same bytes.

    Args:
        report: ``CheckReport.as_dict()``: ``files`` (the accounts, one per file and table), ``refusals``
            (files refused whole) and ``retries`` (rows of earlier loads).
        head: Whose files they are.
        lang: ``zh`` or ``en``.
    """
    text, style = Text(lang), Style(lang, head.currency, 0)
    sections = [_summary(text, report), *_by_file(text, head, report["files"])]
    if report["refusals"]:
        sections.insert(1, _refusals(text, report))
    if report["retries"]:
        sections.append(_retries(text, report["retries"]))
    environment = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined)
    state, badge = _state(text, report)
    page = environment.get_template("check_page.html.j2").render(
        lang="zh-CN" if lang == "zh" else "en",
        policy=_POLICY,
        css="".join((_TEMPLATES / "postloan_html" / name).read_text(encoding="utf-8") for name in _CSS),
        lender=_shown(head.lender.text(lang)),
        title=text("Check of delivered files"),
        state=state,
        badge=badge,
        synthetic=text("Synthetic data") if head.is_synthetic else "",
        contents_word=text("Contents"),
        contents=[(section.key, _shown(section.heading)) for section in sections],
        sections=[section_html(section, style) for section in sections],
        footer=text("Nothing was written by this check. Values are shown masked."),
    )
    return page.replace("/*font*/", font_face(page), 1)


def _state(text: Text, report: Mapping[str, Any]) -> tuple[str, str]:
    """Return the look and the words of the verdict."""
    if report["refusals"]:
        return "draft", text("Refused")
    if any(entry["rows_quarantined"] for entry in report["files"]):
        return "mend", text("Rows to mend")
    return "final", text("Ready to load")


def _summary(text: Text, report: Mapping[str, Any]) -> Section:
    blocks: list[Block] = [_files(text, report["files"])] if report["files"] else []
    return Section(
        key="summary",
        heading=text("Outcome"),
        takeaway=_headline(text, report),
        blocks=tuple(blocks),
        footnotes=(
            text("Read = accepted + quarantined + ignored, in every file, in rows and in money."),
            text(
                "Quarantined rows are set apart, not lost: once mended, or once the row they refer to has come, they are taken in."
            ),
        ),
    )


def _headline(text: Text, report: Mapping[str, Any]) -> str:
    counts = {part: sum(entry[f"rows_{part}"] for entry in report["files"]) for part in _PARTS}
    said = {name: f"{value:,}" for name, value in counts.items()}
    if report["refusals"]:
        refused = {refusal["file"] for refusal in report["refusals"]}
        return text("Files refused: {n}. Nothing is taken in until they are mended.", n=len(refused))
    if counts["quarantined"]:
        return text(
            "{quarantined} of {read} rows must be mended; {accepted} would be taken in.",
            quarantined=said["quarantined"],
            read=said["read"],
            accepted=said["accepted"],
        )
    return text("Nothing to mend: {accepted} rows would be taken in.", accepted=said["accepted"])


def _refusals(text: Text, report: Mapping[str, Any]) -> Section:
    fields = (
        Field("file", text("File"), Format.TEXT),
        Field("what", text("What is wrong"), Format.TEXT),
        Field("mend", text("How to mend it"), Format.TEXT),
    )
    rows = [
        Row(str(i), (refusal["file"], _said(text, refusal, "what"), text.of(refusal, "mend")))
        for i, refusal in enumerate(report["refusals"], 1)
    ]
    table = Table("refusals", text("Files refused whole"), fields, tuple(rows))
    return Section("refusals", text("Refused files"), text("Mend these first."), (table,))


def _files(text: Text, entries: Sequence[Entry]) -> Table:
    fields = (
        Field("file", text("File"), Format.TEXT),
        Field("table", text("Table"), Format.TEXT),
        Field("read", text("Rows read"), Format.COUNT),
        Field("accepted", text("Accepted"), Format.COUNT),
        Field("quarantined", text("Quarantined"), Format.COUNT),
        Field("ignored", text("Ignored"), Format.COUNT),
    )
    rows = [
        Row(str(i), (entry["file"], _table_name(text, entry), *(Figure(entry[f"rows_{p}"]) for p in _PARTS)))
        for i, entry in enumerate(entries, 1)
    ]
    sums = (Figure(sum(entry[f"rows_{part}"] for entry in entries)) for part in _PARTS)
    total = Row("total", (text("Total"), "", *sums), RowKind.TOTAL)
    return Table("files", text("Files and their row accounts"), fields, (*rows, total))


def _by_file(text: Text, head: CheckHead, entries: Sequence[Entry]) -> Iterator[Section]:
    for number, entry in enumerate(entries, 1):
        yield Section(
            key=f"file{number}",
            heading=text("{file} → {table}", file=entry["file"], table=_table_name(text, entry)),
            takeaway=_finding(text, entry),
            blocks=tuple(_blocks(text, head, entry)),
        )


def _finding(text: Text, entry: Entry) -> str:
    n, read = entry["rows_quarantined"], entry["rows_read"]
    if n:
        return text("{n} of {read} rows must be mended.", n=f"{n:,}", read=f"{read:,}")
    return text("Nothing to mend in {read} rows.", read=f"{read:,}")


def _blocks(text: Text, head: CheckHead, entry: Entry) -> Iterator[Block]:
    if entry["reasons"]:
        yield _told(text, "reasons", text("What must be mended"), entry)
    if entry["warnings"]:
        yield _told(text, "warnings", text("Taken in, but worth a look"), entry)
    if entry["money"]:
        yield _money(text, entry)
    if sentences := tuple(_sentences(text, head, entry)):
        yield Paragraphs("notes", sentences, bullets=True)


def _told(text: Text, kind: str, title: str, entry: Entry) -> Table:
    """Return a row per reason, the commonest first."""
    fields = (
        Field("what", text("What is wrong"), Format.TEXT),
        Field("rows", text("Rows"), Format.COUNT),
        Field("first", text("First at row"), Format.COUNT),
        Field("example", text("Example"), Format.TEXT),
        Field("mend", text("How to mend it"), Format.TEXT),
    )
    order = sorted(entry[kind], key=lambda reason: (-reason["rows"], reason["first_row"] or 0))
    rows = [
        Row(
            str(i),
            (
                _said(text, reason, "reason"),
                Figure(reason["rows"]),
                Figure(reason["first_row"]),
                reason["example"] or "",
                _said(text, reason, "mend"),
            ),
        )
        for i, reason in enumerate(order, 1)
    ]
    return Table(kind, title, fields, tuple(rows))


def _money(text: Text, entry: Entry) -> Table:
    table = DELIVERED[entry["table"]]
    fields = (
        Field("column", text("Column"), Format.TEXT),
        Field("read", text("Amount read"), Format.MONEY),
        Field("accepted", text("Accepted"), Format.MONEY),
        Field("quarantined", text("Quarantined"), Format.MONEY),
        Field("ignored", text("Ignored"), Format.MONEY),
        Field("unreadable", text("Rows that can't be read"), Format.COUNT),
    )
    rows = [
        Row(
            name,
            (
                table.column(name).label.text(text.lang),
                *(Figure(money[p]) for p in _PARTS),
                Figure(money["unreadable_rows"]),
            ),
        )
        for name, money in entry["money"].items()
    ]
    return Table("money", text("Amounts tie: read = accepted + quarantined + ignored"), fields, tuple(rows))


def _sentences(text: Text, head: CheckHead, entry: Entry) -> Iterator[str]:
    if entry["ignored"]:
        causes = [f"{head.causes[cause].text(text.lang)} {n:,}" for cause, n in entry["ignored"].items()]
        yield text("Ignored: {causes}", causes=text(", ").join(causes))
    for note in entry["notes"]:
        yield _said(text, note, "note")
    if entry["ignored_columns"]:
        yield text("Columns not used: {columns}", columns=text(", ").join(entry["ignored_columns"]))
    if entry["encoding"]:
        yield text("Read as {encoding}", encoding=entry["encoding"])


def _said(text: Text, record: Mapping[str, Any], name: str) -> str:
    told = text.of(record, name)
    for directive, letters in _DATE_LETTERS.items():
        told = told.replace(directive, letters)
    return told


def _retries(text: Text, retries: Sequence[Entry]) -> Section:
    parts = ("tried", "released", "superseded", "still")
    fields = (
        Field("file", text("File"), Format.TEXT),
        Field("table", text("Table"), Format.TEXT),
        Field("tried", text("Tried again"), Format.COUNT),
        Field("released", text("Released"), Format.COUNT),
        Field("superseded", text("Replaced by later rows"), Format.COUNT),
        Field("still", text("Still in quarantine"), Format.COUNT),
    )
    rows = [
        Row(str(i), (retry["file"], _table_name(text, retry), *(Figure(retry[part]) for part in parts)))
        for i, retry in enumerate(retries, 1)
    ]
    released, tried = (sum(retry[part] for retry in retries) for part in ("released", "tried"))
    takeaway = text(
        "{released} of {tried} earlier rows would now be taken in.",
        released=f"{released:,}",
        tried=f"{tried:,}",
    )
    table = Table("retries", text("Rows of earlier deliveries"), fields, tuple(rows))
    return Section("retries", text("Rows in quarantine, tried again"), takeaway, (table,))


def _table_name(text: Text, entry: Entry) -> str:
    return DELIVERED[entry["table"]].label.text(text.lang)


def _shown(words: str) -> str:
    return covered(words)[0]
