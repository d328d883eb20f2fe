"""Verify a published pack: every byte of every file against its manifest."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from postloan.model.fault import MISMATCH, Fault
from postloan.report.manifest import MANIFEST, differences
from postloan.report.publish import CURRENT


@dataclass(frozen=True, slots=True)
class Verification:
    """What verifying found; the exit code is 6 if anything differs."""

    folder: Path
    differences: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """Return 0 if nothing differs, else 6."""
        return MISMATCH if self.differences else 0

    def as_dict(self) -> dict[str, object]:
        """Return the outcome for JSON."""
        return {
            "exit_code": self.exit_code,
            "pack": str(self.folder),
            "differences": list(self.differences),
        }

    def text(self) -> str:
        """Return one line for an untouched pack, else one line per difference and the mend."""
        if not self.differences:
            return f"{self.folder}: every file is as published"
        lines = [f"{self.folder}: {len(self.differences)} differences", *self.differences]
        return "\n  ".join([*lines, "fix: restore the folder from a copy, or build the pack again"])


def verify(pack: Path) -> Verification:
    """Compare a pack's folder, or the version that ``CURRENT`` in it names, with its manifest.

    Raises:
        Fault: 2 if ``pack`` is no pack at all.
    """
    pointer = pack / CURRENT
    folder = pack / pointer.read_text(encoding="utf-8").strip() if pointer.is_file() else pack
    if not folder.is_dir() or not (any(folder.iterdir()) or pointer.is_file()):
        raise Fault(f"{pack} is not a published pack", f"give the folder that holds {MANIFEST}")
    return Verification(folder, differences(folder))
