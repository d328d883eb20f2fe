"""The mapping of a lender's files to the contract: one YAML file per lender, no code per lender."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from babel.numbers import get_currency_precision, is_currency
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from postloan.model.nearest import nearest
from postloan.model.tables import DELIVERED
from postloan.sources.contract_fit import misfit
from postloan.yaml_file import read_yaml

Encoding = Literal["utf-8", "gb18030", "gbk", "gb2312", "utf-16"]
MoneyUnit = Literal["minor", "major", "thousand", "ten_thousand", "hundred_million"]
FractionUnit = Literal["fraction", "percent", "permille"]
UNIT_POWERS = {"thousand": 3, "ten_thousand": 4, "hundred_million": 8}


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Lender(_Record):
    """Who lent, in both languages."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Limits(_Record):
    """What a load may lose before it is refused."""

    quarantine_share: float = Field(ge=0, le=1)  # of the rows, and of each amount, of one file and table
    draft_share: float = Field(default=0.001, ge=0, le=1)  # of all rows and money; over it a pack is a draft


class Formats(_Record):
    """How values are written. A column's own format goes before the file's defaults.

    Dates are calendar dates as written: a time or zone behind them is dropped, never converted.
    """

    dates: tuple[str, ...] | None = None  # %Y-%m-%d, %Y%m%d, %Y年%m月%d日, %Y-%m-%dT%H:%M:%SZ …
    money: MoneyUnit | None = None
    fraction: FractionUnit | None = None
    decimal_mark: Literal[".", ","] | None = None
    thousands_mark: Literal[",", ".", " ", "'"] | None = None
    blank: tuple[str, ...] | None = None  # texts that mean nothing was written

    def over(self, defaults: Formats) -> Formats:
        """Return these formats with what they leave open taken from ``defaults``."""
        chosen = {
            name: getattr(defaults if getattr(self, name) is None else self, name)
            for name in Formats.model_fields
        }
        return Formats(**chosen)


class Sequence(_Record):
    """Number rows 1, 2, … within ``over`` in the order of ``by``; rows that tie keep the file's order."""

    over: str
    by: tuple[str, ...] = Field(min_length=1)


class Difference(_Record):
    """What a running total grew by since the row before it with the same ``over``, in the order of ``by``.

    All are columns of the file; rows without a total are passed over, the first grew from nothing.
    """

    over: str
    by: tuple[str, ...] = Field(min_length=1)


class Taken(_Record):
    """The value of another row of the file with the same ``over``: the first of those that ``where`` describes."""

    over: str
    where: dict[str, tuple[str, ...]] = Field(min_length=1)


class ColumnMapping(Formats):
    """Where a contract column comes from: exactly one of column, coalesce, value, cell and sequence.

    ``name`` and ``[name, other name]`` are short for ``{column: …}``; of several names the file must
    have exactly one.
    """

    column: tuple[str, ...] = ()
    coalesce: tuple[str, ...] = ()  # the first of these source columns that isn't blank
    value: str | None = None  # the same for every row
    cell: str | None = Field(default=None, pattern=r"^[A-Z]{1,3}[1-9]\d{0,6}$")  # of a sheet, for every row
    sequence: Sequence | None = None
    difference: Difference | None = None  # of an amount: the source column is a running total
    taken: Taken | None = None  # from another row of the same key
    days_after: int = 0  # of a date: so many days after the source column's
    codes: dict[str, str] | None = None  # source value → contract code, true/false of a flag, or days

    @model_validator(mode="before")
    @classmethod
    def _spell_out(cls, given: Any) -> Any:
        if isinstance(given, (str, list)):
            given = {"column": given}
        if not isinstance(given, dict):
            return given
        texts: dict[str, Callable[[Any], Any]] = {
            "column": lambda v: (v,) if isinstance(v, str) else v,
            "value": _constant_text,
            "codes": lambda v: {_constant_text(a): _constant_text(b) for a, b in v.items()},
        }
        return {name: texts[name](v) if name in texts else v for name, v in given.items()}

    @model_validator(mode="after")
    def _one_origin(self) -> ColumnMapping:
        alone = (self.value, self.cell, self.sequence)
        given = [bool(self.column), bool(self.coalesce), *(origin is not None for origin in alone)]
        if sum(given) != 1:
            raise ValueError("give exactly one of column, coalesce, value, cell, sequence")
        return self

    def beside(self) -> tuple[str, ...]:
        """Return the source columns that are read beside its own."""
        difference = (self.difference.over, *self.difference.by) if self.difference else ()
        taken = (self.taken.over, *self.taken.where) if self.taken else ()
        return (*difference, *taken)


