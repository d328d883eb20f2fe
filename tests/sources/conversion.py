"""Convert a few values as a mapping would."""

from __future__ import annotations

import pyarrow as pa

from postloan.model.tables import DELIVERED
from postloan.sources.judging.convert import Converted, Reading, convert
from postloan.sources.mapping import Formats


def converted(
    table: str, column: str, values: list[object], codes: object = None, **formats: object
) -> Converted:
    known = codes if isinstance(codes, dict) else None
    reading = Reading(Formats.model_validate(formats), known, exponent=2)
    return convert(pa.array(values), DELIVERED[table].column(column), reading)


def bad_rows(result: Converted) -> list[bool]:
    masks = list(result.bad.values())
    return [any(mask[i] for mask in masks) for i in range(len(result.values))]
