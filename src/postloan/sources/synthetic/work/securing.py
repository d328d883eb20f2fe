"""What secures loans and what their files hold: guarantees, collateral, valuations, documents."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from postloan.model import work_codes
from postloan.sources.synthetic import people
from postloan.sources.synthetic.cells import dates, dates_if, keyed, named, numbered
from postloan.sources.synthetic.lending import SECURITIES
from postloan.sources.synthetic.types import NEVER, Ints
from postloan.sources.synthetic.work.view import Staffed, branch_place
from postloan.sources.synthetic.world import PRODUCTS

_KINDS = work_codes.COLLATERAL_KIND.values()
_OF_PRODUCT = {
    "住房按揭": "property",
    "工程机械融资": "machine",
    "小微经营贷": "property",
    "企业流动资金贷款": "plant",
    "农业贷款": "equipment",
}
_DOCUMENTS = ("contract", "voucher", "assessment")
_HALF_YEAR = 182


def guarantee_table(seen: Staffed) -> pa.Table:
    """Return table ``guarantee``: one guarantor a guaranteed loan."""
    loan = np.flatnonzero(seen.chunk.loans.security == SECURITIES.index("guarantee"))
    random, count = seen.random, len(loan)
    return pa.table(
        {
            "loan_id": keyed(seen.ids, loan),
            "guarantor_id": numbered("DB", seen.numbers(count), 12),
            "name": people.person_names(count, random),
            "phone": people.phones(count, random),
            "guaranteed_minor": seen.chunk.loans.principal[loan],
            "until_on": dates(seen.chunk.loans.matures[loan] + 730),
        }
    )


def pledged(seen: Staffed) -> Ints:
    """Return the loans that collateral stands for."""
    loans = seen.chunk.loans
    secured = np.isin(loans.security, [SECURITIES.index(name) for name in ("mortgage", "pledge")])
    return np.flatnonzero(secured & ~loans.is_undisbursed)


def collateral_table(seen: Staffed) -> pa.Table:
    """Return table ``collateral``: one a secured loan, worth more than it at first."""
    loan, random, loans = pledged(seen), seen.random, seen.chunk.loans
    kind_of = np.array([_KINDS.index(_OF_PRODUCT.get(item.name, "other")) for item in PRODUCTS])
    kind = np.where(
        loans.security[loan] == SECURITIES.index("pledge"),
        _KINDS.index("deposit"),
        kind_of[loans.product[loan]],
    )
    is_machine = kind == _KINDS.index("machine")
    number = np.arange(len(loan)) + seen.first_id
    return pa.table(
        {
            "collateral_id": numbered("YP", number, 12),
            "loan_id": keyed(seen.ids, loan),
            "collateral_kind": named(list(_KINDS), kind),
            "value_minor": _value(seen, loan),
            "accepted_on": dates(loans.disbursed[loan]),
            "released_on": dates_if(
                np.where(loans.matures[loan] + 10 <= seen.span.last_day, loans.matures[loan] + 10, NEVER)
            ),
            "frame_no": _if(is_machine, numbered("CJ", number, 12)),
            "engine_no": _if(is_machine, numbered("FD", number, 12)),
            "place": people.addresses(["示例市"] * len(loan), random),
        }
    )


def _value(seen: Staffed, loan: Ints) -> Ints:
    share = 1.3 + (loan % 50) / 100
    worth: Ints = np.round(seen.chunk.loans.principal[loan] * share / 10_000).astype(np.int64) * 10_000
    return worth


def _if(keep: np.ndarray, values: pa.Array) -> pa.Array:
    return values.take(pa.array(np.arange(len(keep)), mask=~keep))


def valuation_table(seen: Staffed) -> pa.Table:
    """Return table ``valuation``: every half-year, but in one branch the last ones were left out."""
    held_for, random, loans = pledged(seen), seen.random, seen.chunk.loans
    stale = loans.branch[held_for] == branch_place(seen.happenings.stale_valuations)
    parts = []
    for back in range(4):
        day = np.maximum(
            seen.span.last_day - back * _HALF_YEAR - random.integers(0, 150, len(held_for)),
            loans.disbursed[held_for],
        )
        held = (
            (loans.disbursed[held_for] <= day)
            & (loans.matures[held_for] >= day)
            & (loans.disbursed[held_for] < seen.span.last_day - back * _HALF_YEAR)
        )
        done = held & ~(stale & (back < 2)) & (random.random(len(held_for)) < 0.97)
        parts.append((held_for[done], day[done], np.flatnonzero(done)))
    loan, day, place = (np.concatenate(values) for values in zip(*parts, strict=True))
    years = (day - loans.disbursed[loan]) / 365
    fall = 1 - 0.02 * years - np.where(random.random(len(loan)) < 0.04, 0.15, 0.0)
    _, only = np.unique(place * NEVER + day, return_index=True)
    loan, day, place, fall = loan[only], day[only], place[only], fall[only]
    return pa.table(
        {
            "collateral_id": numbered("YP", place + seen.first_id, 12),
            "valued_on": dates(day),
            "value_minor": np.round(_value(seen, loan) * fall / 100).astype(np.int64) * 100,
            "is_third_party": random.random(len(loan)) < 0.96,
            "is_accepted": random.random(len(loan)) < 0.99,
        }
    )


def document_table(seen: Staffed) -> pa.Table:
    """Return table ``document``: what the files of the loans seen must hold; in one branch much is missing."""
    random, loans = seen.random, seen.chunk.loans
    kept = np.flatnonzero((seen.dpd.max(axis=1) >= 0) & ~loans.is_undisbursed)
    loan = np.repeat(kept, len(_DOCUMENTS))
    kind = np.tile(np.arange(len(_DOCUMENTS)), len(kept))
    poor = loans.branch[loan] == branch_place(seen.happenings.missing_documents)
    missing = random.random(len(loan)) < np.where(poor, 0.16, 0.006)
    day = np.minimum(loans.disbursed[loan] + random.integers(0, 10, len(loan)), seen.span.last_day)
    no_copy = missing | (random.random(len(loan)) < 0.004)
    found = missing & (random.random(len(loan)) < 0.4)
    seen_on = np.maximum(seen.span.last_day - random.integers(0, 90, len(loan)), day)
    filed = seen_on + random.integers(0, 9, len(loan))
    mended = found & (random.random(len(loan)) < 0.6) & (filed <= seen.span.last_day)
    day, missing = np.where(mended, filed, day), missing & ~mended
    no_copy = no_copy & ~mended
    return pa.table(
        {
            "loan_id": keyed(seen.ids, loan),
            "document_kind": named(list(_DOCUMENTS), kind),
            "paper_on": dates(day, missing),
            "electronic_on": dates(day, no_copy),
            "gap_found_on": dates(seen_on, ~found),
        }
    )
