"""Days past due, overdue amount and bucket of plain ledgers, as one would write it in SQL or Polars.

They rely on what the workload grants: one plan per loan, only repayments, none of them before its due date and
none after the loan is paid. Every amount paid so far goes to the oldest instalments, so the oldest one that is
not covered is the first whose running total is more than the running total of payments.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.contest import Work
from benchmarks.workload import AS_OF, FIRST_MONTH
from postloan.engine.replay_model import COMPONENTS
from postloan.model.buckets import BUCKETS

NARROW = ("month_end", "dpd", "overdue_minor", "bucket")
THREADS = 2
_OWED = " + ".join(f"coalesce({part}_minor, 0)" for part in COMPONENTS)
_BUCKET = " + ".join(f"(dpd >= {bucket.from_days})::INTEGER" for bucket in BUCKETS[1:])
_RESULT = f"""
    SELECT loan_id, month_end, dpd::INTEGER AS dpd, overdue_minor::BIGINT AS overdue_minor,
        {_BUCKET} AS bucket
    FROM (
        SELECT *, greatest(fallen - paid, 0) AS overdue_minor,
            CASE WHEN paid = total THEN NULL WHEN fallen > paid THEN month_end - due_on ELSE 0 END AS dpd
        FROM seen
    )
"""
_RUNNING = "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"


def _tables(data: Path) -> str:
    """Return the common tables: what is owed, what is paid, and the months up to the last that a loan has."""
    return f"""
    owed AS (
        SELECT loan_id, due_on, part,
            (sum(part) OVER (PARTITION BY loan_id ORDER BY due_on, instalment_no {_RUNNING}))::BIGINT AS through
        FROM (SELECT loan_id, due_on, instalment_no, {_OWED} AS part FROM '{data}/instalment/*.parquet')
    ),
    payment AS (SELECT loan_id, paid_on, amount_minor FROM '{data}/payment/*.parquet'),
    ends AS (
        SELECT loan_id, disbursed_on, total,
            CASE WHEN paid = total THEN last_day(last_paid_on) ELSE DATE '{AS_OF}' END AS last_month
        FROM '{data}/loan/*.parquet'
        JOIN (SELECT loan_id, max(through) AS total FROM owed GROUP BY loan_id) USING (loan_id)
        LEFT JOIN (
            SELECT loan_id, max(paid_on) AS last_paid_on, sum(amount_minor) AS paid FROM payment GROUP BY loan_id
        ) USING (loan_id)
    ),
    grid AS (
        SELECT last_day(on_day)::DATE AS month_end
        FROM range(DATE '{FIRST_MONTH}-01', DATE '{AS_OF}' + 1, INTERVAL 1 MONTH) days(on_day)
    ),
    months AS (
        SELECT loan_id, month_end, total FROM ends JOIN grid ON month_end BETWEEN disbursed_on AND last_month
    )
    """


_WINDOW = f"""
    happened AS (
        SELECT loan_id, paid_on AS day, amount_minor AS paid, 0 AS owed, NULL::BIGINT AS total FROM payment
        UNION ALL SELECT loan_id, due_on + 1, 0, part, NULL FROM owed
        UNION ALL SELECT loan_id, month_end, 0, 0, total FROM months
    ),
    so_far AS (
        SELECT loan_id, day, total, sum(paid) OVER days AS paid, sum(owed) OVER days AS fallen FROM happened
        WINDOW days AS (PARTITION BY loan_id ORDER BY day, total NULLS FIRST {_RUNNING})
    ),
    line AS (
        SELECT loan_id, through - part AS paid, due_on, NULL::DATE AS month_end, NULL::HUGEINT AS fallen,
            NULL::BIGINT AS total
        FROM owed
        UNION ALL SELECT loan_id, paid, NULL, day, fallen, total FROM so_far WHERE total IS NOT NULL
    ),
    seen AS (
        SELECT loan_id, month_end, paid, fallen, total, last_value(due_on IGNORE NULLS) OVER (
            PARTITION BY loan_id ORDER BY paid, due_on NULLS LAST {_RUNNING}) AS due_on
        FROM line QUALIFY month_end IS NOT NULL
    )
"""
_ASOF = f"""
    paid_so_far AS (
        SELECT loan_id, paid_on,
            (sum(amount_minor) OVER (PARTITION BY loan_id ORDER BY paid_on {_RUNNING}))::BIGINT AS paid
        FROM payment
    ),
    with_paid AS (
        SELECT months.*, coalesce(paid, 0) AS paid
        FROM months ASOF LEFT JOIN paid_so_far
            ON months.loan_id = paid_so_far.loan_id AND month_end >= paid_on
    ),
    with_fallen AS (
        SELECT with_paid.*, coalesce(through, 0) AS fallen
        FROM with_paid ASOF LEFT JOIN owed ON with_paid.loan_id = owed.loan_id AND month_end > due_on
    ),
    seen AS (
        SELECT with_fallen.*, due_on
        FROM with_fallen ASOF LEFT JOIN (SELECT loan_id, due_on, through - part AS before FROM owed) AS line
            ON with_fallen.loan_id = line.loan_id AND paid >= before
    )
