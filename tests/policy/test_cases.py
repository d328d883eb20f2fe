from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import ibis
import pyarrow as pa
import pytest
from policy_cases import DUE_SCHEMA, FILES, Said, due_table, feature_table, read_cases, said_of
from sqlglot import exp

from postloan.model.contract import Kind
from postloan.policy.condition import Condition
from postloan.policy.files import read_policy
from postloan.policy.measures import measured
from postloan.policy.policy import Policy
from postloan.policy.scheme import Scheme
from postloan.yaml_file import has_key

by_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


@cache
def said(path: Path) -> tuple[tuple[str, Said], ...]:
    return tuple(said_of(path))


def wrong_with(one: Said) -> str | None:
    case, row = one.case, one.said
    if case.absent or row is None:
        return None if case.absent and row is None else f"a row is {'not ' if row is None else ''}there"
    told = {
        "outcome": (row["outcome"], case.outcome),
        "rules": (row["rules"], case.rules),
        "is_floor": (row["is_floor"], case.is_floor),
        "unassessed": (row["unassessed"], row["unassessed"] if case.unassessed is None else case.unassessed),
        "step": (row["next_count"], row["next_count"] if case.step is None else case.step),
    }
    return "; ".join(f"{name}: {got!r}" for name, (got, wanted) in told.items() if got != wanted) or None


@by_file
def test_every_case_comes_out_as_it_is_written(path: Path) -> None:
    wrong = [
        (name, str(one.on), dict(one.case), fault) for name, one in said(path) if (fault := wrong_with(one))
    ]
    assert wrong == []


@by_file
def test_every_measure_counts_as_it_is_written(path: Path) -> None:
    cases = read_cases(path)
    file = read_policy(cases.policy)
    assert set(file.policy.measures) == set(cases.measures)
    for name, listed in cases.measures.items():
        scheme = next(s for s in file.policy.schemes.values() if s.subject == "customer")
        rows = [
            {"customer_id": f"{i:03}", "month_end": cases.on, "n_due": len(c.paid_day)}
            for i, c in enumerate(listed)
        ]
        features = feature_table(file, scheme, rows).drop_columns(list(file.policy.measures))
        due = [row for i, case in enumerate(listed) for row in due_table(case.paid_day, cases.on, f"{i:03}")]
        connection = ibis.duckdb.connect(threads=1)
        found = measured(
            connection.create_table("feature", features),
            connection.create_table("due", pa.Table.from_pylist(due, schema=DUE_SCHEMA)),
            file.policy, "customer_id", [cases.on],
        ).order_by("customer_id").to_pyarrow()  # fmt: skip
        assert found[name].to_pylist() == [case.count for case in listed], name


def numbers(condition: Condition, policy: Policy, scheme: Scheme) -> Iterator[tuple[str, str, bool]]:
    """Yield column, parameter, and whether the number belongs to the lower side, of each comparison with one."""
    columns = policy.columns(scheme.subject)
    for node in condition.comparisons():
        column, parameter = node.this.name, node.expression.name
        if column in columns and parameter in policy.parameters and columns[column].kind is not Kind.FRACTION:
            yield column, parameter, isinstance(node, exp.GT | exp.LTE)


def branch(one: Said, scheme: Scheme) -> int | None:
    """Return the ladder that gave a case its outcome."""
    given = set(one.said["rules"].split()) if one.said else set()
    return next((r.branch for r in scheme.reasons() if r.branch is not None and r.rule in given), None)


def deciding(path: Path, policy: Policy, name: str, loc: tuple[str | int, ...]) -> Iterator[Said]:
    """Yield the cases that a condition decides: of its scheme; of every scheme with the same ladder."""
    if loc[0] != "ladders" or loc[-1] == "when":
        yield from (one for of, one in said(path) if of == name)
        return
    ladder = policy.schemes[name].ladders[int(loc[1])]
    for of, one in said(path):
        place = branch(one, policy.schemes[of])
        if place is not None and policy.schemes[of].ladders[place] == ladder:
            yield one


@by_file
def test_both_sides_of_every_threshold_are_pinned_at_every_time(path: Path) -> None:
    policy = read_policy(read_cases(path).policy).policy
    missing = []
    for name, scheme in policy.schemes.items():
        for condition, loc in scheme.conditions():
            for column, parameter, is_lower in numbers(condition, policy, scheme):
                for day in policy.changes([parameter]):
                    number = policy.values(day)[parameter]
                    cases = deciding(path, policy, name, loc)
                    pinned = {
                        one.row.get(column) for one in cases if policy.values(one.on).get(parameter) == number
                    }
                    assert isinstance(number, int)
                    wanted = {number, number + 1 if is_lower else number - 1}
                    missing += [(name, *loc, str(day), parameter, n) for n in wanted - pinned]
    assert missing == []


@by_file
def test_both_sides_of_every_number_of_a_measure_are_pinned(path: Path) -> None:
    cases = read_cases(path)
    policy = read_policy(cases.policy).policy
    for name, measure in policy.measures.items():
        for node in measure.condition().comparisons():
            (dated,) = policy.parameters[node.expression.name].values
            assert isinstance(dated.value, int)
            low = dated.value if isinstance(node, exp.GT | exp.LTE) else dated.value - 1
            assert {low, low + 1} <= {day for case in cases.measures[name] for day in case.paid_day}, name


@by_file
def test_every_rule_has_a_case(path: Path) -> None:
    policy = read_policy(read_cases(path).policy).policy
    for name, scheme in policy.schemes.items():
        rules = {reason.rule for reason in scheme.reasons() if reason.branch is None}
        rules |= {part.rule for part in (scheme.hold, *scheme.contagion) if part is not None}
        assert rules <= {rule for of, one in said(path) if of == name for rule in one.case.rules.split()}, (
            name
        )
    rungs = {reason.rule for scheme in policy.schemes.values() for reason in scheme.reasons()}
    assert rungs <= {rule for _, one in said(path) for rule in one.case.rules.split()}


@by_file
def test_both_sides_of_every_date_of_a_number_are_pinned(path: Path) -> None:
    policy = read_policy(read_cases(path).policy).policy
    days = policy.changes()[1:]
    dated = {one.on for _, one in said(path)}
    assert {day for day in days if not any(on < day for on in dated)} == set()
    assert {day for day in days if not any(on >= day for on in dated)} == set()


def test_every_policy_has_its_case_file() -> None:
    policies = (FILES[0].parents[2] / "params/policies").glob("*.yaml")
    # Rules of work have no schemes: the tests of the engine pin both sides of their numbers.
    plain = {path.stem for path in policies if not (has_key(path, "segments") or has_key(path, "work"))}
    assert {path.stem for path in FILES} == plain
