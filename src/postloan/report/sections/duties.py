"""Duties: what was due this month, on time, late or missed; what is left from before; where deadlines slip."""

from __future__ import annotations

from postloan.model.scope import MISSING
from postloan.report import reading
from postloan.report.pack import Pack
from postloan.report.phrases import said
from postloan.report.records import Record, records, whole
from postloan.report.section import Field, Figure, Format, Row, RowKind, Section, Table
from postloan.report.standard_tables import interval, not_judged

ON_TIME, COVERAGE = "duty_on_time_rate", "duty_coverage"
_COUNTS = ("n_done", "n_late", "n_missed", "n_before", "n_ahead")
_ENOUGH = 10  # duties that a branch must have had for its rate to be listed
_WORST = 15
_ALARMING = 0.9


class Told:
    """The figures and labels of duties in one pack."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        rows = records(pack.frame("duty_measures"))
        self.rows = {(row["metric"], row["duty"], row["branch"]): row for row in rows}
        self.labels = {row["duty"]: row for row in records(pack.frames["duty_labels"])}
        self.counts = {row["duty"]: row for row in records(pack.frame("duty_counts"))}

    def figure(self, metric: str, duty: str = "", branch: str = "") -> Figure:
        """Return a figure; unknown where nothing fell due."""
        row = self.rows.get((metric, duty, branch))
        return Figure(None, metric=metric) if row is None else reading.figure_of(row, metric)

    def label(self, duty: str) -> str:
        """Return the duty's name in the pack's language."""
        return str(self.labels[duty][self.pack.head.lang])


def duties(pack: Pack) -> Section:
    """Build the section: one row per duty, one per branch, and the pairs that slip most."""
    text, told = pack.text, Told(pack)
    total = told.figure(ON_TIME)
    missed = sum(whole(row["n_missed"]) or 0 for row in told.counts.values())
    return Section(
        key="duties",
        heading=text("Duties and deadlines"),
        takeaway=text(
            "{rate} of {n} duties that fell due this month were done on time; {missed} were missed.",
            rate=said(pack, total, Format.PERCENT),
            n=said(pack, total.n, Format.COUNT),
            missed=said(pack, missed, Format.COUNT),
        ),
        blocks=(_by_duty(told), _by_branch(told), _worst(told), *not_judged(told.pack, told.labels.values())),
        footnotes=(
            text(
                "A duty of a period falls due on its last day; who was not there when the period began owes nothing."
            ),
            text(
                "Left from before: missed in the last three months, or since whenever for what must be renewed, such as valuations."
            ),
        ),
        metrics=(ON_TIME, COVERAGE),
    )


def _by_duty(told: Told) -> Table:
    pack, text = told.pack, told.pack.text
    fields = (
        Field("duty", text("Duty"), Format.TEXT),
        Field("rule", text("Rule"), Format.ID),
        Field("due", text("Fell due"), Format.COUNT),
        Field("done", text("On time"), Format.COUNT),
        Field("late", text("Late"), Format.COUNT),
        Field("missed", text("Missed"), Format.COUNT),
        Field("rate", pack.label(ON_TIME), Format.PERCENT),
        Field("interval", text("95% interval"), Format.TEXT),
        Field("before", text("Left from before"), Format.COUNT),
        Field("ahead", text("Due next month"), Format.COUNT),
    )
    rows = [
        _duty_row(told, duty, told.label(duty), str(told.labels[duty]["rule"]), told.counts[duty])
        for duty in told.labels
        if duty in told.counts
    ]
    sums = {name: sum(whole(row[name]) or 0 for row in told.counts.values()) for name in _COUNTS}
    total = _duty_row(told, "", text("Total"), "", sums, RowKind.TOTAL)
    return Table("by_duty", text("Duties of the month"), fields, (*rows, total))


def _duty_row(
    told: Told, duty: str, label: str, rule: str, counts: Record, kind: RowKind = RowKind.BODY
) -> Row:
    rate = told.figure(ON_TIME, duty)
    done, late, missed, before, ahead = (Figure(whole(counts[name])) for name in _COUNTS)
    cells = (
        label,
        rule,
        Figure(rate.n or 0),
        done,
        late,
        missed,
        rate,
        interval(told.pack, rate),
        before,
        ahead,
    )
    return Row(duty or "total", cells, kind)


def _by_branch(told: Told) -> Table:
    pack, text = told.pack, told.pack.text
    fields = (
        Field("branch", text("Branch"), Format.TEXT),
        Field("due", text("Fell due"), Format.COUNT),
        Field("rate", pack.label(ON_TIME), Format.PERCENT),
        Field("interval", text("95% interval"), Format.TEXT),
        Field("coverage", pack.label(COVERAGE), Format.PERCENT),
    )
    branches = sorted(
        {branch for _, _, branch in told.rows if branch}, key=lambda name: (name == MISSING, name)
    )
    rows = [_branch_row(told, branch) for branch in branches]
    return Table("by_branch", text("Duties by branch"), fields, (*rows, _branch_row(told, "")))


def _branch_row(told: Told, branch: str) -> Row:
    rate, coverage = told.figure(ON_TIME, "", branch), told.figure(COVERAGE, "", branch)
    label = told.pack.text("(missing)") if branch == MISSING else branch or told.pack.text("Total")
    kind = RowKind.BODY if branch else RowKind.TOTAL
    return Row(branch or "total", (label, Figure(rate.n), rate, interval(told.pack, rate), coverage), kind)


def _worst(told: Told) -> Table:
    """List pairs of duty and branch with few done on time, where enough fell due to say so."""
    pack, text = told.pack, told.pack.text
    fields = (
        Field("duty", text("Duty"), Format.TEXT),
        Field("branch", text("Branch"), Format.TEXT),
        Field("due", text("Fell due"), Format.COUNT),
        Field("rate", pack.label(ON_TIME), Format.PERCENT),
        Field("interval", text("95% interval"), Format.TEXT),
    )
    pairs = [
        (duty, branch, told.figure(ON_TIME, duty, branch))
        for metric, duty, branch in told.rows
        if metric == ON_TIME and duty and branch
    ]
    bad = [pair for pair in pairs if (pair[2].n or 0) >= _ENOUGH and (pair[2].high or 0) < _ALARMING]
    bad.sort(key=lambda pair: (pair[2].value, pair[0], pair[1]))
    rows = tuple(
        Row(
            f"{duty} {branch}",
            (told.label(duty), branch, Figure(figure.n), figure, interval(pack, figure)),
        )
        for duty, branch, figure in bad[:_WORST]
    )
    note = text(
        "Pairs with at least {n} duties whose interval lies below {limit}.",
        n=_ENOUGH,
        limit=said(pack, _ALARMING, Format.PERCENT),
    )
    return Table("slipping", text("Where deadlines slip"), fields, rows, note)
