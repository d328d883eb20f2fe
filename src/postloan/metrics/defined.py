"""What figures mean: one row per metric or statistic."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from postloan.metrics.metric import Metric, Unit
from postloan.metrics.statistic import Statistic


def defined(records: Iterable[Metric | Statistic]) -> pd.DataFrame:
    """Return what each figure means, in the order given.

    Returns:
        ``slug, zh, en, definition_zh, definition_en, unit, higher_is_worse, is_ratio, source``.
    """
    rows = [
        {
            "slug": record.slug,
            "zh": record.label.zh,
            "en": record.label.en,
            "definition_zh": record.definition.zh,
            "definition_en": record.definition.en,
            "unit": record.unit.value,
            "higher_is_worse": record.higher_is_worse,
            "is_ratio": record.unit is Unit.FRACTION,
            "source": record.source,
        }
        for record in records
    ]
    return pd.DataFrame(rows).astype({"higher_is_worse": "boolean", "is_ratio": "boolean"})
