"""Section records to JSON and back, exactly: the form in which a notebook carries them beside the HTML.

Records, enums and dates are tagged with ``@``; every JSON list is a tuple; fields at their default are
left out. An int stays an int and a float a float. What has no exact JSON form (NaN, infinity, a time of
day, a NumPy scalar) is refused where it is encoded, with the path to it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from postloan.report import section
from postloan.report.section import Section

SECTION_MIME = "application/vnd.postloan.section+json"

_RECORDS: dict[str, type] = {
    kind.__name__: kind
    for kind in (
        section.Figure,
        section.Field,
        section.Row,
        section.Table,
        section.Series,
        section.Chart,
        section.Paragraphs,
        section.Listing,
        section.Missing,
        section.Section,
    )
}
_ENUMS: dict[str, type[StrEnum]] = {
    kind.__name__: kind for kind in (section.Format, section.RowKind, section.ChartKind)
}


def encode(record: object) -> dict[str, Any]:
    """Return a section record as JSON-ready data.

    Raises:
        TypeError: for a value that is no part of a section; the message says where it stands.
        ValueError: for NaN or infinity: unknown is None.
    """
    name = type(record).__name__
    if name not in _RECORDS:
        raise TypeError(f"{name} is not a section record")
    return _record(record, name)


def decode(data: Mapping[str, Any]) -> Any:
    """Return the record that ``encode`` wrote; raises ValueError for anything else."""
    value = _from_json(data)
    if not is_dataclass(value):
        raise ValueError("not an encoded section record")
    return value


def sections_in(notebook: Mapping[str, Any]) -> list[Section]:
    """Return the sections displayed by an executed notebook, in cell order."""
    found = []
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            data = output.get("data", {}).get(SECTION_MIME)
            if data is not None:
                found.append(decode(data))
    return found


def _record(record: Any, where: str) -> dict[str, Any]:
    kept = {
        item.name: _to_json(getattr(record, item.name), f"{where}.{item.name}")
        for item in fields(record)
        if not _is_default(item, getattr(record, item.name))
    }
    return {"@": type(record).__name__, **kept}


def _is_default(item: Field[Any], value: object) -> bool:
    if item.default_factory is not MISSING:
        return bool(value == item.default_factory())
    # Same type too: False and 0 are equal but not the same cell.
    return type(value) is type(item.default) and value == item.default


def _to_json(value: object, where: str) -> Any:
    if isinstance(value, StrEnum):
        return {"@": type(value).__name__, "value": value.value}
    if value is None or isinstance(value, bool | str | int | float):
        return _scalar(value, where)
    if isinstance(value, tuple):
        return [_to_json(item, f"{where}[{i}]") for i, item in enumerate(value)]
    if isinstance(value, date) and not isinstance(value, datetime):
        return {"@": "date", "value": value.isoformat()}
    if type(value).__name__ in _RECORDS:
        return _record(value, where)
    raise TypeError(f"{where}: {type(value).__name__} cannot stand in a section")


def _scalar(value: bool | str | int | float | None, where: str) -> bool | str | int | float | None:
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{where}: {value} is not a number; unknown is None")
        return float(value)
    return value


def _from_json(data: Any) -> Any:
    if isinstance(data, list):
        return tuple(_from_json(item) for item in data)
    if not isinstance(data, Mapping):
        return data
    tag = data.get("@")
    if tag == "date":
        return date.fromisoformat(data["value"])
    if tag in _ENUMS:
        return _ENUMS[tag](data["value"])
    if tag in _RECORDS:
        return _RECORDS[tag](**dict(_named(data)))
    raise ValueError(f"unknown tag {tag!r} in encoded section")


def _named(data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((name, _from_json(value)) for name, value in data.items() if name != "@")
