"""What has been set aside: provisions given by the lender, or the standard estimate, named as such (F-48)."""

from __future__ import annotations

from postloan.report import phrases, reading
from postloan.report.pack import Pack
from postloan.report.section import Block, Field, Figure, Format, Missing, Row, RowKind, Section, Table
from postloan.report.standard_tables import change_label, group_label, ratio_table

RATIOS = ("provision_coverage", "provision_ratio")


def provisions(pack: Pack) -> Section:
    """Build the section; without a provision table only the standard-percentage estimate is shown."""
    given = reading.figure(pack, "provision_balance", pack.head.as_of)
    is_given = bool(given.n)
    blocks: list[Block] = []
    if is_given:
        blocks.append(ratio_table(pack, "ratios", pack.text("Coverage"), RATIOS, Format.MONEY))
    else:
        blocks.append(
            Missing(
                "provision",
                pack.text(
                    "The lender gives no table “provision” for this date: provisions and coverage are not shown."
                ),
            )
        )
    blocks.append(_by_class(pack, is_given))
    return Section(
        key="provisions",
        heading=pack.text("Provisions"),
        takeaway=phrases.rate_sentence(pack, "provision_coverage") if is_given else _standard_sentence(pack),
        blocks=tuple(blocks),
        footnotes=(
            pack.text(
                "The standard estimate multiplies the balance of each class by its standard percentage; it is never called coverage."
            ),
        ),
        metrics=(*(RATIOS if is_given else ()), "provision_balance", "provision_standard"),
    )


def _standard_sentence(pack: Pack) -> str:
    standard = reading.figure(pack, "provision_standard", pack.head.as_of)
    return pack.text(
        "By the standard percentages {amount} would be set aside.",
        amount=phrases.said(pack, standard, Format.MONEY),
    )


def _by_class(pack: Pack, is_given: bool) -> Table:
    slugs = (
        ("balance", "provision_balance", "provision_standard")
        if is_given
        else ("balance", "provision_standard")
    )
    fields = (
        Field("class", pack.text("Risk class"), Format.TEXT),
        *(Field(slug, pack.label(slug), Format.MONEY) for slug in slugs),
        Field(
            "month",
            pack.text("{name}, {change}", name=pack.label(slugs[-1]), change=change_label(pack, "month")),
            Format.MONEY,
        ),
    )
    names = reading.groups(pack, "risk_class", pack.head.as_of)
    rows = [_row(pack, "risk_class", name, slugs) for name in _in_order(names)]
    return Table(
        "by_class", pack.text("Provisions by risk class"), fields, (*rows, _row(pack, "", "", slugs))
    )


def _in_order(names: list[str]) -> list[str]:
    from postloan.model.codes import RISK_CLASS

    order = [*RISK_CLASS.values()]
    return sorted(names, key=lambda name: order.index(name) if name in order else len(order))


def _row(pack: Pack, by: str, group: str, slugs: tuple[str, ...]) -> Row:
    on, before = pack.head.as_of, reading.month_before(pack)
    figures = [reading.figure(pack, slug, on, by, group) for slug in slugs]
    earlier = reading.figure(pack, slugs[-1], before, by, group) if before else Figure(None)
    label = group_label(pack, by, group) if by else pack.text("Total")
    return Row(
        group or "total",
        (label, *figures, reading.change(figures[-1], earlier)),
        RowKind.BODY if by else RowKind.TOTAL,
    )
