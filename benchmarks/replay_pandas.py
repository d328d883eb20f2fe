"""Days past due, overdue amount and bucket of plain ledgers with pandas; see ``replay_peers`` for what it relies on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks.contest import Work
from benchmarks.workload import AS_OF, FIRST_MONTH
from postloan.engine.replay_model import COMPONENTS
from postloan.model.buckets import BUCKETS

_PARTS = [f"{part}_minor" for part in COMPONENTS]


def pandas_asof(data: Path, scratch: Path) -> Work:
    """Three ``merge_asof`` over all months at once, which is quicker than one after another; by numbers of loans."""
    import pandas as pd

    def work() -> None:
        loan = _frame(data / "loan", ["loan_id", "disbursed_on"])
        ids = pd.Index(loan["loan_id"])
        owed = _pandas_owed(_frame(data / "instalment", ["loan_id", "due_on", *_PARTS]), ids)
        paid = _pandas_paid(_frame(data / "payment", ["loan_id", "paid_on", "amount_minor"]), ids)
        months = _pandas_months(loan["disbursed_on"], owed, paid)
        seen = pd.merge_asof(months, paid, left_on="month_end", right_on="paid_on", by="loan")
        fallen = owed[["loan", "due_on", "through"]].rename(
            columns={"due_on": "fallen_on", "through": "fallen"}
        )
        seen = pd.merge_asof(
            seen, fallen, left_on="month_end", right_on="fallen_on", by="loan", allow_exact_matches=False
        )
        seen[["paid", "fallen"]] = seen[["paid", "fallen"]].fillna(0).astype("int64")
        line = owed[["loan", "due_on", "before"]].sort_values("before", kind="stable")
        seen = seen.sort_values("paid", kind="stable")
        seen = pd.merge_asof(seen, line, left_on="paid", right_on="before", by="loan")
        _pandas_result(seen, ids).to_parquet(scratch / "narrow.parquet", compression="zstd", index=False)

    return work


def _frame(folder: Path, columns: list[str]) -> Any:
    return pq.read_table(folder, columns=columns).to_pandas(date_as_object=False)


def _pandas_owed(instalment: Any, ids: Any) -> Any:
    part = instalment[_PARTS].fillna(0).sum(axis=1).astype("int64")
    loan = ids.get_indexer(instalment["loan_id"])
    through = part.groupby(loan).cumsum()
    owed = instalment[["due_on"]].assign(loan=loan, through=through, before=through - part)
    return owed.sort_values("due_on", kind="stable")


def _pandas_paid(payment: Any, ids: Any) -> Any:
    paid = payment[["paid_on", "amount_minor"]].assign(loan=ids.get_indexer(payment["loan_id"]))
    paid = paid.sort_values("paid_on", kind="stable")
    return paid.assign(paid=paid.groupby("loan")["amount_minor"].cumsum())[["paid_on", "loan", "paid"]]


def _pandas_months(disbursed_on: Any, owed: Any, paid: Any) -> Any:
    import pandas as pd

    totals = owed.groupby("loan")["through"].max()
    is_done = paid.groupby("loan")["paid"].max().reindex(totals.index) == totals
    last = paid.groupby("loan")["paid_on"].max().reindex(totals.index).where(is_done, pd.Timestamp(AS_OF))
    loans = pd.DataFrame(
        {"loan": totals.index, "total": totals, "last": last, "first": disbursed_on[totals.index]}
    )
    grid = pd.DataFrame({"month_end": pd.date_range(f"{FIRST_MONTH}-01", AS_OF, freq="ME", unit="ms")})
    months = grid.merge(loans, how="cross")
    begins = months["last"].dt.to_period("M") >= months["month_end"].dt.to_period("M")
    return months[begins & (months["month_end"] >= months["first"])]


def _pandas_result(seen: Any, ids: Any) -> Any:
    import pandas as pd

    overdue = (seen["fallen"] - seen["paid"]).clip(lower=0)
    late = (seen["month_end"] - seen["due_on"]).dt.days.where(overdue > 0, 0).astype("Int32")
    dpd = late.where(seen["paid"] < seen["total"])
    bucket = pd.Series(0, dpd.index, dtype="Int32")
    for one in BUCKETS[1:]:
        bucket += (dpd >= one.from_days).astype("Int32")
    return pd.DataFrame(
        {
            "loan_id": ids.take(seen["loan"]),
            "month_end": seen["month_end"].to_numpy(),
            "dpd": dpd.array,
            "overdue_minor": overdue.array,
            "bucket": bucket.array,
        }
    )
