"""Results: kept in ``results.json``, read by people in ``RESULTS.md``, which is rendered from it."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.contest import Contest, Growth
from benchmarks.lap import Lap

HERE = Path(__file__).parent
STORE, PAGE = HERE / "results.json", HERE / "RESULTS.md"
_VERSIONED = (
    "postloan", "numpy", "numba", "pyarrow", "duckdb", "pandas", "ibis-framework", "polars", "pyspark",
    "papermill", "nbconvert", "roll-rate-analysis", "transitionMatrix", "cranalytics",
)  # fmt: skip

Laps = Mapping[str, Sequence[Lap]]  # by entrant, in the order of the rounds


def stored() -> dict[str, Any]:
    """Return what was kept: ``full``, ``quick`` and ``growth``, each by slug."""
    if not STORE.exists():
        return {"full": {}, "quick": {}, "growth": {}}
    return json.loads(STORE.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def store(kind: str, slug: str, result: Mapping[str, Any]) -> None:
    """Keep one result and render the page anew."""
    kept = stored()
    kept[kind][slug] = result
    STORE.write_text(json.dumps(kept, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")
    PAGE.write_text(page(kept), encoding="utf-8")


def contest_result(contest: Contest, size: int, laps: Laps, absent: Mapping[str, str]) -> dict[str, Any]:
    """Return the medians, and our ratio to the fastest other (None where no other could run)."""
    entrants = {name: _summary(runs) for name, runs in laps.items()}
    others = {name: found["median"] for name, found in entrants.items() if name != contest.ours.name}
    fastest = min(others, key=others.__getitem__) if others else None
    pairs = zip(laps[contest.ours.name], laps[fastest] if fastest else (), strict=False)
    ratios = sorted(ours.seconds / other.seconds for ours, other in pairs)
    return {
        "question": contest.question,
        "loans": size,
        "entrants": entrants,
        "absent": dict(absent),
        "ours": contest.ours.name,
        "fastest_other": fastest,
        "ratio": round(entrants[contest.ours.name]["median"] / others[fastest], 3) if fastest else None,
        "ratio_range": [round(ratios[0], 3), round(ratios[-1], 3)] if ratios else None,
        "target": contest.target,
        **_circumstances(),
    }


def growth_result(growth: Growth, laps: Mapping[int, Sequence[Lap]]) -> dict[str, Any]:
    """Return seconds, microseconds per loan and memory by size."""
    sizes = {
        str(size): {**_summary(runs), "us_per_loan": round(_summary(runs)["median"] / size * 1e6, 2)}
        for size, runs in laps.items()
    }
    return {
        "question": growth.question,
        "sizes": sizes,
        "base": growth.base,
        "target": growth.target,
        "peak_mb": growth.peak_mb,
        **_circumstances(),
    }


def _summary(runs: Sequence[Lap]) -> dict[str, Any]:
    seconds = [round(run.seconds, 3) for run in runs]
    return {
        "median": round(median(seconds), 3),
        "seconds": seconds,
        "peak_mb": max(run.peak_mb for run in runs),
    }


def _circumstances() -> dict[str, Any]:
    return {"machine": _machine(), "versions": _versions(), "measured_on": date.today().isoformat()}


def _machine() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    cpu = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "unknown CPU")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{cpu}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}"


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in _VERSIONED:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def page(kept: Mapping[str, Any]) -> str:
    """Return RESULTS.md."""
    parts = [
        "# Results of the benchmarks",
        "Rendered from `results.json` by `python -m benchmarks.run`; nothing here is typed by hand. Every entrant "
        "runs in a process of its own, in turn with the others; seconds are medians of the runs, the ratio is "
        "our median over the fastest other's. Below the target is better.",
        *(_contest_part(slug, found) for slug, found in sorted(kept["full"].items())),
        *(_growth_part(slug, found) for slug, found in sorted(kept["growth"].items())),
    ]
    return "\n\n".join(parts) + "\n"


def _contest_part(slug: str, found: Mapping[str, Any]) -> str:
    rows = [
        f"| {name} | {took['median']:.2f} | {min(took['seconds']):.2f} – {max(took['seconds']):.2f} | "
        f"{len(took['seconds'])} | {took['peak_mb']} |"
        for name, took in found["entrants"].items()
    ]
    left_out = [f"Left out: {name} ({reason})." for name, reason in found["absent"].items()]
    lines = [
        f"## {slug}",
        "",
        f"{found['question']} {found['loans']:,} loans.",
        "",
        _verdict(found),
        "",
        "| entrant | seconds | range | runs | peak MiB |",
        "|---|---:|---:|---:|---:|",
        *rows,
        "",
        *left_out,
        _footnote(found),
    ]
    return "\n".join(lines)


def _verdict(found: Mapping[str, Any]) -> str:
    if found["ratio"] is None:
        return "**No other way could run, so there is no ratio.**"
    met = "met" if found["ratio"] <= found["target"] else "**missed**"
    low, high = found["ratio_range"]
    return (
        f"Ratio **{found['ratio']:.3f}** ({low:.3f} – {high:.3f} over the rounds) to {found['fastest_other']}; "
        f"target ≤ {found['target']:g}: {met}."
    )


def _growth_part(slug: str, found: Mapping[str, Any]) -> str:
    base = found["sizes"][str(found["base"])]["us_per_loan"]
    rows = [
        f"| {int(size):,} | {took['median']:.2f} | {took['us_per_loan']:.1f} | {took['us_per_loan'] / base - 1:+.0%} | "
        f"{took['peak_mb']} |"
        for size, took in found["sizes"].items()
    ]
    lines = [
        f"## {slug}",
        "",
        f"{found['question']} Target above {found['base']:,} loans: time per loan within ±{found['target']:.0%}, "
        f"memory at most {found['peak_mb']} MiB.",
        "",
        "| loans | seconds | µs per loan | against base | peak MiB |",
        "|---:|---:|---:|---:|---:|",
        *rows,
        "",
        _footnote(found),
    ]
    return "\n".join(lines)


def _footnote(found: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in found["versions"].items())
    return f"{found['machine']}; {versions}; {found['measured_on']}."
