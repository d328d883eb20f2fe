"""A chunk as Arrow tables in contract columns: loans, plans, payments, events, provisions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from postloan.model import codes
from postloan.sources.synthetic import disorder, stock
from postloan.sources.synthetic.cells import dates, keyed, named, numbered
from postloan.sources.synthetic.chunk import Chunk
from postloan.sources.synthetic.exits import EXTENSION, RESCHEDULE, SALE
from postloan.sources.synthetic.lending import METHODS, SECURITIES
from postloan.sources.synthetic.life import ADVANCE, WAIVER
from postloan.sources.synthetic.months import Span
from postloan.sources.synthetic.types import NEVER, Flags, Ints, Random
from postloan.sources.synthetic.world import BRANCHES, INDUSTRIES, PRODUCTS, REGIONS

PROVISION_MONTHS = 13
_NO_BRANCH, _NO_OFFICER = 0.002, 0.005
_CHANNELS = ("银行代扣", "手机银行", "第三方支付", "柜面")
_CHANNEL_ODDS = (0.72, 0.17, 0.08, 0.03)
_THIRD_PARTY = 0.008
_BUYER, _GUARANTOR = "示例资产管理有限公司（合成）", "示例融资担保有限公司（合成）"
# Days past due over which a step begins, its rate on the balance, its stage; in step with the classes of F-12.
_STEPS_OVER = np.array([0, 30, 90, 270, 360])
_RATES = np.array([0.016, 0.016, 0.04, 0.30, 0.60, 1.0])
_STAGES = np.array([1, 1, 2, 3, 3, 3], np.int32)


@dataclass(frozen=True, slots=True)
class Numbers:
    """How many customers, loans, payments and events came before this chunk."""

    customers: int = 0
    loans: int = 0
    payments: int = 0
    events: int = 0

    def after(self, chunk: Chunk) -> Numbers:
        """Return the numbers for the next chunk."""
        return Numbers(
            self.customers + len(chunk.people),
            self.loans + len(chunk.loans),
            self.payments + len(chunk.payments),
            self.events + len(chunk.events),
        )


def customer_ids(count: int, numbers: Numbers) -> pa.Array:
    """Return customer numbers in order."""
    return numbered("KH", np.arange(count) + numbers.customers + 1, 9)


def loan_ids(chunk: Chunk, numbers: Numbers) -> pa.Array:
    """Return loan numbers in order: month of the contract and a running number."""
    month = chunk.loans.month
    month_text = pa.array((month // 12 + 1970) * 100 + month % 12 + 1).cast(pa.string())
    number = numbered("", np.arange(len(month)) + numbers.loans + 1, 8)
    return pc.binary_join_element_wise("JD", month_text, number, "")


def loans(chunk: Chunk, ids: pa.Array, customers: pa.Array, random: Random) -> pa.Table:
    """Return the loan table; some have no branch, no officer or aren't disbursed yet."""
    loan = chunk.loans
    not_yet = loan.is_undisbursed
    return pa.table(
        {
            "loan_id": ids,
            "customer_id": customers.take(pa.array(loan.customer)),
            "product": named([item.name for item in PRODUCTS], loan.product),
            "branch": named([b.name for b in BRANCHES], loan.branch, random.random(len(loan)) < _NO_BRANCH),
            "officer_id": _staff_ids(loan.officer, random.random(len(loan)) < _NO_OFFICER),
            "industry": named(list(INDUSTRIES), np.maximum(loan.industry, 0), loan.industry < 0),
            "region": named(list(REGIONS), loan.region, loan.industry < 0),
            "principal_minor": loan.principal,
            "currency": pa.repeat("CNY", len(loan)),
            "disbursed_on": dates(loan.disbursed, not_yet),
            "matures_on": dates(loan.matures, not_yet),
            "term_months": loan.term.astype(np.int32),
            "annual_rate": loan.rate,
            "repayment_method": named(list(METHODS), loan.method),
            "security": named(list(SECURITIES), loan.security),
            "grace_days": np.array([item.grace_days for item in PRODUCTS], np.int32)[loan.product],
            "renewed_from": ids.take(pa.array(loan.renews, mask=loan.renews < 0)),
        }
    )


