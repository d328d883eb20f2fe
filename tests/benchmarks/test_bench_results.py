"""Results of measurements: ratios to the fastest other way, a page that is never typed."""

from pathlib import Path

import pytest

from benchmarks.contest import Contest, Entrant, Growth
from benchmarks.lap import Lap
from benchmarks.results import PAGE, contest_result, growth_result, page, stored
from benchmarks.run import prepared, slower


def nothing(data: Path, scratch: Path) -> object:
    raise AssertionError("never run here")


def written(folder: Path, loans: int) -> None:
    (folder / "loans").write_text(str(loans))


OURS, SLOW, FAST = (Entrant(name, nothing) for name in ("ours", "slow", "fast"))  # type: ignore[arg-type]
CONTEST = Contest("c", "Which is faster?", written, 10, 1, OURS, (SLOW, FAST), 0.5)


def laps(*seconds: float) -> list[Lap]:
    return [Lap(second, 100) for second in seconds]


def test_the_ratio_is_of_medians_to_the_fastest_other() -> None:
    runs = {"ours": laps(1, 2, 9), "slow": laps(8, 8, 8), "fast": laps(4, 5, 6)}
    found = contest_result(CONTEST, 10, runs, {})
    assert (found["ratio"], found["fastest_other"]) == (0.4, "fast")
    assert found["ratio_range"] == [0.25, 1.5]


def test_without_another_way_there_is_no_ratio() -> None:
    found = contest_result(CONTEST, 10, {"ours": laps(1)}, {"fast": "fast is not installed"})
    assert found["ratio"] is None
    assert "no ratio" in page({"full": {"c": found}, "growth": {}})


@pytest.mark.parametrize(
    ("ours", "verdict"), [(2.0, "target ≤ 0.5: met."), (2.1, "target ≤ 0.5: **missed**.")]
)
def test_the_page_says_whether_a_target_is_met(ours: float, verdict: str) -> None:
    found = contest_result(CONTEST, 10, {"ours": laps(ours), "fast": laps(4)}, {})
    assert verdict in page({"full": {"c": found}, "growth": {}})


def test_growth_is_told_per_loan() -> None:
    growth = Growth("g", "Does it stay flat?", written, (10, 100), 10, OURS, 0.25, 500)
    found = growth_result(growth, {10: laps(1), 100: laps(12)})
    assert "| 100 | 12.00 | 120000.0 | +20% | 100 |" in page({"full": {}, "growth": {"g": found}})


@pytest.mark.parametrize(("ratio", "word"), [(0.6, "ok"), (0.601, "SLOWER")])
def test_a_ratio_grown_by_more_than_a_fifth_is_mentioned(ratio: float, word: str) -> None:
    assert slower("c", {"ratio": ratio}, {"c": {"ratio": 0.5}}).endswith(word)


def test_a_workload_is_written_once(tmp_path: Path) -> None:
    folder = prepared(written, 7, tmp_path)
    (folder / "loans").write_text("kept")
    assert (prepared(written, 7, tmp_path) / "loans").read_text() == "kept"


def test_the_page_in_the_tree_is_rendered_from_the_kept_results() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(stored())
