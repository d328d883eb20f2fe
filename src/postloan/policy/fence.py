"""A fence between the stages of a query, so that each names the columns of the one before."""

from __future__ import annotations

import ibis
from ibis.util import gen_name


def fenced(table: ibis.Table) -> ibis.Table:
    """Return the same rows as a view of its own: what follows names its columns, not how they are made.

    Without it every reference repeats the whole expression, and a scheme of ten rules is half a megabyte of
    SQL. Nothing is computed; the view lives as long as the connection.
    """
    return table.get_backend().create_view(gen_name("stage"), table)
