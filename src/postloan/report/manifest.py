"""The manifest of a pack: what it was made from, and a hash of every byte in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

MANIFEST = "manifest.json"
_SEAL = "sha256"


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def text_hash(content: object) -> str:
    """Return the SHA-256 of anything that JSON can hold; equal content has an equal hash."""
    return hashlib.sha256(_bytes(content)).hexdigest()


def seal(folder: Path, content: Mapping[str, object]) -> bytes:
    """Return the manifest's bytes: ``content``, the hash and size of every file, and a hash of itself."""
    files = {
        name: {"sha256": file_hash(folder / name), "bytes": (folder / name).stat().st_size}
        for name in _names(folder)
        if name != MANIFEST
    }
    body = {**content, "files": files}
    return _bytes({**body, _SEAL: text_hash(body)})


def read_manifest(folder: Path) -> dict[str, object] | None:
    """Return the manifest of a pack folder, None where there is none or it cannot be read."""
    try:
        content = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def differences(folder: Path) -> tuple[str, ...]:
    """Return every changed, missing or added file of a pack, one line each; empty if nothing differs.

    The manifest seals itself, and its bytes are the only way to write its content, so that a single
    flipped bit in it shows too.
    """
    content = read_manifest(folder)
    if content is None:
        return (f"{MANIFEST}: missing or unreadable",)
    found = [] if _is_sealed(folder, content) else [f"{MANIFEST}: changed"]
    listed = content.get("files")
    expected = listed if isinstance(listed, dict) else {}
    present = set(_names(folder)) - {MANIFEST}
    found += [f"{name}: missing" for name in sorted(set(expected) - present)]
    found += [f"{name}: added" for name in sorted(present - set(expected))]
    found += [
        f"{name}: changed"
        for name in sorted(present & set(expected))
        if not _is_same(folder / name, expected[name])
    ]
    return tuple(found)


def _is_sealed(folder: Path, content: Mapping[str, object]) -> bool:
    body = {name: value for name, value in content.items() if name != _SEAL}
    return content.get(_SEAL) == text_hash(body) and (folder / MANIFEST).read_bytes() == _bytes(content)


def _is_same(path: Path, expected: object) -> bool:
    return (
        path.is_file()
        and not path.is_symlink()
        and isinstance(expected, dict)
        and (file_hash(path) == expected.get("sha256"))
    )


def _names(folder: Path) -> list[str]:
    """Return everything in the folder but plain folders, so that an added link or socket shows."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_symlink() or not path.is_dir() or not any(path.iterdir())
    )


def _bytes(content: object) -> bytes:
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
    return (text + "\n").encode("utf-8")
