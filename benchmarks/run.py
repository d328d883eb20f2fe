"""Run the measurements: ``python -m benchmarks.run [--quick] [SLUG …]``.

``make bench`` runs all and keeps the results; ``make bench-quick`` runs small ones, compares their ratios
with the kept ones and says what got slower. It is advice: the exit code is 0 either way.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from benchmarks.contest import Contest, Entrant, Growth, Prepare
from benchmarks.lap import Lap, LapFailed, lap
from benchmarks.results import contest_result, growth_result, store, stored
from benchmarks.subjects import all_contests, all_growths

SLOWER = 1.2  # a ratio that grew by more than this is mentioned
ROUNDS, QUICK_ROUNDS = 5, 3


def prepared(prepare: Prepare, size: int, data: Path) -> Path:
    """Return the workload's folder, written the first time; a half-written one is never seen."""
    folder = data / f"{prepare.__module__.rsplit('.', 1)[-1]}-{prepare.__name__}-{size}"
    if not folder.exists():
        staged = folder.with_suffix(".part")
        staged.mkdir(parents=True)
        prepare(staged, size)
        staged.rename(folder)
    return folder


def run_contest(contest: Contest, size: int, data: Path, rounds: int) -> dict[str, object]:
    """Run all entrants in turn and return the result; who fails or is not installed is named as absent."""
    folder = prepared(contest.prepare, size, data)
    absent = {who.name: missing for who in contest.entrants() if (missing := _missing(who))}
    laps: dict[str, list[Lap]] = {who.name: [] for who in contest.entrants() if who.name not in absent}
    for _ in range(rounds):
        for name in list(laps):
            try:
                laps[name].append(lap(contest.slug, name, folder))
            except LapFailed as failure:
                if name == contest.ours.name:
                    raise
                del laps[name]
                absent[name] = str(failure)
                continue
            print(f"  {name}: {laps[name][-1].seconds:.2f} s", flush=True)
    return contest_result(contest, size, laps, absent)


def run_growth(growth: Growth, data: Path, rounds: int) -> dict[str, object]:
    """Run one way on every size, the sizes in turn."""
    laps: dict[int, list[Lap]] = {size: [] for size in growth.sizes}
    folders = {size: prepared(growth.prepare, size, data) for size in growth.sizes}
    for _ in range(rounds):
        for size, folder in folders.items():
            laps[size].append(lap(growth.slug, growth.ours.name, folder))
            print(f"  {size:,} loans: {laps[size][-1].seconds:.2f} s", flush=True)
    return growth_result(growth, laps)


def _missing(entrant: Entrant) -> str:
    for name in entrant.needs:
        try:
            distribution(name)
        except PackageNotFoundError:
            return f"{name} is not installed"
    return ""


def slower(slug: str, found: Mapping[str, object], kept: Mapping[str, Mapping[str, object]]) -> str:
    """Return one line on how the ratio of a quick run stands to the kept one."""
    ratio, before = found["ratio"], kept.get(slug, {}).get("ratio")
    if not isinstance(ratio, float) or not isinstance(before, float):
        return f"{slug}: ratio {ratio}; nothing kept to compare with"
    word = "SLOWER" if ratio > before * SLOWER else "ok"
    return f"{slug}: ratio {ratio:.3f}, kept {before:.3f} ({ratio / before - 1:+.0%}) {word}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("slugs", nargs="*")
    parser.add_argument("--quick", action="store_true", help="small workloads, compared with the kept ratios")
    parser.add_argument("--keep", action="store_true", help="keep the result of a quick run")
    parser.add_argument("--size", type=int, help="loans, instead of each contest's own")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--data", type=Path, default=Path("build/bench"))
    given = parser.parse_args()
    known = [*all_contests(), *all_growths()]
    unknown = [slug for slug in given.slugs if slug not in known]
    if unknown:
        parser.error(f"no measurement {unknown[0]!r}; there are {', '.join(known)}")
    return given


def main() -> None:
    """Run what the command line names, all without names."""
    given = _arguments()
    rounds = given.rounds or (QUICK_ROUNDS if given.quick else ROUNDS)
    for slug, contest in all_contests().items():
        if given.slugs and slug not in given.slugs:
            continue
        print(slug, flush=True)
        size = given.size or (contest.quick_size if given.quick else contest.size)
        found = run_contest(contest, size, given.data, rounds)
        print(slower(slug, found, stored()["quick"]) if given.quick else f"{slug}: ratio {found['ratio']}")
        if given.keep or not given.quick:
            store("quick" if given.quick else "full", slug, found)
    for slug, growth in all_growths().items():
        if not given.quick and (slug in given.slugs or not given.slugs):
            print(slug, flush=True)
            store("growth", slug, run_growth(growth, given.data, rounds))


if __name__ == "__main__":
    main()
