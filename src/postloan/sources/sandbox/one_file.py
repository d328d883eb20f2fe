"""Read one file of a delivery, in a process of its own: copy, check, unpack, parse, hand over."""

from __future__ import annotations

import errno
import hashlib
import traceback
from collections.abc import Callable
from pathlib import Path

from postloan.model.fault import CRASHED, Fault
from postloan.model.label import Label
from postloan.sources.mapping import FileMapping
from postloan.sources.reading.containers import Content, unpacked
from postloan.sources.reading.csv_file import read_csv
from postloan.sources.reading.handover import Job, write_fault, write_tape
from postloan.sources.reading.parquet_file import read_parquet
from postloan.sources.reading.refusal import IN_PARTS, refusal
from postloan.sources.reading.tape import Tape
from postloan.sources.sandbox.limits import MOST_WRITTEN
from postloan.sources.xlsx.file import read_xlsx

Reader = Callable[[Path, str, str, FileMapping], Tape]
READERS: dict[str, Reader] = {"csv": read_csv, "parquet": read_parquet, "xlsx": read_xlsx}

_CONTENTS = {"csv": Content.TEXT, "xlsx": Content.XLSX, "parquet": Content.PARQUET}
_NAMES = {
    Content.TEXT: Label("文本", "text"),
    Content.XLSX: Label("Excel文件", "an Excel file"),
    Content.PARQUET: Label("Parquet文件", "a Parquet file"),
}
_WHEN_COMPLETE = Label("请待报送完毕后重新加载", "load again when the delivery is complete")

_BLOCK = 1 << 20
_PACKAGE = Path(__file__).parent.parent


def carry_out(job: Job) -> None:
    """Read the file of a job and leave a tape or a fault in its folder.

    Raises:
        MemoryError: Where the file needs more memory than the process may have.
    """
    folder = Path(job.folder)
    try:
        _read(job, folder)
    except Fault as fault:
        write_fault(fault, folder)
    except MemoryError:
        raise
    except OSError as error:
        write_fault(_unwritten(job.name, error), folder)
    except Exception as error:
        write_fault(_failed(job.name, error), folder)


def _read(job: Job, folder: Path) -> None:
    spec = FileMapping.model_validate(job.spec)
    _copy(job, folder / "content")
    plain = unpacked(folder / "content", job.name, folder)
    if plain.content is not _CONTENTS[spec.format]:
        raise _of_other_format(plain.name, spec.format, _NAMES[plain.content])
    write_tape(READERS[spec.format](plain.path, job.name, job.sha256, spec), folder)


def _copy(job: Job, target: Path) -> None:
    """Copy the file, so that the bytes that are parsed are the bytes that were hashed."""
    digest = hashlib.sha256()
    with Path(job.path).open("rb") as source, target.open("wb") as sink:
        while block := source.read(_BLOCK):
            digest.update(block)
            sink.write(block)
    if digest.hexdigest() != job.sha256:
        zh, en = "文件在读取过程中被改动", "the file changed while it was read"
        raise refusal(job.name, zh, en, _WHEN_COMPLETE)


def _of_other_format(name: str, wanted: str, found: Label) -> Fault:
    return refusal(
        name,
        f"映射声明的格式是{wanted}，而文件是{found.zh}",
        f"the mapping says {wanted}, the file is {found.en}",
        Label(
            f"请以{wanted}格式报送，或更正映射中的 `format`",
            f"deliver it as {wanted}, or correct `format` in the mapping",
        ),
    )


def _unwritten(name: str, error: OSError) -> Fault:
    if error.errno == errno.EFBIG:
        most = f"{MOST_WRITTEN >> 20:,}"
        return refusal(name, f"内容超过{most}MB", f"holds more than {most} MB", IN_PARTS)
    what = f"{name}: {error.strerror or 'could not be read'} while reading"
    return Fault(what, "free space in the temporary folder ($TMPDIR) and check permissions", CRASHED)


def _failed(name: str, error: Exception) -> Fault:
    """Say where the reader failed, not on what: the message of an error may quote the data."""
    frames = traceback.extract_tb(error.__traceback__)
    last = next(frame for frame in reversed(frames) if Path(frame.filename).is_relative_to(_PACKAGE))
    where = f"{type(error).__name__} in {Path(last.filename).name}, line {last.lineno}"
    return Fault(
        f"{name}: the reader failed ({where})",
        "this is a fault of the program: report it with the file's layout",
        CRASHED,
    )
