"""What a reader may use of the machine before it is stopped, and what is said when it is."""

from __future__ import annotations

import os
import resource
from dataclasses import dataclass

from postloan.model.fault import Fault
from postloan.model.label import Label
from postloan.sources.reading.refusal import IN_PARTS, refusal

_MB = 1 << 20

# Of its own; files it maps don't count. A CSV of 500 MB was seen to need 90 MB, a workbook of 5 MB that
# unpacks to 430 MB needs 600 MB: room for both, and for Parquet pages that unpack to many times their size.
MEMORY = 1024 * _MB
MEMORY_PER_BYTE = 4
MOST_MEMORY = 8192 * _MB
# 100 MB of CSV were seen to take 2 s, of workbook 60 s; a machine may be slow or busy.
SECONDS = 120
SECONDS_PER_MB = 2
# Text in GB18030 grows by half as UTF-8; a table of empty fields to five times its text.
MOST_WRITTEN = 16384 * _MB
_OPEN_FILES = 128

_LOOK_FOR_LARGE = Label(
    "请拆分后报送，或查找过大的字段、行或工作表",
    "deliver it in parts, or look for a field, row or sheet that is far too large",
)
_WRITE_AGAIN = Label(
    "文件很可能已损坏：请从源系统重新导出，或改用CSV报送",
    "the file is probably damaged: write it again from its source, or deliver it as CSV",
)

OUT_OF_MEMORY = 71  # exit status of a reader that ran into its limit and could still say so


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one reader.

    Args:
        memory: Bytes of private memory.
        seconds: Of computing, and of waiting for it.
        written: Bytes of any file it writes.
    """

    memory: int
    seconds: int
    written: int = MOST_WRITTEN

    def impose(self) -> None:
        """Put the calling process under the limits; it cannot take them back."""
        resource.setrlimit(resource.RLIMIT_DATA, (self.memory, self.memory))
        # The second signal, one second later, can't be caught.
        resource.setrlimit(resource.RLIMIT_CPU, (self.seconds, self.seconds + 1))
        resource.setrlimit(resource.RLIMIT_FSIZE, (self.written, self.written))
        resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.umask(0o077)


def limits_for(size: int) -> Limits:
    """Return the limits for a file of ``size`` bytes as delivered."""
    return Limits(
        memory=min(MOST_MEMORY, MEMORY + MEMORY_PER_BYTE * size),
        seconds=SECONDS + SECONDS_PER_MB * (size // _MB),
    )


def death(name: str, end: str, limits: Limits) -> Fault:
    """Return the fault for a reader that died: ``end`` is ``memory``, ``time`` or what the system said."""
    if end == "memory":
        most = f"{limits.memory // _MB:,}"
        zh, en = f"读取所需的内存超过{most}MB", f"needs more than {most} MB to read"
        return refusal(name, zh, en, _LOOK_FOR_LARGE)
    if end == "time":
        zh, en = f"读取时间超过{limits.seconds}秒", f"took longer than {limits.seconds} s to read"
        return refusal(name, zh, en, IN_PARTS)
    told = end.replace("exit status ", "退出码").replace("signal ", "信号")
    return refusal(name, f"读取程序崩溃（{told}）", f"the reader crashed ({end})", _WRITE_AGAIN)
