"""The replay from which a new one goes on: the latest one of this book by the same code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from postloan.book.store import Book, version_path
from postloan.book.version import read_version

_REPLAY = "replay-"


@dataclass(frozen=True, slots=True)
class Earlier:
    """A replay of a version of a book.

    Args:
        book: The version.
        as_of: Its last day.
        folder: Its files.
    """

    book: Book
    as_of: date
    folder: Path

    @property
    def on(self) -> date:
        """The last month-end up to its last day: the date of its states."""
        after = self.as_of + timedelta(days=1)
        return self.as_of if after.day == 1 else self.as_of.replace(day=1) - timedelta(days=1)


def replay_key(as_of: date, code: str) -> str:
    """Return the key of the replay of a book up to ``as_of`` by the code of hash ``code``."""
    return f"{_REPLAY}{as_of}-{code[:16]}"


def earlier_replay(book: Book, as_of: date, code: str) -> Earlier | None:
    """Return the replay with the latest last day up to ``as_of`` of this version or one before it; None if none.

    Of two with the same day the one of the later version counts. A book cut to what was known has none: its
    versions have no common past.
    """
    pattern = f"*/{_REPLAY}*-{code[:16]}"
    folders = {path: _day(path) for path in (book.root / "derived").glob(pattern)}
    if book.known_at is not None or not any(day <= as_of for day in folders.values()):
        return None
    found: Earlier | None = None
    for number in range(book.version.number, 0, -1):
        version = Book(book.root, read_version(version_path(book.root, number)))
        days = [
            day
            for path, day in folders.items()
            if path.parent == version.derived("any").parent and day <= as_of
        ]
        if days and (found is None or max(days) > found.as_of):
            found = Earlier(version, max(days), version.derived(replay_key(max(days), code)))
    return found


def _day(folder: Path) -> date:
    return date.fromisoformat(folder.name.removeprefix(_REPLAY)[:10])