class TableMapping(_Record):
    """The columns of one contract table, by contract name, and which of the file's rows are its own."""

    columns: dict[str, ColumnMapping] = Field(min_length=1)
    only: dict[str, tuple[str, ...]] = {}  # source column → texts; rows with others are ignored
    latest: tuple[str, ...] = ()  # contract columns: of the rows with one key the greatest by these is kept
    # Of loans: the files hold all, an open one that is absent is reported. Of instalments: they hold whole
    # plans, one that is absent is withdrawn.
    whole: bool = False


class Trailer(_Record):
    """The last record of a file, which says how many records there are and what they add up to."""

    starts: str = Field(min_length=1)  # how the record begins: ``T|``, ``记录数``
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)  # of its fields; else the file's
    rows: int | None = Field(default=None, ge=1)  # which of its fields, from 1, is the number of records
    sums: dict[str, int] = {}  # source column of money → which field is its sum

    @model_validator(mode="after")
    def _says_something(self) -> Trailer:
        if self.rows is None and not self.sums:
            raise ValueError("say which field of the trailer holds `rows`, or `sums` of which columns")
        return self


class FileMapping(_Record):
    """One file of a delivery, or many of one layout (``path`` may hold ``*``), and the tables it feeds."""

    path: str
    format: Literal["csv", "xlsx", "parquet", "sql"] = "csv"
    encoding: Encoding | None = None  # declared: checked; else byte order mark, UTF-8, GB18030, refuse
    delimiter: str = Field(default=",", pattern=r"^[,;\t|]$")
    header: int = Field(default=1, ge=1)  # row of a sheet, or line of a text, that names the columns
    sheet: str | None = None  # of a workbook; may be left out where it has one
    database: str | None = None  # name of the environment variable that holds the database's address
    query: str | None = None  # what to ask the database; ``path`` then only names the answer
    trailer: Trailer | None = None  # declared: a file without it is cut off
    allow_empty: bool = False  # a file with a header and no records is a delivery of nothing, not a fault
    formats: Formats = Formats()
    tables: dict[str, TableMapping] = Field(min_length=1)

    @model_validator(mode="after")
    def _asks_of_its_format(self) -> FileMapping:
        if self.format != "xlsx":
            has_cell = any(c.cell for table in self.tables.values() for c in table.columns.values())
            if self.sheet is not None or has_cell:
                word = "sheet" if self.sheet is not None else "cell"
                raise ValueError(f"{self.path}: only xlsx has `{word}`, the format is {self.format}")
        if self.header != 1 and self.format not in ("csv", "xlsx"):
            raise ValueError(f"{self.path}: only csv and xlsx have a `header`, the format is {self.format}")
        return self

    @model_validator(mode="after")
    def _adds_up_money(self) -> FileMapping:
        money = {
            source
            for table in self.tables.values()
            for name, origin in table.columns.items()
            if name.endswith("_minor")
            for source in (*origin.column, *origin.coalesce)
        }
        if unread := sorted(set(self.trailer.sums if self.trailer else ()) - money):
            raise ValueError(
                f"trailer: no amount is read from {unread[0]}; {nearest(unread[0], tuple(money))}"
            )
        return self

    @model_validator(mode="after")
    def _asks_a_database(self) -> FileMapping:
        if self.format != "sql":
            if given := self.model_fields_set & {"database", "query"}:
                raise ValueError(f"{self.path}: only sql has `{min(given)}`, the format is {self.format}")
            return self
        if absent := [name for name in ("database", "query") if not getattr(self, name)]:
            raise ValueError(f"{self.path}: sql needs `{absent[0]}`")
        if given := self.model_fields_set & {"encoding", "delimiter"}:
            raise ValueError(f"{self.path}: an answer of a database has no `{min(given)}`")
        if "*" in self.path:
            raise ValueError(f"{self.path}: of sql the path only names the answer: leave out the `*`")
        return self

    @field_validator("database")
    @classmethod
    def _names_a_variable(cls, name: str) -> str:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            raise ValueError(
                "give the name of an environment variable that holds the address, such as LEDGER_DB; "
                "the address itself, with its password, belongs in no file"
            )
        return name

    def formats_of(self, column: ColumnMapping, defaults: Formats) -> Formats:
        """Return the formats a column is read by: its own, else the file's, else ``defaults``.

        Date cells of a workbook have no text of their own and are given as 2026-01-31, and so are the
        mapping's own dates.
        """
        formats = column.over(self.formats.over(defaults))
        if (self.format != "xlsx" and column.value is None) or "%Y-%m-%d" in (formats.dates or ()):
            return formats
        return formats.model_copy(update={"dates": (*(formats.dates or ()), "%Y-%m-%d")})

    @field_validator("path")
    @classmethod
    def _stays_inside(cls, path: str) -> str:
        parts = PurePosixPath(path).parts
        if not parts or ".." in parts or PurePosixPath(path).is_absolute() or "\\" in path:
            raise ValueError("the path must stay inside the folder given with --from")
        return path

    def source_columns(self) -> frozenset[str]:
        """Return the names of the file's columns that any table reads or chooses its rows by; of aliases all."""
        origins = [column for table in self.tables.values() for column in table.columns.values()]
        read = (name for origin in origins for name in (*origin.column, *origin.coalesce, *origin.beside()))
        return frozenset((*read, *(name for table in self.tables.values() for name in table.only)))


