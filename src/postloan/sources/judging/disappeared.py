"""Open loans of the book that a delivery of the whole stock no longer holds: kept, and said aloud.

A table is delivered whole where its mapping says ``whole: true``, and always as a month-end tape. A loan
is closed by an event, by an early settlement, or by payments as high as its instalments; on a tape by the
exit that its last row gives.
"""

from __future__ import annotations

import duckdb

from postloan.model.label import Label
from postloan.sources.judging.desk import Desk

_GONE = Label(
    "loan_id：账簿中未结清的借据，本次全量报送中没有",
    "loan_id: open in the book, absent from this delivery of all loans",
)

_CLOSED = """
    SELECT loan_id FROM loan_event WHERE event_kind IN ('settlement', 'write_off', 'sale', 'repossession', 'renewal')
    UNION SELECT loan_id FROM payment WHERE payment_kind = 'early_settlement'
    UNION SELECT loan_id FROM (
        SELECT loan_id, sum(
            principal_minor + coalesce(interest_minor, 0) + coalesce(fee_minor, 0) + coalesce(penalty_minor, 0)
        ) AS due
        FROM instalment
        WHERE is_withdrawn IS NOT TRUE AND schedule_no = (SELECT max(s.schedule_no) FROM instalment s WHERE s.loan_id = instalment.loan_id)
        GROUP BY loan_id
    ) JOIN (
        SELECT loan_id, sum(CASE WHEN payment_kind IN ('reversal', 'refund') THEN -1 ELSE 1 END * amount_minor) AS paid
        FROM payment GROUP BY loan_id
    ) USING (loan_id) WHERE paid >= due
"""
_OF_STOCK = f"""
    SELECT loan_id FROM loan
    WHERE loan_id NOT IN (SELECT loan_id FROM present WHERE loan_id IS NOT NULL)
        AND loan_id NOT IN ({_CLOSED})
    ORDER BY loan_id
"""
# Of a tape: open in its last row, which is of a month that the delivery goes beyond; a loan that was gone
# before the book's last month has been said already.
_OF_TAPE = f"""
    WITH last AS (
        SELECT loan_id, date_trunc('month', max(observed_on)) AS month,
            arg_max(exit_kind IS NULL AND closed_on IS NULL, observed_on) AS is_open
        FROM loan_tape GROUP BY loan_id
    )
    SELECT loan_id FROM last
    WHERE is_open AND month < (SELECT date_trunc('month', max(observed_on)) FROM present)
        AND month >= coalesce((SELECT date_trunc('month', max(observed_on)) FROM before), DATE '0001-01-01')
        AND loan_id NOT IN ({_CLOSED})
    ORDER BY loan_id
"""


def tell_disappeared(desk: Desk) -> None:
    """Add a warning to the account of a table delivered whole for the open loans that it no longer holds."""
    for name, query in (("loan", _OF_STOCK), ("loan_tape", _OF_TAPE)):
        if name in desk.present and (gone := _asked(desk, name, query)):
            desk.mention(name, _GONE, gone)


def _asked(desk: Desk, name: str, query: str) -> list[str]:
    tables = {table: desk.in_force(table) for table in ("loan_event", "payment", "instalment", name)}
    tables |= {"present": desk.present[name], "before": desk.held.read(name)}
    if name == "loan":
        tables["loan"] = tables["before"]
    with duckdb.connect(config={"python_enable_replacements": "false", "threads": 2}) as connection:
        for table, rows in tables.items():
            connection.register(table, rows)
        return [str(row[0]) for row in connection.execute(query).fetchall()]
