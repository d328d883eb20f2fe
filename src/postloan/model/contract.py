"""The contract: what a table is made of. Every table and column is declared once, in ``tables``.

Checks, the data dictionary, column mapping, the synthetic lender and masking all read these records.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

import pyarrow as pa

from postloan.model.label import Label


class Kind(StrEnum):
    """What a column holds, and so how it is parsed, stored and shown."""

    ID = "id"  # text, never a number: leading zeros and 18 digits survive
    TEXT = "text"
    CODE = "code"  # one of a declared list
    DATE = "date"
    MOMENT = "moment"  # date and time of day by the lender's clock, without a zone
    MONEY = "money"  # integer minor units of the book's currency
    COUNT = "count"
    DAYS = "days"
    FRACTION = "fraction"  # 0.0435 means 4.35 %
    FLAG = "flag"


ARROW_TYPES: dict[Kind, pa.DataType] = {
    Kind.ID: pa.string(),
    Kind.TEXT: pa.string(),
    Kind.CODE: pa.string(),
    Kind.DATE: pa.date32(),
    Kind.MOMENT: pa.timestamp("s"),
    Kind.MONEY: pa.int64(),
    Kind.COUNT: pa.int32(),
    Kind.DAYS: pa.int32(),
    Kind.FRACTION: pa.float64(),
    Kind.FLAG: pa.bool_(),
}


class Sensitivity(StrEnum):
    """How a value is treated in everything that leaves: shown, masked by the pattern of its kind, or refused.

    Secret and biometric values are never taken in: ``never_accepted`` tells them by the column's name.
    """

    INTERNAL = "internal"
    NAME = "name"
    PHONE = "phone"
    ID_NUMBER = "id_number"
    ADDRESS = "address"
    SECRET = "secret"  # noqa: S105 — the name of a class, not a password
    BIOMETRIC = "biometric"


NEVER_ACCEPTED = frozenset({Sensitivity.SECRET, Sensitivity.BIOMETRIC})


class Delivery(StrEnum):
    """How a delivered file relates to what the book already holds."""

    UPSERT = "upsert"  # rows replace rows with the same key
    APPEND = "append"  # rows are new facts; a known key with the same content counts once
    DERIVED = "derived"  # computed by the engine, never delivered


class Severity(StrEnum):
    """What a broken check does: refuse the row, or let it in and say so."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Code:
    """One value of a code list."""

    value: str
    label: Label


@dataclass(frozen=True, slots=True)
class CodeList:
    """The values a code column may take, in display order."""

    name: str
    codes: tuple[Code, ...]

    def values(self) -> tuple[str, ...]:
        """Return the code values in declared order."""
        return tuple(code.value for code in self.codes)

    def label(self, value: str) -> Label:
        """Return the label of ``value``; raises KeyError for a value not declared."""
        for code in self.codes:
            if code.value == value:
                return code.label
        raise KeyError(f"{self.name} has no code {value!r}; it has {list(self.values())}")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, kind, labels and meaning; unit is given by the kind."""

    name: str
    kind: Kind
    label: Label
    meaning: str
    required: bool = False
    codes: CodeList | None = None
    minimum: int | None = None
    sensitivity: Sensitivity = Sensitivity.INTERNAL
    references: str | None = None  # "table.column" that must hold this value

    def __post_init__(self) -> None:
        if (self.kind is Kind.CODE) != (self.codes is not None):
            raise ValueError(f"{self.name}: a code column, and only a code column, needs a code list")
        if self.kind is Kind.MONEY and not self.name.endswith("_minor"):
            raise ValueError(f"{self.name}: money columns end in _minor")
        if self.sensitivity in NEVER_ACCEPTED:
            raise ValueError(f"{self.name}: secrets and biometric features have no place in the contract")


@dataclass(frozen=True, slots=True)
class Check:
    """A rule over the columns of one row: a boolean SQL expression; unknown (NULL) passes."""

    name: str
    expression: str
    label: Label
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its grain (one row per what), delivery, columns and row checks."""

    name: str
    label: Label
    grain: tuple[str, ...]
    delivery: Delivery
    columns: tuple[Column, ...]
    checks: tuple[Check, ...] = field(default=())

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if len(set(names)) != len(names):
            raise ValueError(f"{self.name}: a column is declared twice")
        if unknown := set(self.grain) - set(names):
            raise ValueError(f"{self.name}: grain names no column: {sorted(unknown)}")

    def column(self, name: str) -> Column:
        """Return the declared column; raises KeyError for a name not declared."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name!r}")

    def names(self) -> tuple[str, ...]:
        """Return the column names in declared order."""
        return tuple(column.name for column in self.columns)

    def schema(self) -> pa.Schema:
        """Return the Arrow schema: key columns not nullable, the rest nullable unless required."""
        return pa.schema(
            [
                pa.field(c.name, ARROW_TYPES[c.kind], nullable=not (c.required or c.name in self.grain))
                for c in self.columns
            ]
        )

    @property
    def order(self) -> tuple[str, ...]:
        """Return the columns by which rows are kept sorted: the loan where there is one, then the grain."""
        first = ("loan_id",) if "loan_id" in self.names() else ()
        return tuple(dict.fromkeys((*first, *self.grain)))

    def money_columns(self) -> tuple[str, ...]:
        """Return the names of the columns whose sums must tie out."""
        return tuple(c.name for c in self.columns if c.kind is Kind.MONEY)


def by_name(tables: Iterable[Table]) -> dict[str, Table]:
    """Index tables by name; raises ValueError where a name is declared twice."""
    index: dict[str, Table] = {}
    for table in tables:
        if table.name in index:
            raise ValueError(f"table {table.name} is declared twice")
        index[table.name] = table
    return index
