"""The page of a check, for the owner of the data."""

from __future__ import annotations

from pathlib import Path

from postloan.atomic import write_text
from postloan.jobs.check import CheckReport
from postloan.model.label import Label
from postloan.report.check_page import CheckHead, check_page
from postloan.sources.judging.batch import CAUSES
from postloan.sources.mapping import read_mapping


def write_check_page(report: CheckReport, out: Path, lang: str) -> None:
    """Write the report of a check to ``out`` as one page; raises OSError where the disk won't have it."""
    rules = read_mapping(report.mapping)
    lender = Label(rules.lender.zh, rules.lender.en)
    head = CheckHead(lender, rules.currency, rules.is_synthetic, CAUSES)
    write_text(out, check_page(report.as_dict(), head, lang))
