"""Grades, tiers and classes of the plan: how many have each, who moved, by which rules, what is not known."""

from __future__ import annotations

from collections.abc import Iterator

from postloan.metrics.outcomes import NOT_GRADED
from postloan.model.codes import SUBJECT
from postloan.report.listings import SHOWN
from postloan.report.pack import Pack
from postloan.report.phrases import said
from postloan.report.records import Record, fraction, records, whole, written
from postloan.report.section import (
    Block,
    Cell,
    Field,
    Figure,
    Format,
    Listing,
    Row,
    RowKind,
    Section,
    Table,
)

_MOST_RULES = 12  # reasons shown of one policy, the largest balances first


class _Names:
    """Labels of policies, schemes, outcomes and rules in the pack's language, and how bad an outcome is."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        rows = records(pack.frames["outcome_labels"])
        self.rows = {(r["policy"], r["scheme"], r["kind"], r["key"]): r for r in rows}

    def policy(self, row: Record) -> str:
        return str(self.rows[row["policy"], "", "policy", ""][self.pack.head.lang])

    def scheme(self, row: Record) -> str:
        return str(self.rows[row["policy"], row["scheme"], "scheme", ""][self.pack.head.lang])

    def outcome(self, row: Record, name: str = "outcome") -> str:
        if row[name] == NOT_GRADED:
            return self.pack.text("Not graded")
        return str(self.rows[row["policy"], row["scheme"], "outcome", row[name]][self.pack.head.lang])

    def rule(self, row: Record) -> str:
        told = self.rows.get((row["policy"], row["scheme"], "rule", row["rule"]))
        return str(told[self.pack.head.lang]) if told else self.pack.text("Whether the scheme is about it")

    def boundary(self, row: Record) -> str:
        """Return the parameter whose number is near; a dash where no crossing alone would change the outcome."""
        told = self.rows.get((row["policy"], "", "parameter", row["boundary"]))
        return str(told[self.pack.head.lang]) if told else "—"

    def rank(self, row: Record, name: str) -> int:
        """Return how bad an outcome is, 0 the best; -1 for none."""
        told = self.rows.get((row["policy"], row["scheme"], "outcome", row[name]))
        return int(told["rank"]) if told else -1

    def order(self, row: Record) -> tuple[str, int, int]:
        scheme = self.rows[row["policy"], row["scheme"], "scheme", ""]
        return (row["policy"], int(scheme["rank"]), self.rank(row, "outcome"))


def grades(pack: Pack) -> Section:
    """Build the section: a table of outcomes per policy, moves on the month, reasons, what is not assessed."""
    names = _Names(pack)
    changes = records(pack.frame("outcome_changes"))
    blocks: list[Block] = [*_distributions(pack, names), _moves(pack, names, changes)]
    blocks += _reasons(pack, names)
    if not (open_ := pack.frame("outcome_unassessed")).empty:
        blocks.append(_unassessed(pack, names, records(open_)))
    if not pack.frame("penalties").empty:
        blocks += _penalties(pack, names)
    blocks.append(_changed(pack, names))
    return Section(
        key="grades",
        heading=pack.text("Grades and tiers"),
        takeaway=_takeaway(pack, names, changes),
        blocks=tuple(blocks),
        footnotes=(
            pack.text(
                "Each customer or loan is graded by the policy of its product and kind; the outcome before is of the month before."
            ),
            pack.text("What lacks a fact is not graded, and is never given the best outcome."),
        ),
    )


def _takeaway(pack: Pack, names: _Names, changes: list[Record]) -> str:
    graded = [(names.rank(row, "before"), names.rank(row, "outcome"), int(row["n"])) for row in changes]
    worse = sum(n for before, now, n in graded if 0 <= before < now)
    better = sum(n for before, now, n in graded if 0 <= now < before)
    rows = pack.frame("outcomes")
    blank = int(rows.loc[rows["outcome"] == NOT_GRADED, "n"].sum())
    return pack.text(
        "On the month {worse} outcomes got worse and {better} better; {blank} could not be graded.",
        worse=said(pack, worse, Format.COUNT),
        better=said(pack, better, Format.COUNT),
        blank=said(pack, blank, Format.COUNT),
    )


def _by_policy(names: _Names, rows: list[Record]) -> Iterator[tuple[str, list[Record]]]:
    for policy in dict.fromkeys(row["policy"] for row in rows):
        yield policy, [row for row in rows if row["policy"] == policy]


def _distributions(pack: Pack, names: _Names) -> Iterator[Table]:
    text = pack.text
    fields = (
        Field("outcome", text("Graded as"), Format.TEXT),
        Field("n", text("Customers or loans"), Format.COUNT),
        Field("before", text("Month before"), Format.COUNT),
        Field("balance", pack.label("balance"), Format.MONEY),
        Field("overdue", pack.label("overdue_amount"), Format.MONEY),
    )
    for policy, rows in _by_policy(names, sorted(records(pack.frame("outcomes")), key=names.order)):
        lines: list[Row] = []
        for scheme in dict.fromkeys(row["scheme"] for row in rows):
            of_scheme = [row for row in rows if row["scheme"] == scheme]
            subject = SUBJECT.label(of_scheme[0]["subject"]).text(pack.head.lang)
            head = f"{names.scheme(of_scheme[0])} · {subject}"
            lines.append(Row(scheme, (head, *[None] * 4), RowKind.GROUP))
            lines += [
                Row(f"{scheme}.{row['outcome'] or 'not_graded'}", (names.outcome(row), *_amounts(row)))
                for row in of_scheme
            ]
        yield Table(
            f"of_{policy}", text("Outcomes: {policy}", policy=names.policy(rows[0])), fields, tuple(lines)
        )


def _amounts(row: Record) -> tuple[Figure, ...]:
    n = whole(row["n"])
    return (
        Figure(n),
        Figure(whole(row["n_before"])),
        Figure(whole(row["balance_minor"]), n=n, unknown=whole(row["n_unknown"])),
        Figure(whole(row["overdue_minor"]), n=n),
    )


def _moves(pack: Pack, names: _Names, changes: list[Record]) -> Table:
    text = pack.text
    fields = (
        Field("policy", text("Policy"), Format.TEXT),
        Field("scheme", text("Scheme"), Format.TEXT),
        Field("before", text("Before"), Format.TEXT),
        Field("now", text("Now"), Format.TEXT),
        Field("direction", text("Direction"), Format.TEXT),
        Field("n", text("Customers or loans"), Format.COUNT),
        Field("balance", pack.label("balance"), Format.MONEY),
    )
    rows = []
    for row in sorted(changes, key=lambda r: (names.order(r)[:2], -int(r["balance_minor"] or 0))):
        before, now = names.rank(row, "before"), names.rank(row, "outcome")
        way = text("▲ worse") if now > before else text("▼ better")
        cells: tuple[Cell, ...] = (
            names.policy(row), names.scheme(row), names.outcome(row, "before"), names.outcome(row),
            way if now >= 0 else "—", Figure(whole(row["n"])), Figure(whole(row["balance_minor"])),
        )  # fmt: skip
        rows.append(
            Row(".".join((row["policy"], row["scheme"], row["before"], row["outcome"] or "-")), cells)
        )
    note = "" if rows else text("No outcome changed.")
    return Table("moves", text("Moves on the month"), fields, tuple(rows), note, sheet="outcome_changed")


def _reasons(pack: Pack, names: _Names) -> Iterator[Table]:
    text = pack.text
    fields = (
        Field("scheme", text("Scheme"), Format.TEXT),
        Field("outcome", text("Graded as"), Format.TEXT),
        Field("rule", text("Rule"), Format.ID),
        Field("why", text("Reason"), Format.TEXT),
        Field("n", text("Customers or loans"), Format.COUNT),
        Field("balance", pack.label("balance"), Format.MONEY),
    )
    rows = [row for row in records(pack.frame("outcome_rules")) if names.rank(row, "outcome") > 0]
    for policy, theirs in _by_policy(names, rows):
        largest = sorted(theirs, key=lambda row: -int(row["balance_minor"] or 0))[:_MOST_RULES]
        lines = tuple(
            Row(
                f"{row['scheme']}.{row['outcome']}.{row['rule']}",
                (names.scheme(row), names.outcome(row), str(row["rule"]), names.rule(row),
                 Figure(whole(row["n"])), Figure(whole(row["balance_minor"]))),
            )
            for row in sorted(largest, key=names.order)
        )  # fmt: skip
        title = text("Why not the best outcome: {policy}", policy=names.policy(theirs[0]))
        yield Table(f"why_{policy}", title, fields, lines)


def _unassessed(pack: Pack, names: _Names, rows: list[Record]) -> Table:
    text = pack.text
    fields = (
        Field("policy", text("Policy"), Format.TEXT),
        Field("scheme", text("Scheme"), Format.TEXT),
        Field("rule", text("Rule"), Format.ID),
        Field("what", text("Not assessed for want of a fact"), Format.TEXT),
        Field("n", text("Customers or loans"), Format.COUNT),
        Field("balance", pack.label("balance"), Format.MONEY),
    )
    lines = tuple(
        Row(
            ".".join((row["policy"], row["scheme"], row["rule"])),
            (names.policy(row), names.scheme(row), "—" if row["rule"] == "who" else str(row["rule"]),
             names.rule(row), Figure(whole(row["n"])), Figure(whole(row["balance_minor"]))),
        )
        for row in rows
    )  # fmt: skip
    return Table("unassessed", text("What could not be assessed"), fields, lines)


def _changed(pack: Pack, names: _Names) -> Listing:
    text = pack.text
    fields = (
        Field("policy", text("Policy"), Format.TEXT),
        Field("scheme", text("Scheme"), Format.TEXT),
        Field("subject", text("Customer or loan"), Format.ID),
        Field("branch", text("Branch"), Format.TEXT),
        Field("before", text("Before"), Format.TEXT),
        Field("now", text("Now"), Format.TEXT),
        Field("rules", text("Rules"), Format.TEXT),
        Field("balance", pack.label("balance"), Format.MONEY),
        Field("overdue", pack.label("overdue_amount"), Format.MONEY),
        Field("boundary", text("Nearest boundary"), Format.TEXT),
        Field("distance", text("Distance to it"), Format.NUMBER),
    )
    rows = tuple(
        (
            names.policy(row), names.scheme(row), str(row["subject_id"]), written(row["branch"]),
            names.outcome(row, "before"), names.outcome(row), str(row["rules"]),
            whole(row["balance_minor"]), whole(row["overdue_minor"]),
            names.boundary(row), fraction(row["distance"]),
        )
        for row in records(pack.frame("outcome_changed"))
    )  # fmt: skip
    return Listing("outcome_changed", text("Everyone whose outcome changed"), fields, rows)


def _penalties(pack: Pack, names: _Names) -> tuple[Table, Listing]:
    """Return the largest penalties on a page, with their total, and all of them for Excel."""
    text, lang = pack.text, pack.head.lang
    fields = (
        Field("loan", text("Loan"), Format.ID),
        Field("policy", text("Policy"), Format.TEXT),
        Field("branch", text("Branch"), Format.TEXT),
        Field("overdue", pack.label("overdue_amount"), Format.MONEY),
        Field("penalty", text("Penalty by the day, so far"), Format.MONEY),
    )
    found = records(pack.frame("penalties"))
    rows = [
        (str(row["subject_id"]), names.policy(row), written(row["branch"]),
         whole(row["overdue_minor"]), whole(row["penalty_minor"]))
        for row in found
    ]  # fmt: skip
    shown = tuple(Row(row[0], (*row[:3], Figure(row[3]), Figure(row[4]))) for row in rows[:SHOWN])
    total = Figure(sum(int(row["penalty_minor"]) for row in found), n=len(rows))
    whole_row = Row("all", (text("All {n} loans", n=len(rows)), "", "", Figure(None), total), RowKind.TOTAL)
    title = str(found[0][f"label_{lang}"])
    note = str(found[0][f"note_{lang}"])
    table = Table("penalties", title, fields, (*shown, whole_row), note, sheet="penalties")
    return table, Listing("penalties", title, fields, tuple(rows))
