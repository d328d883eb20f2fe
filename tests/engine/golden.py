"""What the worked cases of the replay share: two small ledgers and one question."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from ledgers import Instalment, Ledger, tables

from postloan.engine.replay import Replay, replay
from postloan.engine.replay_model import ReplayModel

DAY = timedelta(days=1)
DUE = date(2024, 1, 8)
LEDGER = Ledger("A", 100, date(2023, 12, 8), (Instalment(1, 1, DUE, 100),))


def replayed(ledger: Ledger, as_of: date, model: ReplayModel | None = None) -> Replay:
    return replay(**tables([ledger]), as_of=as_of, model=model or ReplayModel())


def last(ledger: Ledger, as_of: date, model: ReplayModel | None = None) -> dict[str, Any]:
    row: dict[str, Any] = replayed(ledger, as_of, model).loan_month.to_pylist()[-1]
    return row


def months(ledger: Ledger, as_of: date, model: ReplayModel | None = None) -> dict[date, dict[str, Any]]:
    return {row["month_end"]: row for row in replayed(ledger, as_of, model).loan_month.to_pylist()}


MONTHLY = Ledger(
    "A",
    300,
    date(2024, 1, 10),
    tuple(Instalment(1, n, date(2024, n + 1, 10), 100, 10, 2, 1) for n in (1, 2, 3)),
)
