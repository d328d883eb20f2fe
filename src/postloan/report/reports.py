"""The reports there are: their names and the sections each is made of, in reading order."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from postloan.model.fault import Fault
from postloan.model.label import Label
from postloan.model.nearest import nearest


@dataclass(frozen=True, slots=True)
class Report:
    """One report: each section is a module of ``report.sections`` and its function."""

    label: Label
    sections: tuple[str, ...]


REPORTS = {
    "monthly_review": Report(
        Label("贷后管理月度报告", "Monthly post-loan review"),
        (
            "summary",
            "targets",
            "data_status",
            "restatements",
            "overdue",
            "ageing",
            "flows",
            "risk_classes",
            "grades",
            "npl_bridge",
            "vintages",
            "recoveries",
            "provisions",
            "concentration",
            "maturities",
            "duties",
            "warnings",
            "care",
            "conduct",
            "rule_checks",
            "exceptions",
            "next_actions",
            "definitions",
            "sign_off",
        ),
    ),
    "team_performance": Report(
        Label("催收团队绩效报告", "Team performance report"),
        (
            "team_summary",
            "funnel",
            "promises",
            "team_recoveries",
            "time_to_payment",
            "work_records",
            "duties",
            "conduct",
            "targets",
            "awards",
            "data_status",
            "definitions",
            "sign_off",
        ),
    ),
    "risk_investigation": Report(
        Label("风险调查报告", "Risk investigation"),
        (
            "dossier",
            "timeline",
            "verdicts",
            "comparison",
            "drivers",
            "connections",
            "risk_report",
            "definitions",
            "sign_off",
        ),
    ),
}

# Sections that stand on a results frame which not every pack has.
_ONLY_WITH = {
    "targets": "plan_targets",
    "grades": "outcomes",
    "duties": "duty_counts",
    "warnings": "warning_ledger",
    "care": "care_given",
    "conduct": "work_measures",
    "rule_checks": "check_labels",
    "awards": "awards",
    "next_actions": "duty_counts",
    "verdicts": "subject_cards",
    "risk_report": "subject_customers",
    "drivers": "subject_drivers",
    "connections": "subject_net",
}


def report_of(name: str) -> Report:
    """Return the report ``name``; raises Fault 2 with the nearest one."""
    if name not in REPORTS:
        raise Fault(f"no report {name!r}", nearest(name, REPORTS))
    return REPORTS[name]


def sections_of(report: str, frames: Collection[str]) -> tuple[str, ...]:
    """Return the sections of a pack with these results frames, in reading order."""
    return tuple(
        key for key in report_of(report).sections if _ONLY_WITH.get(key) is None or _ONLY_WITH[key] in frames
    )
