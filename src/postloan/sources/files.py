"""Find a delivery's files and read them: what is on disk, told apart by its first bytes."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from dataclasses import dataclass
from pathlib import Path

from postloan.model.fault import REFUSED, USAGE, Fault
from postloan.sources.csv_file import read_csv
from postloan.sources.mapping import FileMapping, Mapping
from postloan.sources.parquet_file import read_parquet
from postloan.sources.tape import Tape

_FOREIGN = (
    (b"PK\x03\x04", "an Excel or zip file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file"),
    (b"SQLite format 3", "an SQLite database"),
    (b"%PDF", "a PDF file"),
)


@dataclass(frozen=True, slots=True)
class Delivered:
    """One file of a delivery: its bytes, their hash, and the mapping it is read by.

    Args:
        name: Path within the delivery.
        data: Empty for the answer of a database.
        sha256: Of the bytes; of its rows, for an answer.
        spec: How it is read.
        answer: Of a database, which is asked only once; None for a file.
    """

    name: str
    data: bytes
    sha256: str
    spec: FileMapping
    answer: Tape | None = None


def deliveries(mapping: Mapping, folder: Path) -> tuple[Delivered, ...]:
    """Return every file the mapping names, in the mapping's order, then by name; databases are asked now.

    Raises:
        Fault: 2 for a missing folder, or a database or query that won't do; 3 for a file that is missing,
            empty, unreadable or outside the folder, or a database that gives no answer.
    """
    if not folder.is_dir():
        raise Fault(f"{folder} is not a folder", "name the folder that holds the lender's files", USAGE)
    found = {
        number: [_delivered(path, folder, spec) for path in _matching(folder, spec.path)]
        for number, spec in enumerate(mapping.files)
        if spec.format != "sql"
    }
    found |= _answers(mapping)
    return tuple(file for number in sorted(found) for file in found[number])


def _answers(mapping: Mapping) -> dict[int, list[Delivered]]:
    """Return the answers of databases by the number of their spec, all asked at one time."""
    asked = {number: spec for number, spec in enumerate(mapping.files) if spec.format == "sql"}
    if not asked:
        return {}
    from postloan.sources.sql import read_answers  # the query layer is slow to import

    tapes = read_answers(tuple(asked.values()), mapping.timezone)
    return {
        number: [Delivered(tape.name, b"", tape.sha256, spec, tape)]
        for (number, spec), tape in zip(asked.items(), tapes, strict=True)
    }


def read_tape(file: Delivered) -> Tape:
    """Return the records of a file; raises Fault 3 for one that isn't what the mapping says."""
    if file.answer is not None:
        return file.answer
    data = _unpacked(file)
    foreign = next((what for magic, what in _FOREIGN if data.startswith(magic)), None)
    if foreign or data.startswith(b"PAR1") != (file.spec.format == "parquet"):
        found = foreign or ("a Parquet file" if data.startswith(b"PAR1") else "something else")
        raise Fault(
            f"{file.name}: the mapping says {file.spec.format}, the file is {found}",
            f"deliver it as {file.spec.format}, or correct `format` in the mapping",
            REFUSED,
        )
    if file.spec.format == "parquet":
        return read_parquet(data, file.name, file.sha256)
    return read_csv(data, file.name, file.sha256, file.spec.encoding, file.spec.delimiter)


def _matching(folder: Path, pattern: str) -> list[Path]:
    found = sorted(path for path in folder.glob(pattern) if path.is_file())
    if not found:
        raise Fault(f"{folder / pattern}: no such file", "deliver it, or correct the mapping", REFUSED)
    return found


def _delivered(path: Path, folder: Path, spec: FileMapping) -> Delivered:
    if not path.resolve().is_relative_to(folder.resolve()):
        raise Fault(f"{path} points outside {folder}", "put the file itself into the folder", REFUSED)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Fault(f"{path}: {error.strerror}", "check its permissions", REFUSED) from None
    if not data:
        raise Fault(f"{path}: empty file", "deliver it again", REFUSED)
    name = path.relative_to(folder).as_posix()
    return Delivered(name, data, hashlib.sha256(data).hexdigest(), spec)


def _unpacked(file: Delivered) -> bytes:
    if not file.data.startswith(b"\x1f\x8b"):
        return file.data
    try:
        return gzip.decompress(file.data)
    except (OSError, EOFError, zlib.error) as error:
        raise Fault(f"{file.name}: the gzip file is damaged: {error}", "deliver it again", REFUSED) from None
