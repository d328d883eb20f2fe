"""Scopes and tidy frames: one query answers for the whole lender and for every branch at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from postloan.model.scope import ALL, MISSING

_MOMENT = pa.timestamp("s")
# Nullable integers: an amount beyond 2**53 beside an unknown one must not pass through a float.
_DTYPES = {pa.int64(): pd.Int64Dtype(), pa.int32(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}


def keyed(column: ibis.Value) -> ibis.Value:
    """Return a group column with its missing keys named."""
    return column.fill_null(MISSING)


def in_scopes(table: ibis.Table, scopes: Sequence[str]) -> ibis.Table:
    """Return ``table`` with a column ``scope``: its rows once for ``all`` and once for their branch.

    Rows without a branch have the scope ``(missing)``. Only scopes that are asked for are kept.
    """
    whole = table.mutate(scope=ibis.literal(ALL))
    branches = [scope for scope in scopes if scope != ALL]
    if not branches:
        return whole
    parts = table.mutate(scope=keyed(table["branch"])).filter(lambda t: t["scope"].isin(branches))
    return ibis.union(whole, parts) if ALL in scopes else parts


def stacked(*tables: ibis.Table) -> ibis.Table:
    """Return the rows of all ``tables``, which may differ in which columns can be blank."""
    loose = [
        table.cast({name: kind.copy(nullable=True) for name, kind in table.schema().items()})
        for table in tables
    ]
    return ibis.union(*loose)


def tidy(query: ibis.Table, order: Sequence[str | tuple[str, str]]) -> pd.DataFrame:
    """Run ``query``; rows in ``order`` (a pair names a column and its direction), missing keys last.

    Integers come back nullable, dates as datetime64.
    """
    keys = [key if isinstance(key, tuple) else (key, "ascending") for key in order]
    arrow = query.to_pyarrow()
    return framed(arrow.take(pc.sort_indices(arrow, sort_keys=keys)))


def framed(arrow: pa.Table) -> pd.DataFrame:
    """Return rows as a frame: integers nullable, dates as datetime64, moments to the second whatever the engine."""
    fields = [
        field.with_type(_MOMENT) if pa.types.is_timestamp(field.type) else field for field in arrow.schema
    ]
    exact = arrow.cast(pa.schema(fields))
    return pd.DataFrame(exact.to_pandas(types_mapper=_DTYPES.get, date_as_object=False))


def observation_dates(position: ibis.Table, as_of: date) -> list[date]:
    """Return the observation dates of the book up to ``as_of``, oldest first."""
    dates = position.filter(position["month_end"] <= as_of).select("month_end").distinct()
    return sorted(dates.to_pyarrow()["month_end"].to_pylist())
