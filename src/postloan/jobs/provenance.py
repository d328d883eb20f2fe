"""What a pack was made from, as hashes: the same key means the same pack."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import requires, version
from pathlib import Path

from packaging.requirements import Requirement

import postloan
from postloan.book.store import Book
from postloan.report.manifest import file_hash, text_hash
from postloan.report.packs import PackFile


def origin(file: PackFile, book: Book, scope: str) -> dict[str, object]:
    """Return the inputs of one pack for its manifest: book, files, policy, parameters, code.

    Where the book lies and what computes it are left out: the same book elsewhere gives the same pack.
    """
    parameters = file.parameters.model_dump(mode="json", exclude={"book", "engine", "spark_master"})
    return {
        "book": {"version": book.version.number, "id": book.version.id},
        "inputs": [_delivery(entry) for entry in book.loads()],
        "policy": {"name": file.parameters.policy, "sha256": file.policy.sha256},
        "plan": {"name": file.parameters.plan, "sha256": file.plan.sha256} if file.plan else None,
        "work": {"name": file.parameters.work, "sha256": file.work.sha256},
        "notebook": {"name": file.notebook.name, "sha256": file_hash(file.notebook)},
        "parameters": {**parameters, "scope": scope},
        "code": code(),
    }


def key(made_from: Mapping[str, object]) -> str:
    """Return the hash by which an earlier pack from the same inputs is found."""
    return text_hash(made_from)


@cache
def code() -> dict[str, object]:
    """Return the version of the package, a hash of its files and the versions of what it needs."""
    root = Path(postloan.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    needs = [Requirement(line) for line in requires("postloan") or ()]
    libraries = {
        need.name: version(need.name)
        for need in needs
        if need.marker is None or need.marker.evaluate({"extra": ""})
    }
    return {"version": postloan.__version__, "sha256": digest.hexdigest(), "libraries": libraries}


def _delivery(entry: Mapping[str, object]) -> dict[str, object]:
    return {name: entry.get(name) for name in ("file", "table", "sha256")}
