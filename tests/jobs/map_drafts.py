"""Files to propose a mapping for, and the proposal."""

from __future__ import annotations

from collections.abc import Mapping as Files
from pathlib import Path

from postloan.jobs.map import MapReport, propose_mapping
from postloan.sources.mapping import FileMapping, read_mapping

LOANS = "借据号,机构,放款金额(元),放款日\n000123,东,1000.00,2025-01-15\n000124,西,2000.50,2025-02-28\n"


def mapped(folder: Path, files: Files[str, str | bytes]) -> tuple[MapReport, str]:
    """Write files, propose their mapping; return the report and the text."""
    source = folder / "in"
    for name, content in files.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(content.encode() if isinstance(content, str) else content)
    report = propose_mapping([source], folder / "mapping.yaml")
    return report, report.mapping.read_text(encoding="utf-8")


def only_file(folder: Path, content: str | bytes, name: str = "loans.csv") -> tuple[FileMapping, str]:
    """Return the mapping of a single file as it is read back, and its text."""
    report, text = mapped(folder, {name: content})
    return read_mapping(report.mapping).files[0], text


def settled(text: str) -> str:
    """Return a proposed mapping as a user would settle what is asked of every lender."""
    return text.replace("请填写机构名称, en: Name of the lender", "测试, en: Test").replace("0.001", "0.01")
