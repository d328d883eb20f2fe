"""Warnings: what is new, open and late, whether they come true, and whom data calls a warning for."""

from __future__ import annotations

from postloan.model import work_codes as codes
from postloan.model.contract import CodeList
from postloan.report import reading
from postloan.report.pack import Pack
from postloan.report.phrases import said
from postloan.report.records import records, whole
from postloan.report.rows import RowColumn, RowList
from postloan.report.section import Field, Figure, Format, Row, RowKind, Section, Table
from postloan.report.standard_tables import ratio_table

_RATES = (
    "warning_overdue_rate", "warning_complete_rate", "warning_answered_rate", "warning_fitting_rate",
    "disposal_success_rate", "warning_precision", "warning_recall",
)  # fmt: skip
_COUNTS = ("warnings_new", "warnings_open", "warnings_overdue")


def warnings(pack: Pack) -> Section:
    """Build the section: counts by family, rates with intervals, the ledger, and warnings that are missing."""
    text, on = pack.text, pack.head.as_of
    new, open_, late = (reading.figure(pack, slug, on) for slug in _COUNTS)
    ledger, missing = records(pack.frame("warning_ledger")), records(pack.frame("warnings_missing"))
    takeaway = text(
        "{new} new warnings, {open} open, {late} of them past their deadline; data calls for {missing} that the ledger lacks.",
        new=said(pack, new, Format.COUNT),
        open=said(pack, open_, Format.COUNT),
        late=said(pack, late, Format.COUNT),
        missing=said(pack, len(missing), Format.COUNT),
    )
    open_list, missing_list = _ledger_list(pack), _missing_list(pack)
    return Section(
        key="warnings",
        heading=text("Risk warnings"),
        takeaway=takeaway,
        blocks=(
            _families(pack),
            ratio_table(
                pack, "rates", text("Work on warnings, and whether they come true"), _RATES, Format.COUNT
            ),
            open_list.table(pack, ledger),
            missing_list.table(pack, missing),
            open_list.listing(ledger),
            missing_list.listing(missing),
        ),
        footnotes=(
            text(
                "Only warnings that had time to come true are judged; a customer who deteriorates later does not count."
            ),
            text(
                "With few bad customers nearly every judgement is right: shares of warnings and of deteriorations are shown, never one accuracy."
            ),
        ),
        metrics=(*_COUNTS, *_RATES),
    )


def _signal(pack: Pack, name: str) -> str:
    return codes.SIGNAL_KIND.label(name).text(pack.head.lang)


def _family(pack: Pack, name: str) -> str:
    return codes.WARNING_FAMILY.label(name).text(pack.head.lang)


def _families(pack: Pack) -> Table:
    text = pack.text
    fields = (
        Field("signal", text("Signal"), Format.TEXT),
        Field("new", text("New this month"), Format.COUNT),
        Field("open", text("Open"), Format.COUNT),
        Field("overdue", text("Past deadline"), Format.COUNT),
        Field("closed", text("Closed this month"), Format.COUNT),
    )
    names = ("n_new", "n_open", "n_overdue", "n_closed")
    found = records(pack.frame("warning_families"))
    rows = []
    for family in dict.fromkeys(row["warning_family"] for row in found):
        label = _family(pack, family) if isinstance(family, str) else text("(not told)")
        rows.append(Row(f"family {family}", (label, None, None, None, None), RowKind.GROUP))
        rows += [
            Row(
                f"{family} {row['signal_kind']}",
                (
                    _signal(pack, row["signal_kind"])
                    if isinstance(row["signal_kind"], str)
                    else text("(not told)"),
                    *(Figure(whole(row[name])) for name in names),
                ),
            )
            for row in found
            if row["warning_family"] == family
        ]
    sums = (Figure(sum(whole(row[name]) or 0 for row in found)) for name in names)
    total = Row("total", (text("Total"), *sums), RowKind.TOTAL)
    return Table("families", text("Warnings by family and signal"), fields, (*rows, total))


def _ledger_list(pack: Pack) -> RowList:
    text = pack.text
    columns = (
        RowColumn("warning_id", text("Warning number"), Format.ID),
        RowColumn("customer_id", text("Customer"), Format.ID),
        RowColumn("branch", text("Branch"), Format.TEXT),
        RowColumn("signal_kind", text("Signal"), Format.TEXT, lambda name: _signal(pack, name)),
        RowColumn("raised_on", text("Raised on"), Format.DATE),
        RowColumn("staff_id", text("Owner"), Format.ID),
        RowColumn("deadline_on", text("Deadline"), Format.DATE),
        RowColumn("is_overdue", text("Past deadline"), Format.VERDICT),
        RowColumn("is_complete", text("Complete"), Format.VERDICT),
        RowColumn("is_answered", text("Answered"), Format.VERDICT),
        RowColumn("loan_id", text("Loan"), Format.ID, is_on_page=False),
        RowColumn("product", text("Product"), Format.TEXT, is_on_page=False),
        RowColumn("warning_family", text("Family"), Format.TEXT, lambda name: _family(pack, name), False),
        RowColumn("is_fitting", text("Response fits"), Format.VERDICT, is_on_page=False),
    )
    return RowList(
        "warning_ledger", text("Open warnings, those past their deadline first"), columns, ("warning_id",)
    )


def _missing_list(pack: Pack) -> RowList:
    text, lang = pack.text, pack.head.lang
    called = {
        "worse_twice": text("Worse in each of two quarters"),
        "worse_over_both": text("Worse over two quarters together"),
        "collateral_fell": text("Collateral fell"),
        "poor_months": text("Poor operating indicators, months in a row"),
    }
    items = {
        **_labels(codes.STATEMENT_ITEM, lang),
        **_labels(codes.COLLATERAL_KIND, lang),
        **_labels(codes.SIGNAL_KIND, lang),
    }
    columns = (
        RowColumn("customer_id", text("Customer"), Format.ID),
        RowColumn("loan_id", text("Loan"), Format.ID),
        RowColumn("branch", text("Branch"), Format.TEXT),
        RowColumn("trigger", text("Trigger"), Format.TEXT, lambda name: called[name]),
        RowColumn("rule", text("Rule"), Format.ID),
        RowColumn("item", text("Item"), Format.TEXT, lambda name: items.get(name, name)),
        RowColumn("since_on", text("Since"), Format.DATE),
        RowColumn("change", text("Change"), Format.PERCENT),
    )
    return RowList(
        "warnings_missing", text("Warnings that data calls for and the ledger lacks"), columns,
        ("customer_id", "loan_id", "trigger", "item"),
    )  # fmt: skip


def _labels(code_list: CodeList, lang: str) -> dict[str, str]:
    return {code.value: code.label.text(lang) for code in code_list.codes}
