"""The ledger that replay is measured on: any number of loans of 24 instalments, seen at 42 month-ends.

Loans are paid out evenly over the first 18 months. Nine in ten instalments are paid on the day, some up to
four months late, some in two parts; three loans in a hundred stop paying for good. Same number, same bytes.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from postloan.model.tables import DELIVERED

FIRST_MONTH = np.datetime64("2022-01", "M")
MONTHS_OF_LENDING, N_INSTALMENTS = 18, 24
AS_OF = date(2025, 6, 30)  # the 42nd month-end
LOANS_AT_A_TIME = 100_000
PRINCIPAL_PART, INTEREST_PART = 50_000, 4_500  # of every instalment, in minor units

Ints = npt.NDArray[np.int64]
Days = npt.NDArray[Any]  # datetime64[D]


@dataclass(frozen=True, slots=True)
class _Loans:
    first: int
    disbursed: Days
    due: Days  # one row per loan, one column per instalment


def write(folder: Path, loans: int) -> None:
    """Write loan, instalment and payment as Parquet, one file of each per 100,000 loans.

    Args:
        folder: Made if missing.
        loans: How many.
    """
    for n, tables in enumerate(ledgers(loans)):
        for name, table in tables.items():
            path = folder / name / f"part-{n:03d}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(table, path, compression="zstd", row_group_size=122_880)


def ledgers(loans: int, months_of_lending: int = MONTHS_OF_LENDING) -> Iterator[dict[str, pa.Table]]:
    """Yield loan, instalment and payment of 100,000 loans at a time, in order of the loans.

    Args:
        loans: How many in all.
        months_of_lending: Over how many months they are paid out evenly.
    """
    for first in range(0, loans, LOANS_AT_A_TIME):
        random = np.random.default_rng(first)
        chunk = _loans(first, min(LOANS_AT_A_TIME, loans - first), months_of_lending, random)
        yield {"loan": _loan(chunk), "instalment": _instalment(chunk), "payment": _payment(chunk, random)}


def _loans(first: int, n: int, months: int, random: np.random.Generator) -> _Loans:
    month = FIRST_MONTH + random.integers(0, months, n)
    day = random.integers(0, 28, n)
    due = month[:, None] + np.arange(1, N_INSTALMENTS + 1)
    return _Loans(
        first,
        month.astype("datetime64[D]") + day,
        due.astype("datetime64[D]") + day[:, None],
    )


def _ids(prefix: str, numbers: Ints) -> pa.Array:
    return pa.array(np.char.add(prefix, np.char.zfill(numbers.astype(str), 9)))


def _contract(name: str, columns: dict[str, pa.Array]) -> pa.Table:
    schema = DELIVERED[name].schema()
    n = len(next(iter(columns.values())))
    return pa.table([columns.get(f.name, pa.nulls(n, f.type)).cast(f.type) for f in schema], schema=schema)


def _loan(chunk: _Loans) -> pa.Table:
    n = len(chunk.disbursed)
    numbers = np.arange(chunk.first, chunk.first + n)
    return _contract(
        "loan",
        {
            "loan_id": _ids("L", numbers),
            "customer_id": _ids("C", numbers // 2),
            "product": pa.array(np.array(["consumer", "business", "farm"])[numbers % 3]),
            "branch": pa.array(np.char.add("branch ", (numbers % 50).astype(str))),
            "principal_minor": pa.array(np.full(n, N_INSTALMENTS * PRINCIPAL_PART)),
            "disbursed_on": pa.array(chunk.disbursed),
        },
    )


def _instalment(chunk: _Loans) -> pa.Table:
    n = len(chunk.disbursed)
    total = n * N_INSTALMENTS
    return _contract(
        "instalment",
        {
            "loan_id": _ids("L", np.repeat(np.arange(chunk.first, chunk.first + n), N_INSTALMENTS)),
            "schedule_no": pa.array(np.ones(total, dtype=np.int32)),
            "instalment_no": pa.array(np.tile(np.arange(1, N_INSTALMENTS + 1, dtype=np.int32), n)),
            "due_on": pa.array(chunk.due.ravel()),
            "principal_minor": pa.array(np.full(total, PRINCIPAL_PART)),
            "interest_minor": pa.array(np.full(total, INTEREST_PART)),
        },
    )


def _payment(chunk: _Loans, random: np.random.Generator) -> pa.Table:
    shape = chunk.due.shape
    owed = PRINCIPAL_PART + INTEREST_PART
    is_late, in_parts = random.random(shape) < 0.1, random.random(shape) < 0.03
    delay = np.where(is_late, random.geometric(0.05, shape).clip(max=120), 0)
    stops = np.where(
        random.random(shape[0]) < 0.03, random.integers(0, N_INSTALMENTS, shape[0]), N_INSTALMENTS
    )
    is_paid = np.arange(N_INSTALMENTS) < stops[:, None]
    rows = np.repeat(np.flatnonzero(is_paid), 1 + in_parts[is_paid])
    is_second = np.append(False, rows[1:] == rows[:-1])
    paid = (chunk.due + delay).ravel()[rows] + 9 * is_second
    parted = in_parts.ravel()[rows]
    amount = np.where(is_second, owed - owed // 3, np.where(parted, owed // 3, owed))
    seen = paid <= np.datetime64(AS_OF)
    rows, paid, amount, is_second = rows[seen], paid[seen], amount[seen], is_second[seen]
    base = chunk.first * N_INSTALMENTS
    return _contract(
        "payment",
        {
            "payment_id": _ids("P", 2 * (base + rows) + is_second),
            "loan_id": _ids("L", chunk.first + rows // N_INSTALMENTS),
            "paid_on": pa.array(paid),
            "amount_minor": pa.array(amount),
            "known_on": pa.array(paid),
        },
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--loans", type=int, default=1_000_000)
    given = parser.parse_args()
    write(given.folder, given.loans)