class Mapping(_Record):
    """Everything the suite must be told about one lender's files."""

    lender: Lender
    is_synthetic: bool
    currency: str
    timezone: str  # a note for readers: what day a stamp belongs to
    delivered_on: date | None = None  # day the lender knew what the files say, where they don't say it
    identifiers: Literal["warn", "refuse", "unchecked"] = (
        "warn"  # identity numbers and phones of the mainland
    )
    limits: Limits
    formats: Formats = Formats()
    files: tuple[FileMapping, ...] = Field(min_length=1)

    @field_validator("currency")
    @classmethod
    def _known_currency(cls, code: str) -> str:
        if not is_currency(code):
            raise ValueError(f"{code} is not an ISO 4217 currency code")
        return code

    @model_validator(mode="after")
    def _fits_the_contract(self) -> Mapping:
        for number, file in enumerate(self.files, 1):
            for name, table in file.tables.items():
                if name not in DELIVERED:
                    raise ValueError(f"file {number}: no table {name}; the tables are {', '.join(DELIVERED)}")
                readings = {
                    column: file.formats_of(spec, self.formats) for column, spec in table.columns.items()
                }
                for column in table.latest:
                    if column not in table.columns:
                        raise ValueError(f"file {number}: {name}: latest names {column}, which is not mapped")
                if table.whole and name not in ("loan", "instalment"):
                    raise ValueError(f"file {number}: {name}: only loan and instalment can be `whole`")
                if problem := misfit(DELIVERED[name], table.columns, readings):
                    raise ValueError(f"file {number}: {name}: {problem}")
        return self

    @property
    def exponent(self) -> int:
        """Return how many decimals the currency's minor unit has (CNY 2, JPY 0)."""
        return int(get_currency_precision(self.currency))

    def properties(self) -> dict[str, Any]:
        """Return what a book remembers of the lender."""
        return {
            "lender_zh": self.lender.zh,
            "lender_en": self.lender.en,
            "is_synthetic": self.is_synthetic,
            "currency": self.currency,
            "timezone": self.timezone,
            "draft_share": self.limits.draft_share,
        }


def read_mapping(path: Path) -> Mapping:
    """Return the mapping at ``path``; raises Fault 2 with file, line and the nearest valid name."""
    return read_yaml(path, Mapping)


def _constant_text(value: Any) -> str:
    """Return a YAML scalar as the text a file would hold: ``true``, ``1``, ``2026-01-31``."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, date)):
        return str(value)
    raise ValueError(f"{value!r}: write it in quotation marks")
