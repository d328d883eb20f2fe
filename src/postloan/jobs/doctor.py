"""Is this machine ready: Python, fonts, libraries, disk, locks, calendar horizon."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import Requirement

FREE_BYTES = 2 * 1024**3  # a pack of a million loans needs about this much while it is built


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was looked at, whether it is well, what was seen, and the mend."""

    check: str
    is_well: bool
    seen: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All findings; the exit code is 2 if any is not well."""

    findings: tuple[Finding, ...]

    @property
    def exit_code(self) -> int:
        """Return 0 if all is well, else 2."""
        return 0 if all(finding.is_well for finding in self.findings) else 2

    def as_dict(self) -> dict[str, object]:
        """Return the findings for JSON."""
        rows = [{"check": f.check, "ok": f.is_well, "seen": f.seen, "fix": f.mend} for f in self.findings]
        return {"exit_code": self.exit_code, "findings": rows}

    def text(self) -> str:
        """Return one line per finding, and a line with the mend below what is not well."""
        lines = []
        for finding in self.findings:
            lines.append(f"{'ok  ' if finding.is_well else 'FAIL'} {finding.check}: {finding.seen}")
            if not finding.is_well:
                lines.append(f"     fix: {finding.mend}")
        return "\n".join(lines)


def doctor(folder: Path, today: date) -> Diagnosis:
    """Check the machine for work in ``folder`` on the day ``today``."""
    checks: tuple[Callable[[], Finding], ...] = (
        _python,
        _libraries,
        _font,
        lambda: _disk(folder),
        lambda: _writable(folder),
        lambda: _locks(folder),
        lambda: _calendar(today),
    )
    return Diagnosis(tuple(check() for check in checks))


def _python() -> Finding:
    seen = ".".join(str(part) for part in sys.version_info[:3])
    return Finding(
        "python", sys.version_info >= (3, 11), seen, "install Python 3.11 or later and run `make pack` again"
    )


def _libraries() -> Finding:
    wrong = []
    for line in requires("postloan") or []:
        need = Requirement(line)
        if need.marker is not None and not need.marker.evaluate({"extra": ""}):
            continue
        try:
            found = version(need.name)
        except PackageNotFoundError:
            wrong.append(f"{need.name} is missing")
            continue
        if not need.specifier.contains(found, prereleases=True):
            wrong.append(f"{need.name} {found} is not {need.specifier}")
    mend = "run `.venv/bin/pip install --require-hashes -r requirements.lock`"
    return Finding("libraries", not wrong, "; ".join(wrong) or "all as pinned", mend)


def _font() -> Finding:
    mend = "install the package pylopdf-fonts-zh-cn from requirements.lock"
    try:
        from pylopdf_fonts_zh_cn import sans_path
    except ImportError:
        return Finding("chinese font", False, "not installed", mend)
    path = Path(sans_path())
    return Finding("chinese font", path.is_file(), path.name, mend)


def _disk(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    return Finding(
        "disk", free >= FREE_BYTES, f"{free / 1024**3:.1f} GiB free", "free at least 2 GiB on this disk"
    )


def _writable(folder: Path) -> Finding:
    target = folder / "outputs" if (folder / "outputs").is_dir() else folder
    return Finding(
        "output folder", os.access(target, os.W_OK), target.name, f"make {target} writable for this user"
    )


def _locks(folder: Path) -> Finding:
    from filelock import FileLock, Timeout

    held = []
    for path in sorted(folder.glob("outputs/**/*.lock")):
        try:
            with FileLock(path, timeout=0):
                continue
        except Timeout:
            held.append(path.name)
    return Finding(
        "locks",
        not held,
        "held: " + ", ".join(held) if held else "none held",
        "wait for the other run, or end it",
    )


def _calendar(today: date) -> Finding:
    import chinese_calendar

    last = max(day.year for day in chinese_calendar.holidays)
    mend = "upgrade chinesecalendar: working days of a year that is not published are an error, never a guess"
    return Finding("working-day calendar", last >= today.year, f"until {last}", mend)
