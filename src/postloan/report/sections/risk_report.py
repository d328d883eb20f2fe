"""The four parts of a risk report (P1-5) and the form for a risk signal (P2-8), filled in as far as the data goes."""

from __future__ import annotations

from postloan.model import codes, work_codes
from postloan.report.pack import Pack
from postloan.report.phrases import said
from postloan.report.records import Record, day, records, whole
from postloan.report.section import Field, Format, Row, Section, Table


def risk_report(pack: Pack) -> Section:
    """Build the section; what no data says is marked as to be filled in by hand."""
    text = pack.text
    found = records(pack.frame("subject_events")) if "subject_events" in pack.frames else []
    parts = (
        ("conduct", text("What was done"), _done(pack, found)),
        ("causes", text("Risks and their causes"), _causes(pack, found)),
        ("measures", text("Measures taken or planned"), _measures(pack, found)),
        ("responsibility", text("Who answers for it"), _answers(pack)),
    )
    blank = sum(value == "" for _, _, value in parts)
    fields = (Field("part", text("Part"), Format.TEXT), Field("content", text("Content"), Format.TEXT))
    by_hand = text("(to be filled in by hand)")
    report = tuple(Row(key, (label, value or by_hand)) for key, label, value in parts)
    form = tuple(Row(key, (label, value or by_hand)) for key, label, value in _form(pack, found))
    return Section(
        key="risk_report",
        heading=text("Risk report and signal form"),
        takeaway=text(
            "{n} of the four parts can be filled in from the data.",
            n=said(pack, len(parts) - blank, Format.COUNT),
        ),
        blocks=(
            Table("report", text("The four parts of a risk report"), fields, report),
            Table("form", text("Form for a risk signal"), fields, form),
        ),
        footnotes=(
            text(
                "Data can say what happened, not why and whose fault it was: that is for the people who sign."
            ),
        ),
    )


def _done(pack: Pack, found: list[Record]) -> str:
    """Say how often each kind of work was done in the last year."""
    names = {
        "action": pack.text("contacts"),
        "visit": pack.text("visits"),
        "inspection": pack.text("inspections"),
    }
    year = [row for row in found if (pack.head.as_of - day(row["on"])).days < 365]
    parts = [
        f"{label} {sum(row['table'] == name for row in year)}"
        for name, label in names.items()
        if any(row["table"] == name for row in year)
    ]
    return pack.text("In the last year: {parts}.", parts=pack.text(", ").join(parts)) if parts else ""


def _causes(pack: Pack, found: list[Record]) -> str:
    last = records(pack.frame("subject_months"))[-1:]
    parts = []
    if last and whole(last[0]["dpd"]):
        parts.append(pack.text("{dpd} days past due", dpd=said(pack, whole(last[0]["dpd"]), Format.COUNT)))
    lang = pack.head.lang
    signals = dict.fromkeys(
        row["code"] for row in found if row["table"] in ("signal", "warning") and isinstance(row["code"], str)
    )
    parts += [work_codes.SIGNAL_KIND.label(code).text(lang) for code in signals]
    findings = dict.fromkeys(
        row["code"] for row in found if row["table"] == "finding" and isinstance(row["code"], str)
    )
    parts += [work_codes.FINDING_KIND.label(code).text(lang) for code in findings]
    return pack.text(", ").join(parts)


def _measures(pack: Pack, found: list[Record]) -> str:
    lang = pack.head.lang
    told = {
        "loan_event": codes.EVENT_KIND, "legal_step": work_codes.LEGAL_STEP, "disposal_plan": work_codes.DISPOSAL_KIND,
        "maturity_decision": work_codes.MATURITY_DECISION,
    }  # fmt: skip
    parts = [
        f"{day(row['on'])} {told[row['table']].label(row['code']).text(lang)}"
        for row in found
        if row["table"] in told and isinstance(row["code"], str)
    ]
    return pack.text("; ").join(parts[:12])


def _answers(pack: Pack) -> str:
    owners = dict.fromkeys(
        row["officer_id"]
        for row in records(pack.frame("subject_loans"))
        if isinstance(row["officer_id"], str)
    )
    return pack.text("Officers in charge: {names}", names=pack.text(", ").join(owners)) if owners else ""


def _form(pack: Pack, found: list[Record]) -> tuple[tuple[str, str, str], ...]:
    text, lang = pack.text, pack.head.lang
    warnings = [row for row in found if row["table"] == "warning"]
    last = warnings[0] if warnings else None
    signal = last["code"] if last and isinstance(last["code"], str) else None
    customers = records(pack.frame("subject_customers")) if "subject_customers" in pack.frames else []
    return (
        ("customer", text("Customer"), text(", ").join(str(row["customer_id"]) for row in customers[:5])),
        ("raised", text("Raised on"), str(day(last["on"])) if last else ""),
        ("signal", text("Signal"), work_codes.SIGNAL_KIND.label(signal).text(lang) if signal else ""),
        ("opinion", text("Opinion of the officer"), ""),
        ("president", text("Decision of the president"), ""),
        ("done", text("What came of it"), ""),
    )