def instalments(chunk: Chunk, ids: pa.Array, span: Span) -> pa.Table:
    """Return all plans, loan by loan, the plan of a reschedule after the one it replaces."""
    plans = chunk.plans
    known = np.flatnonzero(plans.terms.starts[plans.owner] <= span.last_day)
    order = known[np.argsort(plans.terms.loan[plans.owner[known]], kind="stable")]
    plan = plans.owner[order]
    return pa.table(
        {
            "loan_id": keyed(ids, plans.terms.loan[plan]),
            "schedule_no": plans.terms.schedule_no[plan].astype(np.int32),
            "instalment_no": plans.number[order].astype(np.int32),
            "due_on": dates(plans.due_on[order]),
            "principal_minor": plans.principal[order],
            "interest_minor": plans.interest[order],
            "fee_minor": plans.fee[order],
            "known_on": dates(plans.terms.starts[plan]),
        }
    )


def payments(chunk: Chunk, ids: pa.Array, numbers: Numbers, span: Span, random: Random) -> pa.Table:
    """Return payments in order of loan and day, numbered through."""
    loan = chunk.plans.terms.loan
    rows = disorder.in_order(chunk.payments, loan[chunk.payments["plan"]])
    payment_id = numbered("LS", np.arange(len(rows)) + numbers.payments + 1, 10)
    known = disorder.known_on(rows["day"], span, random)
    payer = (random.random(len(rows)) < _THIRD_PARTY) * codes.PAYER.values().index("other")
    return pa.table(
        {
            "payment_id": payment_id,
            "loan_id": keyed(ids, loan[rows["plan"]]),
            "paid_on": dates(rows["day"]),
            "amount_minor": rows["amount"],
            "payment_kind": named(list(codes.PAYMENT_KIND.values()), rows["kind"].astype(np.int64)),
            "payer": named(list(codes.PAYER.values()), payer),
            "reverses_id": payment_id.take(pa.array(rows["reverses"], mask=rows["reverses"] < 0)),
            "channel": named(list(_CHANNELS), random.choice(len(_CHANNELS), len(rows), p=_CHANNEL_ODDS)),
            "known_on": dates(known),
        }
    )


def events(chunk: Chunk, ids: pa.Array, numbers: Numbers) -> pa.Table:
    """Return events in order of day and loan, numbered through."""
    terms, rows = chunk.plans.terms, chunk.events
    rows = rows[np.lexsort((rows["kind"], terms.loan[rows["plan"]], rows["day"]))]
    kind = rows["kind"].astype(np.int64)
    brings = np.isin(kind, (RESCHEDULE, EXTENSION))
    return pa.table(
        {
            "event_id": numbered("SJ", np.arange(len(rows)) + numbers.events + 1, 9),
            "loan_id": keyed(ids, terms.loan[rows["plan"]]),
            "event_kind": named(list(codes.EVENT_KIND.values()), kind),
            "event_on": dates(rows["day"]),
            "until_on": dates(rows["until"], rows["until"] == NEVER),
            "amount_minor": pa.array(rows["amount"], mask=rows["amount"] < 0),
            "component": named(["interest"], np.zeros_like(kind), kind != WAIVER),
            "schedule_no": pa.array((terms.schedule_no[rows["plan"]] + 1).astype(np.int32), mask=~brings),
            # A reschedule with an amount follows a repayment ahead of the plan.
            "is_distressed": pa.array((kind == RESCHEDULE) & (rows["amount"] < 0), mask=~brings),
            "counterparty": named(
                [_BUYER, _GUARANTOR], (kind == ADVANCE).astype(np.int64), ~np.isin(kind, (SALE, ADVANCE))
            ),
            "known_on": dates(rows["day"]),
        }
    )


def provisions(chunk: Chunk, ids: pa.Array, span: Span) -> pa.Table:
    """Return the allowance held against each loan at the last month-ends."""
    received = stock.credits(chunk)
    parts = []
    for day in span.month_ends(PROVISION_MONTHS):
        held = stock.stock(chunk, received, day)
        step = np.searchsorted(_STEPS_OVER, held.dpd, side="left")
        parts.append(
            pa.table(
                {
                    "loan_id": keyed(ids, chunk.plans.terms.loan[held.plan]),
                    "month_end": dates(np.full(len(held.plan), day)),
                    "provision_minor": np.round(held.balance * _RATES[step]).astype(np.int64),
                    "stage": _STAGES[step],
                    "known_on": dates(np.full(len(held.plan), day)),
                }
            )
        )
    return pa.concat_tables(parts)


def staff_id(number: int) -> str:
    """Return the staff number of the officer, collector or manager at a position."""
    return f"YG{number + 1:04d}"


def _staff_ids(officer: Ints, is_blank: Flags) -> pa.Array:
    return named([staff_id(place) for place in range(int(officer.max(initial=0)) + 1)], officer, is_blank)
