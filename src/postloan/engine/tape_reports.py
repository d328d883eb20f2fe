"""What a lender's month-end tape says of each loan, report by report: SQL over ``loan_tape``.

Days past due are those given, else counted from the due date after the paid-through date (one payment
interval later: paid through 1 March, the April instalment is the oldest unpaid one), else the range that the
lender's code means. A loan paid through a day that lies ahead is not overdue.
"""

from __future__ import annotations

# Rows after a close repeat it or are blank; one with a balance opens the loan again. ``loss_minor`` stands on
# every row from the loss on, and often first after the close: of a close the largest up to the next report of
# an open loan is the loss.
REPORTS = """
SELECT loan_id, observed_on, balance_minor, overdue_minor, is_restructured,
    observed_on - (paid_through_on + to_months(coalesce(payment_months, 1)))::DATE AS days_after_due,
    coalesce(
        dpd,
        CASE WHEN days_after_due < 0 THEN 0 ELSE days_after_due END,
        CASE WHEN dpd_low = dpd_high THEN dpd_low END
    ) AS exact,
    coalesce(exact, dpd_low) AS low,
    CASE WHEN exact IS NULL THEN dpd_high ELSE exact END AS high,
    coalesce(exit_kind, CASE WHEN closed_on <= observed_on
        THEN CASE WHEN loss_minor > 0 THEN 'written_off' ELSE 'settled' END END) AS exit_status,
    max(loss_minor) OVER so_far AS loss_so_far,
    CASE WHEN exit_status IS NOT NULL THEN 'exit' WHEN balance_minor > 0 THEN 'open' END AS says,
    last_value(says IGNORE NULLS) OVER before AS said_before,
    said_before IS DISTINCT FROM 'exit' OR says IS NOT DISTINCT FROM 'open' AS counts
FROM loan_tape
WHERE observed_on <= (SELECT max(month_end) FROM grid)
WINDOW so_far AS (PARTITION BY loan_id ORDER BY observed_on),
    before AS (PARTITION BY loan_id ORDER BY observed_on ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
"""

COUNTING = """
SELECT *, max(loss_so_far) OVER (PARTITION BY loan_id, run) AS loss,
    least(last_day(observed_on), (SELECT max(month_end) FROM grid)) AS slot
FROM (SELECT *, count(*) FILTER (counts) OVER (PARTITION BY loan_id ORDER BY observed_on) AS run FROM report)
QUALIFY counts
"""

# Every date of the grid from the disbursement on, with the loan's last report on or before it. A loan that is
# open belongs to the figures of a date only if it is in the lender's latest tape, which must be fresh enough.
OBSERVED = """
WITH last_report AS (
    SELECT * FROM counting QUALIFY row_number() OVER (PARTITION BY loan_id, slot ORDER BY observed_on DESC) = 1
),
taped AS (
    SELECT loan_id, coalesce(disbursed_on, first_on) AS since, disbursed_on, principal_minor,
        coalesce(grace_days, 0) AS grace_days, is_restructured AS was_restructured
    FROM loan JOIN (SELECT loan_id, min(observed_on) AS first_on FROM report GROUP BY loan_id) USING (loan_id)
),
spine AS (
    SELECT taped.*, grid.*, last_value(slot IGNORE NULLS) OVER (PARTITION BY taped.loan_id ORDER BY month_end) AS slot
    FROM taped JOIN grid ON month_end >= since
    LEFT JOIN last_report ON last_report.loan_id = taped.loan_id AND slot = month_end
)
SELECT spine.*, {month_end} - {disbursed_on} AS mob,
    coalesce(exit_status IS NOT NULL
        OR ({observed_on} = {told_on} AND {month_end} - {told_on} <= {carried_months}), FALSE) AS is_covered,
    coalesce(exit_status, 'active') AS status,
    CASE WHEN is_covered THEN last_report.observed_on END AS observed_on,
    is_covered AND exit_status IS NULL AS is_open,
    CASE WHEN is_open THEN exact END AS dpd,
    CASE WHEN is_open THEN low END AS low,
    CASE WHEN is_open THEN high END AS high,
    CASE WHEN exit_status IS NOT NULL THEN 0 WHEN is_open THEN balance_minor END AS balance_minor,
    CASE WHEN exit_status IS NOT NULL THEN 0 WHEN is_open THEN overdue_minor END AS overdue_minor,
    is_restructured AS said_restructured,
    loss
FROM spine LEFT JOIN last_report USING (loan_id, slot)
WHERE exit_status IS NULL OR slot = month_end
"""


def month_number(column: str) -> str:
    """Return the SQL that numbers the months of a date column."""
    return f"(year({column}) * 12 + month({column}))"


def observed(carried_months: int) -> str:
    """Return the query of loans at the dates of the grid; a tape counts for so many months after its own."""
    return OBSERVED.format(
        carried_months=carried_months,
        month_end=month_number("month_end"),
        disbursed_on=month_number("disbursed_on"),
        observed_on=month_number("last_report.observed_on"),
        told_on=month_number("told_on"),
    )
