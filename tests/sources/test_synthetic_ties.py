"""The generator's own arithmetic and the replay agree, loan by loan and month by month."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from synthetic_sample import chunk_of, contract_tables

from postloan.engine.replay import replay
from postloan.sources.synthetic import stock, tables
from postloan.sources.synthetic.tables import Numbers


@pytest.mark.parametrize(("seed", "as_of"), [(3, date(2026, 10, 31)), (4, date(2026, 10, 17))])
def test_balance_overdue_and_dpd_agree_with_the_replay(seed: int, as_of: date) -> None:
    chunk, span = chunk_of(4_000, seed, as_of)
    given = contract_tables(4_000, seed, as_of)
    replayed = replay(*(given[name] for name in ("loan", "instalment", "payment", "loan_event")), as_of=as_of)
    months = replayed.loan_month.filter(pa.compute.equal(replayed.loan_month["status"], "active")).to_pandas()
    months = months[["loan_id", "month_end", "balance_minor", "overdue_minor", "dpd"]]
    ids, received = tables.loan_ids(chunk, Numbers()), stock.credits(chunk)
    parts = []
    for day in sorted({*span.month_ends(36), span.last_day}):
        held = stock.stock(chunk, received, day)
        loan = ids.take(pa.array(chunk.plans.terms.loan[held.plan])).to_pylist()
        columns = {"balance_minor": held.balance, "overdue_minor": held.overdue, "dpd": held.dpd}
        on = np.datetime64(int(day), "D").astype(date)
        parts.append(pd.DataFrame({"loan_id": loan, "month_end": on, **columns}))
    key = ["loan_id", "month_end"]
    ours = pd.concat(parts).sort_values(key, ignore_index=True)
    theirs = months.sort_values(key, ignore_index=True)
    pd.testing.assert_frame_equal(ours, theirs, check_dtype=False)
