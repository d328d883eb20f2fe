"""Laws of every scheme, on rows drawn at random around its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from random import Random
from typing import Any

import pytest
from policy_cases import FILES, Row, graded_rows, read_cases

from postloan.model.contract import Column, Kind
from postloan.policy.boundary import boundaries
from postloan.policy.files import PolicyFile, read_policy
from postloan.policy.grade import reasons_on
from postloan.policy.scheme import Scheme

ON = date(2026, 10, 31)
FILES_OF = {path.stem: read_policy(read_cases(path).policy) for path in FILES}
SCHEMES = [(policy, scheme) for policy, file in FILES_OF.items() for scheme in file.policy.schemes]
every_scheme = pytest.mark.parametrize(("policy", "name"), SCHEMES, ids=[f"{p}.{s}" for p, s in SCHEMES])
N = 300


def drawn(file: PolicyFile, name: str, random: Random) -> list[Row]:
    """Return rows of a scheme whose numbers lie around its boundaries, each a customer of its own."""
    scheme = file.policy.schemes[name]
    valid = file.policy.columns(scheme.subject)
    columns = {column: valid[column] for column in file.policy.names_of(scheme)}
    cuts = numbers(file, scheme)
    return [
        {column: value(kind, cuts.get(column, [0, 1]), random) for column, kind in columns.items()}
        for _ in range(N)
    ]


def numbers(file: PolicyFile, scheme: Scheme) -> dict[str, list[float]]:
    reasons, values = reasons_on(file.policy, scheme, ON), file.policy.values(ON)
    found: dict[str, list[float]] = {}
    for boundary in boundaries(reasons, file.policy.columns(scheme.subject), values):
        found.setdefault(boundary.column, []).extend((boundary.below, boundary.above))
    return found


def value(column: Column, cuts: list[float], random: Random) -> Any:
    if column.kind is Kind.FLAG:
        return random.random() < 0.5
    if column.codes is not None:
        return random.choice(column.codes.values())
    if column.kind is Kind.TEXT:
        return random.choice(("信用卡", "消费贷"))
    return max(int(random.choice(cuts)) + random.randint(-1, 1), 0 if min(cuts) >= 0 else -9)


def outcomes(file: PolicyFile, name: str, rows: list[Row]) -> list[Row | None]:
    scheme = file.policy.schemes[name]
    keyed = []
    for place, row in enumerate(rows):
        key = f"{place:04}"
        ids = {"customer_id": key} | ({"loan_id": key} if scheme.subject == "loan" else {})
        keyed.append({**row, **ids, "month_end": ON})
    found = graded_rows(file, name, ON, keyed, [])
    return [found.get(f"{place:04}") for place in range(len(rows))]


def ranks(file: PolicyFile, name: str, found: list[Row | None]) -> list[int | None]:
    """Return how bad each outcome is; None where there is none."""
    order = {outcome: place for place, outcome in enumerate(file.policy.schemes[name].outcomes)}
    return [None if row is None or row["outcome"] is None else order[row["outcome"]] for row in found]


@dataclass(frozen=True)
class Drawn:
    """Rows, the same made worse in one column, the same with a blank, and how bad each outcome is (None: none)."""

    rows: list[Row]
    ranks: list[int | None]
    worse: list[int | None]
    blank: list[int | None]
    is_floor: list[bool]  # of the rows with a blank
    is_about: list[bool]


@cache
def law(policy: str, name: str) -> Drawn:
    """Grade all three in one go: asking costs more than answering."""
    file, random = FILES_OF[policy], Random(policy + name)
    scheme = file.policy.schemes[name]
    rows = drawn(file, name, random)
    # A loan whose product is not given follows the general ladder: that column chooses, it does not judge.
    choosing = {column for ladder in scheme.ladders if ladder.when for column in ladder.when.names()}
    blank = [{**row, random.choice(sorted(set(row) - choosing)): None} for row in rows]
    worse = [made_worse(row, scheme.worse, random) for row in rows]
    found = outcomes(file, name, [*rows, *worse, *blank])
    bad = ranks(file, name, found)
    return Drawn(
        rows,
        bad[:N],
        bad[N : 2 * N],
        bad[2 * N :],
        [bool(row and row["is_floor"]) for row in found[2 * N :]],
        [row is not None for row in found[:N]],
    )


def made_worse(row: Row, worse: Mapping[str, str], random: Random) -> Row:
    if not worse:
        return row
    column = random.choice(sorted(worse))
    step = random.randint(1, 12) * (1 if worse[column] == "higher" else -1)
    return {**row, column: max(row[column] + step, -9 if column == "days_from_due" else 0)}


@every_scheme
def test_a_worse_input_never_gives_a_better_outcome(policy: str, name: str) -> None:
    found = law(policy, name)
    trios = zip(found.rows, found.ranks, found.worse, strict=True)
    both = [(row, was, now) for row, was, now in trios if was is not None and now is not None]
    assert len(both) > N / 10
    assert [row for row, was, now in both if now < was] == []


@every_scheme
def test_a_missing_fact_never_makes_an_outcome_better(policy: str, name: str) -> None:
    found = law(policy, name)
    quartets = zip(found.rows, found.ranks, found.blank, found.is_floor, strict=True)
    both = [(row, was, now, is_floor) for row, was, now, is_floor in quartets if None not in (was, now)]
    assert None in found.blank
    assert [row for row, was, now, is_floor in both if not is_floor and now < was] == []  # type: ignore[operator]
    assert [row for row, was, now, is_floor in both if is_floor and now > was] == []  # type: ignore[operator]


@every_scheme
def test_a_missing_fact_never_gives_the_best_outcome(policy: str, name: str) -> None:
    found = law(policy, name)
    quartets = zip(found.rows, found.is_about, found.ranks, found.blank, strict=True)
    assert [row for row, is_about, was, now in quartets if is_about and now == 0 and was != 0] == []


LADDERS = [(p, s) for p, s in SCHEMES if FILES_OF[p].policy.schemes[s].ladders]


@pytest.mark.parametrize(("policy", "name"), LADDERS, ids=[f"{p}.{s}" for p, s in LADDERS])
def test_changing_a_number_changes_exactly_what_lies_between(policy: str, name: str) -> None:
    file = FILES_OF[policy]
    scheme = file.policy.schemes[name]
    ladder = scheme.ladders[-1]
    parameter = next(iter(ladder.rungs[-1].bounds().values()))
    dated = file.policy.parameters[parameter].values
    old = dated[-1].value
    assert isinstance(old, int)
    path = f"parameters.{parameter}.values.{len(dated) - 1}.value"
    changed = read_policy(policy, {path: old + 5})
    usual = next(read_cases(p) for p in FILES if p.stem == policy).schemes[name].usual
    rows = [{**usual, ladder.column: number} for number in range(max(old - 20, 1), old + 20)]
    before, after = outcomes(file, name, rows), outcomes(changed, name, rows)
    moved = {
        row[ladder.column]
        for row, was, now in zip(rows, before, after, strict=True)
        if (was and was["outcome"]) != (now and now["outcome"])
    }
    assert moved == set(range(old + 1, old + 6))
