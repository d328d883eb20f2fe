"""Metrics on forty million rows against SQL written by hand, and against the packages one would pick."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from benchmarks import metrics_peers as peers
from benchmarks import metrics_sql as sql
from benchmarks.contest import Contest, Entrant, Work
from benchmarks.metrics_lender import AS_OF, facts_in, flows, positions, positions_and_flows
from postloan.metrics.catalogue import METRICS, measured
from postloan.metrics.facts import Facts
from postloan.metrics.flow_matrix import flow_matrix
from postloan.metrics.measure import measure
from postloan.metrics.scope import observation_dates
from postloan.metrics.vintage import vintage

STOCKS = tuple(metric for metric in METRICS if metric.table == "position")
BY = ("month_end", "branch", "product")
COHORT_METRICS = ("par_30", "over_30_rate_count")


def _ours(work: Callable[[Facts], object]) -> Callable[[Path, Path], Work]:
    """Open the workload and compile one query elsewhere, so that the body does not pay for imports."""

    def setup(data: Path, scratch: Path) -> Work:
        facts = facts_in(data)
        observation_dates(facts.table("loan").mutate(month_end="disbursed_on"), AS_OF)
        return lambda: work(facts)

    return setup


def _query(text: str) -> Callable[[Path, Path], Work]:
    def setup(data: Path, scratch: Path) -> Work:
        connection = facts_in(data).connection.con
        return lambda: connection.execute(text).to_arrow_table()

    return setup


def additive(facts: Facts) -> object:
    """Measure every stock of the catalogue by month, branch and product."""
    return measure(facts.table("position"), STOCKS, BY)


def all_flows(facts: Facts) -> object:
    """Return the flow matrices of all months."""
    months = facts.table("flow").select("month_end").distinct().to_pyarrow()["month_end"].to_pylist()
    return flow_matrix(facts, months, ["all"])


def all_cohorts(facts: Facts) -> object:
    """Measure what is over 30 days past due by cohort and month."""
    dates = observation_dates(facts.table("position"), AS_OF)
    return measured(facts, COHORT_METRICS, dates, ("cohort", "month_end"))


def all_vintages(facts: Facts) -> object:
    """Return all vintage curves."""
    return vintage(facts, AS_OF, ["all"])


_ADDITIVE = Entrant("postloan", _ours(additive))
_FLOWS = Entrant("postloan", _ours(all_flows))
_VINTAGES = Entrant("postloan", _ours(all_vintages))
# Copies of 20,000 loans: 147 of them have 40 million months, 83 have 40 million flows.
_MONTHS_40M, _FLOWS_40M, _QUICK = 2_940_000, 1_660_000, 20_000

CONTESTS: tuple[Contest, ...] = (
    Contest(
        "metrics_additive",
        "All 39 stocks of the catalogue by month, branch and product, with ratios and intervals, in one query,"
        " over 40 million loan-months; one SQL by hand gives their sums.",
        positions, _MONTHS_40M, 200_000, _ADDITIVE, (Entrant("SQL by hand", _query(sql.ADDITIVE)),), 1.3,
    ),
    Contest(
        "metrics_scan",
        "The same, against reading the columns it needs.",
        positions, _MONTHS_40M, 200_000, _ADDITIVE, (Entrant("scan", _query(sql.SCAN)),), 15.0,
    ),
    Contest(
        "metrics_flows",
        "Flow matrices of all months over 40 million flows, against a plain group-by of the same rows.",
        flows, _FLOWS_40M, _QUICK, _FLOWS, (Entrant("group by", _query(sql.FLOWS)),), 3.0,
    ),
    Contest(
        "metrics_vintages",
        "All vintage curves over 40 million loan-months, against a plain group-by of the same rows.",
        positions, _MONTHS_40M, _QUICK, _VINTAGES, (Entrant("group by", _query(sql.VINTAGES)),), 3.0,
    ),
    Contest(
        "metrics_cohorts",
        "Shares over 30 days past due by cohort and month over 40 million loan-months, against a plain group-by.",
        positions, _MONTHS_40M, _QUICK, Entrant("postloan", _ours(all_cohorts)),
        (Entrant("group by", _query(sql.COHORTS)),), 3.0,
    ),
    Contest(
        "metrics_flows_polars",
        "Flow matrices of all months from the flows that the book keeps; roll-rate-analysis joins each two months.",
        positions_and_flows, 1_000_000, _QUICK, _FLOWS,
        (Entrant("roll-rate-analysis 0.2.0", peers.roll_rate, ("roll-rate-analysis",)),), 0.1,
    ),
    Contest(
        "metrics_flows_pandas",
        "Flow matrices of all months from the flows that the book keeps; transitionMatrix walks the rows.",
        positions_and_flows, 100_000, _QUICK, _FLOWS,
        (Entrant("transitionMatrix 0.5.1", peers.transition_matrix, ("transitionMatrix",)),), 0.1,
    ),
    Contest(
        "metrics_vintages_pandas",
        "All vintage curves; cranalytics gives the one over 90 days by amount, from one row per loan.",
        positions_and_flows, 1_000_000, _QUICK, _VINTAGES,
        (Entrant("cranalytics 0.3.0", peers.cranalytics, ("cranalytics",)),), 0.1,
    ),
)  # fmt: skip
