"""Map: propose a mapping of a lender's files, for a person to correct."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from postloan.atomic import write_text
from postloan.model.fault import Fault
from postloan.sources.proposing.draft_yaml import doubts_in, to_yaml
from postloan.sources.proposing.drafts import FileDraft, propose
from postloan.sources.proposing.sniff import sniff


@dataclass(frozen=True, slots=True)
class MapReport:
    """What was proposed.

    Args:
        mapping: Where the proposal was written.
        folder: Folder that its paths start from, for ``--from``.
        files: What each file seems to be.
        doubts: How many things a person is asked to confirm.
    """

    mapping: Path
    folder: Path
    files: tuple[FileDraft, ...]
    doubts: int

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return {
            "mapping": str(self.mapping),
            "folder": str(self.folder),
            "doubts": self.doubts,
            "files": [
                {
                    "path": draft.path,
                    "sheet": draft.sheet.sheet,
                    "tables": [table.table.name for table in draft.tables],
                    "missing": [f"{t.table.name}.{c.name}" for t in draft.tables for c in t.missing],
                    "unused": [seen.name for seen in draft.unused],
                    "never_accepted": [name.en for name in draft.never],
                }
                for draft in self.files
            ],
        }

    def text(self) -> str:
        """Return the report for a terminal, with what to do next."""
        lines = [f"{self.mapping}: {self.doubts} things to confirm (请确认 / please confirm)"]
        lines += [_told(draft) for draft in self.files]
        return "\n".join([*lines, "", f"next: postloan check {self.mapping} --from {self.folder}"])


def propose_mapping(given: Sequence[Path], out: Path) -> MapReport:
    """Look at files, or at all files of folders, and write the mapping that they seem to need.

    Raises:
        Fault: 2 where no file is given or ``out`` exists, 3 for a file that can't be read.
    """
    if out.exists():
        # It may hold somebody's corrections.
        raise Fault(f"{out} exists already", "name another file with --out, or move it away")
    files = _files(given)
    folder = Path(os.path.commonpath([path.parent for path in files]))
    drafts = propose([sheet for path in files for sheet in sniff(path)], folder)
    text = to_yaml(drafts)
    write_text(out, text)
    return MapReport(out, folder, drafts, doubts_in(text))


def _files(given: Sequence[Path]) -> list[Path]:
    found = []
    for path in given:
        inside = sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith("."))
        found += inside if path.is_dir() else [path]
    if not found:
        raise Fault("no files to look at", "name the lender's files, or a folder that holds them")
    return list(dict.fromkeys(found))


def _told(draft: FileDraft) -> str:
    name = draft.path + (f" [{draft.sheet.sheet}]" if draft.sheet.sheet else "")
    missing = [f"{table.table.name}.{column.name}" for table in draft.tables for column in table.missing]
    told = f"  {name} → {', '.join(table.table.name for table in draft.tables) or 'no table found'}"
    told += f"; not found: {', '.join(missing)}" if missing else ""
    never = ", ".join(name.en for name in draft.never)
    return told + (f"; never accepted, remove before delivery: {never}" if never else "")
