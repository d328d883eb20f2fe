"""A version of a book: the immutable list of table files, the ledger of loads and who lent."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from postloan.model.fault import CRASHED, Fault

# What lies in a book and how; a change that an older reader would misread raises it.
LAYOUT = 5


@dataclass(frozen=True, slots=True)
class TableFile:
    """One Parquet file of a table, named by the SHA-256 of its bytes; versions share unchanged files.

    ``rows`` counts those too that are not in force any more.
    """

    sha256: str
    rows: int


@dataclass(frozen=True, slots=True)
class Version:
    """What the book held after a load. Number 0 is a book before its first load.

    Args:
        tables: Files by table name; a table that was never delivered is not listed.
        history: Files of the rows that later ones replaced, by table name.
        gone: By table name, the file that says which rows of ``tables`` are not in force any more.
        loads: One entry per file and table of every load so far, oldest first.
        properties: What the mapping says of the lender: names, is_synthetic, currency, timezone.
    """

    number: int = 0
    contract: str = ""
    tables: dict[str, tuple[TableFile, ...]] = field(default_factory=dict)
    loads: tuple[dict[str, Any], ...] = ()
    properties: dict[str, Any] = field(default_factory=dict)
    history: dict[str, tuple[TableFile, ...]] = field(default_factory=dict)
    gone: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Return the SHA-256 of the version's canonical text: equal content, equal id."""
        return hashlib.sha256(self.text().encode("utf-8")).hexdigest()

    @property
    def currency(self) -> str | None:
        """Return the book's one currency (ISO 4217); None before the first load."""
        return self.properties.get("currency")

    def load_version(self, load: str) -> int | None:
        """Return the version that first held ``load`` (an identity), None if it was never loaded."""
        return next((int(entry["version"]) for entry in self.loads if entry["load"] == load), None)

    def text(self) -> str:
        """Return the manifest: JSON with sorted keys and no timestamps."""
        document = {
            "number": self.number,
            "contract": self.contract,
            "tables": _listed(self.tables),
            "loads": list(self.loads),
            "properties": self.properties,
            "history": _listed(self.history),
            "gone": self.gone,
            "layout": LAYOUT,
        }
        return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def read_version(path: Path) -> Version:
    """Return the version written at ``path``.

    Raises:
        Fault: 2 where another release wrote the book in another layout; 4 where the file is missing or
            not a manifest.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        if raw.get("layout") != LAYOUT:
            raise Fault(
                f"{path.parent.parent} was written by another release of postloan",
                "load the lender's files into a new book",
            )
        tables, history = _files(raw["tables"]), _files(raw["history"])
        return Version(
            raw["number"],
            raw["contract"],
            tables,
            tuple(raw["loads"]),
            raw["properties"],
            history,
            raw["gone"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Fault(
            f"{path}: the version cannot be read: {error}", "restore the file from a copy", CRASHED
        ) from None


def _listed(tables: dict[str, tuple[TableFile, ...]]) -> dict[str, Any]:
    return {name: [asdict(file) for file in files] for name, files in tables.items()}


def _files(raw: dict[str, Any]) -> dict[str, tuple[TableFile, ...]]:
    return {name: tuple(TableFile(**file) for file in files) for name, files in raw.items()}
