"""Publishing: everything is made in a staging folder and renamed into place, or nothing is.

``outputs/<report>/<as of>/<scope>-<lang>[-known-<day>]/v001/`` holds one version, which never changes again;
``CURRENT`` beside it names the one to read. At any moment a reader finds the old pack or the new one.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from postloan.atomic import STAGING_PREFIX, sync_folder, write_bytes, write_text
from postloan.model.fault import Fault
from postloan.report.manifest import MANIFEST, read_manifest, seal

CURRENT = "CURRENT"
_VERSION = re.compile(r"v(\d{3,})")


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where the versions of one pack stand: one report, as-of date, scope, language and day of knowledge.

    A pack as known on some day has a shelf of its own: it must not take the place of the current one.
    """

    out: Path
    report: str
    as_of: date
    scope: str
    lang: str
    known_at: date | None = None

    @property
    def folder(self) -> Path:
        """The folder that holds the versions."""
        known = f"-known-{self.known_at}" if self.known_at else ""
        return self.out / self.report / self.as_of.isoformat() / f"{slug(self.scope)}-{self.lang}{known}"

    def versions(self) -> list[Path]:
        """Return the complete versions, oldest first; a rename is atomic, so what is there is complete."""
        found = self.folder.glob("v*") if self.folder.is_dir() else ()
        numbered = [path for path in found if _VERSION.fullmatch(path.name) and path.is_dir()]
        return sorted(numbered, key=lambda path: int(path.name[1:]))

    def next_version(self) -> str:
        """Return the name of the next version; numbers only rise, whatever the clock says."""
        versions = self.versions()
        return f"v{int(versions[-1].name[1:]) + 1 if versions else 1:03d}"

    def current(self) -> Path | None:
        """Return the version that ``CURRENT`` names, None before the first."""
        pointer = self.folder / CURRENT
        return self.folder / pointer.read_text(encoding="utf-8").strip() if pointer.is_file() else None

    def point_to(self, version: Path) -> None:
        """Make ``version`` the one to read."""
        write_text(self.folder / CURRENT, f"{version.name}\n")

    def made_from(self, key: str) -> Path | None:
        """Return the newest version if it was made from the same inputs.

        A version that was renamed into place before the power went, but not yet pointed to, is
        pointed to now.
        """
        versions = self.versions()
        if not versions or (read_manifest(versions[-1]) or {}).get("key") != key:
            return None
        if self.current() != versions[-1]:
            self.point_to(versions[-1])
        return versions[-1]

    def file_stem(self, version: str) -> str:
        """Return the ASCII name of a pack's files, without extension."""
        known = f"_known_{self.known_at}" if self.known_at else ""
        return f"postloan_{self.report}_{slug(self.scope)}_{self.as_of.isoformat()}{known}_{version}"


def slug(scope: str) -> str:
    """Return an ASCII name for a scope that no other scope has, whatever its letters or case.

    >>> slug("all"), slug("north_2")
    ('all', 'north_2')
    >>> slug("城东支行"), slug("North")
    ('scope-dc348df9', 'north-43f853bb')
    """
    if re.fullmatch(r"[a-z0-9][a-z0-9_]{0,39}", scope):
        return scope
    readable = re.sub(r"[^a-z0-9]+", "_", scope.lower()).strip("_")[:30] or "scope"
    return f"{readable}-{hashlib.sha256(scope.encode()).hexdigest()[:8]}"


def prepare(out: Path) -> None:
    """Make sure that packs can be written to ``out``; raises Fault 2 where they cannot."""
    if out.is_symlink():
        raise Fault(f"{out} is a symbolic link", "give the folder itself")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Fault(f"cannot write to {out}: {error.strerror}", "give a folder you may write to") from None
    if not os.access(out, os.W_OK | os.X_OK):
        raise Fault(f"cannot write to {out}: permission denied", "give a folder you may write to")


def sweep(out: Path, report: str) -> None:
    """Remove what a killed run left in ``out`` and on the shelves of ``report``; call it with the lock held."""
    for path in [*out.glob(f"{STAGING_PREFIX}*"), *out.glob(f"{report}/*/*/{STAGING_PREFIX}*")]:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


@contextmanager
def staging(out: Path) -> Iterator[Path]:
    """Give a folder that only this user can read, on the disk of ``out``; removed afterwards."""
    folder = Path(tempfile.mkdtemp(dir=out, prefix=STAGING_PREFIX))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(staged: Path, shelf: Shelf, version: str, content: Mapping[str, object]) -> Path:
    """Seal the files in ``staged`` with a manifest, make them durable and move them to the shelf.

    Raises:
        OSError: no space or no permission; the shelf is then as it was, or holds the whole version.
    """
    write_bytes(staged / MANIFEST, seal(staged, content))
    for path in sorted(staged.rglob("*")):
        if path.is_file():
            path.chmod(0o444)
            _sync_file(path)
    staged.chmod(0o755)
    sync_folder(staged)
    target = shelf.folder / version
    target.parent.mkdir(parents=True, exist_ok=True)
    os.rename(staged, target)  # noqa: PTH104 - tests fail this call at will
    sync_folder(target.parent)
    shelf.point_to(target)
    return target


def _sync_file(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
