"""What is planted in the invented lender for its reports to find; written beside the data, never loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from postloan.sources.synthetic.months import Span
from postloan.sources.synthetic.world import CONSTRUCTION, LENDER_EN, LENDER_ZH

SHORTEST_SPAN = 24  # months; a shorter history has no room for the planted vintage


def month_text(month: int) -> str:
    """Return a month number as ``2026-02``."""
    return f"{1970 + month // 12}-{month % 12 + 1:02d}"


@dataclass(frozen=True, slots=True)
class Shock:
    """From ``first_month`` on, loans of one industry in one region miss more and cure less."""

    industry: str
    region: str
    first_month: int
    misses_times: float = 6.0
    heals_times: float = 0.5


@dataclass(frozen=True, slots=True)
class BadVintage:
    """Loans of one branch disbursed in these months miss more and cure less all their life."""

    branch: str
    first_month: int
    last_month: int
    misses_times: float = 3.2
    heals_times: float = 0.7


@dataclass(frozen=True, slots=True)
class HardCases:
    """One collector of a branch is given all loans over ``over_dpd``, and gets more of them to pay.

    Raw recovery makes it look the worst of the branch; beside loans as long overdue elsewhere it is the best.
    """

    branch: str
    over_dpd: int = 60
    heals_times: float = 2.2


@dataclass(frozen=True, slots=True)
class Collector:
    """A collector of a branch, by turn."""

    branch: str
    turn: int


@dataclass(frozen=True, slots=True)
class Happenings:
    """Everything that happens to the lender at a given time; months relative to the last one."""

    shock: Shock
    vintage: BadVintage
    relief_region: str  # disaster relief: instalments of these months are paused
    relief_months: tuple[int, int]
    harvest_region: str  # bad harvest: farm loans due in these months are extended
    harvest_months: tuple[int, int]
    hard_cases: HardCases
    night_calls: Collector  # calls after 22:00
    beyond_authority: Collector  # promises more than a day after the due day, without approval
    late_first_visits: str  # branch that visits new borrowers after the 5th
    stale_valuations: str  # branch whose collateral was last valued long ago
    missing_documents: str  # branch whose files lack documents

    @classmethod
    def of(cls, span: Span) -> Happenings:
        """Place the events; with as_of in 2026-10 the shock is 2026-02, the vintage 2025 Q3."""
        last = span.last
        return cls(
            shock=Shock(CONSTRUCTION, "东江省", last - 8),
            vintage=BadVintage("江南支行", last - 15, last - 13),
            relief_region="中湖省",
            relief_months=(last - 15, last - 13),
            harvest_region="南屏省",
            harvest_months=(last - 13, last - 10),
            hard_cases=HardCases("北郊支行"),
            night_calls=Collector("矿区支行", 1),
            beyond_authority=Collector("城西支行", 2),
            late_first_visits="滨湖支行",
            stale_valuations="中心支行",
            missing_documents="高新支行",
        )

    def as_json(self, seed: int, loans: int) -> dict[str, Any]:
        """Return the planted truths as plain data."""
        return {
            "lender": {"zh": LENDER_ZH, "en": LENDER_EN, "is_synthetic": True},
            "seed": seed,
            "loans": loans,
            "truths": [
                {
                    "name": "shock",
                    "where": {"industry": self.shock.industry, "region": self.shock.region},
                    "from_month": month_text(self.shock.first_month),
                    "misses_times": self.shock.misses_times,
                    "heals_times": self.shock.heals_times,
                    "expected": "overdue rate of the cell at least doubles within six months, others stay",
                },
                {
                    "name": "bad_vintage",
                    "where": {"branch": self.vintage.branch},
                    "cohorts": [
                        month_text(m) for m in range(self.vintage.first_month, self.vintage.last_month + 1)
                    ],
                    "misses_times": self.vintage.misses_times,
                    "heals_times": self.vintage.heals_times,
                    "expected": "share of loans ever over 30 days by MOB 6 about three times the other branches'",
                },
                *self._of_work(),
            ],
        }

    def _of_work(self) -> list[dict[str, Any]]:
        """Return what is planted in the work of the staff."""
        hard, night, far = self.hard_cases, self.night_calls, self.beyond_authority
        return [
            {
                "name": "hard_cases",
                "where": {"branch": hard.branch, "collector": 0},
                "over_dpd": hard.over_dpd,
                "heals_times": hard.heals_times,
                "expected": "worst raw recovery of its branch, best beside loans as long overdue elsewhere",
            },
            {
                "name": "night_calls",
                "where": {"branch": night.branch, "collector": night.turn},
                "expected": "calls at 22:00 and later that nobody agreed to, of this collector alone",
            },
            {
                "name": "beyond_authority",
                "where": {"branch": far.branch, "collector": far.turn},
                "expected": "unapproved promises more than a day after the due day, of this collector alone",
            },
            {
                "name": "late_first_visits",
                "where": {"branch": self.late_first_visits},
                "expected": "first visits after the 5th; elsewhere nearly all are done by then",
            },
            {
                "name": "stale_valuations",
                "where": {"branch": self.stale_valuations},
                "expected": "last valuation older than six months; elsewhere nearly none is",
            },
            {
                "name": "missing_documents",
                "where": {"branch": self.missing_documents},
                "expected": "a third of the files lack a document; elsewhere one in fifty",
            },
        ]
