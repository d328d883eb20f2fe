"""The files a core system would hand over: GB18030 text with Chinese heads, and Parquet."""

from __future__ import annotations

import gzip
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from postloan.model.contract import CodeList, Kind
from postloan.model.tables import DELIVERED


class Sink(Protocol):
    """A file that grows chunk by chunk."""

    def write(self, table: pa.Table) -> None:
        """Append rows."""

    def close(self) -> None:
        """Finish the file."""


@dataclass(frozen=True, slots=True)
class TextFile:
    """A CSV file with the contract's Chinese labels as heads, gzipped where its name says so.

    Money is written in yuan with two decimals, rates in percent, codes by their Chinese label,
    dates in ``date_format``. No time is stored in the gzip header, so equal rows are equal bytes.
    """

    name: str
    encoding: str
    date_format: str

    def open(self, folder: Path) -> Sink:
        """Start the file in ``folder``."""
        return _TextSink(self, folder / self.name)


@dataclass(frozen=True, slots=True)
class ParquetFile:
    """A Parquet file with contract names and types, money in fen; one row group per chunk."""

    name: str

    def open(self, folder: Path) -> Sink:
        """Start the file in ``folder``."""
        return _ParquetSink(folder / self.name)


class _TextSink:
    def __init__(self, layout: TextFile, path: Path) -> None:
        self._layout = layout
        self._file = path.open("wb")
        self._out: io.BufferedIOBase = self._file
        if layout.name.endswith(".gz"):
            self._out = gzip.GzipFile(filename="", mode="wb", compresslevel=3, fileobj=self._file, mtime=0)
        self._has_head = False

    def write(self, table: pa.Table) -> None:
        buffer = io.BytesIO()
        options = pa_csv.WriteOptions(include_header=not self._has_head, quoting_style="needed")
        pa_csv.write_csv(as_text(table, self._layout), buffer, options)
        self._has_head = True
        self._out.write(buffer.getvalue().decode("utf-8").encode(self._layout.encoding))

    def close(self) -> None:
        self._out.close()
        self._file.close()


class _ParquetSink:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: pq.ParquetWriter | None = None

    def write(self, table: pa.Table) -> None:
        if self._writer is None:
            # Without the stored Arrow schema readers see plain text where we hand over dictionaries.
            self._writer = pq.ParquetWriter(self._path, table.schema, compression="zstd", store_schema=False)
        self._writer.write_table(table)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


def heads(table_name: str, columns: list[str]) -> list[str]:
    """Return the Chinese heads of contract columns, with the unit where there is one."""
    contract = DELIVERED[table_name]
    units = {Kind.MONEY: "(元)", Kind.FRACTION: "(%)"}
    return [contract.column(name).label.zh + units.get(contract.column(name).kind, "") for name in columns]


def as_text(table: pa.Table, layout: TextFile) -> pa.Table:
    """Return all columns as text under Chinese heads."""
    name = layout.name.split(".", maxsplit=1)[0]
    contract = DELIVERED[name]
    texts = [_text(table[c.name], c.kind, c.codes, layout) for c in map(contract.column, table.column_names)]
    return pa.table(texts, names=heads(name, table.column_names))


def _text(values: pa.ChunkedArray, kind: Kind, codes: CodeList | None, layout: TextFile) -> pa.ChunkedArray:
    if pa.types.is_dictionary(values.type):
        values = values.cast(pa.string())
    if kind is Kind.DATE:
        return pc.strftime(values, layout.date_format)
    if kind is Kind.MOMENT:
        return pc.strftime(values, f"{layout.date_format} %H:%M:%S")
    if kind is Kind.MONEY:
        return _yuan(values)
    if kind is Kind.FRACTION:
        return pc.round(pc.multiply(values, 100.0), 2).cast(pa.string())
    if codes is not None:
        labels = pa.array([code.label.zh for code in codes.codes])
        return labels.take(pc.index_in(values, pa.array(codes.values())).combine_chunks())
    return values.cast(pa.string())


def _yuan(fen: pa.ChunkedArray) -> pa.ChunkedArray:
    """Write fen as yuan with two decimals, without passing through floating point."""
    sign = pc.if_else(pc.less(fen, 0), "-", "")
    size = pc.abs(fen)
    whole = pc.divide(size, 100)
    cents = pc.utf8_lpad(pc.subtract(size, pc.multiply(whole, 100)).cast(pa.string()), 2, "0")
    return pc.binary_join_element_wise(
        sign, pc.binary_join_element_wise(whole.cast(pa.string()), cents, "."), ""
    )
