"""The identity of a load: the files' bytes, the mapping and the contract. The same three, the same load."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from postloan.model.contract import Table
from postloan.model.tables import DELIVERED
from postloan.sources.files import Delivered
from postloan.sources.mapping import FileMapping, Mapping


def contract_identity() -> str:
    """Return a hash of everything in the contract that decides what is accepted; labels don't."""
    return _hash([_table(table) for table in DELIVERED.values()])


def load_identity(mapping: Mapping, files: Sequence[Delivered]) -> str:
    """Return the identity of a delivery; file names don't matter, layout of the mapping's text neither."""
    contents = [
        (number, file.sha256)
        for number, spec in enumerate(mapping.files)
        for file in files
        if file.spec == spec
    ]
    return _hash([mapping.model_dump(mode="json"), sorted(contents), contract_identity()])


def reading_identity(mapping: Mapping, spec: FileMapping, table: str) -> str:
    """Return a hash of all that decides what a file's bytes mean for a table; path and limits don't."""
    shared = [mapping.currency, mapping.formats.model_dump(mode="json"), contract_identity()]
    file = spec.model_dump(mode="json", exclude={"path", "tables"})
    return _hash([table, spec.tables[table].model_dump(mode="json"), file, shared])


def _table(table: Table) -> list[Any]:
    columns = [
        [c.name, c.kind, c.required, c.codes.values() if c.codes else None, c.minimum, c.references]
        for c in table.columns
    ]
    checks = [[check.name, check.expression, check.severity] for check in table.checks]
    return [table.name, table.grain, table.delivery, columns, checks]


def _hash(document: object) -> str:
    text = json.dumps(document, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
