"""Find a delivery's files and read them, each in a process of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from postloan.model.fault import REFUSED, USAGE, Fault
from postloan.model.label import Label
from postloan.model.mask import scrubbed
from postloan.sources.mapping import FileMapping, Mapping
from postloan.sources.reading.handover import Job
from postloan.sources.reading.tape import Tape
from postloan.sources.sandbox.readers import SANDBOX


@dataclass(frozen=True, slots=True)
class Delivered:
    """One file of a delivery: where it lies, the hash of its bytes, and the mapping it is read by.

    Args:
        name: Path within the delivery, as messages and the ledger show it: identifiers in it are masked.
        path: On disk; None for the answer of a database.
        size: In bytes; 0 for an answer.
        sha256: Of the bytes; of its rows, for an answer. A file with other bytes than these is not read.
        spec: How it is read.
        answer: Of a database, which is asked only once; None for a file.
    """

    name: str
    path: Path | None
    size: int
    sha256: str
    spec: FileMapping
    answer: Tape | None = None


def deliveries(mapping: Mapping, folder: Path) -> tuple[Delivered, ...]:
    """Return every file the mapping names, in the mapping's order, then by name; databases are asked now.

    Raises:
        Fault: 2 for a missing folder, or a database or query that won't do; 3 for a file that is missing,
            empty, unreadable or outside the folder, or a database that gives no answer.
    """
    files = _files(mapping, folder)
    _good(files)  # else no database need be asked
    return _good(files | _answers(mapping))


def delivered_or_refused(mapping: Mapping, folder: Path) -> tuple[tuple[FileMapping, Delivered | Fault], ...]:
    """Return what ``deliveries`` does, each with its spec, and in the place of a file its refusal.

    Raises:
        Fault: 2, as ``deliveries`` does.
    """
    found = _files(mapping, folder) | _answers(mapping)
    return tuple((mapping.files[number], file) for number in sorted(found) for file in found[number])


_Found = dict[int, list[Delivered | Fault]]  # by the number of the spec


def _good(found: _Found) -> tuple[Delivered, ...]:
    """Return the files; raises the first refusal."""
    good = []
    for file in (file for number in sorted(found) for file in found[number]):
        if isinstance(file, Fault):
            raise file
        good.append(file)
    return tuple(good)


def _files(mapping: Mapping, folder: Path) -> _Found:
    if not folder.is_dir():
        raise Fault(f"{folder} is not a folder", "name the folder that holds the lender's files", USAGE)
    return {
        number: _matching(folder, spec) for number, spec in enumerate(mapping.files) if spec.format != "sql"
    }


def _answers(mapping: Mapping) -> _Found:
    """Return the answers of databases, all asked at one time."""
    asked = {number: spec for number, spec in enumerate(mapping.files) if spec.format == "sql"}
    if not asked:
        return {}
    from postloan.sources.sql.answers import read_answers  # the query layer is slow to import

    tapes = read_answers(tuple(asked.values()), mapping.timezone)
    return {
        number: [tape if isinstance(tape, Fault) else Delivered(tape.name, None, 0, tape.sha256, spec, tape)]
        for (number, spec), tape in zip(asked.items(), tapes, strict=True)
    }


def read_tapes(files: Sequence[Delivered]) -> tuple[Tape | Fault, ...]:
    """Return the records of each file, or why it is refused: it isn't what the mapping says, or kills its reader.

    Raises:
        Fault: 4 where no reader can be started.
    """
    jobs = {
        number: Job(
            file.name,
            str(file.path.resolve()),
            file.sha256,
            file.size,
            file.spec.model_dump(mode="json", exclude_defaults=True),
        )
        for number, file in enumerate(files)
        if file.path is not None
    }
    read = dict(zip(jobs, SANDBOX.read(list(jobs.values())) if jobs else (), strict=True))
    found = [file.answer or read.get(number) for number, file in enumerate(files)]
    return tuple(tape for tape in found if tape is not None)


def _matching(folder: Path, spec: FileMapping) -> list[Delivered | Fault]:
    found = sorted(path for path in folder.glob(spec.path) if path.is_file())
    if found:
        return [_delivered(path, folder, spec) for path in found]
    what = Label(f"{folder / spec.path}：没有这个文件", f"{folder / spec.path}: no such file")
    return [Fault(what, Label("请报送该文件，或更正映射", "deliver it, or correct the mapping"), REFUSED)]


def _delivered(path: Path, folder: Path, spec: FileMapping) -> Delivered | Fault:
    if not path.resolve().is_relative_to(folder.resolve()):
        what = Label(f"{path} 指向 {folder} 之外", f"{path} points outside {folder}")
        return Fault(what, Label("请将文件本身放入该文件夹", "put the file itself into the folder"), REFUSED)
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
    except OSError as error:
        what = Label(f"{path}：无法读取：{error.strerror}", f"{path}: {error.strerror}")
        return Fault(what, Label("请检查该文件的权限", "check its permissions"), REFUSED)
    if size == 0:
        what = Label(f"{path}：文件为空", f"{path}: empty file")
        return Fault(what, Label("请重新报送", "deliver it again"), REFUSED)
    return Delivered(scrubbed(path.relative_to(folder).as_posix()), path, size, sha256, spec)
