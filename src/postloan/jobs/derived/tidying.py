"""Derived tables that nothing will read again, removed after a load.

A new version's tables are made from an earlier replay, so those stay from which one may go on: of each date
and policy what the latest version has. Tables of other code, of earlier versions and of killed runs go.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from postloan.atomic import STAGING_PREFIX, staging
from postloan.book.reading import cleared
from postloan.book.store import Book, version_path
from postloan.book.version import read_version
from postloan.jobs.derived.earlier import is_of_code, is_replay, replay_day
from postloan.model.fault import Fault


def tidy(book: Book, code: str) -> None:
    """Remove what is of no use to ``book``, whose lock is held; what a reader holds stays until the next time.

    A folder is renamed before its files go, so that nobody finds a part of it.

    Args:
        book: The version in force.
        code: Hash of the code that computes derived tables now.
    """
    seen: set[str] = set()
    for folder in _versions(book):
        kept = _useful(folder, code, seen) if folder != book.derived_root else None
        with cleared(folder) as is_free:
            if is_free:
                _remove(folder, kept)
        seen |= _useful(folder, code, set())


def _versions(book: Book) -> Iterator[Path]:
    """Yield the folders of derived tables of all versions, the latest first."""
    for number in range(book.version.number, 0, -1):
        try:
            version = read_version(version_path(book.root, number))
        except Fault:  # nothing goes on from a version that cannot be read
            continue
        folder = Book(book.root, version).derived_root
        if folder.is_dir():
            yield folder


def _useful(folder: Path, code: str, seen: set[str]) -> set[str]:
    """Return the tables of a version from which may be gone on, where no later version has them (``seen``)."""
    ours = [path.name for path in folder.iterdir() if is_of_code(path.name, code)]
    days = {replay_day(name) for name in ours if is_replay(name) and name not in seen}
    return {name for name in ours if name not in seen and replay_day(name) in days}


def _remove(folder: Path, kept: set[str] | None) -> None:
    """Remove the tables of a version that are not ``kept``, and what killed runs left; None keeps all tables."""
    for path in sorted(folder.iterdir()):
        is_left = path.name.startswith(STAGING_PREFIX)
        is_table = path.is_dir() and not is_left
        if is_left or (is_table and kept is not None and path.name not in kept):
            away = path if is_left else staging(folder)
            if path != away:
                os.rename(path, away)  # noqa: PTH104 - as everywhere that tests fail this call at will
            shutil.rmtree(away)
