"""Open loans of the book that a delivery of the whole stock no longer holds: kept, and said aloud.

A table is delivered whole where its mapping says ``whole: true``, and always as a month-end tape. A loan
is closed by an event, by an early settlement, or by payments as high as its instalments; on a tape by the
exit that its last row gives.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from postloan.model.contract import Table
from postloan.model.delivered import LOAN
from postloan.model.label import Label
from postloan.model.tables import DELIVERED
from postloan.sources.judging.desk import Desk

_GONE = Label(
    "loan_id：账簿中未结清的借据，本次全量报送中没有",
    "loan_id: open in the book, absent from this delivery of all loans",
)

_CLOSED = """
    SELECT loan_id FROM loan_event_now WHERE event_kind IN ('settlement', 'write_off', 'sale', 'repossession', 'renewal')
    UNION SELECT loan_id FROM payment_now WHERE payment_kind = 'early_settlement'
    UNION SELECT loan_id FROM (
        SELECT loan_id, sum(
            principal_minor + coalesce(interest_minor, 0) + coalesce(fee_minor, 0) + coalesce(penalty_minor, 0)
        ) AS due
        FROM instalment_now i
        WHERE is_withdrawn IS NOT TRUE
            AND schedule_no = (SELECT max(s.schedule_no) FROM instalment_now s WHERE s.loan_id = i.loan_id)
        GROUP BY loan_id
    ) JOIN (
        SELECT loan_id, sum(CASE WHEN payment_kind IN ('reversal', 'refund') THEN -1 ELSE 1 END * amount_minor) AS paid
        FROM payment_now GROUP BY loan_id
    ) USING (loan_id) WHERE paid >= due
"""
_OF_STOCK = "SELECT loan_id FROM held.loan ANTI JOIN present USING (loan_id)"
# Of a tape: open in its last row, which is of a month that the delivery goes beyond; a loan that was gone
# before the book's last month has been said already.
_OF_TAPE = """
    SELECT loan_id FROM (
        SELECT loan_id, date_trunc('month', max(observed_on)) AS month,
            arg_max(exit_kind IS NULL AND closed_on IS NULL, observed_on) AS is_open
        FROM loan_tape_now GROUP BY loan_id
    )
    WHERE is_open AND month < (SELECT date_trunc('month', max(observed_on)) FROM present)
        AND month >= coalesce((SELECT date_trunc('month', max(observed_on)) FROM held.loan_tape), DATE '0001-01-01')
"""
# Few loans are absent: of the others nothing is read but their ids.
_STILL_OPEN = f"SELECT loan_id FROM absent ANTI JOIN ({_CLOSED}) USING (loan_id) ORDER BY loan_id"
_LOAN = pa.schema([LOAN.schema().field("loan_id")])


def tell_disappeared(desk: Desk) -> None:
    """Add a warning to the account of a table delivered whole for the open loans that it no longer holds."""
    for name, query in (("loan", _OF_STOCK), ("loan_tape", _OF_TAPE)):
        if name in desk.present:
            absent = _asked(desk, query, {"present": desk.present[name]})
            if gone := _asked(desk, _STILL_OPEN, {"absent": absent})["loan_id"].to_pylist():
                desk.mention(name, _GONE, gone)


def _asked(desk: Desk, query: str, tables: Mapping[str, pa.Table]) -> pa.Table:
    """Return loans by a query over the book's tables, those ending in ``_now`` as they are after the delivery."""
    names = [name for name in DELIVERED if f"{name}_now" in query]
    cut = "SEMI JOIN absent USING (loan_id)" if "absent" in tables else ""
    now = ", ".join(f"{name}_now AS (FROM ({_now(DELIVERED[name])}) {cut})" for name in names)
    new = {f"new_{name}": desk.new(name) for name in names}
    return desk.held.ask(f"WITH {now} {query}" if now else query, _LOAN, {**tables, **new})


def _now(table: Table) -> str:
    """Return the query for the rows of the book and of the delivery, without those that the delivery replaces."""
    names, keys = (", ".join(f'"{name}"' for name in given) for given in (table.names(), table.grain))
    return f"""
        SELECT {names} FROM new_{table.name} UNION ALL
        SELECT {names} FROM held.{table.name} ANTI JOIN new_{table.name} USING ({keys})
    """
