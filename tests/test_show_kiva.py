"""Real input: delinquency of early microloans agrees with a query written from scratch over the raw files."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import duckdb
import pytest

from postloan.jobs.load import load
from postloan.jobs.show import show

ROOT = Path(__file__).parents[1]
KIVA = ROOT.parent / "shared" / "data" / "kiva"
SLUGS = ["overdue_rate_count", "over_30_rate_count", "over_90_rate_count"]
DATES = [date(2006, 6, 30), date(2006, 12, 31), date(2007, 6, 30)]

pytestmark = pytest.mark.skipif(not KIVA.is_dir(), reason=f"the Kiva files are not in {KIVA}")

# First due, first paid, in calendar dates as written. A loan counts from its disbursement until everything
# it owes is paid; its status column is not looked at.
INDEPENDENT = """
WITH loans AS (
    SELECT id FROM read_csv('{folder}/loans.csv', all_varchar = true)
    WHERE left(disbursal_date, 10)::DATE <= DATE '{as_of}'
),
owed AS (
    SELECT loan_id, left(due_date, 10)::DATE AS due_on,
        sum(amount::DECIMAL(18, 2)) OVER (
            PARTITION BY loan_id ORDER BY left(due_date, 10)::DATE RANGE UNBOUNDED PRECEDING
        ) AS owed_so_far
    FROM read_csv('{folder}/local_payments.csv', all_varchar = true)
    WHERE loan_id IN (SELECT id FROM loans)
),
paid AS (
    SELECT loan_id, sum(local_amount::DECIMAL(18, 2)) AS paid
    FROM read_csv('{folder}/payments.csv', all_varchar = true)
    WHERE left(processed_date, 10)::DATE <= DATE '{as_of}'
    GROUP BY loan_id
),
active AS (
    SELECT loan_id, min(due_on) FILTER (WHERE owed_so_far > coalesce(paid, 0)) AS oldest_unpaid
    FROM owed LEFT JOIN paid USING (loan_id)
    GROUP BY loan_id
    HAVING max(owed_so_far) > max(coalesce(paid, 0))
)
SELECT
    count(*) FILTER (WHERE DATE '{as_of}' - oldest_unpaid > 0),
    count(*) FILTER (WHERE DATE '{as_of}' - oldest_unpaid > 30),
    count(*) FILTER (WHERE DATE '{as_of}' - oldest_unpaid > 90),
    count(*),
    (SELECT count(*) FROM loans)
FROM active
"""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kiva") / "book"
    load(ROOT / "params/sources/kiva.yaml", KIVA, folder)
    return folder


@pytest.mark.parametrize("as_of", DATES, ids=str)
def test_loans_over_0_30_and_90_days_agree_with_the_raw_files(book: Path, as_of: date) -> None:
    shown = json.loads(show(SLUGS, book, as_of, fmt="json"))
    expected = duckdb.sql(INDEPENDENT.format(folder=KIVA, as_of=as_of)).fetchone()
    assert expected is not None
    assert [row["metric"] for row in shown] == SLUGS
    assert [row["numerator"] for row in shown] == list(expected[:3])
    assert {row["denominator"] for row in shown} == {expected[3]}
    assert {row["n"] for row in shown} == {expected[3]}


@pytest.mark.parametrize("as_of", DATES, ids=str)
def test_loans_without_instalments_are_unknown_not_current(book: Path, as_of: date) -> None:
    without = duckdb.sql(
        f"""
        SELECT count(*) FROM read_csv('{KIVA}/loans.csv', all_varchar = true)
        WHERE left(disbursal_date, 10)::DATE <= DATE '{as_of}'
            AND id NOT IN (SELECT loan_id FROM read_csv('{KIVA}/local_payments.csv', all_varchar = true))
        """
    ).fetchone()
    assert without is not None
    shown = json.loads(show(SLUGS[:1], book, as_of, fmt="json"))
    assert shown[0]["unknown"] == without[0] > 0


def test_breakdowns_add_up_and_keep_loans_without_a_key(book: Path) -> None:
    total = json.loads(show(SLUGS, book, DATES[1], fmt="json"))
    for dimension in ("branch", "industry", "region", "bucket", "risk_class"):
        parts = json.loads(show(SLUGS, book, DATES[1], by=[dimension], fmt="json"))
        for whole in total:
            for figure in ("numerator", "denominator", "n", "unknown"):
                of_metric = [row[figure] for row in parts if row["metric"] == whole["metric"]]
                assert sum(of_metric) == whole[figure], (dimension, figure)


def test_text_names_value_parts_definition_and_source(book: Path) -> None:
    text = show(["npl_ratio", "overdue_amount"], book, DATES[1], lang="en")
    head = text.splitlines()[0].split()
    assert head == ["metric", "value", "numerator", "denominator", "n", "unknown", "low", "high"]
    assert "npl_ratio: NPL ratio = Balance of substandard" in text
    assert "[F-13]" in text
