"""What every figure in the pack means: definition, source, and what it stands on this month."""

from __future__ import annotations

from importlib import import_module

from postloan.report import reading
from postloan.report.pack import SECTIONS, Pack
from postloan.report.section import Field, Figure, Format, Row, Section, Table


def definitions(pack: Pack) -> Section:
    """Build the section: one row per metric used by any section, and the policy's own parameters."""
    used = _used(pack)
    slugs = [slug for slug in pack.definitions if slug in used]
    return Section(
        key="definitions",
        heading=pack.text("Definitions"),
        takeaway=pack.text(
            "Every ratio is the sum of its numerator over the sum of its denominator; what is unknown is in neither."
        ),
        blocks=(_ratios(pack, slugs), _meanings(pack, slugs)),
        footnotes=(
            pack.text(
                "Sources beginning with F are the formulas of the methodology; [unconfirmed] marks what is configuration, not law."
            ),
        ),
    )


def _used(pack: Pack) -> set[str]:
    """Return the slugs that the other sections name; sections are cheap to build twice."""
    used: set[str] = set()
    for key in SECTIONS:
        if key != "definitions":
            section = getattr(import_module(f"postloan.report.sections.{key}"), key)(pack)
            used |= set(section.metrics)
    return used


def _meanings(pack: Pack, slugs: list[str]) -> Table:
    text = pack.text
    fields = (
        Field("name", text("Indicator"), Format.TEXT),
        Field("id", text("Id"), Format.ID),
        Field("definition", text("Definition"), Format.TEXT),
        Field("source", text("Source"), Format.TEXT),
    )
    rows = [
        Row(
            slug,
            (
                pack.label(slug),
                slug,
                str(pack.definitions[slug][f"definition_{pack.head.lang}"]),
                str(pack.definitions[slug]["source"]),
            ),
        )
        for slug in slugs
    ]
    return Table("meanings", text("What each figure means"), fields, tuple(rows))


def _ratios(pack: Pack, slugs: list[str]) -> Table:
    text = pack.text
    ratios = [slug for slug in slugs if pack.definitions[slug]["is_ratio"]]
    fields = (
        Field("id", text("Id"), Format.ID),
        Field("value", text("This month"), Format.PERCENT),
        Field("n", text("Loans"), Format.COUNT),
        Field("unknown", text("Unknown"), Format.COUNT),
        Field("low", text("95% from"), Format.PERCENT),
        Field("high", text("95% to"), Format.PERCENT),
    )
    rows = []
    for slug in ratios:
        now = reading.figure(pack, slug, pack.head.as_of)
        rest = (Figure(now.n), Figure(now.unknown), Figure(now.low), Figure(now.high))
        rows.append(Row(slug, (slug, now, *rest)))
    return Table("ratios", text("Every ratio of this pack"), fields, tuple(rows))
