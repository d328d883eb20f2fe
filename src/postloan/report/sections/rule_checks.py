"""Rules that were not kept, record by record: how many of those looked at, in which branch, and which."""

from __future__ import annotations

from functools import partial

from postloan.model.scope import MISSING
from postloan.report import reading
from postloan.report.details import detail
from postloan.report.pack import Pack
from postloan.report.phrases import said
from postloan.report.records import Record, records, whole
from postloan.report.rows import RowColumn, RowList
from postloan.report.section import Field, Figure, Format, Row, Section, Table
from postloan.report.standard_tables import interval, not_judged

RATE = "rule_breach_rate"
_WORST = 15
_ENOUGH = 10  # records that a branch must have had for its share to be listed


class Told:
    """The figures and labels of rule checks in one pack."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.labels = {row["rule_check"]: row for row in records(pack.frames["check_labels"])}
        self.rows = {(row["rule_check"], row["branch"]): row for row in records(pack.frame("check_measures"))}
        self.before = {
            row["rule_check"]: whole(row["n_before"]) for row in records(pack.frame("check_history"))
        }

    def figure(self, name: str, branch: str = "") -> Figure:
        """Return the share of a check; unknown where nothing was looked at."""
        row = self.rows.get((name, branch))
        return Figure(None, metric=RATE) if row is None else reading.figure_of(row, RATE)

    def label(self, name: str) -> str:
        """Return what breaks the rule in the pack's language."""
        return str(self.labels[name][self.pack.head.lang])


def rule_checks(pack: Pack) -> Section:
    """Build the section: one row per check, the branches that stand out, and what is to be looked at."""
    text, told = pack.text, Told(pack)
    found = records(pack.frame("check_breaches"))
    broken = {row["rule_check"] for row in found}
    listed = _list(pack, told)
    return Section(
        key="rule_checks",
        heading=text("Rules not kept"),
        takeaway=text(
            "{n} records break {broken} of {all} rules that are checked record by record.",
            n=said(pack, len(found), Format.COUNT),
            broken=said(pack, len(broken), Format.COUNT),
            all=said(pack, sum(not row["missing"] for row in told.labels.values()), Format.COUNT),
        ),
        blocks=(
            _by_check(told),
            _worst(told),
            listed.table(pack, _each_first(found)),
            *not_judged(told.pack, told.labels.values()),
            listed.listing(found),
        ),
        footnotes=(
            text("What happened counts in its month; what is a state counts as it is at the date and has no past."),
            text("A record that does not tell is neither kept nor broken: it is unknown."),
        ),
        metrics=(RATE,),
    )  # fmt: skip


def _by_check(told: Told) -> Table:
    pack, text = told.pack, told.pack.text
    fields = (
        Field("check", text("Breach"), Format.TEXT),
        Field("rule", text("Rule"), Format.ID),
        Field("broken", text("Cases"), Format.COUNT),
        Field("n", text("Of"), Format.COUNT),
        Field("unknown", text("Unknown"), Format.COUNT),
        Field("rate", pack.label(RATE), Format.PERCENT),
        Field("interval", text("95% interval"), Format.TEXT),
        Field("before", text("Eleven months before"), Format.COUNT),
    )
    rows = [_row(told, name, row) for name, row in told.labels.items() if not row["missing"]]
    return Table("by_check", text("Breaches by rule, this month"), fields, tuple(rows))


def _row(told: Told, name: str, labels: Record) -> Row:
    figure = told.figure(name)
    before = None if labels["is_state"] else told.before.get(name, 0)
    counts = (Figure(figure.numerator), Figure(figure.n), Figure(figure.unknown))
    cells = (
        told.label(name),
        str(labels["rule"]),
        *counts,
        figure,
        interval(told.pack, figure),
        Figure(before),
    )
    return Row(name, cells)


def _worst(told: Told) -> Table:
    """List pairs of check and branch whose share surely lies above that of all branches together."""
    pack, text = told.pack, told.pack.text
    fields = (
        Field("check", text("Breach"), Format.TEXT),
        Field("branch", text("Branch"), Format.TEXT),
        Field("n", text("Of"), Format.COUNT),
        Field("rate", pack.label(RATE), Format.PERCENT),
        Field("interval", text("95% interval"), Format.TEXT),
        Field("all", text("All branches"), Format.PERCENT),
    )
    pairs = [(name, branch, told.figure(name, branch)) for name, branch in told.rows if branch]
    bad = [
        (name, branch, figure)
        for name, branch, figure in pairs
        if (figure.n or 0) >= _ENOUGH and (figure.low or 0) > (told.figure(name).value or 0)
    ]
    bad.sort(key=lambda pair: (-(pair[2].value or 0), pair[0], pair[1]))
    rows = tuple(
        Row(
            f"{name} {branch}",
            (
                told.label(name), text("(missing)") if branch == MISSING else branch, Figure(figure.n), figure,
                interval(pack, figure), told.figure(name),
            ),
        )
        for name, branch, figure in bad[:_WORST]
    )  # fmt: skip
    note = text("Branches with at least {n} records whose interval lies above the share of all.", n=_ENOUGH)
    return Table("standing_out", text("Where rules are broken more than elsewhere"), fields, rows, note)


def _each_first(found: list[Record]) -> list[Record]:
    """Return the breaches so that the page shows some of every rule before more of one."""
    seen: dict[object, int] = {}
    places = []
    for row in found:
        places.append(seen.setdefault(row["rule_check"], 0))
        seen[row["rule_check"]] += 1
    order = sorted(range(len(found)), key=lambda at: (places[at], at))
    return [found[at] for at in order]


def _list(pack: Pack, told: Told) -> RowList:
    text = pack.text
    columns = (
        RowColumn("rule_check", text("Breach"), Format.TEXT, told.label),
        RowColumn("happened_on", text("On"), Format.DATE),
        RowColumn("subject_id", text("Record"), Format.ID),
        RowColumn("branch", text("Branch"), Format.TEXT),
        RowColumn("staff_id", text("Owner"), Format.ID),
        RowColumn("detail", text("Values"), Format.TEXT, partial(detail, pack)),
        RowColumn("customer_id", text("Customer"), Format.ID, is_on_page=False),
        RowColumn("loan_id", text("Loan"), Format.ID, is_on_page=False),
        RowColumn("product", text("Product"), Format.TEXT, is_on_page=False),
    )
    keys = ("rule_check", "subject_id", "happened_on", "detail")
    return RowList("rule_breaches", text("What broke a rule"), columns, keys)
