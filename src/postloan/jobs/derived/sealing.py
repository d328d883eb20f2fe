"""A folder of derived files and the list of them, so that a file that is gone is missed and not taken for none."""

from __future__ import annotations

import json
from pathlib import Path

from postloan.atomic import write_text

_LIST = "files.json"  # beside the tables: size in bytes of every file by its name in the folder


def seal(folder: Path) -> None:
    """Write the list of all files of a folder that is complete."""
    sizes = {str(path.relative_to(folder)): path.stat().st_size for path in folder.rglob("*.parquet")}
    write_text(folder / _LIST, json.dumps(dict(sorted(sizes.items())), indent=0) + "\n")


def flaw_of(folder: Path) -> str | None:
    """Return the name of the first file that is not there in its size, the list itself among them; None if all are.

    What lies inside a file is not looked at: whoever reads it does.
    """
    try:
        sizes: dict[str, int] = json.loads((folder / _LIST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return _LIST
    return next((name for name, size in sizes.items() if _size(folder / name) != size), None)


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None
