"""What every figure in the pack means: definition and source, under the section that shows it first."""

from __future__ import annotations

from postloan.report.pack import Pack
from postloan.report.section import Field, Format, Row, Section, Table

# The summary repeats figures of later sections, which define them; what only it shows comes last.
_READ_LAST = ("summary", "team_summary")


def definitions(pack: Pack) -> Section:
    """Build the section: a table per section, one row per metric that no earlier section uses."""
    told: set[str] = set()
    tables = []
    last = [key for key in pack.sections if key in _READ_LAST]
    others = [key for key in pack.sections if key not in (*_READ_LAST, "definitions")]
    for key in (*others, *last):
        slugs = [slug for slug in dict.fromkeys(pack.section(key).metrics) if slug not in told]
        told.update(slugs)
        if slugs:
            tables.append(_meanings(pack, key, slugs))
    return Section(
        key="definitions",
        heading=pack.text("Definitions"),
        takeaway=pack.text(
            "Every ratio is the sum of its numerator over the sum of its denominator; what is unknown is in neither."
        ),
        blocks=tuple(tables),
        footnotes=(
            pack.text(
                "Sources beginning with F are the formulas of the methodology; [unconfirmed] marks what is configuration, not law."
            ),
        ),
    )


def _meanings(pack: Pack, key: str, slugs: list[str]) -> Table:
    text = pack.text
    fields = (
        Field("name", text("Indicator"), Format.TEXT),
        Field("id", text("Id"), Format.ID),
        Field("definition", text("Definition"), Format.TEXT),
        Field("source", text("Source"), Format.TEXT),
    )
    return Table(key, pack.section(key).heading, fields, tuple(_meaning(pack, slug) for slug in slugs))


def _meaning(pack: Pack, slug: str) -> Row:
    record = pack.definitions[slug]
    told = (str(record[f"definition_{pack.head.lang}"]), str(record["source"]))
    return Row(slug, (pack.label(slug), slug, *told))
