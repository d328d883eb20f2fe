"""The code that computes derived tables, as one hash: what other code made is not taken for its own."""

from __future__ import annotations

import hashlib
from pathlib import Path

import postloan

_COMPUTING = ("engine", "model", "policy")
_MAKING = (
    "chunks",
    "closing",
    "deriving",
    "month_files",
    "replaying",
    "sealing",
    "sharing",
    "updating",
    "versions",
)


def code_hash() -> str:
    """Return the SHA-256 of the code that computes derived tables: other code, other tables."""
    root = Path(postloan.__file__).parent
    digest = hashlib.sha256()
    for name in _MAKING:
        digest.update((root / "jobs" / "derived" / f"{name}.py").read_bytes())
    for folder in _COMPUTING:
        for path in sorted((root / folder).glob("*.py")):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
