"""What a new replay goes on from: the latest one of this book by the same code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from postloan.book.store import Book, version_path
from postloan.book.version import read_version
from postloan.model.fault import Fault

_REPLAY, _FACTS = "replay-", "facts-"


@dataclass(frozen=True, slots=True)
class Earlier:
    """A replay of a version of a book, and perhaps what was derived from it.

    Args:
        book: The version.
        as_of: Its last day.
        folder: Its files.
        facts: Files of what was derived from it under the policy that was asked for; they may not be there.
    """

    book: Book
    as_of: date
    folder: Path
    facts: Path

    def __str__(self) -> str:
        return f"the replay up to {self.as_of} of version {self.book.version.number}"

    @property
    def on(self) -> date:
        """The last month-end up to its last day: the date of its states."""
        after = self.as_of + timedelta(days=1)
        return self.as_of if after.day == 1 else self.as_of.replace(day=1) - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Keys:
    """Names of derived tables in a book: those of other code or another policy are others.

    Args:
        code: Hash of the code that computes them.
        policy: Hash of the policy.
    """

    code: str
    policy: str

    def replay(self, as_of: date) -> str:
        """Return the key of a replay up to ``as_of``."""
        return f"{_REPLAY}{as_of}-{self.code[:16]}"

    def facts(self, as_of: date) -> str:
        """Return the key of what is derived from it."""
        return f"{_FACTS}{as_of}-{self.policy[:16]}-{self.code[:16]}"


def replay_day(key: str) -> str | None:
    """Return the last day of a replay, or of what was derived from one, as its key has it; None for another key."""
    prefix = next((one for one in (_REPLAY, _FACTS) if key.startswith(one)), None)
    return None if prefix is None else key.removeprefix(prefix)[:10]


def is_replay(key: str) -> bool:
    """Say whether a key is of a replay."""
    return key.startswith(_REPLAY)


def is_of_code(key: str, code: str) -> bool:
    """Say whether a key is of a replay, or what was derived from one, by the code of this hash."""
    return replay_day(key) is not None and key.endswith(f"-{code[:16]}")


def earlier_replay(book: Book, as_of: date, keys: Keys, *, derived: bool) -> Earlier | None:
    """Return the replay with the latest last day up to ``as_of`` of this version or one before it; None if none.

    Of two with the same day the one of the later version counts. A book cut to what was known has none: its
    versions have no common past.

    Args:
        book: Of the replay that is to go on.
        as_of: Its last day.
        keys: Of its tables.
        derived: Only one of which there is also what was derived from it.
    """
    if book.known_at is not None:
        return None
    found: Earlier | None = None
    for number in range(book.version.number, 0, -1):
        version = _version(book, number)
        if version is None:
            continue
        for day in _days(version, keys):
            folders = (version.derived(keys.replay(day)), version.derived(keys.facts(day)))
            before = Earlier(version, day, *folders)
            is_there = before.facts.is_dir() or not derived
            if is_there and day <= as_of and (found is None or day > found.as_of):
                found = before
    return found


def _version(book: Book, number: int) -> Book | None:
    try:
        return Book(book.root, read_version(version_path(book.root, number)))
    except Fault:  # what is gone cannot be gone on from
        return None


def _days(version: Book, keys: Keys) -> list[date]:
    """Return the last days of a version's replays."""
    names = (path.name for path in version.derived_root.glob(f"{_REPLAY}*"))
    return [date.fromisoformat(replay_day(name) or "") for name in names if is_of_code(name, keys.code)]
