"""What a build did, pack by pack, for the terminal, for machines and for the exit code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from postloan.atomic import write_text
from postloan.jobs.standing import Obstacle, Standing
from postloan.jobs.timings import timing_lines
from postloan.model.fault import CRASHED, Fault
from postloan.report.manifest import read_manifest

CHECKS_FAILED = 1


class State(StrEnum):
    """What became of one pack."""

    PUBLISHED = "published"
    UP_TO_DATE = "already up to date"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class PackResult:
    """One pack: where it stands, whether it is final, why not, or why it failed; seconds and notes by step if it was made."""

    scope: str
    state: State
    path: Path | None = None
    is_final: bool | None = None
    obstacles: tuple[Obstacle, ...] = ()
    fault: Fault | None = None
    seconds: Mapping[str, float] | None = None
    notes: Mapping[str, str] | None = None

    def as_dict(self) -> dict[str, object]:
        """Return the result for JSON."""
        return {
            "scope": self.scope,
            "state": self.state.value,
            "path": str(self.path) if self.path else None,
            "is_final": self.is_final,
            "obstacles": [
                {"check": o.check, "detail": o.detail, "is_error": o.is_error} for o in self.obstacles
            ],
            "seconds": None if self.seconds is None else dict(self.seconds),
            "notes": None if self.notes is None else dict(self.notes),
            "error": self.fault.what if self.fault else None,
            "fix": self.fault.mend if self.fault else None,
        }

    def lines(self) -> list[str]:
        """Return what the terminal shows."""
        if self.fault is not None:
            return [f"FAILED {self.scope}: {self.fault.what}", f"  fix: {self.fault.mend}"]
        kind = "FINAL" if self.is_final else "DRAFT"
        return [
            f"{kind} {self.scope}: {self.state.value}: {self.path}",
            *(f"  {o.detail}" for o in self.obstacles),
        ]


@dataclass(frozen=True, slots=True)
class BuildReport:
    """All packs of one run and the page that lists every pack."""

    packs: tuple[PackResult, ...]
    index: Path
    lang: str

    @property
    def exit_code(self) -> int:
        """Return 4 if a pack failed, else 1 if a check of severity error did, else 0."""
        if any(pack.fault is not None for pack in self.packs):
            return CRASHED
        return CHECKS_FAILED if any(o.is_error for pack in self.packs for o in pack.obstacles) else 0

    def as_dict(self) -> dict[str, object]:
        """Return the report for JSON."""
        return {
            "exit_code": self.exit_code,
            "packs": [pack.as_dict() for pack in self.packs],
            "index": str(self.index),
        }

    def text(self) -> str:
        """Return one line per pack with its obstacles below, then the index."""
        lines = [line for pack in self.packs for line in pack.lines()]
        return "\n".join([*lines, f"All packs: {self.index}"])

    def timings(self) -> str:
        """Return the seconds of every step of the packs that were made, as a table."""
        made = {pack.scope: pack.seconds for pack in self.packs if pack.seconds is not None}
        return "\n".join(timing_lines(made, self.lang))


def published(
    scope: str, path: Path, standing: Standing, seconds: Mapping[str, float], notes: Mapping[str, str]
) -> PackResult:
    """Return the result of a pack just published, and keep times and notes beside it, outside of what is sealed."""
    run = {"pack": path.name, "seconds": dict(seconds), "notes": dict(notes)}
    write_text(path.with_name(f"{path.name}.run.json"), json.dumps(run, indent=1) + "\n")
    return PackResult(
        scope, State.PUBLISHED, path, standing.is_final, standing.obstacles, seconds=seconds, notes=notes
    )


def up_to_date(scope: str, path: Path) -> PackResult:
    """Return the result of a pack that need not be made again; it is as final, and fails, as it did."""
    manifest = read_manifest(path) or {}
    listed = manifest.get("obstacles")
    obstacles = tuple(Obstacle(**entry) for entry in listed) if isinstance(listed, list) else ()
    return PackResult(scope, State.UP_TO_DATE, path, bool(manifest.get("is_final")), obstacles)


def failed(scope: str, fault: Fault) -> PackResult:
    """Return the result of a pack that could not be made."""
    return PackResult(scope, State.FAILED, fault=fault)
