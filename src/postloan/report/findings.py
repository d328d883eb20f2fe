"""What moved and why, in three to six sentences chosen by size: computed, never canned.

Causes come from the NPL bridge (F-51) and the split of a change into mix and rate (F-54).
"""

from __future__ import annotations

import pandas as pd

from postloan.report import phrases, reading
from postloan.report.pack import Pack
from postloan.report.phrases import points, said
from postloan.report.records import Record, fraction, records
from postloan.report.section import Format
from postloan.report.sections.npl_bridge import bridge_sentence
from postloan.report.standard_tables import dimension_label, group_label

MATTERS = 5
CONTRIBUTION_BP = 0.5  # a group that moved a rate by less is not named


def findings(pack: Pack) -> tuple[str, ...]:
    """Return the summary's sentences, most important first."""
    sentences = [
        _overdue_sentence(pack),
        bridge_sentence(pack),
        _npl_year_sentence(pack),
        _roll_sentence(pack),
        _targets_sentence(pack),
        _cliff_sentence(pack),
    ]
    return tuple(sentence for sentence in sentences if sentence)


def _overdue_sentence(pack: Pack) -> str:
    slug = "overdue_rate_balance"
    now = reading.figure(pack, slug, pack.head.as_of)
    if now.value is None:
        return ""
    start = pack.text(
        "{name} is {value}, {month} and {year}",
        name=pack.label(slug),
        value=said(pack, now, Format.PERCENT),
        month=phrases.moved(pack, slug, "month"),
        year=phrases.moved(pack, slug, "year"),
    )
    cause = _mix_rate_cause(pack, slug, "month")
    return start + (pack.text("; ") + cause if cause else "") + pack.text(".")


def _npl_year_sentence(pack: Pack) -> str:
    """Return who is behind the year's change of the NPL ratio, which one month hides."""
    cause = _mix_rate_cause(pack, "npl_ratio", "year")
    if not cause:
        return ""
    start = pack.text(
        "On the year {name} is {moved}",
        name=pack.label("npl_ratio"),
        moved=phrases.moved(pack, "npl_ratio", "year"),
    )
    return start + pack.text("; ") + cause + pack.text(".")


def _mix_rate_cause(pack: Pack, slug: str, base: str) -> str:
    """Return the dimension and group that explain a change best, with mix and rate apart."""
    frame = pack.frame("mix_rate")
    frame = frame[(frame["metric"] == slug) & (frame["base"] == base)]
    if frame.empty:
        return ""
    frame = frame.assign(effect=frame["mix_effect"].astype(float) + frame["rate_effect"].astype(float))
    total = float(frame.groupby("by", observed=True, dropna=False)["effect"].sum().iloc[0])
    # A dimension with one group explains nothing.
    many = frame.groupby("by", observed=True, dropna=False)["group"].transform("size") > 1
    same_way = records(frame[many & (frame["effect"] * total > 0) & frame["rate_effect"].notna()])
    top = max(same_way, key=lambda row: abs(row["rate_effect"]), default=None)
    if top is None or abs(top["effect"]) * 10_000 < CONTRIBUTION_BP:
        return ""
    return _cause_text(pack, frame[frame["by"] == top["by"]], top)


def _cause_text(pack: Pack, part: pd.DataFrame, top: Record) -> str:
    by = str(top["by"])
    return pack.text(
        "by {dimension}, rates explain {rate} bp and mix {mix} bp, most of it {group} ({effect} bp, its rate from {before} to {after})",
        dimension=dimension_label(pack, by),
        rate=signed(float(part["rate_effect"].sum())),
        mix=signed(float(part["mix_effect"].sum())),
        group=group_label(pack, by, str(top["group"])),
        effect=signed(float(top["effect"])),
        before=said(pack, fraction(top["rate_before"]), Format.PERCENT),
        after=said(pack, fraction(top["rate_after"]), Format.PERCENT),
    )


def signed(value: float) -> str:
    """Return a fraction in basis points with its sign."""
    size = points(value)
    return size if size == "0" else f"+{size}" if value > 0 else f"−{size}"


def _roll_sentence(pack: Pack) -> str:
    """Return a sentence on entry into arrears when it moved or has a direction."""
    now = reading.figure(pack, "roll_rate_m0_m1", pack.head.as_of)
    return "" if now.value is None else phrases.rate_sentence(pack, "roll_rate_m0_m1")


def missed(pack: Pack) -> list[str]:
    """Return the slugs of the targets that are missed on unrounded values (X3)."""
    now = {slug: reading.figure(pack, slug, pack.head.as_of).value for slug in pack.targets}
    return [slug for slug, target in pack.targets.items() if target.is_met(now[slug]) is False]


def _targets_sentence(pack: Pack) -> str:
    if not pack.targets:
        return ""
    over = missed(pack)
    if not over:
        return pack.text("All {n} targets are met.", n=len(pack.targets))
    names = pack.text(", ").join(pack.label(slug) for slug in over)
    return pack.text(
        "{missed} of {n} targets are missed: {names}.", missed=len(over), n=len(pack.targets), names=names
    )


def _cliff_sentence(pack: Pack) -> str:
    frame = pack.frame("cliff")
    if frame.empty:
        return ""
    return pack.text(
        "{n} loans with a balance of {stake} are within 5 days of a worse bucket or class.",
        n=said(pack, len(frame), Format.COUNT),
        stake=said(pack, int(frame["at_stake_minor"].sum()), Format.MONEY),
    )


def matters(pack: Pack) -> list[str]:
    """Return up to five matters that need a decision: missed targets, the worst branch, cliffs, errors."""
    found = [_missed_matter(pack, slug) for slug in missed(pack)]
    found += _cliff_matter(pack)
    found += _error_matters(pack)
    return found[:MATTERS]


def _missed_matter(pack: Pack, slug: str) -> str:
    target = pack.targets[slug]
    now = reading.figure(pack, slug, pack.head.as_of)
    bound = target.at_most if target.at_most is not None else target.at_least
    gap = abs((now.value or 0) - (bound or 0))
    return pack.text(
        "{name} misses its target by {bp} bp: set measures.", name=pack.label(slug), bp=points(gap)
    )


def _cliff_matter(pack: Pack) -> list[str]:
    frame = pack.frame("cliff")
    npl = frame[frame["boundary"] == "substandard"]
    if npl.empty:
        return []
    return [
        pack.text(
            "{n} loans with {stake} become substandard within 5 days unless they pay: assign them today.",
            n=said(pack, len(npl), Format.COUNT),
            stake=said(pack, int(npl["at_stake_minor"].sum()), Format.MONEY),
        )
    ]


def _error_matters(pack: Pack) -> list[str]:
    frame = pack.frame("exceptions")
    errors = frame[frame["severity"] == "error"]
    counts = errors.groupby(f"label_{pack.head.lang}", observed=True, dropna=False).size()
    return [pack.text("{rule}: {n} cases to be resolved.", rule=rule, n=n) for rule, n in counts.items()]
