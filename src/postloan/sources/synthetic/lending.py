"""Loans of one chunk: product, size, terms, place and the loan each one renews."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import cast

import numpy as np

from postloan.model import codes
from postloan.sources.synthetic import borrowers, months, world
from postloan.sources.synthetic.borrowers import Borrowers
from postloan.sources.synthetic.months import Span
from postloan.sources.synthetic.types import Flags, Floats, Ints, Random
from postloan.sources.synthetic.world import PRODUCTS, Layout, Product

OFFICERS_PER_BRANCH = 6
METHODS = codes.REPAYMENT_METHOD.values()
SECURITIES = codes.SECURITY.values()
_RENEWED_SHARE = 0.35
_UNDISBURSED_SHARE = 0.05  # of the loans of the last month
_MICRO = next(place for place, item in enumerate(PRODUCTS) if item.name == "小微经营贷")


@dataclass(frozen=True, slots=True)
class Loans:
    """One entry per loan: positions in the lists of ``world``, days, months and fen.

    ``industry`` is -1 where the loan has none of its own; ``renews`` is -1 or the loan it renews.
    """

    product: Ints
    customer: Ints
    branch: Ints
    region: Ints
    industry: Ints
    officer: Ints
    principal: Ints
    rate: Floats
    method: Ints
    step: Ints
    term: Ints
    security: Ints
    disbursed: Ints
    renews: Ints
    is_undisbursed: Flags

    def __len__(self) -> int:
        return len(self.product)

    @property
    def month(self) -> Ints:
        """Month of disbursement."""
        return months.month_of_day(self.disbursed)

    @property
    def due_day(self) -> Ints:
        """Day of the month on which instalments fall due: that of the disbursement, at most the 28th."""
        day: Ints = np.minimum(self.disbursed - months.first_day(self.month) + 1, 28)
        return day

    @property
    def matures(self) -> Ints:
        """Due day of the last instalment."""
        return months.first_day(self.month + self.term) + self.due_day - 1

    def sorted_by_day(self) -> Loans:
        """Order the loans by day of disbursement, following the loans they renew."""
        order = np.argsort(self.disbursed, kind="stable")
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        columns = {field.name: cast(Ints, getattr(self, field.name))[order] for field in fields(self)}
        columns["renews"] = np.where(columns["renews"] >= 0, place[columns["renews"]], -1)
        return Loans(**columns)  # type: ignore[arg-type]  # every field is an array of its own kind


def lent(count: int, span: Span, random: Random) -> tuple[Loans, Borrowers]:
    """Draw ``count`` loans and their customers, in order of disbursement."""
    shares = np.array([product.share for product in PRODUCTS])
    product = random.choice(len(PRODUCTS), count, p=shares / shares.sum())
    kind = np.array([world.CUSTOMER_KINDS.index(item.customer_kind) for item in PRODUCTS])[product]
    kinds, customer = borrowers.assigned(kind, random)
    people = borrowers.signed_up(kinds, span, random)
    branch = people.branch[customer]
    disbursed = _days(count, span, random)
    terms = _Terms.drawn(product, random)
    loans = Loans(
        product=product,
        customer=customer,
        branch=branch,
        region=people.region[customer],
        industry=_industries(product, people.industry[customer], random),
        officer=branch * OFFICERS_PER_BRANCH + random.integers(0, OFFICERS_PER_BRANCH, count),
        principal=terms.principal,
        rate=terms.rate,
        method=terms.method,
        step=terms.step,
        term=terms.term,
        security=terms.security,
        disbursed=disbursed,
        renews=np.full(count, -1),
        is_undisbursed=(months.month_of_day(disbursed) == span.last)
        & (random.random(count) < _UNDISBURSED_SHARE),
    )
    return _renewed(loans, span, random).sorted_by_day(), people


def _days(count: int, span: Span, random: Random) -> Ints:
    """Draw days of disbursement: growth, seasons, no loan after as_of."""
    calendar = np.array(span.months())
    weight = np.array([world.SEASON[month % 12] for month in calendar])
    weight = weight * (1 + world.GROWTH_PER_MONTH) ** np.arange(len(calendar))
    length = np.minimum(months.last_day(calendar), span.last_day) - months.first_day(calendar) + 1
    which = random.choice(len(calendar), count, p=weight / weight.sum())
    return months.first_day(calendar[which]) + np.floor(random.random(count) * length[which]).astype(np.int64)


def _industries(product: Ints, customers: Ints, random: Random) -> Ints:
    """Return the loan's own industry: that of its product, for a business else its customer's."""
    industry = np.where(
        np.array([item.customer_kind for item in PRODUCTS])[product] == "individual", -1, customers
    )
    draw = random.random(len(product))
    for place, item in enumerate(PRODUCTS):
        if item.industry is not None:
            theirs = (product == place) & (draw < item.industry_share)
            industry = np.where(theirs, world.INDUSTRIES.index(item.industry), industry)
    return industry


@dataclass(frozen=True, slots=True)
class _Terms:
    """What the contract says, one entry per loan."""

    principal: Ints
    rate: Floats
    method: Ints
    step: Ints
    term: Ints
    security: Ints

    @classmethod
    def drawn(cls, product: Ints, random: Random) -> _Terms:
        """Draw the terms of every loan, product by product."""
        blank = np.zeros(len(product), np.int64)
        terms = cls(blank, blank.astype(np.float64), *(blank.copy() for _ in range(4)))
        for place, item in enumerate(PRODUCTS):
            mine = np.flatnonzero(product == place)
            terms.principal[mine] = _amounts(item, len(mine), random)
            low, high = item.rates
            terms.rate[mine] = np.round(low + (high - low) * random.beta(2, 2, len(mine)), 4)
            odds = list(item.securities.values())
            kind = np.array([SECURITIES.index(name) for name in item.securities])
            terms.security[mine] = kind[random.choice(len(kind), len(mine), p=odds)]
            terms._lay_out(mine, item, random)
        return terms

    def _lay_out(self, mine: Ints, item: Product, random: Random) -> None:
        odds = [layout.share for layout in item.layouts]
        which = random.choice(len(odds), len(mine), p=odds)
        for place, layout in enumerate(item.layouts):
            self._apply(layout, mine[which == place], random)

    def _apply(self, layout: Layout, mine: Ints, random: Random) -> None:
        term = random.choice(np.array(layout.terms), len(mine))
        self.term[mine] = term
        self.method[mine] = METHODS.index(layout.method)
        self.step[mine] = term if layout.method == "bullet" else layout.step


def _amounts(item: Product, count: int, random: Random) -> Ints:
    """Draw sizes in fen, in the round figures in which the product is lent."""
    yuan = item.median_yuan * np.exp(item.spread * random.standard_normal(count))
    yuan = np.clip(np.round(yuan / item.step_yuan) * item.step_yuan, item.smallest_yuan, item.largest_yuan)
    return yuan.astype(np.int64) * 100


def _renewed(loans: Loans, span: Span, random: Random) -> Loans:
    """Make some micro loans renewals: same customer, lent the day the old loan falls due."""
    micro = (loans.product == _MICRO) & ~loans.is_undisbursed
    new = np.flatnonzero(micro & (random.random(len(loans)) < _RENEWED_SHARE))
    old = np.flatnonzero(micro & (loans.matures <= span.last_day))
    # A renewal can't be renewed within the same pass, or its own dates would move under it.
    old = np.setdiff1d(old, new)
    due_in, lent_in = months.month_of_day(loans.matures)[old], loans.month[new]
    pairs = [_paired(old[due_in == month], new[lent_in == month]) for month in span.months()]
    before = np.concatenate([pair[0] for pair in pairs])
    after = np.concatenate([pair[1] for pair in pairs])
    columns = {
        name: getattr(loans, name).copy() for name in ("customer", "branch", "region", "industry", "officer")
    }
    for values in columns.values():
        values[after] = values[before]
    disbursed, renews = loans.disbursed.copy(), loans.renews.copy()
    disbursed[after], renews[after] = loans.matures[before], before
    return replace(loans, disbursed=disbursed, renews=renews, **columns)


def _paired(old: Ints, new: Ints) -> tuple[Ints, Ints]:
    count = min(len(old), len(new))
    return old[:count], new[:count]
