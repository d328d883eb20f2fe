"""Who hangs together with the subject, what they share, and what the net owes against the 10 % and 20 % marks."""

from __future__ import annotations

from postloan.model.contract import Sensitivity
from postloan.model.mask import mask
from postloan.report.pack import Pack
from postloan.report.phrases import said
from postloan.report.records import Record, records, whole
from postloan.report.section import Block, Field, Figure, Format, Paragraphs, Row, RowKind, Section, Table

_MARKS = (0.10, 0.20)  # F-12: shares of a debtor's claims, here read for a net of debtors
_MASKED = {
    "phone": Sensitivity.PHONE, "guarantor_phone": Sensitivity.PHONE, "address": Sensitivity.ADDRESS,
    "employer": Sensitivity.NAME,
}  # fmt: skip
_AMOUNTS = ("balance_minor", "overdue_minor", "npl_minor")


def connections(pack: Pack) -> Section:
    """Build the section: links and exposures of the net."""
    text = pack.text
    net, links = records(pack.frame("subject_net")), records(pack.frame("subject_links"))
    balance, npl = (_sum(net, name) for name in ("balance_minor", "npl_minor"))
    share = npl / balance if balance and npl is not None else None
    others = sum(not row["is_subject"] for row in net)
    blocks: list[Block] = [_links(pack, links), _net(pack, net), *_verdict(pack, share)]
    return Section(
        key="connections",
        heading=text("Connections"),
        takeaway=text(
            "{others} other customers hang together with the subject; {share} of the net's balance is non-performing.",
            others=said(pack, others, Format.COUNT),
            share=said(pack, share, Format.PERCENT),
        ),
        blocks=tuple(blocks),
        footnotes=(
            text("A thing that more than eight customers share, such as a switchboard, connects nobody."),
            text("A net is a hint, not a connected party in law: that is for the lender to decide."),
        ),
    )


def _sum(rows: list[Record], name: str) -> int | None:
    amounts = [whole(row[name]) for row in rows]
    return None if any(amount is None for amount in amounts) else sum(amount or 0 for amount in amounts)


def _links(pack: Pack, links: list[Record]) -> Table:
    text = pack.text
    kinds = {
        "phone": text("Phone"), "address": text("Address"), "group": text("Connected group"), "employer": text("Employer"),
        "guarantor": text("Guarantor"), "guarantor_phone": text("Guarantor's phone"), "machine": text("Machine"),
    }  # fmt: skip
    fields = (
        Field("kind", text("Shared"), Format.TEXT),
        Field("value", text("What"), Format.TEXT),
        Field("customers", text("Customers"), Format.TEXT),
    )
    rows = tuple(
        Row(
            str(place),
            (kinds[row["kind"]], _shown(pack, row), text(", ").join(str(row["customers"]).split())),
        )
        for place, row in enumerate(links)
    )
    return Table("links", text("What they share"), fields, rows, "" if rows else text("Nothing is shared."))


def _shown(pack: Pack, row: Record) -> str:
    kind = _MASKED.get(row["kind"])
    return mask(row["value"], kind) or "—" if kind and pack.head.is_masked else str(row["value"])


def _net(pack: Pack, net: list[Record]) -> Table:
    text = pack.text
    fields = (
        Field("customer", text("Customer"), Format.ID),
        Field("subject", text("Subject"), Format.VERDICT),
        Field("loans", text("Loans"), Format.COUNT),
        Field("balance", pack.label("balance"), Format.MONEY),
        Field("overdue", pack.label("overdue_amount"), Format.MONEY),
        Field("npl", text("Non-performing"), Format.MONEY),
    )
    rows = [
        Row(
            str(row["customer_id"]),
            (
                str(row["customer_id"]),
                bool(row["is_subject"]) or None,
                Figure(whole(row["loans"])),
                *(Figure(whole(row[name])) for name in _AMOUNTS),
            ),
        )
        for row in net
    ]
    sums = (Figure(_sum(net, name)) for name in ("loans", *_AMOUNTS))
    total = Row("total", (text("Total"), None, *sums), RowKind.TOTAL)
    return Table("net", text("What the net owes"), fields, (*rows, total))


def _verdict(pack: Pack, share: float | None) -> tuple[Paragraphs, ...]:
    if share is None:
        return ()
    sentences = tuple(_against(pack, share, mark) for mark in _MARKS)
    return (Paragraphs("marks", sentences, bullets=True),)


def _against(pack: Pack, share: float, mark: float) -> str:
    told, limit = said(pack, share, Format.PERCENT), said(pack, mark, Format.PERCENT)
    if share > mark:
        return pack.text("Non-performing share {share} is over {mark}.", share=told, mark=limit)
    return pack.text("Non-performing share {share} is not over {mark}.", share=told, mark=limit)
