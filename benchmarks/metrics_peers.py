"""The packages one would pick for flows and vintages, called as their documentation says, on the same Parquet.

Where they differ from us: roll-rate-analysis and transitionMatrix drop a loan in the month in which it leaves or
its days past due are not known; transitionMatrix counts the last transition of its input twice, and takes two
rows of a loan for a month's transition even where months between them are missing; cranalytics counts a loan
that went bad in its first month in the second.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.contest import Work

MAX_BUCKET = 7


def month_files(data: Path) -> list[Path]:
    """Return the positions at each end of a flow, one file per month, oldest first."""
    flows = sorted(path.parent.name for path in (data / "flow").rglob("*.parquet"))
    months = sorted((data / "position").rglob("*.parquet"))
    first = [path.parent.name for path in months].index(flows[0])
    return months[max(first - 1, 0) :]


def roll_rate(data: Path, scratch: Path) -> Work:
    """Return a body that joins each two consecutive months, and returns their matrices."""
    import polars as pl
    from roll_rate_analysis import MOMRollRateTable

    months = month_files(data)

    def work() -> list[Any]:
        return [
            MOMRollRateTable(
                pl.scan_parquet(before),
                pl.scan_parquet(after),
                unique_key_col="loan_id",
                delinquency_col="bucket",
                max_delq=MAX_BUCKET,
            ).compute()
            for before, after in pairwise(months)
        ]

    return work


def transition_matrix(data: Path, scratch: Path) -> Work:
    """Return a body that walks all rows, sorted by loan and month, and returns counts by month and states."""
    import pandas as pd
    from transitionMatrix.estimators.cohort_estimator import CohortEstimator
    from transitionMatrix.statespaces.statespace import StateSpace

    months = month_files(data)
    columns = ["loan_id", "bucket"]

    def work() -> list[Any]:
        frames = [pd.read_parquet(path, columns=columns).assign(Time=i) for i, path in enumerate(months)]
        rows = pd.concat(frames, ignore_index=True).dropna(subset=["bucket"])
        rows["ID"] = rows["loan_id"].factorize(sort=True)[0]
        rows = rows.rename(columns={"bucket": "State"}).astype({"State": "int64"})
        rows = rows[["ID", "Time", "State"]].sort_values(["ID", "Time"], ignore_index=True)
        states = StateSpace([(str(i), f"M{i}") for i in range(MAX_BUCKET + 1)])
        bounds = list(range(len(months)))
        estimator = CohortEstimator(bounds, states, {"method": "goodman", "alpha": 0.05})
        estimator.fit(rows)
        counts: list[Any] = estimator.count_set
        return counts

    return work


def cranalytics(data: Path, scratch: Path) -> Work:
    """Return a body that makes one row per loan from its months, and returns the cumulative curve of each cohort."""
    import pandas as pd
    from cranalytics.vintage import compute_cgco_curve_wide

    months = sorted((data / "position").rglob("*.parquet"))
    columns = ["loan_id", "month_end", "first_over_90_on", "balance_first_over_90_minor"]

    def work() -> Any:
        rows = pd.concat([pd.read_parquet(path, columns=columns) for path in months], ignore_index=True)
        bad = rows[rows["first_over_90_on"] == rows["month_end"]]
        bad = bad.rename(
            columns={
                "first_over_90_on": "charge_off_date",
                "balance_first_over_90_minor": "charge_off_amount",
            }
        )
        loan = pd.read_parquet(data / "loan", columns=["loan_id", "principal_minor", "disbursed_on"])
        loan = loan[loan["disbursed_on"].notna()]
        wide = loan.merge(bad[["loan_id", "charge_off_date", "charge_off_amount"]], on="loan_id", how="left")
        cohort = pd.to_datetime(wide["disbursed_on"]).dt.to_period("M").dt.start_time
        wide = wide.assign(
            vintage_date=cohort, loan_amount=wide["principal_minor"], max_report_date=rows["month_end"].max()
        )
        return compute_cgco_curve_wide(
            wide.drop(columns=["principal_minor", "disbursed_on"]), horizon_months=len(months)
        )

    return work
