"""`postloan demo`: the files of a synthetic lender (合成数据), seeded, with planted truths beside them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from postloan.model.fault import Fault
from postloan.sources.synthetic.lender import TRUTH_FILE, write
from postloan.sources.synthetic.months import Span
from postloan.sources.synthetic.truth import SHORTEST_SPAN


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What was written where: rows by file, and the truth file, which is never loaded."""

    out: Path
    rows: dict[str, int]
    truth: Path

    def text(self) -> str:
        """Return one line per file, for the terminal."""
        width = max(len(name) for name in self.rows)
        lines = [f"{name:<{width}}  {count:>12,} rows" for name, count in self.rows.items()]
        return "\n".join(
            [f"Synthetic lender (合成数据) in {self.out}", *lines, f"Planted truths: {self.truth}"]
        )


def demo(
    out: Path, loans: int = 20_000, seed: int = 7, months: int = 36, as_of: date = date(2026, 10, 31)
) -> DemoReport:
    """Write a synthetic lender's files to ``out``; the same arguments give the same bytes.

    Args:
        out: Folder; made if missing, files of an earlier run are replaced.
        loans: Number of loans, at least 1; memory doesn't grow with it.
        seed: 0 or more.
        months: Months of business, the last being that of ``as_of``; at least 24, or the planted
            vintage has no room.
        as_of: Nothing in the files is later.

    Raises:
        Fault: An argument is out of range (2).
    """
    if loans < 1 or seed < 0:
        raise Fault(f"demo: --loans {loans} --seed {seed}", "give at least 1 loan and a seed of 0 or more")
    if months < SHORTEST_SPAN:
        raise Fault(f"demo: {months} months of business", f"give at least {SHORTEST_SPAN} months")
    written = write(out, loans, seed, Span(as_of, months))
    return DemoReport(out, written.rows, out / TRUTH_FILE)
