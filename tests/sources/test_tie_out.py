"""Whatever is done to a file, every row and every amount is accepted, quarantined or ignored, or it is refused."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lender_delivery import LOANS, MAPPING
from ruamel.yaml import YAML

from postloan.model.fault import Fault
from postloan.model.tables import DELIVERED
from postloan.sources.desk import Held
from postloan.sources.files import deliveries
from postloan.sources.intake import Intake, take_in
from postloan.sources.mapping import Mapping

RULES = Mapping.model_validate(YAML(typ="safe", pure=True).load(MAPPING))

LINES = [f"P{i},{'000123' if i % 2 else '1E10'},2025-03-{i + 1:02d},{i}.{i:02d}" for i in range(1, 9)]
HEAD = "流水号,借据号,日期,金额"
POSITIONS = st.integers(0, len(LINES) - 1)
MUTATIONS = st.one_of(
    st.tuples(st.just("drop"), POSITIONS, st.just("")),
    st.tuples(st.just("double"), POSITIONS, st.just("")),
    st.tuples(
        st.just("insert"),
        POSITIONS,
        st.sampled_from(["", ",,,", "合计,,,9", "Total,,,x", "a", '"', '"a"b,,,']),
    ),
    st.tuples(st.just("cut"), POSITIONS, st.just("")),
    st.tuples(st.just("change"), POSITIONS, st.text(alphabet='0123456789.,-"e \x00\n合P', max_size=3)),
    st.tuples(st.just("key"), POSITIONS, POSITIONS.map(str)),
)


def mutated(lines: list[str], kind: str, position: int, text: str) -> list[str]:
    """Return the lines with one fault."""
    at = position % len(lines) if lines else 0
    before, here, after = lines[:at], lines[at : at + 1], lines[at + 1 :]
    line = here[0] if here else ""
    changed = {
        "drop": [],
        "double": [line, line],
        "insert": [text, line],
        "cut": [line[: len(line) // 2]],
        "change": [line[: position + 2] + text + line[position + 3 :]],
        "key": [f"P{text}" + line[line.find(",") :]],
    }
    return [*before, *changed[kind], *after]


def nothing(table: str) -> pa.Table:
    return DELIVERED[table].schema().empty_table()


def taken_in(contents: list[str]) -> Intake:
    """Return the intake of files with these contents."""
    with TemporaryDirectory() as folder:
        for content, spec in zip(contents, RULES.files, strict=True):
            (Path(folder) / spec.path).write_bytes(content.encode())
        return take_in(RULES, deliveries(RULES, Path(folder)), "load", Held(nothing))


@given(st.lists(MUTATIONS, max_size=4), st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=40, deadline=None)
def test_rows_and_money_tie_out(mutations: list[tuple[str, int, str]], line_end: str) -> None:
    lines = LINES
    for kind, position, text in mutations:
        lines = mutated(lines, kind, position, text)
    contents = [LOANS, line_end.join([HEAD, *lines]) + line_end]
    try:
        intake = taken_in(contents)
    except Fault as fault:
        assume("never closes" not in fault.what and "no records" not in fault.what)
        raise
    for account in intake.accounts:
        parts = account.rows_accepted + account.rows_quarantined + account.rows_ignored
        assert account.rows_read == parts
        for money in account.money.values():
            assert money.read == money.accepted + money.quarantined + money.ignored
    payments, account = intake.accepted["payment"], intake.accounts[-1]
    assert sum(payments.column("amount_minor").to_pylist()) == account.money["amount_minor"].accepted
    assert payments.num_rows == account.rows_accepted
    assert intake.quarantine.num_rows == account.rows_quarantined
