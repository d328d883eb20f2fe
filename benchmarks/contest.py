"""What a measurement is: a workload, our way, other ways, and how much of their time ours may take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Work = Callable[[], object]  # the timed body; its result is thrown away
Prepare = Callable[[Path, int], None]  # writes a workload of so many loans into an empty folder


@dataclass(frozen=True, slots=True)
class Entrant:
    """One way to do the work.

    Args:
        name: As it stands in the results.
        setup: From the workload's folder and an empty scratch folder to the timed body. Imports, opening
            and compilation happen in it, untimed.
        needs: Distributions that must be installed; the entrant is left out where they are not.
    """

    name: str
    setup: Callable[[Path, Path], Work]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Contest:
    """Our way against others on one workload.

    Args:
        slug: Its name on the command line.
        question: One sentence: what is compared, on what.
        prepare: Writes the workload; it is kept and shared between contests that name the same function.
        size: Loans of the full measurement.
        quick_size: Loans of the quick one; all quick contests together stay under three minutes.
        ours: Our way.
        others: Other ways; the fastest one counts.
        target: Our time may be at most so much of the fastest other's (0.333: three times faster).
    """

    slug: str
    question: str
    prepare: Prepare
    size: int
    quick_size: int
    ours: Entrant
    others: tuple[Entrant, ...]
    target: float

    def entrants(self) -> tuple[Entrant, ...]:
        """Return all ways, ours first."""
        return (self.ours, *self.others)


@dataclass(frozen=True, slots=True)
class Growth:
    """One way on workloads of several sizes: time per loan must stay flat.

    Args:
        slug: Its name on the command line.
        question: What is done, on what.
        prepare: Writes the workload of a size.
        sizes: Loans, rising.
        base: The size of ``sizes`` that the larger ones are compared with.
        ours: The way.
        target: Largest deviation of the time per loan above ``base``, as a fraction (0.25).
        peak_mb: Largest memory allowed at any size, in MiB.
    """

    slug: str
    question: str
    prepare: Prepare
    sizes: tuple[int, ...]
    base: int
    ours: Entrant
    target: float
    peak_mb: int

    def entrants(self) -> tuple[Entrant, ...]:
        """Return the one way."""
        return (self.ours,)