"""


def _duckdb(steps: str, data: Path, scratch: Path) -> Work:
    database = duckdb.connect(config={"threads": THREADS, "temp_directory": str(scratch)})
    database.execute("SET preserve_insertion_order = false")
    query = f"WITH {_tables(data)}, {steps} {_RESULT}"
    return lambda: database.execute(
        f"COPY ({query}) TO '{scratch / 'narrow.parquet'}' (FORMAT parquet, COMPRESSION zstd)"
    )


duckdb_window = partial(_duckdb, _WINDOW)
duckdb_asof = partial(_duckdb, _ASOF)


def _polars(steps: Callable[[Any, Any, Any], Any], data: Path, scratch: Path) -> Work:
    os.environ["POLARS_MAX_THREADS"] = str(THREADS)
    import polars as pl

    part = pl.sum_horizontal(*(f"{name}_minor" for name in COMPONENTS))
    owed = (
        pl.scan_parquet(data / "instalment" / "*.parquet")
        .select("loan_id", "due_on", part=part)
        .with_columns(through=pl.col("part").cum_sum().over("loan_id"))
    )
    paid = (
        pl.scan_parquet(data / "payment" / "*.parquet")
        .select("loan_id", "paid_on", "amount_minor")
        .sort("loan_id", "paid_on")
        .with_columns(paid=pl.col("amount_minor").cum_sum().over("loan_id"))
    )
    seen = steps(owed, paid, _polars_months(pl, data, owed, paid))
    overdue = pl.max_horizontal(pl.col("fallen") - pl.col("paid"), 0)
    late = (pl.col("month_end") - pl.col("due_on")).dt.total_days()
    dpd = pl.when(overdue > 0).then(late).otherwise(0)
    bucket = pl.sum_horizontal(
        *((pl.col("dpd") >= one.from_days).cast(pl.Int32) for one in BUCKETS[1:]), ignore_nulls=False
    )
    result = (
        seen.with_columns(overdue_minor=overdue, dpd=pl.when(pl.col("paid") < pl.col("total")).then(dpd))
        .with_columns(pl.col("dpd").cast(pl.Int32), bucket=bucket)
        .select("loan_id", *NARROW)
    )
    return lambda: result.collect().write_parquet(scratch / "narrow.parquet", compression="zstd")


def _polars_months(pl: Any, data: Path, owed: Any, paid: Any) -> Any:
    ends = (
        pl.scan_parquet(data / "loan" / "*.parquet")
        .select("loan_id", "disbursed_on")
        .join(owed.group_by("loan_id").agg(total=pl.col("part").sum()), on="loan_id", maintain_order="left")
        .join(
            paid.group_by("loan_id").agg(pl.col("paid_on").max(), paid=pl.col("amount_minor").sum()),
            on="loan_id",
            how="left",
            maintain_order="left",
        )
    )
    is_done = pl.col("paid").eq_missing(pl.col("total"))
    last = pl.when(is_done).then(pl.col("paid_on").dt.month_end()).otherwise(pl.lit(AS_OF))
    month_ends = pl.date_ranges(pl.col("disbursed_on").dt.truncate("1mo"), last, "1mo")
    return (
        ends.select("loan_id", "total", month_end=month_ends)
        .explode("month_end")
        .with_columns(pl.col("month_end").dt.month_end())
    )


def _polars_asof(owed: Any, paid: Any, months: Any) -> Any:
    import polars as pl

    with_paid = _polars_joined(months, paid.select("loan_id", "paid_on", "paid"), "month_end", "paid_on")
    with_paid = with_paid.with_columns(
        pl.col("paid").fill_null(0), eve=pl.col("month_end") - pl.duration(days=1)
    )
    with_fallen = _polars_joined(
        with_paid, owed.select("loan_id", fallen_on="due_on", fallen="through"), "eve", "fallen_on"
    )
    line = owed.select("loan_id", "due_on", before=pl.col("through") - pl.col("part"))
    return _polars_joined(with_fallen.with_columns(pl.col("fallen").fill_null(0)), line, "paid", "before")


def _polars_joined(left: Any, right: Any, left_on: str, right_on: str) -> Any:
    return left.join_asof(
        right, left_on=left_on, right_on=right_on, by="loan_id", check_sortedness=False, coalesce=False
    ).drop("loan_id_right", strict=False)


def _polars_window(owed: Any, paid: Any, months: Any) -> Any:
    import polars as pl

    happened = pl.concat(
        [
            paid.select("loan_id", day="paid_on", paid="amount_minor"),
            owed.select("loan_id", day=pl.col("due_on") + pl.duration(days=1), fallen="part"),
            months.select("loan_id", "total", day="month_end"),
        ],
        how="diagonal",
    )
    so_far = (
        happened.sort("loan_id", "day", "total", nulls_last=False)
        .with_columns(pl.col("paid", "fallen").fill_null(0).cum_sum().over("loan_id"))
        .filter(pl.col("total").is_not_null())
    )
    line = pl.concat(
        [
            owed.select("loan_id", "due_on", paid=pl.col("through") - pl.col("part")),
            so_far.rename({"day": "month_end"}),
        ],
        how="diagonal",
    )
    return (
        line.sort("loan_id", "paid", "due_on", nulls_last=True)
        .with_columns(pl.col("due_on").forward_fill().over("loan_id"))
        .filter(pl.col("month_end").is_not_null())
    )


polars_asof = partial(_polars, _polars_asof)
polars_window = partial(_polars, _polars_window)
