"""Stream the XML parts of a workbook: no document type, so no entities that grow; damaged XML is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from xml.parsers import expat
from zipfile import ZipFile

from postloan.model.label import Label
from postloan.sources.reading.refusal import SAVE_AGAIN, refusal
from postloan.sources.reading.unpack import inflated

_COMMENT, _CDATA = Label("注释", "a comment"), Label("CDATA段", "CDATA")
_INSTRUCTION = Label("处理指令", "a processing instruction")
_SAVE = Label("请用Excel重新保存", "save it in Excel again")
_DO_NO_HARM = Label(
    "请用Excel重新保存；该文件可能是恶意制作的", "save it in Excel again; it may have been made to do harm"
)

Tag = tuple[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Package:
    """An opened workbook file: where it lies, how to speak of it, and its parts."""

    path: Path
    name: str
    archive: ZipFile

    def part(self, name: str) -> Iterator[bytes]:
        """Return the content of a part in chunks; raises Fault 3 where there is none."""
        if name not in self.archive.namelist():
            zh, en = f"工作簿中缺少{name}", f"{name} is missing in the workbook"
            raise refusal(self.name, zh, en, _SAVE)
        return inflated(self.path, self.archive.getinfo(name), self.name)

    def has(self, name: str) -> bool:
        """Say whether there is such a part."""
        return name in self.archive.namelist()


def tags(package: Package, part: str) -> list[Tag]:
    """Return the start tags of a small part in their order, names and attributes without prefixes."""
    found: list[Tag] = []

    def keep(tag: str, attributes: dict[str, str]) -> None:
        found.append((local(tag), {local(name): value for name, value in attributes.items()}))

    parse(package, part, keep)
    return found


def parse(
    package: Package,
    part: str,
    start: Callable[[str, dict[str, str]], None],
    text: Callable[[str], None] | None = None,
    other: Callable[[Label], None] | None = None,
) -> None:
    """Parse a part, telling of start tags, text, and other markup (comments and the like).

    Raises:
        Fault: 3 for XML that is not well-formed or declares a document type.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.CharacterDataHandler = text
    if other is not None:
        parser.CommentHandler = lambda _: other(_COMMENT)
        parser.StartCdataSectionHandler = lambda: other(_CDATA)
        parser.ProcessingInstructionHandler = lambda *_: other(_INSTRUCTION)

    def refuse(*_: object) -> NoReturn:
        zh = f"{part}中有文档类型声明，正常的工作簿不会有"
        en = f"{part} declares a document type, as no workbook does"
        raise refusal(package.name, zh, en, _DO_NO_HARM)

    parser.StartDoctypeDeclHandler = refuse
    try:
        _feed(parser, package.part(part))
    except expat.ExpatError as error:
        zh = f"工作簿中的{part}已损坏（XML第{error.lineno}行，偏移{error.offset}）"
        en = f"{part} in the workbook is damaged: {error}"
        raise refusal(package.name, zh, en, SAVE_AGAIN) from None


def _feed(parser: expat.XMLParserType, chunks: Iterable[bytes]) -> None:
    for chunk in chunks:
        parser.Parse(chunk, False)
    parser.Parse(b"", True)


def local(name: str) -> str:
    """Return a name without its prefix: some writers put one before every tag."""
    return name.rpartition(":")[2]
