"""One pack in a report kernel: its head, its results cut to its scope, and its sections.

A kernel opens a folder that ``build`` has written and renders; it computes no figure of its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TypeAlias

import pandas as pd

from postloan.atomic import write_text
from postloan.model.fault import Fault
from postloan.report.head import Head
from postloan.report.records import Record, records
from postloan.report.reports import report_of, sections_of
from postloan.report.results import open_results
from postloan.report.section import Section
from postloan.report.style import Style
from postloan.report.target import Target
from postloan.report.text import Text

Place: TypeAlias = tuple[str, date, str, str]
"""Where a figure is found: metric, month_end, dimension (blank for the total), group."""

SENTINEL = "postloan: every section rendered"


@dataclass(frozen=True)
class Pack:
    """Everything a section function may look at."""

    head: Head
    style: Style
    text: Text
    targets: Mapping[str, Target]
    frames: Mapping[str, pd.DataFrame]

    def frame(self, name: str) -> pd.DataFrame:
        """Return the results frame ``name`` cut to the pack's scope; one row per its tidy grain."""
        frame = self.frames[name]
        if "scope" not in frame.columns:
            return frame
        return frame[frame["scope"] == self.head.scope].drop(columns="scope").reset_index(drop=True)

    @cached_property
    def measured(self) -> dict[Place, Record]:
        """The measured metrics of this scope, by metric, month_end, dimension and group."""
        frame = self.frame("measures")
        days = frame["month_end"].dt.date
        rows = zip(records(frame), days, strict=True)
        return {(row["metric"], on, row["by"], row["group"]): row for row, on in rows}

    @cached_property
    def groups(self) -> dict[tuple[str, date], tuple[str, ...]]:
        """The groups of each dimension on each date, missing keys included, sorted."""
        found: dict[tuple[str, date], set[str]] = {}
        for _, on, by, group in self.measured:
            found.setdefault((by, on), set()).add(group)
        return {place: tuple(sorted(names)) for place, names in found.items()}

    @cached_property
    def months(self) -> tuple[date, ...]:
        """The observation dates with totals, oldest first; the last is ``as_of``."""
        return tuple(sorted(on for by, on in self.groups if by == ""))

    @cached_property
    def definitions(self) -> dict[str, Record]:
        """Labels, definition, direction and source of every metric by slug."""
        return {row["slug"]: row for row in records(self.frames["definitions"])}

    def label(self, slug: str) -> str:
        """Return the metric's name in the pack's language."""
        return str(self.definitions[slug][self.head.lang])

    def is_higher_worse(self, slug: str) -> bool | None:
        """Say whether a rise of the metric is bad; None where neither is."""
        value = self.definitions[slug]["higher_is_worse"]
        return None if pd.isna(value) else bool(value)

    @cached_property
    def sections(self) -> tuple[str, ...]:
        """The sections of this pack, in reading order."""
        return sections_of(self.head.report, self.frames)

    @cached_property
    def _built(self) -> dict[str, Section]:
        return {}

    def section(self, key: str) -> Section:
        """Return the section ``key``, built once; raises Fault for a name that is not a section."""
        if key not in self.sections:
            raise Fault(f"no section {key!r}", f"choose from {', '.join(self.sections)}")
        if key not in self._built:
            module = import_module(f"postloan.report.sections.{key}")
            self._built[key] = getattr(module, key)(self)
        return self._built[key]

    def show(self, key: str) -> None:
        """Display the section in the notebook; nothing where the pack does not have it."""
        from postloan.report.display import show

        if key in self.sections or key not in report_of(self.head.report).sections:
            show(self.section(key), self.style)

    def done(self) -> None:
        """Print the mark without which a run has failed."""
        print(SENTINEL)


def write_pack(
    path: Path, head: Head, targets: Mapping[str, Target], results: Path, largest_minor: int
) -> None:
    """Write what ``open_pack`` needs: head, targets, where the results are, the largest amount (for units)."""
    content = {
        "head": head.as_dict(),
        "targets": {slug: asdict(target) for slug, target in sorted(targets.items())},
        "results": str(results),
        "largest_minor": largest_minor,
    }
    write_text(path, json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True))


def open_pack(path: str | Path) -> Pack:
    """Open the pack file that ``write_pack`` wrote; its results stand relative to it."""
    content = json.loads(Path(path).read_text(encoding="utf-8"))
    head = Head.of(content["head"])
    return Pack(
        head=head,
        style=Style.for_amounts(head.lang, head.currency, content["largest_minor"]),
        text=Text(head.lang),
        targets={slug: Target(**target) for slug, target in content["targets"].items()},
        frames=open_results(Path(path).parent / content["results"]),
    )
